"""Followed files and what they cost, as rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.tui.present.line import Piece, piece
from console.tui.present.table import Column, Row
from console.tui.present.words import DASH, count, size

if TYPE_CHECKING:
    from console.engine.views.sources import CheckpointFigure, HintFigure, SourceFigure
    from console.sources.leftout import LeftOut

SOURCES = (
    Column("", least=1, most=1, wanted=100),
    Column("file", most=70, least=10, wanted=99),
    Column("format", most=12, wanted=70),
    Column("model", most=18, wanted=90),
    Column("stage", most=12, wanted=85),
    Column("size", right=True, wanted=88),
    Column("behind", right=True, wanted=97),
    Column("rows", right=True, wanted=87),
    Column("rejects", right=True, wanted=98),
    Column("a day", right=True, wanted=95),
    Column("stored", right=True, wanted=80),
)
CHECKPOINTS = (
    Column("model", most=20, wanted=100),
    Column("stage", most=14, wanted=99),
    Column("kind", most=12, wanted=98),
    Column("rows a day", right=True, wanted=95),
    Column("written a day", right=True, wanted=97),
    Column("stored a day", right=True, wanted=90),
    Column("rows", right=True, wanted=80),
)
HINTS = (
    Column("saves a day", right=True, wanted=99),
    Column("model", most=20, wanted=98),
    Column("stage", most=14, wanted=90),
    Column("what could cost less", most=200, least=10, wanted=50),
)

LEFT_OUT = (
    Column("file", most=70, least=10, wanted=99),
    Column("why", most=70, least=10, wanted=98),
    Column("what helps", most=120, least=10, wanted=50),
)


def left_out_rows(files: Sequence[LeftOut]) -> list[Row]:
    """One row a file that is not followed."""
    return [
        Row(
            entry.file,
            (piece(_tail(entry.file)), piece(entry.why, "warning"), piece(entry.mend or "", "dim")),
            entry,
        )
        for entry in files
    ]


def source_rows(sources: Sequence[SourceFigure]) -> list[Row]:
    """One row a file; what is behind or could not be decoded stands out."""
    return [
        Row(
            source.file,
            (
                Piece("!" if source.rejects else "", "warning"),
                piece(_tail(source.file)),
                piece(source.format or DASH, "dim"),
                piece(source.model or DASH),
                piece(source.stage or DASH, "dim"),
                Piece(size(source.size), "dim"),
                Piece(size(source.behind) if source.behind else "", "warning"),
                Piece(count(source.rows)),
                Piece(count(source.rejects) if source.rejects else "", "warning"),
                Piece(_bytes(source.written_per_day)),
                Piece(_bytes(source.stored_per_day), "dim"),
            ),
            source,
        )
        for source in sources
    ]


def checkpoint_rows(checkpoints: Sequence[CheckpointFigure]) -> list[Row]:
    """One row a stage of a model and kind of record."""
    return [
        Row(
            (entry.model, entry.stage, entry.kind),
            (
                piece(entry.model or DASH),
                piece(entry.stage or DASH, "dim"),
                piece(entry.kind),
                Piece(count(entry.rows_per_day)),
                Piece(size(entry.written_per_day), "strong"),
                Piece(size(entry.stored_per_day), "dim"),
                Piece(count(entry.rows), "dim"),
            ),
            entry,
        )
        for entry in checkpoints
    ]


def hint_rows(hints: Sequence[HintFigure]) -> list[Row]:
    """One row a hint."""
    return [
        Row(
            (hint.model, hint.stage, hint.text),
            (
                Piece(size(hint.saved_per_day) if hint.saved_per_day else "series", "ok"),
                piece(hint.model or DASH),
                piece(hint.stage or DASH, "dim"),
                piece(hint.text),
            ),
            hint,
        )
        for hint in hints
    ]


def _tail(file: str, most: int = 70) -> str:
    """The end of a path tells more than its beginning."""
    return file if len(file) <= most else "…" + file[-most + 1 :]


def _bytes(number: float | None) -> str:
    return DASH if number is None else size(number)
