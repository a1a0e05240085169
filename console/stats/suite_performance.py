"""Conditions of a `[[checks]]` on performance: its level, and its loss against the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from console.config.settings import Check
from console.stats import confusion, metrics, performance, scores
from console.stats.condition import Condition, condition

LESS_IS_BETTER = {"brier", "log_loss", "calibration_error", "mae", "rmse", "mape", "bias"}
CHOSEN = ("auc", "f1_macro", "accuracy", "rmse")
"""Which metric a suite takes where none is named: the first that the rows tell."""


def of_frame(
    frame: pl.DataFrame, positive: str | None = None, costs: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Every metric that a table of predictions and labels tells, by name."""
    sums = performance.totals(frame, positive)
    if not sums:
        return {}
    found = {name: one.value for name, one in metrics.of_sums(sums, costs).items()}
    if "correct" in sums and "prediction" in frame.columns:
        said = frame.select(
            *(
                scores.plain(pl.col(name).cast(pl.String)).alias(name)
                for name in ("label", "prediction")
            ),
            n=pl.lit(1),
        ).drop_nulls()
        by_class = metrics.by_class(confusion.pairs(said))
        found |= {name: one.value for name, one in by_class.items() if name not in found}
    return found


def conditions(
    check: Check,
    rows: pl.DataFrame,
    reference: pl.DataFrame | None,
    positive: str | None,
    costs: Mapping[str, float] | None,
) -> Iterator[Condition]:
    """What becomes of the limits of a metric."""
    limits = (check.least, check.most, check.degradation)
    if check.metric is None and (check.suite is None or all(one is None for one in limits)):
        return
    found = of_frame(rows, positive, costs)
    name = check.metric or next((name for name in CHOSEN if name in found), CHOSEN[0])
    value = found.get(name)
    if value is None:
        if check.metric is not None:
            yield condition(name, "cannot be told: needs labels beside predictions", holds=None)
        return
    if check.least is not None:
        said = f"{value:.4g}, at least {check.least:g} wanted"
        yield condition(name, said, holds=value >= check.least, value=value, limit=check.least)
    if check.most is not None:
        said = f"{value:.4g}, at most {check.most:g} wanted"
        yield condition(name, said, holds=value <= check.most, value=value, limit=check.most)
    if check.degradation is not None:
        before = None if reference is None else of_frame(reference, positive, costs).get(name)
        if before is None:
            said = "cannot be told: the reference has no labels"
            yield condition(f"{name} degradation", said, holds=None)
            return
        if name == "bias":
            worse = abs(value) - abs(before)
        else:
            worse = (value - before) if name in LESS_IS_BETTER else (before - value)
        part = ""
        if check.metric is None:  # whose size nobody chose: as a part of what it was
            worse, part = worse / max(abs(before), 1e-12), " of it"
        said = f"{before:.4g} to {value:.4g}, at most {check.degradation:g}{part} worse wanted"
        holds = worse <= check.degradation
        yield condition(
            f"{name} degradation", said, holds=holds, value=worse, limit=check.degradation
        )
