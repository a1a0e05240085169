"""Two sides beside each other, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.present.figures import change
from console.tui.present.line import Piece, piece
from console.tui.present.table import Column, Row
from console.tui.present.words import DASH, SIGMA, Calendar, count, span, value, version_tag

if TYPE_CHECKING:
    from console.engine.views.compare import CompareAnswer, Difference, Side

COLUMNS = (
    Column("", least=1, most=1, wanted=100),
    Column("", most=40, least=8, wanted=99),
    Column("left", right=True, wanted=98),
    Column("right", right=True, wanted=97),
    Column("difference", right=True, wanted=96),
    Column("change", right=True, wanted=90),
    Column("by chance", right=True, wanted=95),
    Column("n left", right=True, wanted=60),
    Column("n right", right=True, wanted=59),
    Column("of", most=16, wanted=80),
)
KINDS = {"performance": "performance", "metric": "metric", "column": "column"}


def side_name(side: Side, calendar: Calendar, now: float) -> str:
    """What a side is, in few words."""
    parts = [side.model]
    if side.version is not None:
        parts.append(version_tag(side.version))
    if side.segment is not None:
        parts.append(side.segment)
    parts.append(f"{span(side.end - side.start)} up to {calendar.near(side.end, now)}")
    return " ".join(parts)


def rows(answer: CompareAnswer) -> list[Row]:
    """One row a number that both sides have."""
    return [Row(row.key, _cells(row), row) for row in answer.rows]


def _cells(row: Difference) -> tuple[Piece, ...]:
    column = row.kind == "column"
    gap = DASH if row.difference is None else f"{row.difference:+.3g}"
    if column and row.difference is not None:
        gap = f"{row.difference:.2f} {SIGMA}"
    return (
        Piece("▸" if row.differs else "", "warning"),
        piece(row.name, "strong" if row.differs else "text"),
        Piece(value(row.left)),
        Piece(value(row.right)),
        Piece(gap, "warning" if row.differs else "dim"),
        Piece(change(row.left, row.right), "dim"),
        Piece(chance(row.p), "text" if row.differs else "dim"),
        Piece(count(row.n_left), "dim"),
        Piece(count(row.n_right), "dim"),
        piece(f"{KINDS[row.kind]} {row.about}".strip(), "dim"),
    )


def chance(p: float | None) -> str:
    """How often chance alone gives as much: `31 %`, `0.4 %`, `< 0.1 %`; a dash where unknown."""
    if p is None:
        return DASH
    if p < 0.001:
        return "< 0.1 %"
    return f"{100 * p:.0f} %" if p >= 0.095 else f"{100 * p:.2g} %"
