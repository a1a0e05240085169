"""The result of a query as a table, and one row of it in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.clean import clean
from console.tui.present.line import Piece, piece
from console.tui.present.table import Column, Row
from console.tui.present.words import DASH

if TYPE_CHECKING:
    from console.engine.views.query import QueryAnswer

WIDEST = 48


def columns_of(answer: QueryAnswer) -> tuple[Column, ...]:
    """The columns, numbers at the right; the first ones stay where there is not room for all."""
    pairs = zip(answer.columns, answer.numeric, strict=True)
    return tuple(
        Column(clean(name), right=numeric, most=WIDEST, wanted=-place)
        for place, (name, numeric) in enumerate(pairs)
    )


def rows_of(answer: QueryAnswer) -> list[Row]:
    """One row a row; its key is its place."""
    return [
        Row(
            place,
            tuple(
                Piece(DASH, "dim") if text is None else piece(text[: 4 * WIDEST]) for text in row
            ),
        )
        for place, row in enumerate(answer.rows)
    ]


def facts_of(answer: QueryAnswer, place: int) -> tuple[tuple[str, str], ...]:
    """Names and texts of one row."""
    row = answer.rows[place]
    return tuple(
        (name, DASH if text is None else text)
        for name, text in zip(answer.columns, row, strict=True)
    )
