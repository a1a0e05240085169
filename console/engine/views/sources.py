"""The followed files, what each costs to record, and what could be recorded for less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.stats import costs

if TYPE_CHECKING:
    import polars as pl

    from console.store.rawrows import Span
    from console.store.reader import Reader


@dataclass(frozen=True, slots=True)
class SourceFigure:
    """One followed file."""

    file: str
    format: str | None
    model: str | None
    stage: str | None
    size: int
    behind: int
    """Bytes that are not read yet."""
    rows: int
    rejects: int
    rows_per_day: float | None
    written_per_day: float | None
    """Bytes of lines; None where nothing was written in the span."""
    stored_per_day: float | None
    """Bytes in the store, about."""


@dataclass(frozen=True, slots=True)
class CheckpointFigure:
    """What one stage of a model records of one kind."""

    model: str | None
    stage: str | None
    kind: str
    rows: int
    rows_per_day: float
    written_per_day: float
    stored_per_day: float


@dataclass(frozen=True, slots=True)
class HintFigure:
    """One thing that could be recorded for less."""

    model: str | None
    stage: str | None
    text: str
    saved_per_day: float


@dataclass(frozen=True, slots=True)
class SourcesAnswer:
    """What the view of sources and costs shows."""

    sources: tuple[SourceFigure, ...]
    checkpoints: tuple[CheckpointFigure, ...]
    hints: tuple[HintFigure, ...]


def sources_answer(reader: Reader, span: Span) -> SourcesAnswer:
    """Every file, the one that costs most first; costs are those of the span, by day."""
    account = reader.costs(*span)
    seconds = costs.span_of(account.written, *span)
    by_file = costs.by_file(account.written, account.stored, seconds)
    of_file = _of_files(by_file)
    sources = []
    for row in reader.sources():
        cost = of_file.get(row.file, {})
        sources.append(
            SourceFigure(
                file=row.file,
                format=row.format,
                model=row.model,
                stage=row.stage,
                size=row.size,
                behind=max(row.size - row.offset, 0),
                rows=row.rows,
                rejects=row.rejects,
                rows_per_day=cost.get("rows_per_day"),
                written_per_day=cost.get("written_per_day"),
                stored_per_day=cost.get("stored_per_day"),
            )
        )
    return SourcesAnswer(
        sources=tuple(sorted(sources, key=lambda s: (-(s.written_per_day or 0.0), s.file))),
        checkpoints=tuple(
            CheckpointFigure(
                row["model"], row["stage"], row["kind"], row["rows"], row["rows_per_day"],
                row["written_per_day"], row["stored_per_day"],
            )
            for row in costs.by_checkpoint(by_file).iter_rows(named=True)
        ),
        hints=tuple(
            HintFigure(hint.model, hint.stage, hint.text, hint.saved_per_day)
            for hint in costs.hints(account.templates, account.series, by_file, seconds)
        ),
    )  # fmt: skip


def _of_files(by_file: pl.DataFrame) -> Mapping[str, Mapping[str, float]]:
    names = ("rows_per_day", "written_per_day", "stored_per_day")
    found: dict[str, dict[str, float]] = {}
    for row in by_file.iter_rows(named=True):
        sums = found.setdefault(row["file"], dict.fromkeys(names, 0.0))
        for name in names:
            sums[name] += row[name]
    return found
