"""Tables of text: columns as wide as what they hold, the least wanted dropped first."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from console.tui.clean import clean
from console.tui.present.line import Line, Piece, fit

GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    right: bool = False
    """Numbers stand at the right."""
    most: int = 40
    """Cells that it takes at most."""
    least: int = 3
    """Cells below which it is dropped rather than cut."""
    wanted: int = 0
    """Which stay when there is not room for all: the largest first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it is, what it shows, and what it stands for."""

    key: Hashable
    cells: Line
    item: object = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells of every column that is shown, by its place; others are left out."""

    widths: tuple[tuple[int, int, bool], ...] = ()
    """Place, width, whether at the right."""
    titles: str = ""


def layout(columns: Sequence[Column], rows: Sequence[Row], width: int, *, first: int = 0) -> Layout:
    """Columns from the `first` on that fit the width; the last one shown may be cut."""
    natural = [
        min(
            max([cell_len(clean(column.title)), *(_cells(row, place) for row in rows)]),
            column.most,
        )
        for place, column in enumerate(columns)
    ]
    order = sorted(range(first, len(columns)), key=lambda place: (-columns[place].wanted, place))
    kept: dict[int, int] = {}
    left = width - 1
    for place in order:
        gap = GAP if kept else 0
        size = min(natural[place], left - gap)
        # A number that is cut is another number.
        least = natural[place] if columns[place].right else columns[place].least
        if size >= min(natural[place], least) and size > 0:
            kept[place] = size
            left -= size + gap
    shown = tuple((place, kept[place], columns[place].right) for place in sorted(kept))
    titles = " " + (" " * GAP).join(
        fit(columns[place].title, size, right=right) for place, size, right in shown
    )
    return Layout(shown, titles)


def draw(row: Row, of: Layout) -> Line:
    """The row's cells in their columns."""
    pieces: list[Piece] = [Piece(" ")]
    for place, (column, size, right) in enumerate(of.widths):
        cell = row.cells[column] if column < len(row.cells) else Piece("")
        if place:
            pieces.append(Piece(" " * GAP))
        pieces.append(Piece(fit(cell.text, size, right=right), cell.role))
    return tuple(pieces)


def _cells(row: Row, place: int) -> int:
    return cell_len(row.cells[place].text) if place < len(row.cells) else 0
