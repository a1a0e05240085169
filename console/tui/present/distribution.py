"""Two distributions side by side, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.present.figures import percent
from console.tui.present.line import Line, Piece, piece
from console.tui.present.table import Column, Row
from console.tui.present.words import SIGMA, count

if TYPE_CHECKING:
    from console.engine.views.column import ColumnAnswer

BAR_MOST = 36
EIGHTHS = " ▏▎▍▌▋▊▉"


def columns(bar: int) -> tuple[Column, ...]:
    """The columns, the bars `bar` cells wide."""
    return (
        Column("", most=24, least=6, wanted=100),
        Column("reference", most=bar, least=bar, wanted=90),
        Column("", right=True, wanted=95),
        Column("now", most=bar, least=bar, wanted=91),
        Column("", right=True, wanted=96),
        Column("adds to psi", right=True, wanted=80),
        Column("rows", right=True, wanted=70),
    )


def bar_width(width: int) -> int:
    """Cells of a bar in a list of that width."""
    return max(min((width - 62) // 2, BAR_MOST), 8)


def rows(answer: ColumnAnswer, bar: int) -> list[Row]:
    """One row a bin or category; bars share one scale, what contributes most stands out."""
    largest = max([max(cell.share, cell.share_before) for cell in answer.cells], default=0.0)
    telling = sorted((cell.adds for cell in answer.cells), reverse=True)[:3]
    return [
        Row(
            (place, cell.name),
            (
                piece(cell.name),
                Piece(bar_of(cell.share_before, largest, bar), "dim"),
                Piece(percent(cell.share_before), "dim"),
                Piece(
                    bar_of(cell.share, largest, bar),
                    "warning" if cell.adds > 0.01 and cell.adds in telling else "info",
                ),
                Piece(percent(cell.share)),
                Piece(f"{cell.adds:.3f}" if cell.adds else "", "dim"),
                Piece(count(cell.current), "dim"),
            ),
            cell,
        )
        for place, cell in enumerate(answer.cells)
    ]


def bar_of(share: float, largest: float, width: int) -> str:
    """A bar as long as the share is of the largest."""
    eighths = round(share / largest * width * 8) if largest > 0 else 0
    if share > 0:
        eighths = max(eighths, 1)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + EIGHTHS[rest]).rstrip()[:width].ljust(width)


def summary(answer: ColumnAnswer) -> Line:
    """What the comparison says in one line."""
    if not answer.n:
        return (Piece("no rows in this span", "dim"),)
    sure = f"p {answer.p:.2g}" if answer.p >= 1e-12 else "p < 1e-12"
    return (
        piece(f"{answer.kind} {answer.role}", "dim"),
        Piece(f" · {count(answer.n)} rows against {count(answer.n_before)}", "dim"),
        Piece(f" · {answer.shift:.2f} {SIGMA} apart", "strong"),
        Piece(f" · psi {answer.stability:.3f} · {sure}", "dim"),
    )
