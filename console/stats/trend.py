"""Straight lines through noisy points, robustly: Theil and Sen's slope with an honest error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LEAST_POINTS = 9
NORMAL = 1.4826
"""A median absolute deviation, in standard deviations of a normal one."""
MOST_ALIKE = 0.9
"""Neighbours are taken to be no more alike than this correlation."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, in the units of their x and y."""

    slope: float
    level: float
    """At the last x."""
    spread: float
    """Of the points about it: a standard deviation."""
    slope_error: float
    """Standard error of the slope, of points whose neighbours are alike."""
    level_error: float
    """Standard error of the level."""
    n: int

    @property
    def score(self) -> float:
        """The slope in its standard errors."""
        return self.slope / max(self.slope_error, 1e-300)


def robust_line(x: Array, y: Array) -> Line | None:
    """The line through points in order of x, NaN values left out; None of fewer than nine.

    The slope is the median over all pairs of a point in the first third and one in the last (Theil
    1950, Sen 1968, of the pairs that tell most); up to 29 % of the points may be anything. Its
    error is that of least squares, with the number of points reduced to that of independent ones,
    n (1 - r) / (1 + r), r the correlation of neighbouring residuals, and their spread by their
    median absolute deviation.
    """
    known = ~np.isnan(y)
    x, y = x[known], y[known]
    n = len(x)
    if n < LEAST_POINTS:
        return None
    third = n // 3
    rise = y[-third:, None] - y[None, :third]
    slope = float(np.median(rise / (x[-third:, None] - x[None, :third])))
    left = y - slope * x
    middle = float(np.median(left))
    residual = left - middle
    spread = NORMAL * float(np.median(np.abs(residual)))
    bounded = np.clip(residual, -3 * spread, 3 * spread)
    power = float((bounded**2).sum())
    alike = float((bounded[1:] * bounded[:-1]).sum()) / power if power > 0 else 0.0
    alike = min(max(alike, 0.0), MOST_ALIKE)
    independent = max(n * (1 - alike) / (1 + alike), 3.0)
    width = max(float(np.std(x)), 1e-300)
    slope_error = spread / (width * np.sqrt(independent))
    level_error = np.hypot(spread / np.sqrt(independent), slope_error * (x[-1] - x.mean()))
    return Line(
        slope, slope * float(x[-1]) + middle, spread, float(slope_error), float(level_error), n
    )


def slopes(y: Array) -> tuple[Array, Array]:
    """Least-squares slopes of rows of evenly spaced values, NaN left out, and how many there are.

    A quick look at many series; NaN where fewer than nine are known.
    """
    known = ~np.isnan(y)
    n = known.sum(axis=1)
    x = np.arange(y.shape[1], dtype=float)
    sizes = np.maximum(n, 1)
    x_mean = (known * x).sum(axis=1) / sizes
    away = np.where(known, x - x_mean[:, None], 0.0)
    power = (away**2).sum(axis=1)
    found: Array = (away * np.nan_to_num(y)).sum(axis=1) / np.maximum(power, 1e-300)
    return np.where((n >= LEAST_POINTS) & (power > 0), found, np.nan), n
