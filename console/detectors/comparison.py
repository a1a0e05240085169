"""How far a pool of a column's rows lies from its baseline, and what a pool does by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    numeric: ArrayLike, base: ArrayLike, current: ArrayLike, floor: ArrayLike
) -> tuple[Floats, Floats]:
    """Distances in standard deviations, and their p-values if `floor` of them are tolerated.

    Counts have their cells along the last axis, filled up with zeros; the other axes broadcast, and
    those of `numeric` (which columns are) and `floor` with them. An empty side: distance 0, p 1.
    """
    then, now = np.broadcast_arrays(
        np.asarray(base, dtype=np.float64), np.asarray(current, dtype=np.float64)
    )
    least = np.asarray(floor, dtype=np.float64)
    size = drift.effective_size(then, now)
    steps = np.nan_to_num(drift.kolmogorov_smirnov(then, now))
    steps_p = drift.kolmogorov_p(np.maximum(steps - KS_OF_SHIFT * least, 0.0), size)
    statistic, freedom = drift.chi_square(*_dense(then, now))
    cells_p = drift.chi_square_p(statistic, freedom, size * least**2)
    cells = np.sqrt(statistic / np.maximum(size, 1e-9))
    distance = np.where(numeric, steps / KS_OF_SHIFT, cells)
    p = np.where(numeric, steps_p, cells_p)
    return np.where(size > 0, distance, 0.0), np.where(size > 0, p, 1.0)


def _dense(base: Floats, current: Floats) -> tuple[Floats, Floats]:
    """The counts with all cells of which fewer than 5 are expected taken together, at the end.

    Chi-square's asymptotic null does not hold for less.
    """
    n, m = base.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True)
    few = (base + current) * np.minimum(n, m) < 5 * (n + m)

    def taken(counts: Floats) -> Floats:
        rest = np.where(few, counts, 0.0).sum(axis=-1, keepdims=True)
        return np.concatenate([np.where(few, 0.0, counts), rest], axis=-1)

    return taken(base), taken(current)


def true_square(column: ColumnReference, whole: Floats, part: Floats) -> float:
    """Square of a pool's distance from the whole, less what chance alone gives it."""
    numeric = column.kind == "numeric"
    distance, _ = compare(numeric, whole, part, 0.0)
    size = float(drift.effective_size(whole, part))
    if numeric:
        return float(distance) ** 2 - 0.822 / size / KS_OF_SHIFT**2  # E[D²] = pi² / 12 n
    _, freedom = drift.chi_square(*_dense(whole, part))
    return float(distance) ** 2 - float(freedom) / size
