"""Lists of rows with columns, one class a pane: each pane has keys of its own."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual import events

from console.tui.commands import bindings
from console.tui.present import table
from console.tui.present.line import Line
from console.tui.present.table import Column, Row
from console.tui.widgets.rows import Rows


class TableRows(Rows[Row]):
    """Rows of cells under titles, which its heading shows."""

    pane = "table"

    def __init__(self, columns: Sequence[Column] = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._columns = columns
        self._first = 0
        self._layout = table.Layout()

    @property
    def titles(self) -> str:
        """The titles, each above its column."""
        return self._layout.titles

    @property
    def columns(self) -> Sequence[Column]:
        """The columns, shown or not."""
        return self._columns

    def show_rows(
        self,
        rows: Sequence[Row],
        *,
        columns: Sequence[Column] | None = None,
        empty: Sequence[Line] = (),
    ) -> None:
        """Shows other rows, of other columns if those are given."""
        if columns is not None and columns != self._columns:
            self._columns, self._first = columns, 0
        self._lay_out(rows)
        self.show(rows, empty=empty)

    def shift(self, step: int) -> None:
        """Shows the columns further right or left, where there is not room for all."""
        first = max(0, min(self._first + step, len(self._columns) - 1))
        if first != self._first:
            self._first = first
            self._lay_out(self.items)
            self.refresh()

    def _lay_out(self, rows: Sequence[Row]) -> None:
        width = self.scrollable_content_region.width
        self._layout = table.layout(self._columns, rows, width, first=self._first)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """Other columns may fit now."""
        self._lay_out(self.items)
        self.refresh()

    def key_of(self, item: Row) -> Hashable:
        """What the row is."""
        return item.key

    def stamp_of(self, item: Row) -> Hashable:
        """Its cells, and where they stand."""
        return item.cells, self._layout

    def draw(self, item: Row, width: int, *, selected: bool) -> Line:  # noqa: ARG002
        """The cells in their columns."""
        return table.draw(item, self._layout)


class ModelTable(TableRows):
    """One of the tables of a model."""

    pane = "model"
    BINDINGS = bindings("model")


class ColumnTable(TableRows):
    """The bins or categories of a column."""

    pane = "column"
    BINDINGS = bindings("column")


class RawTable(TableRows):
    """The rows behind a number."""

    pane = "rows"
    BINDINGS = bindings("rows")


class CompareTable(TableRows):
    """Two sides, number by number."""

    pane = "compare"
    BINDINGS = bindings("compare")


class SourcesTable(TableRows):
    """Files, checkpoints or hints."""

    pane = "sources"
    BINDINGS = bindings("sources")


class ResultTable(TableRows):
    """The result of a query."""

    pane = "result"
    BINDINGS = bindings("result")


class TemplateTable(TableRows):
    """Log templates."""

    pane = "templates"
    BINDINGS = bindings("templates")
