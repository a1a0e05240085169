"""Drift of features, predictions and scores against what the model was validated on.

Every half hour the last 2, 8 and 24 hours of each column are compared with its baseline: the
reference file, or the first day where there is none (a whole day, so that no time of day is
favoured). Three things must hold twice running before anything is raised:

*Significance.* A p-value of the two-sample null that tolerates the floor below: Kolmogorov-Smirnov
with the floor taken off the distance, or a chi-square that is non-central by it. Benjamini and
Hochberg at `FALSE_DISCOVERIES` over all columns and pools of a model at a time.

*Size.* The floor is a shift of 0.2, 0.2 and 0.15 standard deviations for the three pools
(`comparison.FLOORS`), or 1.5 times the spread of such pools round their whole in the model's own
first day and 0.1 for what days differ, if that is more: daily waves and wander stay silent
however many rows there are.

*Persistence.* Two evaluations running. It is cleared after four without excess.

On simulated models of 20 columns with daily waves of 0.15 and wander of 0.05 standard deviations
this raises one column in 600 model-days (`tests/detectors/test_column_detectors.py`).

A pool must be that far from the model's first day as well as from its file. A column whose first
day differs from the file by `MISMATCH` is told once, as information; from then on its own first day
is the baseline.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from console.config.settings import Settings
from console.detectors.buckets import gather
from console.detectors.comparison import (
    BUCKET,
)
from console.detectors.drift_baseline import (
    Baseline,
    as_one,
    baseline_of,
    of_version,
)
from console.detectors.drift_judge import Evaluation
from console.detectors.drift_track import TRACKS, Key, Track, track_of
from console.detectors.protocol import Deviation, Span, State
from console.records.clock import DAY, naive
from console.stats import columns
from console.stats.pinning import References


class DriftDetector:
    """Compares pools of each column with its baseline."""

    name = "drift"
    layout = 2

    def __init__(self, settings: Settings, references: References) -> None:
        self._settings = settings
        self._references = references
        self._baselines = {
            model.name: baseline_of(model)
            for model in settings.models
            if model.baseline != "reference"
        }
        self._versions = {name: one.version for name, one in self._baselines.items() if one.version}

    def initial(self) -> State:
        """Nothing seen yet."""
        empty = pl.DataFrame(schema=columns.CLOSED)
        return {
            "recent": empty,
            "pending": empty,
            "versions": empty,
            "tracks": pl.DataFrame(schema=TRACKS),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Columns that began or ceased to differ, in order of `at`."""
        versions, fresh = state["versions"], span.columns.clear()
        if self._versions:
            fresh = of_version(span.columns, self._versions)
            state = {**state, "versions": as_one(versions, fresh)}
        units, recent, pending = gather(
            state["recent"],
            state["pending"],
            span.columns,
            self._references,
            end=span.end,
            window=self._settings.prediction_window_s,
            width=BUCKET,
            memory=max([DAY, *(one.memory for one in self._baselines.values())]),
        )
        recent = self._needed(recent)
        if not units:
            return [], {**state, "recent": recent, "pending": pending}
        tracks: dict[Key, Track] = {}
        for row in state["tracks"].select(list(TRACKS)).iter_rows():
            track = Track(*row)
            tracks[track.model, track.stage, track.column, track.role] = track
        found: list[Deviation] = []
        ends = pl.col("start") + timedelta(seconds=self._settings.prediction_window_s)
        for unit in units:
            own = [track_of(tracks, unit, column) for column in unit.columns]
            baseline = self._baselines.get(unit.model or "", Baseline("reference"))
            for buckets in unit.walk(BUCKET, baseline.memory):
                at = naive(buckets[-1].start + BUCKET)
                # What came later in the same span is not known yet.
                past = as_one(versions, fresh.filter(ends <= at)) if fresh.height else versions
                found += Evaluation(unit, own, buckets, baseline, past).deviations()
        rows = [
            tuple(getattr(track, name) for name in TRACKS)
            for _, track in sorted(
                tracks.items(), key=lambda item: [part or "" for part in item[0]]
            )
        ]
        return sorted(found, key=lambda d: (d.at, d.series.id)), {
            "recent": recent,
            "pending": pending,
            "versions": state["versions"],
            "tracks": pl.DataFrame(rows, schema=TRACKS, orient="row"),
        }

    def _needed(self, recent: pl.DataFrame) -> pl.DataFrame:
        """The buckets without those that only other models look so far back at."""
        if not self._baselines:
            return recent
        newest = pl.col("start").max().over("model", "stage")
        far = pl.lit(DAY)
        for name, one in self._baselines.items():
            far = pl.when(pl.col("model").eq_missing(pl.lit(name))).then(one.memory).otherwise(far)
        return recent.filter((newest - pl.col("start")).dt.total_microseconds() < far * 1e6)
