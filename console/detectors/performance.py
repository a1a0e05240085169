"""Performance: whether a model has become worse, as labels tell, and before that as scores do.

Labels arrive hours after the predictions they judge. Whenever half an hour of arrivals is complete,
the predictions of the newest 2, 4, 8, 16, 32 and 64 hours that have labels are compared with the
reference's labelled rows, or with the model's own first day of predictions: accuracy, and the area
under the ROC curve where there are scores of two classes; mean absolute error of a regression; NDCG
of rankings.

A metric is raised if it is worse by its floor (a quarter of what it lacks to 1, at least half a
point and at most two; a tenth of an error) and if chance does not explain that half the floor is
passed: z beyond `Z_LIMIT`, with the sampling error of both sides and the spread of the first day's
four-hour blocks. The limit is a Bonferroni bound over the 1,440 looks of a month at 6 pools: at
most one false alarm in 20 months of a model and metric, fewer since the looks overlap.

Predictions that wait for their labels are judged in the same way by what is expected of them
(`stats.estimation`), what the estimates have been off by so far taken off. Such an alert is marked
as estimated, and only ever a warning. Labels bear it out, or clear it; then, and wherever the
record shows that an estimator has been wrong, its estimates raise nothing for a week.
"""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors.performance_judge import Judge
from console.detectors.performance_sums import SLOT
from console.detectors.performance_track import (
    RAISED,
    SLOTS,
    TRACKS,
    Key,
    Raised,
    Track,
    frame,
)
from console.detectors.protocol import Deviation, Span, State
from console.records.clock import naive
from console.stats import estimation, performance
from console.stats.pinning import References


class PerformanceDetector:
    """Compares labelled and expected predictions with the reference's, or with the first day's."""

    name = "performance"
    layout = 2

    def __init__(self, settings: Settings, references: References) -> None:
        self._width = settings.prediction_window_s
        self._references = references

    def initial(self) -> State:
        """Nothing seen yet."""
        return {
            "pending": pl.DataFrame(schema=performance.CLOSED),
            "guesses": pl.DataFrame(schema=estimation.ESTIMATES),
            "slots": pl.DataFrame(schema=SLOTS),
            "expected": pl.DataFrame(schema=SLOTS),
            "tracks": pl.DataFrame(schema=TRACKS),
            "raised": pl.DataFrame(schema=RAISED),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Metrics that have become worse, or are as they were again, in order of `at`."""
        waiting = (
            pl.concat([state["pending"], span.performance])
            if span.performance.height
            else (state["pending"])
        )
        guesses = (
            pl.concat([state["guesses"], span.estimates])
            if span.estimates.height
            else (state["guesses"])
        )
        limit = math.floor(span.end / SLOT) * SLOT
        # A window belongs to the half hour in which it ends.
        complete = pl.col("start") + timedelta(seconds=self._width) <= naive(limit)
        ready, told = waiting.filter(complete), guesses.filter(complete)
        if ready.is_empty() and told.is_empty():
            return [], {**state, "pending": waiting, "guesses": guesses}
        tracks = {(row[0], row[1]): Track(*row) for row in state["tracks"].iter_rows()}
        raised = {(row[0], row[1], row[2]): Raised(*row) for row in state["raised"].iter_rows()}
        found: list[Deviation] = []
        kept = {name: state[name] for name in ("slots", "expected")}
        keys = pl.concat([ready.select("model", "stage"), told.select("model", "stage")])
        for key in keys.unique().sort("model", "stage").iter_rows():
            mine = _of(key)
            judge = Judge(
                key,
                tracks,
                raised,
                self._references,
                slots=_vectors(kept["slots"].filter(mine)),
                expected=_vectors(kept["expected"].filter(mine)),
            )
            found += judge.walk(ready.filter(mine), told.filter(mine), self._width)
            for name, slots in (("slots", judge.slots), ("expected", judge.expected)):
                sums = [(*key, slot, slots[slot].tolist()) for slot in sorted(slots)]
                rows = pl.DataFrame(sums, schema=SLOTS, orient="row")
                kept[name] = pl.concat([kept[name].filter(~mine), rows])
        return sorted(found, key=lambda d: (d.at, d.series.id)), {
            "pending": waiting.filter(~complete),
            "guesses": guesses.filter(~complete),
            **{name: part.sort("model", "stage", "slot") for name, part in kept.items()},
            "tracks": frame(list(tracks.values()), TRACKS),
            "raised": frame(list(raised.values()), RAISED),
        }


def _of(key: Key) -> pl.Expr:
    model, stage = (pl.lit(part, dtype=pl.String) for part in key)
    return pl.col("model").eq_missing(model) & pl.col("stage").eq_missing(stage)


def _vectors(rows: pl.DataFrame) -> dict[float, np.ndarray]:
    return {slot: np.array(sums) for slot, sums in rows.select("slot", "sums").iter_rows()}
