"""How far a pool of a column's rows lies from its baseline, and what a pool does by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.records.clock import DAY, HOUR
from console.stats import drift
from console.stats.reference import ColumnReference

Floats = NDArray[np.float64]
BUCKET = HOUR / 2
POOLS = (2 * HOUR, 8 * HOUR, DAY)
FLOORS = (0.2, 0.2, 0.15)
"""Least shift by pool, in standard deviations."""
WAVE, WANDER = 1.5, 0.1
"""A wave of spread s peaks at 1.4 s; from day to day columns wander by 0.05, allowed for twice."""
KS_OF_SHIFT = 0.4
"""D = 2 Phi(d / 2) - 1 = 0.4 d for a normal variable shifted by few (d) standard deviations."""
LEAST_ROWS = 50


def learned_floors(column: ColumnReference, buckets: Sequence[Floats]) -> list[float]:
    """Floors by pool in standard deviations, from the half hours of a first day.

    `buckets` are counts by cell, oldest first. How pools spread round the whole is what the model's
    day does by itself; of the pool of a day there is but one.
    """
    whole = np.sum(buckets, axis=0)
    floors = []
    for pool, least in zip(POOLS, FLOORS, strict=True):
        size = round(pool / BUCKET)
        parts = [np.sum(buckets[end - size : end], axis=0) for end in range(size, len(buckets))]
        spreads = [true_square(column, whole, p) for p in parts if p.sum() >= LEAST_ROWS]
        true = np.sqrt(max(float(np.mean(spreads)), 0.0)) if spreads else 0.0
        floors.append(float(max(least, WAVE * true + WANDER if true else 0.0)))
    return floors


def compare(
    column: ColumnReference, base: Floats | NDArray[np.int64], current: Floats, floor: float
) -> tuple[float, float]:
    """Distance in standard deviations, and its p-value if `floor` of them are tolerated."""
    size = float(drift.effective_size(base, current))
    if size < 1:
        return 0.0, 1.0
    if column.kind == "numeric":
        distance = float(drift.kolmogorov_smirnov(base, current))
        excess = max(distance - KS_OF_SHIFT * floor, 0.0)
        return distance / KS_OF_SHIFT, float(drift.kolmogorov_p(excess, size))
    statistic, freedom = drift.chi_square(base, current)
    p = float(drift.chi_square_p(statistic, freedom, size * floor**2))
    return float(np.sqrt(statistic / size)), p


def true_square(column: ColumnReference, whole: Floats, part: Floats) -> float:
    """Square of a pool's distance from the whole, less what chance alone gives it."""
    distance, _ = compare(column, whole, part, 0.0)
    size = float(drift.effective_size(whole, part))
    if column.kind == "numeric":
        return distance**2 - 0.822 / size / KS_OF_SHIFT**2  # E[D²] = pi² / 12 n
    return distance**2 - max(int(((whole + part) > 0).sum()) - 1, 0) / size
