"""From decoded rows to window deltas of every kind: the one place where a row is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

import polars as pl

from console.engine.aggregates import Kind
from console.stats import (
    columns,
    confusion,
    fields,
    logs,
    performance,
    scores,
    segment_performance,
    segment_windows,
    sightings,
    volumes,
    windows,
)

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.stats.pinning import References
    from console.stats.segments import Segments

T = TypeVar("T")


def kinds(settings: Settings) -> dict[str, Kind]:
    """The kinds of windows there are."""
    return {
        "metrics": Kind(settings.window_s, windows.merge),
        "logs": Kind(settings.window_s, logs.merge),
        "columns": Kind(settings.prediction_window_s, columns.merge),
        "performance": Kind(settings.prediction_window_s, performance.merge),
        "confusion": Kind(settings.prediction_window_s, confusion.merge),
        "scores": Kind(settings.prediction_window_s, scores.merge),
        "volumes": Kind(settings.prediction_window_s, volumes.merge),
        "sightings": Kind(settings.prediction_window_s, sightings.merge),
        "fields": Kind(settings.prediction_window_s, fields.merge),
    }


def kept_kinds(settings: Settings) -> dict[str, Kind]:
    """The kinds of windows that are stored for those who ask, once they are whole.

    Whether a row is late for them is told by its window of `kinds`.
    """
    width = segment_windows.width_of(settings.prediction_window_s)
    return {
        "segments": Kind(width, segment_windows.merge),
        "segment_performance": Kind(width, segment_performance.merge),
    }


class Summaries:
    """Summarises rows that are marked `late` or not into deltas that are marked likewise."""

    def __init__(self, settings: Settings, references: References, segments: Segments) -> None:
        positives = {m.name: m.positive for m in settings.models if m.positive is not None}
        base, wide = settings.window_s, settings.prediction_window_s
        by_segment = segment_windows.width_of(wide)
        cut = _Once(lambda rows: columns.cuts(rows, references))
        positive = scores.positive_of(positives)
        judged = _Once(lambda rows: performance.judged(rows, positive))
        self._of: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
            "metrics": lambda rows: windows.summarise(rows, base),
            "logs": lambda rows: logs.summarise(rows, base),
            "columns": lambda rows: columns.counted(cut(rows), wide),
            "segments": lambda rows: segment_windows.summarise(cut(rows), segments, by_segment),
            "performance": lambda rows: performance.counted(judged(rows), wide),
            "segment_performance": lambda rows: segment_performance.summarise(
                judged(rows), segments, by_segment
            ),
            "confusion": lambda rows: confusion.summarise(rows, references, wide),
            "scores": lambda rows: scores.summarise(rows, wide, positives),
            "volumes": lambda rows: volumes.summarise(rows, wide),
            "sightings": lambda rows: sightings.summarise(rows, wide),
            "fields": lambda rows: fields.summarise(rows, wide),
        }

    def deltas(self, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
        """The deltas of one kind.

        `rows` are metrics with series_id, logs with template_id, predictions, matched labels
        or `volumes.lines`; each with a column `late`.
        """
        if not rows["late"].any():
            return self._of[kind](rows).with_columns(late=pl.lit(value=False))
        parts = [
            self._of[kind](rows.filter(pl.col("late") == late)).with_columns(late=pl.lit(late))
            for late in (False, True)
            if late in rows["late"]
        ]
        return pl.concat(parts)


class _Once(Generic[T]):
    """What a function gives for a frame, kept for the next that asks for the same."""

    def __init__(self, make: Callable[[pl.DataFrame], T]) -> None:
        self._make = make
        self._last: tuple[pl.DataFrame, T] | None = None

    def __call__(self, rows: pl.DataFrame) -> T:
        if self._last is None or self._last[0] is not rows:
            self._last = rows, self._make(rows)
        return self._last[1]
