"""The view of one model: the same panes in the same places for every model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from console.tui.chart import ChartSpec
from console.tui.memory import Memory, text
from console.tui.present import figures
from console.tui.present.health import health_role
from console.tui.present.line import Line, Piece, piece
from console.tui.present.models import learning_of
from console.tui.present.table import Row
from console.tui.present.words import span as span_text
from console.tui.present.words import version_tag
from console.tui.screens.asking import AskingScreen, Question
from console.tui.view import View
from console.tui.widgets.bars import FilterBar, Heading
from console.tui.widgets.plot import Plot
from console.tui.widgets.rows import Rows
from console.tui.widgets.tables import ModelTable

if TYPE_CHECKING:
    from console.engine.views.model import ModelAnswer

PANES = {
    "performance": ("Performance", figures.FIGURES),
    "columns": ("Columns", figures.COLUMNS),
    "metrics": ("Metrics", figures.FIGURES),
    "versions": ("Versions", figures.VERSIONS),
    "segments": ("Segments", figures.FIGURES),
}
LEFT = ("performance", "metrics", "segments")
RIGHT = ("columns", "versions")
WIDE = 110
"""From this width on the panes stand in two columns; below, one at a time is open."""
CHART_FROM, CHART_ROWS = 34, 12
"""From this height on there is a chart, so many rows high."""


class ModelScreen(AskingScreen):
    """Performance, columns, metrics, versions and segments of the model in question."""

    def __init__(self) -> None:
        super().__init__()
        self._answer_shown: ModelAnswer | None = None
        self._filter = ""
        self._headings = {name: Heading("", title) for name, (title, _) in PANES.items()}
        self._tables = {name: ModelTable(columns, id=name) for name, (_, columns) in PANES.items()}
        self._names = {table: name for name, table in self._tables.items()}
        self._head = Heading("2", "Model", id="model-heading")
        self._chart_heading = Heading("", "Course")
        self._chart = Plot(id="course")
        self._open = "performance"

    def compose(self) -> ComposeResult:
        """Header, panes, filter, footer."""
        yield self.header
        yield self.notice
        yield self._head
        with Container(id="panes"):
            for side in (LEFT, RIGHT):
                with Vertical(classes="side"):
                    for name in side:
                        yield self._headings[name]
                        yield self._tables[name]
                    if side is RIGHT:
                        yield self._chart_heading
                        yield self._chart
        yield self.filter_bar
        yield self.keys

    def begin(self) -> None:
        """The figures of merit come first."""
        self._tables[self._open].focus()

    def lists(self) -> Mapping[str, ModelTable]:
        """The tables."""
        return self._tables

    def memory(self) -> dict[str, Any]:
        """The filter and the open pane, too."""
        return {**super().memory(), "filter": self._filter, "open": self._open}

    def recall(self, memory: Memory) -> None:
        """What was filtered and open."""
        super().recall(memory)
        self._filter = text(memory, "filter")
        if text(memory, "open") in self._tables:
            self._open = text(memory, "open")

    @property
    def answer(self) -> ModelAnswer | None:
        """What is shown."""
        return self._answer_shown

    # Asking

    def question(self, view: View) -> Question | None:
        """The model in question, over the span that is looked at, up to the time cursor."""
        model = view.subject
        if model is None or view.snapshot is None:
            return None
        bounds = view.time.judged(view.now)
        alerts = view.alerts
        about = (model, view.time)
        return Question(about, lambda desk: desk.model(model, alerts, bounds))

    def answered(self, answer: ModelAnswer) -> None:
        """Fills the panes."""
        self._answer_shown = answer
        self._fill()

    def draw(self, view: View) -> None:
        """The title; and nothing of a model that is not in question any more."""
        shown = self._answer_shown
        if shown is not None and shown.model != view.subject:
            self._answer_shown = None
            self._fill()
        self._head.active = True
        self._head.show(self._about_line(view))
        self._arrange()

    def _about_line(self, view: View) -> Line:
        models = view.snapshot.models if view.snapshot else ()
        pane = next((model for model in models if model.name == view.subject), None)
        if pane is None:
            return (Piece("no model is known yet" if not models else "choose one: m", "dim"),)
        start, end = view.time.judged(view.now)
        calendar = self.console_app.calendar
        parts = [
            piece(f"{pane.name} {version_tag(pane.version)}".rstrip(), health_role(pane.health)),
            piece(f" · tier {pane.tier}" + (f" · {pane.owner}" if pane.owner else ""), "dim"),
            Piece(f" · {span_text(end - start)} up to {calendar.near(end, view.now)}", "dim"),
        ]
        if view.time.cursor is not None:
            parts.append(Piece(" (the time cursor)", "accent"))
        if learning := learning_of(pane):
            parts.append(Piece(f" · {learning}", "dim"))
        if pane.open_alerts:
            parts.append(Piece(f" · {pane.open_alerts} open", health_role(pane.health)))
        if self._filter:
            parts.append(piece(f" · “{self._filter}”, esc clears", "accent"))
        return tuple(parts)

    def _rows(self, answer: ModelAnswer) -> dict[str, list[Row]]:
        calendar = self.console_app.calendar
        return {
            "performance": figures.figure_rows(answer.performance),
            "columns": figures.column_rows(answer.columns),
            "metrics": figures.figure_rows(answer.metrics),
            "versions": figures.version_rows(answer.versions, calendar, self.console_app.view.now),
            "segments": figures.figure_rows(answer.segments),
        }

    def _fill(self) -> None:
        answer = self._answer_shown
        rows = self._rows(answer) if answer else {}
        wanted = self._filter.casefold()
        for name, table in self._tables.items():
            found = [
                row
                for row in rows.get(name, [])
                if not wanted or any(wanted in cell.text.casefold() for cell in row.cells[:2])
            ]
            empty = [(Piece(self._nothing(name), "dim"),)] if answer else []
            table.show_rows(found, empty=empty)
        self._arrange()
        self._draw_chart()

    def _nothing(self, name: str) -> str:
        if self._filter:
            return " nothing like that; esc clears the filter"
        return {
            "performance": " no labels and no figure of merit in this span",
            "columns": " no predictions with features, or their reference is still being learned",
            "metrics": " no metrics in this span",
            "versions": " no record names a version",
            "segments": " no metric and no labelled prediction has tags",
        }[name]

    # Places

    def _arrange(self) -> None:
        """Two columns where there is room; else one pane is open, the others told by their rule."""
        width, height = self.size
        wide = width >= WIDE
        self.set_class(wide, "wide")
        chart = height >= CHART_FROM
        self._chart.display = self._chart_heading.display = chart
        self._chart.styles.height = CHART_ROWS if wide else max(height // 4, 8)
        least = 3 if height < CHART_FROM else 6
        for name, table in self._tables.items():
            items = max(len(table.items), 1)
            open_here = name == self._open
            if wide:
                table.display = True
                grows = name in ("metrics", "columns")
                table.styles.height = "1fr" if grows else min(items, least + open_here * least)
            else:
                table.display = open_here
                table.styles.height = "1fr"
            heading = self._headings[name]
            heading.active = open_here and self.pane == "model"
            note = "" if table.display else f"({len(table.items)})"
            heading.show((Piece(note, "dim"),), over=table.titles if table.display else "")
        for side, names in zip(self.query(".side"), (LEFT, RIGHT), strict=True):
            side.styles.height = "1fr" if wide or self._open in names else "auto"

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """Other places."""
        self._arrange()
        self.call_after_refresh(self._arrange)

    def on_descendant_focus(self) -> None:
        """The pane that has the keys is open."""
        focused = self.focused
        if isinstance(focused, ModelTable):
            self._open = self._names[focused]
        super().on_descendant_focus()
        self._arrange()
        self.call_after_refresh(self._arrange)
        # Behind the frame that shows where one is: a chart takes the interpreter longer than that.
        self.call_after_refresh(self._draw_chart)

    def _turn(self, step: int) -> None:
        order = [*LEFT, *RIGHT]
        name = order[(order.index(self._open) + step) % len(order)]
        self._tables[name].display = True
        self._tables[name].focus()

    def action_next_pane(self) -> None:
        """The next pane."""
        self._turn(1)

    def action_previous_pane(self) -> None:
        """The pane before."""
        self._turn(-1)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """The chart is that of the row under the cursor."""
        event.stop()
        self._draw_chart()

    def _draw_chart(self) -> None:
        row = self._tables[self._open].selected
        item = row.item if row else None
        answer = self._answer_shown
        spec: ChartSpec | None = None
        name = ""
        if answer is not None and item is not None:
            spec, name = self._spec(item, answer), str(getattr(item, "name", ""))
        self._chart_heading.show((piece(name, "text"),) if name else ())
        self._chart.draw(spec)

    def _spec(self, item: object, answer: ModelAnswer) -> ChartSpec | None:
        view = self.console_app.view
        events_here = tuple(
            (event.ts, 0.0)
            for event in (view.snapshot.events if view.snapshot else ())
            if event.model in (None, answer.model) and answer.start <= event.ts < answer.end
        )
        from console.engine.views.columns import ColumnFigure
        from console.engine.views.figures import Figure

        made = None
        if isinstance(item, ColumnFigure):
            made = figures.column_course(item, answer.start, answer.end)
        elif isinstance(item, Figure):
            made = figures.figure_course(item)
        if made is None:
            return None
        points, baseline, bounds, role = made
        return ChartSpec(
            points,
            start=answer.start,
            end=answer.end,
            baseline=baseline,
            bounds=bounds,
            events=events_here,
            role=role,
            calendar=self.console_app.calendar,
        )

    # Going about

    def action_turn_model(self, step: int) -> None:
        """The next or previous model, in the same places."""
        view = self.console_app.view
        names = [model.name for model in view.snapshot.models] if view.snapshot else []
        if names:
            here = names.index(view.subject) if view.subject in names else -step
            self.console_app.look_at(names[(here + step) % len(names)])

    def action_drill(self) -> None:
        """Into what lies under the cursor."""
        row = self._tables[self._open].selected
        answer = self._answer_shown
        if row is None or answer is None:
            return
        from console.engine.views.columns import ColumnFigure
        from console.engine.views.figures import Figure
        from console.engine.views.model import VersionFigure

        bounds = (answer.start, answer.end)
        if isinstance(row.item, ColumnFigure):
            from console.tui.screens.column import ColumnScreen

            self.app.push_screen(ColumnScreen(answer.model, row.item.key, bounds))
        elif isinstance(row.item, VersionFigure):
            app = self.console_app
            app.look(app.view.time.at(row.item.first, app.view.now))
        elif isinstance(row.item, Figure):
            from console.tui.screens.rows import figure_screen

            self.app.push_screen(figure_screen(answer.model, row.item, bounds))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()

    def on_heading_clicked(self, event: Heading.Clicked) -> None:
        """A click on a heading opens its pane."""
        for name, heading in self._headings.items():
            if heading is event.heading:
                self._tables[name].display = True
                self._tables[name].focus()

    def action_model_logs(self) -> None:
        """The model's log lines at the time cursor."""
        self.console_app.open_logs(model=self.console_app.view.subject)

    # Filter

    def action_search(self) -> None:
        """Asks for a filter of all panes."""
        self.filter_bar.open(self._filter)
        self.filter_bar.note("enter keeps · esc clears")

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Every letter narrows."""
        self._filter = event.text
        self._fill()
        self._head.show(self._about_line(self.console_app.view))

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        """Back to the panes."""
        self.on_filter_bar_changed(FilterBar.Changed(event.text))
        self._tables[self._open].focus()

    def action_back(self) -> None:
        """Clears the filter, then the time cursor, then goes home."""
        app = self.console_app
        if self.withdraw():
            return
        if self._filter:
            self.on_filter_bar_changed(FilterBar.Changed(""))
        elif app.view.time.cursor is not None:
            app.look(app.view.time.without_cursor())
        else:
            app.action_go("home")
