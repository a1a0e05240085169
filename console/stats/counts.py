"""How surprising a count is, given counts of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float64]"


def upper_tail(n: ArrayLike, expected: ArrayLike, spread: ArrayLike) -> Floats:
    """P(X >= n) of a negative-binomial count: variance = expected + spread expected².

    A Poisson rate that is itself known from h hits alone has a spread of 1 / h.
    """
    from scipy import special

    hits = np.asarray(n, dtype=np.float64)
    mean = np.asarray(expected, dtype=np.float64)
    size = 1 / np.maximum(np.asarray(spread, dtype=np.float64), 1e-9)
    tail = special.betainc(np.maximum(hits, 1e-9), size, mean / (mean + size))
    return np.asarray(np.where(hits <= 0, 1.0, np.where(mean > 0, tail, 0.0)))


def since(gains: ArrayLike) -> int:
    """Index from which the sum of the gains to the end is largest: the likeliest onset.

    `gains` are log-likelihood ratios of changed against unchanged, oldest first, not empty.
    """
    suffix = np.cumsum(np.asarray(gains, dtype=np.float64)[::-1])[::-1]
    return int(len(suffix) - 1 - np.argmax(suffix[::-1]))
