"""The followed files, those that are not, what each costs, and what could be recorded for less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult

from console.sources.leftout import LeftOut
from console.tui.memory import Memory, text
from console.tui.present import sources as present
from console.tui.present.line import Piece, piece
from console.tui.present.table import Row
from console.tui.present.words import DASH, plural, size
from console.tui.present.words import span as span_text
from console.tui.screens.asking import AskingScreen, Question
from console.tui.view import View
from console.tui.widgets.bars import FilterBar, Heading
from console.tui.widgets.rows import Rows
from console.tui.widgets.tables import SourcesTable

if TYPE_CHECKING:
    from console.engine.views.sources import SourcesAnswer

PANES = {
    "sources": ("Sources", present.SOURCES),
    "checkpoints": ("Costs", present.CHECKPOINTS),
    "hints": ("Hints", present.HINTS),
    "left out": ("Not followed", present.LEFT_OUT),
}
LEFT_OUT = "left out"
LOOK_S = 10.0
"""Least wall-clock time between two looks at what is not followed: folders are walked for it."""


class SourcesScreen(AskingScreen):
    """Files, checkpoints, hints, and the files that are not followed."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: SourcesAnswer | None = None
        self._left_out: tuple[LeftOut, ...] | None = None
        self._looked_at = float("-inf")
        self._filter = ""
        self._head = Heading("6", "Sources and costs", id="sources-heading")
        self._headings = {name: Heading("", title) for name, (title, _) in PANES.items()}
        self._tables = {
            name: SourcesTable(columns, id=name.replace(" ", "-"))
            for name, (_, columns) in PANES.items()
        }
        self._names = {table: name for name, table in self._tables.items()}
        self._open = "sources"

    def compose(self) -> ComposeResult:
        """Header, the tables, filter, keys."""
        yield self.header
        yield self.notice
        yield self._head
        for name in PANES:
            yield self._headings[name]
            yield self._tables[name]
        yield self.filter_bar
        yield self.keys

    def begin(self) -> None:
        """The files have the keys, or those that had them."""
        self._tables[self._open].focus()
        self._fill()

    def lists(self) -> Mapping[str, SourcesTable]:
        """The tables."""
        return self._tables

    def memory(self) -> dict[str, Any]:
        """The filter and the open pane, too."""
        return {**super().memory(), "filter": self._filter, "open": self._open}

    def recall(self, memory: Memory) -> None:
        """What was filtered and open."""
        super().recall(memory)
        self._filter = text(memory, "filter")
        if text(memory, "open") in PANES:
            self._open = text(memory, "open")

    def question(self, view: View) -> Question | None:
        """Everything, at the costs of the span that is looked at."""
        if view.snapshot is None:
            return None
        bounds = view.time.bounds(view.now)
        return Question(view.time.width, lambda desk: desk.sources(bounds))

    def apply(self, view: View) -> None:
        """Looks, from time to time, what is not followed."""
        super().apply(view)
        now = self.console_app.clock()
        if self.is_mounted and not view.paused and now - self._looked_at >= LOOK_S:
            self._looked_at = now
            self.feed.ask(LEFT_OUT, lambda desk: desk.left_out(), self._told_left_out)

    def _told_left_out(self, answer: tuple[LeftOut, ...]) -> None:
        self._left_out = answer
        with self.app.batch_update():
            self._fill()
            self.put_cursors()

    def action_again(self) -> None:
        """Asks again, and looks again."""
        self._looked_at = float("-inf")
        super().action_again()
        self.apply(self.console_app.view)

    def answered(self, answer: SourcesAnswer) -> None:
        """Fills the tables."""
        self._shown = answer
        self._fill()

    def draw(self, view: View) -> None:
        """The sums."""
        shown = self._shown
        self._head.active = True
        told: list[str] = []
        if shown is not None:
            rejects = sum(source.rejects for source in shown.sources)
            daily = sum(entry.written_per_day for entry in shown.checkpoints)
            told = [plural(len(shown.sources), "file"), f"{size(daily)} a day"]
            told += [f"{plural(rejects, 'line')} not decoded"] if rejects else []
        if self._left_out:
            told.append(f"{len(self._left_out)} not followed")
        told.append(f"costs by the last {span_text(view.time.width)}")
        note = [Piece(" · ".join(told), "dim")]
        if self._filter:
            note.append(piece(f" · “{self._filter}”, esc clears", "accent"))
        self._head.show(tuple(note))
        self._arrange()

    def _fill(self) -> None:
        shown = self._shown
        rows: dict[str, list[Row]] = {}
        if shown is not None:
            rows = {
                "sources": present.source_rows(shown.sources),
                "checkpoints": present.checkpoint_rows(shown.checkpoints),
                "hints": present.hint_rows(shown.hints),
            }
        if self._left_out is not None:
            rows[LEFT_OUT] = present.left_out_rows(self._left_out)
        wanted = self._filter.casefold()
        nothing = {
            "sources": " no file is followed yet",
            "checkpoints": " nothing was written in this span",
            "hints": " nothing that could clearly cost less",
            LEFT_OUT: " every file that there is is followed",
        }
        for name, table in self._tables.items():
            found = [
                row
                for row in rows.get(name, ())
                if any(wanted in cell.text.casefold() for cell in row.cells)
            ]
            told = nothing[name] if name in rows else " reading …"
            table.show_rows(found, empty=[(Piece(told, "dim"),)])
        self.draw(self.console_app.view)

    def _arrange(self) -> None:
        """The pane that has the keys takes the room that the others leave."""
        least = 3 if self.size.height < 34 else 8
        for name, table in self._tables.items():
            here = name == self._open
            table.styles.height = "1fr" if here else min(max(len(table.items), 1), least)
            self._headings[name].active = here
            self._headings[name].show((), over=table.titles)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """Other places."""
        self._arrange()
        self.call_after_refresh(self._arrange)

    def on_descendant_focus(self) -> None:
        """The pane that has the keys."""
        if isinstance(self.focused, SourcesTable):
            self._open = self._names[self.focused]
        super().on_descendant_focus()
        self._arrange()

    def action_next_pane(self) -> None:
        """The next pane."""
        self._turn(1)

    def action_previous_pane(self) -> None:
        """The pane before."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        order = list(PANES)
        self._tables[order[(order.index(self._open) + step) % len(order)]].focus()

    def action_drill(self) -> None:
        """What could not be decoded of a file, the files of a checkpoint, why one is left out."""
        row = self._tables[self._open].selected
        if row is None:
            return
        if isinstance(row.item, LeftOut):
            from console.tui.screens.record import FactsScreen

            facts = (("file", row.item.file), ("why", row.item.why), ("help", row.item.mend or ""))
            self.app.push_screen(FactsScreen("Not followed", facts))
            return
        if self._open != "sources":
            self._filter = next((cell.text for cell in row.cells[:2] if cell.text != DASH), "")
            self._tables["sources"].focus()
            self._fill()
            return
        from console.engine.views.sources import SourceFigure

        source = row.item
        if not isinstance(source, SourceFigure):
            return
        if not source.rejects:
            self.say((Piece("every line of it was decoded", "ok"),))
            return
        from console.tui.screens.rows import RowsScreen

        file = source.file
        title = f"not decoded of {file}"
        self.app.push_screen(RowsScreen(title, lambda desk: desk.reject_rows(file), None))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()

    def action_search(self) -> None:
        """Asks for a filter of all tables."""
        self.filter_bar.open(self._filter)
        self.filter_bar.note("enter keeps · esc clears")

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Every letter narrows."""
        self._filter = event.text
        self._fill()

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        """Back to the tables."""
        self.on_filter_bar_changed(FilterBar.Changed(event.text))
        self._tables[self._open].focus()

    def action_back(self) -> None:
        """Withdraws what is asked, clears the filter, then goes home."""
        if self.withdraw():
            return
        if self._filter:
            self.on_filter_bar_changed(FilterBar.Changed(""))
        else:
            self.console_app.action_go("home")
