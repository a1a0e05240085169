"""Conditions of a `[[checks]]` on performance: its level, and its loss against the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import polars as pl

from console.config.settings import Check
from console.stats import confusion, metrics, performance, scores
from console.stats.changes import standing_limits
from console.stats.condition import Condition, condition

LESS_IS_BETTER = {"brier", "log_loss", "calibration_error", "mae", "rmse", "mape", "bias"}
CHUNKS = 10
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
    limits = (check.least, check.most, check.degradation, check.sigma)
    if check.metric is None and (check.suite is None or all(one is None for one in limits)):
        return
    found = of_frame(rows, positive, costs)
    name = check.metric or next((name for name in CHOSEN if name in found), CHOSEN[0])
    value = found.get(name)
    if value is None:
        if check.metric is not None:
            yield condition(name, "cannot be told: needs labels beside predictions", holds=None)
        return

    def known(part: pl.DataFrame) -> float | None:
        return of_frame(part, positive, costs).get(name)

    yield from _level(check, name, value)
    if check.sigma is not None:
        yield _usual(check.sigma, name, value, _parts(reference), known)
    if check.degradation is not None:
        before = None if reference is None else known(reference)
        yield _degradation(check, check.degradation, name, value, before)


def _level(check: Check, name: str, value: float) -> Iterator[Condition]:
    if check.least is not None:
        said = f"{value:.4g}, at least {check.least:g} wanted"
        yield condition(name, said, holds=value >= check.least, value=value, limit=check.least)
    if check.most is not None:
        said = f"{value:.4g}, at most {check.most:g} wanted"
        yield condition(name, said, holds=value <= check.most, value=value, limit=check.most)


def _degradation(
    check: Check, limit: float, name: str, value: float, before: float | None
) -> Condition:
    title = f"{name} degradation"
    if before is None:
        return condition(title, "cannot be told: the reference has no labels", holds=None)
    worse = (value - before) if name in LESS_IS_BETTER else (before - value)
    if name == "bias":
        worse = abs(value) - abs(before)
    part = ""
    if check.metric is None:  # whose size nobody chose: as a part of what it was
        worse, part = worse / max(abs(before), 1e-12), " of it"
    said = f"{before:.4g} to {value:.4g}, at most {limit:g}{part} worse wanted"
    return condition(title, said, holds=worse <= limit, value=worse, limit=limit)


def _parts(reference: pl.DataFrame | None) -> list[pl.DataFrame]:
    """Ten chunks of equal size; none of too few rows."""
    if reference is None or reference.height < CHUNKS:
        return []
    bounds = [reference.height * at // CHUNKS for at in range(CHUNKS + 1)]
    return [reference[low:high] for low, high in pairwise(bounds)]


def _usual(
    sigma: float,
    name: str,
    value: float,
    parts: Sequence[pl.DataFrame],
    known: Callable[[pl.DataFrame], float | None],
) -> Condition:
    """Whether a metric is what chunks of the reference let expect, as NannyML has it."""
    told = [one for one in map(known, parts) if one is not None]
    if len(told) < CHUNKS:
        said = "cannot be told: the reference has too few labels for ten parts"
        return condition(f"{name} sigma", said, holds=None)
    low, high = standing_limits(told, sigma)
    said = f"{value:.4g}, {low:.4g} to {high:.4g} wanted, as in ten parts of the reference"
    return condition(f"{name} sigma", said, holds=low <= value <= high, value=value, limit=sigma)
