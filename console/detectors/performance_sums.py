"""Sums over labelled predictions by the time they were made, and the metrics that they give.

A vector of `WIDTH` sums stands for any number of labelled predictions; vectors add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.clock import HOUR
from console.stats import metrics
from console.stats.metrics import Estimate
from console.stats.scores import CELLS

Floats = NDArray[np.float64]
Metric = Literal["accuracy", "auc", "mae", "ndcg"]
SLOT = HOUR / 2
"""Grid of the predictions' times."""
LEAST_ROWS = 50
LEAST_BASELINE = 300
LEAST_CLASS = 30
"""Labels that a metric of a pool, of a baseline, of each class for AUC needs."""
BLOCK = 8
"""Slots of a block by whose spread the first day's wander is known."""
N, CORRECT, JUDGED, ABSOLUTE, SQUARED, MEASURED, DELAY, RANKED, GAIN, GAINS = range(10)
"""Rows; right ones of those judged by class; errors of those measured; seconds to the label (of
estimates: labelled rows behind them, weighed by rows); NDCG of rankings and its squares."""
SCORES = 10
WIDTH = SCORES + 2 * CELLS


def metrics_of(base: Floats) -> list[Metric]:
    """Which metrics the baseline has a meaning for."""
    if base[RANKED] >= base[N] / 2:
        return ["ndcg"]
    if base[JUDGED] < base[N] / 2:
        return ["mae"]
    positive, negative = _scores(base)
    if min(positive.sum(), negative.sum()) >= LEAST_CLASS:
        return ["accuracy", "auc"]
    return ["accuracy"]


def estimate(metric: Metric, sums: Floats) -> Estimate | None:
    """The metric that the sums give; None if they are too few."""
    if metric == "accuracy":
        return metrics.accuracy(float(sums[CORRECT]), float(sums[JUDGED]))
    if metric == "mae":
        return metrics.mean_absolute_error(
            float(sums[ABSOLUTE]), float(sums[SQUARED]), int(sums[MEASURED])
        )
    if metric == "ndcg":
        return metrics.mean(float(sums[GAIN]), float(sums[GAINS]), float(sums[RANKED]))
    positive, negative = _scores(sums)
    if min(positive.sum(), negative.sum()) < LEAST_CLASS:
        return None
    return metrics.auc(positive, negative)


def loss_of(metric: Metric, usual: Estimate, now: Estimate) -> float:
    """How much worse it is; negative if it is better."""
    return now.value - usual.value if metric == "mae" else usual.value - now.value


def gain_of(metric: Metric, usual: Estimate, now: Estimate) -> Callable[[Floats], float]:
    """Log-likelihood ratio of a slot: as it is now against as it was."""
    if metric == "accuracy":
        then, new = (min(max(v, 1e-3), 1 - 1e-3) for v in (usual.value, now.value))
        right, wrong = math.log(new / then), math.log((1 - new) / (1 - then))
        return lambda s: float(s[CORRECT] * right + (s[JUDGED] - s[CORRECT]) * wrong)
    if metric in ("mae", "ndcg"):
        variance = max(now.error**2 * now.n, 1e-12)
        middle = (usual.value + now.value) / 2
        slope = (now.value - usual.value) / variance
        total, rows = (ABSOLUTE, MEASURED) if metric == "mae" else (GAIN, RANKED)
        return lambda s: float((s[total] - middle * s[rows]) * slope)

    def pairs(sums: Floats) -> float:
        found = metrics.auc(*_scores(sums))
        if found is None:
            return 0.0
        # A slot's rows weigh by their number; half way between then and now says neither.
        return found.n * ((usual.value + now.value) / 2 - found.value)

    return pairs


def wander_of(slots: list[Floats], total: Floats) -> float:
    """Spread of accuracy between blocks of the first day, less what chance gives them."""
    if total[JUDGED] < LEAST_BASELINE:
        return 0.0
    share = total[CORRECT] / total[JUDGED]
    squares: list[float] = []
    chance: list[float] = []
    for start in range(0, len(slots), BLOCK):
        block = np.sum(slots[start : start + BLOCK], axis=0)
        if block[JUDGED] >= LEAST_ROWS:
            own = block[CORRECT] / block[JUDGED]
            chance.append(share * (1 - share) / block[JUDGED])
            squares.append((own - share) ** 2 - chance[-1])
    if len(squares) < 2:
        return 0.0
    # What so few blocks show by chance alone is not yet wander.
    doubt = float(np.mean(chance)) * math.sqrt(2 / len(squares))
    return math.sqrt(max(float(np.mean(squares)) - doubt, 0.0))


def _scores(sums: Floats) -> tuple[Floats, Floats]:
    return sums[SCORES : SCORES + CELLS], sums[SCORES + CELLS :]


def from_totals(sums: Mapping[str, Any]) -> Floats:
    """The vector of a reference's `performance.totals`; zeros for one without labels."""
    vector = np.zeros(WIDTH)
    if sums:
        vector[N] = sums["n"]
        vector[CORRECT] = sums.get("correct", 0)
        vector[JUDGED] = sums.get("judged", sums["n"] if "correct" in sums else 0)
        vector[ABSOLUTE], vector[SQUARED] = (
            sums.get("absolute_error", 0.0),
            sums.get("squared_error", 0.0),
        )
        vector[MEASURED] = sums.get("measured", sums["n"] if "absolute_error" in sums else 0)
        vector[RANKED], vector[GAIN], vector[GAINS] = (
            sums.get(name, 0.0) for name in ("ranked", "ndcg", "ndcg_squares")
        )
        for place, name in enumerate(("positive_scores", "negative_scores")):
            counts = sums.get(name) or []
            vector[SCORES + place * CELLS :][: len(counts)] = counts
    return vector


def by_slot(rows: pl.DataFrame) -> dict[float, Floats]:
    """The sums by slot of the predictions' time; `rows` are of `performance.CLOSED`."""
    slots: dict[float, Floats] = {}
    for row in rows.with_columns(
        _slot("predicted"),
        ((pl.col("start") - pl.col("predicted")).dt.total_seconds() * pl.col("n")).alias("_delay"),
    ).iter_rows(named=True):
        vector = slots.setdefault(row["_slot"], np.zeros(WIDTH))
        vector[DELAY] += row["_delay"]
        _add(vector, row)
        if row["ranked"]:
            vector[RANKED] += row["ranked"]
            vector[GAIN] += row["ndcg"]
            vector[GAINS] += row["ndcg_squares"]
    return slots


def expected_by_slot(rows: pl.DataFrame) -> dict[float, Floats]:
    """The expected sums by slot; `rows` are of `estimation.ESTIMATES`."""
    slots: dict[float, Floats] = {}
    for row in rows.with_columns(_slot("start")).iter_rows(named=True):
        vector = slots.setdefault(row["_slot"], np.zeros(WIDTH))
        vector[DELAY] += row["labelled"] * row["n"]
        _add(vector, row)
    return slots


def _slot(time: str) -> pl.Expr:
    return ((pl.col(time).dt.epoch("us") / 1e6 / SLOT).floor() * SLOT).alias("_slot")


def _add(vector: Floats, row: Mapping[str, Any]) -> None:
    vector[N] += row["n"]
    if row["correct"] is not None:
        vector[CORRECT] += row["correct"]
        vector[JUDGED] += row["judged"]
    if row["absolute_error"] is not None:
        vector[ABSOLUTE] += row["absolute_error"]
        vector[SQUARED] += row["squared_error"]
        vector[MEASURED] += row["measured"]
    if row["positive_scores"]:
        vector[SCORES : SCORES + CELLS] += row["positive_scores"]
        vector[SCORES + CELLS :] += row["negative_scores"]
