"""Data quality of features: nulls, unseen values, columns that freeze, vanish or change their unit.

Nulls and unseen values are terms of their own here, not part of a distance (`detectors.drift`).
Whenever ten minutes (`Settings.prediction_window_s`) are complete, the last 10 and 30 minutes, 2
and 12 hours of each column are compared with its baseline: the reference in the first day, then
the first day and all of the column's own past since that was not raised. The prediction for a pool
is negative-binomial: a rate known from the baseline's hits, with an over-dispersion of `SPREAD` for
what varies from day to day; for unseen categories the baseline holds at least the share that is
still undiscovered (Good-Turing: what was seen once).

Raised are terms whose p-value is below `P_LIMIT` over twice the number of columns (Bonferroni;
at 144 partly overlapping looks a day at four pools: fewer than one false alarm a month and model)
and that have grown by 2 percentage points, or to three times their share. A column is constant if
all its rows of two hours or more have one value that the reference's most frequent one makes as
improbable; numbers are of another unit or sign by `quality_scale`. Models without a reference file
are judged after their first day. Nothing is raised twice before it has been cleared: for an hour
the last 2 or 12 have surely lost half the growth.
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import polars as pl

from console.config.settings import Settings
from console.detectors.buckets import Bucket, Unit, gather
from console.detectors.protocol import Deviation, Span, State
from console.detectors.quality_look import Look
from console.detectors.quality_track import MEMORY, POOLS, TRACKS, Key, Track, track_of
from console.stats import columns
from console.stats.pinning import References

_COUNTS = pl.List(pl.Int64)


class QualityDetector:
    """Compares shares of nulls and unseen values with the reference and the column's own past."""

    name = "quality"
    layout = 2

    def __init__(self, settings: Settings, references: References) -> None:
        self._width = settings.prediction_window_s
        self._references = references

    def initial(self) -> State:
        """Nothing seen yet."""
        empty = pl.DataFrame(schema=columns.CLOSED)
        return {"recent": empty, "pending": empty, "tracks": pl.DataFrame(schema=TRACKS)}

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Columns that began or ceased to be worse than they were, in order of `at`."""
        units, recent, pending = gather(
            state["recent"],
            state["pending"],
            span.columns,
            self._references,
            end=span.end,
            window=self._width,
            width=self._width,
            # One bucket more than is pooled: the one that has just become part of the past.
            memory=MEMORY + self._width,
        )
        if not units:
            return [], {**state, "recent": recent, "pending": pending}
        tracks: dict[Key, Track] = {}
        for row in state["tracks"].select(list(TRACKS)).iter_rows():
            track = Track(*row)
            tracks[track.model, track.stage, track.column, track.role] = track
        found: list[Deviation] = []
        for unit in units:
            own = [track_of(tracks, unit, column) for column in unit.columns]
            found += self._unit(unit, own)
        rows = [
            tuple(getattr(track, name) for name in TRACKS)
            for _, track in sorted(
                tracks.items(), key=lambda item: [part or "" for part in item[0]]
            )
        ]
        return sorted(found, key=lambda d: (d.at, d.series.id)), {
            "recent": _without_old_counts(recent),
            "pending": pending,
            "tracks": pl.DataFrame(rows, schema=TRACKS, orient="row"),
        }

    def _unit(self, unit: Unit, tracks: list[Track]) -> list[Deviation]:
        found: list[Deviation] = []
        window: deque[Bucket] = deque(unit.buckets[: len(unit.buckets) - unit.fresh])
        for bucket in unit.buckets[len(unit.buckets) - unit.fresh :]:
            window.append(bucket)
            at = bucket.start + self._width
            while window[0].start < at - MEMORY - 1:
                old = window.popleft()
                for place, track in enumerate(tracks):
                    if old.start > track.folded:
                        track.fold(place, old)
            found += Look(unit, tracks, list(window), at, self._width).deviations()
        return found


def _without_old_counts(recent: pl.DataFrame) -> pl.DataFrame:
    """Only constant columns are told by their cells, and those by the last two hours."""
    newest = pl.col("start").max().over("model", "stage")
    young = pl.col("start") > newest - timedelta(seconds=POOLS[2])
    return recent.with_columns(pl.when(young).then("counts").otherwise(pl.lit([], _COUNTS)))
