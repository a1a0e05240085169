"""What a score has meant so far: the chance of the event it speaks of, by cell of the score.

Isotonic regression (pool adjacent violators; Barlow et al., 1972) of the outcomes of labelled
predictions, counted by cell: a table of constant size that new labels are added to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from console.stats import scores

Floats = NDArray[np.float64]

PRIOR_ROWS = 1.0
"""Rows' worth of belief in each cell that the score itself is the chance."""
MEMORY_ROWS = 100_000.0
"""Labelled rows that are remembered: older ones fade as more come."""


def isotonic(values: ArrayLike, weights: ArrayLike) -> Floats:
    """The nearest non-descending values by weighted squares; weights are positive."""
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, weight in zip(
        np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64), strict=True
    ):
        means.append(float(value))
        masses.append(float(weight))
        sizes.append(1)
        while len(means) > 1 and means[-2] >= means[-1]:
            mass = masses[-2] + masses[-1]
            means[-2] = (means[-2] * masses[-2] + means[-1] * masses[-1]) / mass
            masses[-2], sizes[-2] = mass, sizes[-2] + sizes[-1]
            del means[-1], masses[-1], sizes[-1]
    return np.repeat(np.array(means), sizes)


def chances(hits: ArrayLike, misses: ArrayLike) -> Floats:
    """The calibrated chance by cell of `scores.EDGES`, from outcomes counted by cell.

    Cells without outcomes lie between their neighbours and their own score.
    """
    yes, no = np.asarray(hits, dtype=np.float64), np.asarray(misses, dtype=np.float64)
    mass = yes + no + PRIOR_ROWS
    return isotonic((yes + PRIOR_ROWS * scores.CENTRES) / mass, mass)


def remembered(known: ArrayLike, more: ArrayLike, memory: float = MEMORY_ROWS) -> Floats:
    """Counts with more added, the known ones scaled down so that all are at most `memory`."""
    before, fresh = np.asarray(known, dtype=np.float64), np.asarray(more, dtype=np.float64)
    room = max(memory - float(fresh.sum()), 0.0)
    scale = min(room / float(before.sum()), 1.0) if before.sum() > 0 else 1.0
    return before * scale + fresh
