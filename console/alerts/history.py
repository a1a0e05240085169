"""What the alerts read of the past: the part of `store.reader.Reader` that they need.

All spans are half open, `[start, end)`, in epoch seconds. Evidence is read with `end` at the event
time of the tick, so that a replay and a live run see the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl

    from console.store.pages import LogLine


class History(Protocol):
    """Rows that are already stored."""

    def points(
        self, series_id: int, start: float, end: float, limit: int = 240
    ) -> list[tuple[float, float]]:
        """Means of a series' windows, oldest first, re-binned to at most `limit`."""
        ...

    def version_points(self, series_id: int, start: float, end: float) -> pl.DataFrame:
        """A series' windows by version, oldest first: columns version, start, mean."""
        ...

    def template_counts(
        self, model: str | None, stage: str | None, start: float, end: float
    ) -> pl.DataFrame:
        """Columns template_id, template, stage, level, n, first_ts; None means any."""
        ...

    def log_example(
        self, template_id: str, model: str | None, start: float, end: float
    ) -> LogLine | None:
        """One line of the template in the span."""
        ...

    def events(self, start: float, end: float, model: str | None = None) -> pl.DataFrame:
        """Marked events that meet the span, schema EVENTS; those of no model included."""
        ...

    def column_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Summaries of features, predictions and scores by version, column and window."""
        ...

    def performance_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Sums over labelled predictions by version, stage and window."""
        ...

    def segment_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Summaries of columns by segment: the windows that have ended by `end`."""
        ...

    def segment_performance(self, model: str, start: float, end: float) -> pl.DataFrame:
        """Sums over predictions made since `start` by segment, labelled by `end`."""
        ...

    def series(self, model: str | None = None) -> pl.DataFrame:
        """The series catalogue: series_id, model, stage, name, tags."""
        ...

    def courses(self, model: str | None, start: float, end: float, parts: int) -> pl.DataFrame:
        """Every series of a model over equal parts: columns series_id, part, mean at least."""
        ...

    def version_counts(self, start: float, end: float, parts: int) -> pl.DataFrame:
        """Versions by model over equal parts: columns model, version, part, first, last."""
        ...

    def volumes(self, model: str, start: float, end: float, width_s: float) -> pl.DataFrame:
        """Predictions counted by window: columns start and n at least."""
        ...
