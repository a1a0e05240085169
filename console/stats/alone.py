"""Whether a segment's distribution has changed by more than the others' own distributions have.

What a segment adds to the change of all rows does not tell that: where segments lie apart, the
distribution of all rows changes most where the largest of them lies, though all have moved alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.stats import drift

Floats = NDArray[np.float64]
OTHERS_PART = 0.5
"""Most that the others may have changed, as a part of what the segment has."""
_NULL_SQUARE = 0.822
"""E[D²] n of the Kolmogorov-Smirnov distance of two samples of one distribution, pi² / 12."""


def moved_alone(before: Floats, after: Floats, place: int, *, numeric: bool) -> bool:
    """Whether the others have moved by less than half of what the segment at `place` has.

    `before` and `after` are counts, [segments, cells]; the others count by their rows since.
    """
    if not before[place].any():
        return True  # of a segment that is new all is its own
    squares = excess(before, after, numeric=numeric)
    weights = after.sum(axis=1) * (before.sum(axis=1) > 0)
    weights[place] = 0.0
    if squares[place] <= 0 or not weights.any():
        return bool(squares[place] > 0)
    others = float((weights * squares).sum() / weights.sum())
    return others < OTHERS_PART**2 * float(squares[place])


def excess(before: Floats, after: Floats, *, numeric: bool) -> Floats:
    """Squares of the distances of rows of counts, less what chance alone gives them.

    Of numbers that of Kolmogorov and Smirnov, of categories chi-square over the sample size; 0 of
    rows without a count on either side.
    """
    size = drift.effective_size(before, after)
    some = size > 0
    if numeric:
        distance = np.nan_to_num(drift.kolmogorov_smirnov(before, after))
        found = distance**2 - _NULL_SQUARE / np.maximum(size, 1e-9)
    else:
        statistic, freedom = drift.chi_square(before, after)
        found = (statistic - freedom) / np.maximum(size, 1e-9)
    return np.where(some, found, 0.0)
