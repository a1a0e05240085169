"""Queries of the user's own, on a store that they cannot change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.widgets import Input

from console.tui.commands import bindings
from console.tui.completion import completed
from console.tui.memory import Memory, text
from console.tui.present.line import Piece, piece
from console.tui.present.result import columns_of, facts_of, rows_of
from console.tui.present.words import plural
from console.tui.screens.asking import AskingScreen, Question
from console.tui.view import View
from console.tui.widgets.bars import Heading
from console.tui.widgets.paint import OneLine
from console.tui.widgets.rows import Rows
from console.tui.widgets.tables import ResultTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.engine.views.query import QueryAnswer

FIRST = "SELECT model, stage, name, count(*) AS n, avg(value) FROM metrics GROUP BY ALL ORDER BY n"


class QueryBox(Input):
    """One query; Tab completes, up and down go through what was asked before."""

    pane = "sql"
    BINDINGS = bindings("sql")


class SqlScreen(AskingScreen):
    """A query, its result, and the way into a file."""

    def __init__(self) -> None:
        super().__init__()
        self._query = ""
        self._shape: Mapping[str, tuple[str, ...]] = {}
        self._shown: QueryAnswer | None = None
        self._place = 0
        self._told = ""
        self._heading = Heading("7", "SQL", id="sql-heading")
        self._box = QueryBox(placeholder=FIRST, compact=True, select_on_focus=False, id="query")
        self._hint = OneLine(id="hint")
        self._titles = Heading("", "", id="result-heading")
        self._table = ResultTable(id="result")

    def compose(self) -> ComposeResult:
        """Query, hints, result, keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._box
        yield self._hint
        yield self._titles
        yield self._table
        yield self.filter_bar
        yield self.keys

    def begin(self) -> None:
        """The query has the keys; what can be named is asked for."""
        self._place = len(self.console_app.habits.queries)
        self._box.focus()
        self.asked_now()
        self.feed.ask("shape", lambda desk: desk.shape(), self._known)

    def _known(self, shape: Mapping[str, tuple[str, ...]]) -> None:
        self._shape = shape
        self.show_notice("")
        self._hint.show((piece(" " + " · ".join(sorted(shape)), "dim"),))

    def memory(self) -> dict[str, Any]:
        """The query, asked or not."""
        return {"query": self._box.value}

    def recall(self, memory: Memory) -> None:
        """It stands in the line again."""
        self._box.value = text(memory, "query")
        self._box.cursor_position = len(self._box.value)

    def question(self, view: View) -> Question | None:  # noqa: ARG002
        """A query is asked once, when Enter is pressed."""
        return None

    def draw(self, view: View) -> None:  # noqa: ARG002
        """The heading."""
        self._heading.active = self.pane == "sql"
        self._titles.active = self.pane == "result"
        told = self._told or "read-only"
        self._heading.show((Piece(told, "dim"),))

    def on_descendant_focus(self) -> None:
        """Headings and footer follow the focus."""
        super().on_descendant_focus()
        self.draw(self.console_app.view)

    # Asking

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Asks the query, or what was typed to name a file."""
        event.stop()
        query = event.value.strip().rstrip(";")
        if not query:
            return
        self._query = query
        habits = self.console_app.habits
        habits.asked(query)
        self._place = len(habits.queries)
        self._tell("asking …")
        self.asked_now()
        self.feed.forget()
        self.feed.ask("query", lambda desk: desk.query(query), self._answered_query)

    def _answered_query(self, answer: QueryAnswer) -> None:
        self._shown = answer
        self.trouble = ""
        self.show_notice("")
        self._table.show_rows(
            rows_of(answer), columns=columns_of(answer), empty=[(Piece(" no rows", "dim"),)]
        )
        told = plural(len(answer.rows), "row")
        told = f"the first {told}, there are more" if answer.more else told
        self._tell(f"{told} · {answer.seconds:.2f} s")
        self._titles.show((), over=self._table.titles)

    def _tell(self, text: str) -> None:
        self._told = text
        self.draw(self.console_app.view)

    def failed(self, reason: str) -> None:
        """The store's own words; the query stays to be mended."""
        self._tell("")
        super().failed(reason.removeprefix("not answered: "))

    # Typing

    def action_leave_box(self) -> None:
        """Withdraws a query that takes long, else goes on to the result; home without one."""
        if not self.withdraw():
            (self._table.focus if self._table.items else self._home)()

    def action_complete(self) -> None:
        """Completes the word under the cursor, and tells what it could be."""
        box = self._box
        found = completed(box.value, box.cursor_position, self._shape)
        box.value, box.cursor_position = found.text, found.cursor
        self._hint.show((piece(" " + " · ".join(found.choices), "dim"),))

    def action_recall(self, step: int) -> None:
        """An earlier or later query; past the last one the line is empty again."""
        asked = self.console_app.habits.queries
        self._place = max(0, min(self._place + step, len(asked)))
        self._box.value = asked[self._place] if self._place < len(asked) else ""
        self._box.cursor_position = len(self._box.value)

    # The result

    def action_shift(self, step: int) -> None:
        """The columns further right or left."""
        self._table.shift(step)
        self._titles.show((), over=self._table.titles)

    def action_edit(self) -> None:
        """Back to the query."""
        self._box.focus()

    def action_drill(self) -> None:
        """One row in full."""
        row, shown = self._table.selected, self._shown
        if row is not None and shown is not None:
            from console.tui.screens.record import FactsScreen

            self.app.push_screen(FactsScreen("Row", facts_of(shown, int(str(row.key)))))

    def action_copy(self) -> None:
        """Copies the row under the cursor."""
        row, shown = self._table.selected, self._shown
        if row is not None and shown is not None:
            facts = facts_of(shown, int(str(row.key)))
            self.console_app.copy("".join(f"{name}: {text}\n" for name, text in facts))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()

    def action_export(self) -> None:
        """Asks for the name of a file, then writes all rows of the result there."""
        if self._shown is None:
            self.say((Piece("nothing to write yet: ask a query first", "dim"),))
            return
        from console.tui.screens.prompt import Prompt

        query = self._shown.query
        now = datetime.fromtimestamp(self.console_app.clock(), UTC)
        name = str(Path.cwd() / f"query-{now:%Y%m%d-%H%M%S}.csv")

        def write(target: str | None) -> None:
            if target:
                self.asked_now()
                self.feed.ask(
                    "export",
                    lambda desk: (desk.export(query, target), target),
                    self._exported,
                )

        self.app.push_screen(Prompt("Write the result to", name, ".csv or .parquet"), write)

    def _exported(self, written: tuple[int, str]) -> None:
        self.show_notice("")
        rows, target = written
        self.say((Piece(f"{plural(rows, 'row')} written", "ok"), piece(f" to {target}", "dim")))

    def action_back(self) -> None:
        """Withdraws what is asked, else goes home."""
        if not self.withdraw():
            self._home()

    def _home(self) -> None:
        self.console_app.action_go("home")
