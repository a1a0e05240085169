"""From decoded rows to window deltas of every kind: the one place where a row is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from console.engine.aggregates import Kind
from console.stats import columns, confusion, logs, performance, scores, volumes, windows

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.stats.pinning import References


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
    }


class Summaries:
    """Summarises rows that are marked `late` or not into deltas that are marked likewise."""

    def __init__(self, settings: Settings, references: References) -> None:
        positives = {m.name: m.positive for m in settings.models if m.positive is not None}
        base, wide = settings.window_s, settings.prediction_window_s
        self._of: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
            "metrics": lambda rows: windows.summarise(rows, base),
            "logs": lambda rows: logs.summarise(rows, base),
            "columns": lambda rows: columns.summarise(rows, references, wide),
            "performance": lambda rows: performance.summarise(rows, wide, positives),
            "confusion": lambda rows: confusion.summarise(rows, references, wide),
            "scores": lambda rows: scores.summarise(rows, wide, positives),
            "volumes": lambda rows: volumes.summarise(rows, wide),
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
