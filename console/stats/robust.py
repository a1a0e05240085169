"""Limits for noise whose spread had to be estimated, and scales in which noise is even."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def student_limits(p: Array, freedom: Array) -> Array:
    """Values that Student's t exceeds in size with probability `p` (two-sided), elementwise.

    By Wallace's approximation (Annals of Mathematical Statistics 30, 1959, 1124) from the normal
    quantile: within 1 % for `freedom` of at least 4 and `p` down to 1e-6.
    """
    distinct, back = np.unique(p, return_inverse=True)
    z = np.array([-NormalDist().inv_cdf(float(value) / 2) for value in distinct])[back]
    shrink = (freedom - 5 / 6) / (freedom - 2 / 3 + 0.1 / freedom) ** 2
    limits: Array = np.sqrt(freedom * np.expm1(z**2 * shrink))
    return limits.reshape(np.shape(p))


def student_p(t: float, freedom: float) -> float:
    """Probability that Student's t exceeds `t` in size: the inverse of `student_limits`."""
    stretch = (freedom - 2 / 3 + 0.1 / freedom) ** 2 / (freedom - 5 / 6)
    return math.erfc(math.sqrt(stretch * math.log1p(t * t / freedom) / 2))


def offsets(samples: Array) -> Array:
    """What to add to each series' values before taking logarithms; NaN: it has no logarithms.

    `samples` has a row of past values a series, NaN where there is none. A positive series whose
    values stay away from 0 gets next to nothing: its noise is multiplicative. One that comes near
    0 (a rare error, say) gets half of its typical size, so that the step from none to one is a
    small one. A series with negative values, or without any variation round 0, is not logarithmic.
    """
    low = np.nanmin(samples, axis=1)
    median = np.nanmedian(samples, axis=1)
    typical = np.where(median > 0, median, np.nanmean(samples, axis=1))
    away = np.nanquantile(samples, 0.05, axis=1) > 0.6 * typical
    added = np.where(away & (low > 0), 0.02 * typical, 0.5 * typical)
    result: Array = np.where((low >= 0) & (typical > 0), added, np.nan)
    return result
