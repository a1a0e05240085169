"""When a deviation began: the most likely change point of a few values."""

from __future__ import annotations

import numpy as np

from console.detectors.table import Array

LEVEL_WEIGHT = 12.0
"""The usual level, known from longer ago, counts as so many of the values before the change."""
BENT = 0.9
"""A steady climb must leave so much less unexplained than a jump does."""


def change_point(values: Array) -> int:
    """The index of the first value of the change; see `turn`."""
    return turn(values)[0]


def turn(values: Array) -> tuple[int, bool]:
    """The index of the first value of a change, and whether it is a climb rather than a jump.

    `values` are distances from the usual level. For every index, least squares of two pieces: a
    level before it, and from it on either another level (a jump) or a straight line that begins
    there (a climb). The better fit wins. NaN values tell nothing: no change begins at one. 0 if
    there is no value at all.
    """
    known = ~np.isnan(values)
    weight = np.append(known.astype(float), LEVEL_WEIGHT)
    r = np.append(np.where(known, values, 0.0), 0.0)
    size = len(values)
    since = np.arange(size)[None, :] - np.arange(size)[:, None] + 1.0
    climb = np.hstack([np.maximum(since, 0), np.zeros((size, 1))])
    jump = (climb > 0).astype(float)
    jumped, climbed = _unexplained(jump, r, weight), _unexplained(climb, r, weight)
    climbs = bool(climbed.min() < BENT * jumped.min())
    at = int((climbed if climbs else jumped).argmin())
    return at + int(known[at:].argmax()), climbs


def _unexplained(shapes: Array, r: Array, weight: Array) -> Array:
    """Squared residuals of `r` fitted by a level and each of some shapes."""
    total = weight.sum()
    centre = (weight * r).sum() / total
    shape_mean = (shapes @ weight) / total
    centred = shapes - shape_mean[:, None]
    cross = centred @ (weight * (r - centre))
    power = (centred**2) @ weight
    whole = (weight * (r - centre) ** 2).sum()
    left: Array = whole - cross**2 / np.maximum(power, 1e-12)
    return left
