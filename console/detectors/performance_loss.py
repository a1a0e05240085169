"""How much worse a metric is than usual, and how surely, by labels or by estimates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from console.detectors.performance_sums import (
    DELAY,
    LEAST_BASELINE,
    LEAST_ROWS,
    SLOT,
    Floats,
    Metric,
    N,
    estimate,
    loss_of,
)
from console.stats.metrics import Estimate
from console.stats.standing import ENOUGH, widened

POOLS = (4, 8, 16, 32, 64, 128)
"""Slots of predictions that are pooled, the newest ones."""
A_DAY = 48
"""Pools of so many slots hold every time of day alike: no wander is to be allowed for."""
ALPHA = 0.05 / (1440 * len(POOLS))
Z_LIMIT = 4.39
"""The z that a normal variable exceeds with probability `ALPHA`."""
RELATIVE = 0.1
"""Least loss of an error, relative to the baseline."""
LEAST_LOSS, MOST_LOSS = 0.005, 0.02
"""Least loss of a share: a quarter of what it lacks to 1, within these."""
WRONG = 4.0
"""An estimator is wrong if its record is off by the floor and by so many standard errors."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A metric of some slots against what is usual."""

    metric: Metric
    usual: Estimate
    now: Estimate
    floor: float
    loss: float
    z: float
    slots: list[float]

    @property
    def counts(self) -> bool:
        """Whether it is both large and certain enough."""
        return self.loss >= self.floor and self.z >= Z_LIMIT


@dataclass(frozen=True, slots=True)
class Record:
    """What estimates were worth where labels have come: estimate less truth, and its error."""

    gap: float = 0.0
    error: float = 0.0
    n: int = 0

    def wrong(self, floor: float) -> bool:
        """Whether it was surely off by what counts."""
        return abs(self.gap) >= floor and abs(self.gap) >= WRONG * self.error


def floor_of(metric: Metric, usual: Estimate) -> float:
    """The least loss that counts."""
    if metric == "mae":
        return RELATIVE * usual.value
    return min(max((1 - usual.value) / 4, LEAST_LOSS), MOST_LOSS)


def compared(
    metric: Metric, usual: Estimate, now: Estimate, wander: float, slots: list[float]
) -> Loss:
    """The loss, whose z is that of what is beyond half of the floor."""
    floor = floor_of(metric, usual)
    loss = loss_of(metric, usual, now)
    z = (loss - floor / 2) / max(math.hypot(usual.error, now.error, wander), 1e-9)
    return Loss(metric, usual, now, floor, loss, z, slots)


def worst(
    metric: Metric,
    usual: Estimate,
    slots: Mapping[float, Floats],
    ordered: list[float],
    wander: float,
) -> Loss | None:
    """The surest loss that counts over the newest pools of `ordered` slots."""
    best: Loss | None = None
    for size in POOLS:
        inside = [s for s in ordered if s > ordered[-1] - size * SLOT]
        now = estimate(metric, np.sum([slots[s] for s in inside], axis=0))
        if now is None or now.n < LEAST_ROWS:
            continue
        loss = compared(metric, usual, now, wander if size < A_DAY else 0.0, inside)
        if loss.counts and (best is None or loss.z > best.z):
            best = loss
    return best


def unlabelled(expected: Mapping[float, Floats], labelled: Mapping[float, Floats]) -> list[float]:
    """The slots whose predictions still wait for most of their labels, oldest first.

    Without those of versions of which too few labels are known to tell what they mean.
    """
    return [
        slot
        for slot, sums in sorted(expected.items())
        if (slot not in labelled or labelled[slot][N] < ENOUGH * sums[N])
        and sums[DELAY] >= LEAST_BASELINE * sums[N]
    ]


def record(
    metric: Metric, expected: Mapping[float, Floats], labelled: Mapping[float, Floats]
) -> Record:
    """The record of an estimator over the slots that have both estimates and most labels."""
    both = [s for s in expected if s in labelled and labelled[s][N] >= ENOUGH * expected[s][N]]
    if not both:
        return Record()
    said = estimate(metric, np.sum([expected[s] for s in both], axis=0))
    true = estimate(metric, np.sum([labelled[s] for s in both], axis=0))
    if said is None or true is None or true.n < LEAST_BASELINE:
        return Record()
    return Record(said.value - true.value, true.error, true.n)


def expected_loss(
    metric: Metric,
    usual: Estimate,
    expected: Mapping[float, Floats],
    waiting: list[float],
    *,
    wander: float,
    past: Record,
) -> Loss | None:
    """The surest loss that estimates let expect of slots that wait for labels.

    What the estimator has been off by is taken off, its error added to that of the chance in the
    labels to come. None of an estimator that has been wrong.
    """
    if past.wrong(floor_of(metric, usual)):
        return None
    best: Loss | None = None
    for size in POOLS:
        inside = [s for s in waiting if s > waiting[-1] - size * SLOT]
        pooled = np.sum([expected[s] for s in inside], axis=0)
        labelled = float(pooled[DELAY] / max(pooled[N], 1.0))
        now = estimate(metric, pooled)
        if now is None or now.n < LEAST_ROWS:
            continue
        own = shifted(widened(now, labelled), past)
        loss = compared(metric, usual, own, wander if size < A_DAY else 0.0, inside)
        if loss.counts and (best is None or loss.z > best.z):
            best = loss
    return best


def shifted(now: Estimate, past: Record) -> Estimate:
    """An estimate with what it has been off by taken off."""
    error = math.hypot(now.error, past.error)
    grown = error / now.error if now.error > 0 else 1.0
    value = now.value - past.gap
    return replace(
        now,
        value=value,
        error=error,
        low=value - (now.value - now.low) * grown,
        high=value + (now.high - now.value) * grown,
    )
