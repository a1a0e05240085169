"""How a model stands, window by window: predicted only, estimated, or realised by its labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from console.records.clock import epoch
from console.stats import estimation, lists, metrics, performance
from console.stats.metrics import Estimate

State = Literal["predicted", "estimated", "realised"]
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
            )
        )
    return found


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
