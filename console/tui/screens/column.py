"""The view of one column: both distributions, and the rows behind each bin or category."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from console.tui.desk import Span
from console.tui.present import distribution
from console.tui.present.line import Piece, piece
from console.tui.screens.asking import AskingScreen, Question
from console.tui.view import View
from console.tui.widgets.bars import Heading
from console.tui.widgets.rows import Rows
from console.tui.widgets.tables import ColumnTable

if TYPE_CHECKING:
    from console.engine.views.column import ColumnAnswer


class ColumnScreen(AskingScreen):
    """A column of a model over a span, against its reference."""

    def __init__(self, model: str, column: tuple[str, str], span: Span) -> None:
        super().__init__()
        self._model, self._column, self._span = model, column, span
        self._heading = Heading("", "Column", id="column-heading")
        self._titles = Heading("", "")
        self._table = ColumnTable(id="column")
        self._answer_shown: ColumnAnswer | None = None

    def compose(self) -> ComposeResult:
        """Header, the table, keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._titles
        yield self._table
        yield self.keys

    def begin(self) -> None:
        """The table has the keys."""
        self._table.focus()

    def question(self, view: View) -> Question | None:  # noqa: ARG002
        """The same column over the same span."""
        model, column, span = self._model, self._column, self._span
        return Question((model, column, span), lambda desk: desk.column(model, column, span))

    def answered(self, answer: ColumnAnswer | None) -> None:
        """Fills the table."""
        self._answer_shown = answer
        if answer is None:
            self.show_notice(f"no reference of {self._column[0]} is known any more")
        self._fill()

    def _fill(self) -> None:
        answer = self._answer_shown
        bar = distribution.bar_width(self.app.size.width)
        rows = distribution.rows(answer, bar) if answer else []
        self._table.show_rows(
            rows, columns=distribution.columns(bar), empty=[(Piece(" reading …", "dim"),)]
        )
        self._titles.show((), over=self._table.titles)

    def draw(self, view: View) -> None:
        """The title."""
        self._heading.active = True
        start, end = self._span
        calendar = self.console_app.calendar
        span = f"{calendar.near(start, view.now)} to {calendar.near(end, view.now)}"
        answer = self._answer_shown
        self._heading.show(
            (
                piece(f"{self._column[0]} of {self._model}", "strong"),
                Piece(f" · {span} · ", "dim"),
                *(distribution.summary(answer) if answer else ()),
            )
        )

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """Longer or shorter bars."""
        self.call_after_refresh(self._fill)

    def action_drill(self) -> None:
        """The rows of the bin or category under the cursor."""
        from console.engine.views.column import CellFigure

        row, answer = self._table.selected, self._answer_shown
        cell = row.item if row else None
        if answer is None or not isinstance(cell, CellFigure):
            return
        from console.tui.screens.rows import cell_screen

        self.app.push_screen(cell_screen(answer, cell))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()
