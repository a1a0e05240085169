"""How a model stands, window by window: predicted only, estimated, or realised by its labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from console.records.clock import epoch
from console.stats import estimation, lists, metrics, performance
from console.stats.metrics import Estimate

State = Literal["predicted", "estimated", "realised"]
WRONG = 4.0
"""Standard errors of its gap from which an estimator has been wrong."""
ENOUGH = 0.5
"""A window is realised when so large a part of its predictions has labels."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One stretch of time of one model, over its stages and versions."""

    start: float
    state: State
    n: int
    """Predictions."""
    labelled: int
    realised: Mapping[str, Estimate]
    """Metrics by name, of the predictions whose labels have come; empty without."""
    estimated: Mapping[str, Estimate]
    """Metrics by name as they were expected when the window closed; empty without."""
    base_rate: float | None = None
    """The part of the labels that is the positive class; None without, or of numbers."""
    delay_s: float | None = None
    """How long the labels took to come, on average, to the width of a window."""

    @property
    def coverage(self) -> float:
        """The part of the predictions that has labels, 0..1."""
        return min(self.labelled / self.n, 1.0) if self.n else 0.0


def standings(
    predicted: pl.DataFrame,
    estimated: pl.DataFrame,
    realised: pl.DataFrame,
    width_s: float,
    costs: Mapping[str, float] | None = None,
) -> list[Standing]:
    """The course of one model in stretches of `width_s` seconds, oldest first.

    Frames are of `scores.CLOSED`, `estimation.ESTIMATES` and `performance.CLOSED`, the last of the
    predictions made in the span, whenever their labels came: asked again, it restates the past.
    """
    counts = _summed(predicted, "start", width_s, ("n",), ())
    expected = _summed(
        estimated,
        "start",
        width_s,
        ("n", "judged", *estimation.PARTS, "measured", *estimation.ERRORS),
        estimation.HISTOGRAMS,
    )
    weights = estimated.group_by(_part("start", width_s)).agg(pl.col("labelled").min())
    labelled = dict(weights.iter_rows())
    came = _summed(
        realised,
        "predicted",
        width_s,
        performance.SUMS,
        (*performance.HISTOGRAMS, "score_totals"),
    )
    late = (pl.col("start") - pl.col("predicted")).dt.total_seconds() * pl.col("n")
    parts = realised.group_by(_part("predicted", width_s)).agg(late.sum() / pl.col("n").sum())
    delays = dict(parts.iter_rows())
    found = []
    for start in sorted({*counts, *expected, *came}):
        true, guess = came.get(start, {}), expected.get(start, {})
        n = int(counts.get(start, {}).get("n") or max(true.get("n") or 0, guess.get("n") or 0))
        rows = int(true.get("n") or 0)
        state: State = "predicted"
        if rows and rows >= ENOUGH * n:
            state = "realised"
        elif guess:
            state = "estimated"
        found.append(
            Standing(
                epoch(start),
                state,
                n,
                rows,
                metrics.of_sums(true, costs) if true else {},
                expectation(guess, float(labelled.get(start) or 0.0), costs) if guess else {},
                _base_rate(true),
                delays.get(start),
            )
        )
    return found


def _base_rate(sums: Mapping[str, Any]) -> float | None:
    hits, missed, rows = (sums.get(name) for name in ("true_positive", "false_negative", "judged"))
    return None if hits is None or missed is None or not rows else (hits + missed) / rows


def expectation(
    sums: Mapping[str, Any], labelled: float, costs: Mapping[str, float] | None = None
) -> dict[str, Estimate]:
    """Metrics of expected sums; their errors are those of the realised metric round the estimate.

    That is the chance in the window's own labels, and that in the `labelled` rows from which it is
    known what scores mean.
    """
    found = metrics.of_sums(sums, costs)
    wanted = ("accuracy", "precision", "recall", "f1", "auc", "average_precision", "value", "mae")
    return {name: widened(found[name], labelled) for name in wanted if name in found} | (
        {"rmse": replace(found["rmse"], error=math.nan)} if "rmse" in found else {}
    )


def widened(estimate: Estimate, labelled: float) -> Estimate:
    """An estimate whose error holds that of the rows that it is calibrated on, too."""
    factor = math.sqrt(1 + estimate.n / labelled) if labelled > 0 else math.inf
    if not math.isfinite(factor):
        return replace(estimate, error=math.inf, low=-math.inf, high=math.inf)
    return replace(
        estimate,
        error=estimate.error * factor,
        low=estimate.value - (estimate.value - estimate.low) * factor,
        high=estimate.value + (estimate.high - estimate.value) * factor,
    )


@dataclass(frozen=True, slots=True)
class Trust:
    """What the estimates of one metric were worth where labels have come."""

    metric: str
    gap: float
    """Estimate less truth, the mean over stretches weighed by their labels."""
    error: float
    """Standard error of the gap, from the chance in the labels."""
    n: int
    """Labelled predictions behind it."""

    @property
    def wrong(self) -> bool:
        """Whether the estimator was surely off, by more than chance gives four times in 100,000."""
        return abs(self.gap) > WRONG * self.error

    @property
    def words(self) -> str:
        """A sentence for the screen."""
        side = "high" if self.gap > 0 else "low"
        if self.wrong:
            return (
                f"estimates of {self.metric} have been wrong: {abs(self.gap):.3f} too {side} "
                f"over {self.n:,} labels"
            )
        return f"estimates of {self.metric} were off by {abs(self.gap):.3f} over {self.n:,} labels"


def trust(course: Sequence[Standing], metric: str) -> Trust | None:
    """How far estimates of a metric have been from what came true; None before labels came."""
    both = [
        (one.estimated[metric], one.realised[metric])
        for one in course
        if one.state == "realised" and metric in one.estimated and metric in one.realised
    ]
    n = sum(true.n for _, true in both)
    if not n:
        return None
    gap = sum((said.value - true.value) * true.n for said, true in both) / n
    error = math.sqrt(sum((true.error * true.n) ** 2 for _, true in both)) / n
    return Trust(metric, gap, error, n)


def _part(time: str, width_s: float) -> pl.Expr:
    width = round(width_s * 1e6)
    return pl.from_epoch(pl.col(time).dt.epoch("us") // width * width, time_unit="us").alias("part")


def _summed(
    rows: pl.DataFrame, time: str, width_s: float, sums: tuple[str, ...], listed: tuple[str, ...]
) -> dict[Any, dict[str, Any]]:
    if rows.is_empty():
        return {}
    parts = rows.with_columns(_part(time, width_s))
    groups, places = lists.grouped(parts, ["part"])
    totals = parts.group_by("part").agg(
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in sums
    )
    joined = groups.join(totals, on="part", maintain_order="left").with_columns(
        lists.added(parts[name], places, groups.height).alias(name) for name in listed
    )
    return {row.pop("part"): row for row in joined.rows(named=True)}
