"""The rows behind a number, with the file and the byte where each stands; and one row in full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from console.store.rawrows import Cell, CellQuery, RawRow
from console.tui.desk import Desk, Span
from console.tui.present.line import Piece, piece
from console.tui.present.raw import columns_of, raw_lines, raw_rows, raw_text
from console.tui.present.words import plural
from console.tui.screens.asking import AskingScreen, Question
from console.tui.view import View
from console.tui.widgets.bars import Heading
from console.tui.widgets.lists import RecordDocument
from console.tui.widgets.rows import Rows
from console.tui.widgets.tables import RawTable

if TYPE_CHECKING:
    from console.engine.views.column import CellFigure, ColumnAnswer
    from console.engine.views.figures import Figure

Asked = Callable[[Desk], list[RawRow]]


def cell_screen(answer: ColumnAnswer, cell: CellFigure) -> RowsScreen:
    """The predictions of a bin or category."""
    span = (answer.start, answer.end)
    asked = CellQuery(answer.model, answer.name, answer.role, cell.values)
    title = f"{answer.name} {cell.name} of {answer.model}"
    return RowsScreen(title, lambda desk: desk.column_rows(asked, span), span)


def figure_screen(model: str, figure: Figure, span: Span) -> RowsScreen:
    """The values of a metric, or the predictions that a figure by labels is of."""
    title = f"{figure.name} of {model}"
    series = figure.series_id
    if series is not None:
        return RowsScreen(title, lambda desk: desk.series_rows(series, span), span)
    asked = CellQuery(model, "prediction", "prediction", Cell(), figure.among)
    return RowsScreen(title, lambda desk: desk.column_rows(asked, span), span)


class RowsScreen(AskingScreen):
    """The newest rows of a span."""

    def __init__(self, title: str, asked: Asked, span: Span | None) -> None:
        super().__init__()
        self._subject, self._asked, self._span = title, asked, span
        self._heading = Heading("", "Rows", id="rows-heading")
        self._titles = Heading("", "")
        self._table = RawTable(id="rows")
        self._count: int | None = None

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
        self._table.show_rows([], empty=[(Piece(" reading …", "dim"),)])

    def question(self, view: View) -> Question | None:  # noqa: ARG002
        """The same rows."""
        return Question((self._subject, self._span), self._asked)

    def answered(self, answer: list[RawRow]) -> None:
        """Fills the table."""
        self._count = len(answer)
        self._table.show_rows(
            raw_rows(answer, self.console_app.calendar),
            columns=columns_of(answer),
            empty=[(Piece(" no rows in this span", "dim"),)],
        )
        self._titles.show((), over=self._table.titles)
        self.draw(self.console_app.view)

    def draw(self, view: View) -> None:
        """The title."""
        self._heading.active = True
        calendar = self.console_app.calendar
        when = ""
        if self._span is not None:
            start, end = (calendar.near(ts, view.now) for ts in self._span)
            when = f" · {start} to {end}"
        told = "" if self._count is None else f" · {plural(self._count, 'row')}, the last first"
        self._heading.show((piece(self._subject, "strong"), Piece(f"{when}{told}", "dim")))

    def action_shift(self, step: int) -> None:
        """The columns further right or left."""
        self._table.shift(step)
        self._titles.show((), over=self._table.titles)

    def action_drill(self) -> None:
        """The whole row."""
        row = self._table.selected
        if row is not None and isinstance(row.item, RawRow):
            self.app.push_screen(RawScreen(row.item))

    def action_copy(self) -> None:
        """Copies the row under the cursor."""
        row = self._table.selected
        if row is not None and isinstance(row.item, RawRow):
            self.console_app.copy(raw_text(row.item, self.console_app.calendar))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()


class RawScreen(AskingScreen):
    """One stored row in full, and the line as its file holds it now."""

    def __init__(self, row: RawRow) -> None:
        super().__init__()
        self._row = row
        self._line: str | None = None
        self._heading = Heading("", "Row", id="raw-heading")
        self._document = RecordDocument(id="record")

    def compose(self) -> ComposeResult:
        """The text and the keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._document
        yield self.keys

    def begin(self) -> None:
        """Writes what is known."""
        self._heading.active = True
        place = f"{PurePath(self._row.file).name}, byte {self._row.offset:,}"
        self._heading.show((piece(place, "dim"),))
        self._write()
        self._document.focus()

    def _write(self) -> None:
        calendar = self.console_app.calendar
        self._document.show(
            lambda width: raw_lines(self._row, self._line, width, calendar), from_top=False
        )

    def question(self, view: View) -> Question | None:  # noqa: ARG002
        """The line of the file."""
        row = self._row
        return Question(row.key, lambda desk: desk.raw_line(row.file, row.offset) or "")

    def answered(self, answer: str) -> None:
        """Shows it."""
        self._line = answer
        self._write()

    def action_copy(self) -> None:
        """Copies it."""
        self.console_app.copy(raw_text(self._row, self.console_app.calendar))
