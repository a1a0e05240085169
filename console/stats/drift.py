"""How far two distributions lie apart, from counts in the same bins, and how surely.

Every function takes two vectors of counts (reference and current, one cell a bin or category) and
works along the last axis, so that a stack of windows or columns is compared in one call: shapes
broadcast, the result has the shape without the last axis. Distances of an empty side are NaN,
p-values 1. Measured bin by bin the distances are those of the binned distributions: never larger
than those of the raw values.

P-values come from the two-sample asymptotic null: both sides are samples, unlike the
goodness-of-fit tests that take the reference as exact and thereby raise false alarms on small ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float64]"

ZERO_SHARE = 1e-4
"""What PSI puts in place of an empty cell, as Evidently does."""


def shares(counts: ArrayLike) -> Floats:
    """Counts as shares of their sum along the last axis; NaN where the sum is 0."""
    cells = np.asarray(counts, dtype=np.float64)
    total = cells.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, cells / total, np.nan)


def effective_size(reference: ArrayLike, current: ArrayLike) -> Floats:
    """The sample size n m / (n + m) of a two-sample test; 0 if a side is empty."""
    n = np.asarray(reference, dtype=np.float64).sum(axis=-1)
    m = np.asarray(current, dtype=np.float64).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n + m > 0, n * m / (n + m), 0.0)


def kolmogorov_smirnov(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Largest distance of the two distribution functions at the edges of the bins, 0..1."""
    gap = np.cumsum(shares(current) - shares(reference), axis=-1)
    return np.asarray(np.abs(gap).max(axis=-1))


def kolmogorov_p(distance: ArrayLike, size: ArrayLike) -> Floats:
    """P(D >= distance) of two equal distributions, asymptotically, for n m / (n + m) = size.

    Kolmogorov's series; with discrete values and with bins the truth is smaller, so the test errs
    on the side of silence.
    """
    x = np.sqrt(np.asarray(size, dtype=np.float64)) * np.asarray(distance, dtype=np.float64)
    x = np.nan_to_num(x, nan=0.0)[..., None]
    k = np.arange(1, 101, dtype=np.float64)
    with np.errstate(under="ignore"):
        terms = np.where(k % 2 == 1, 2.0, -2.0) * np.exp(-2.0 * (k * x) ** 2)
    return np.asarray(np.where(x[..., 0] < 0.2, 1.0, np.clip(terms.sum(axis=-1), 0.0, 1.0)))


def total_variation(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Half the sum of the absolute differences of the shares, 0..1."""
    return np.asarray(np.abs(shares(reference) - shares(current)).sum(axis=-1) / 2)


def hellinger(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Hellinger distance of the shares, 0..1."""
    gap = np.sqrt(shares(reference)) - np.sqrt(shares(current))
    return np.asarray(np.sqrt((gap**2).sum(axis=-1) / 2))


def jensen_shannon(reference: ArrayLike, current: ArrayLike, base: float = 2.0) -> Floats:
    """Jensen-Shannon distance (root of the divergence); 0..1 in base 2."""
    p, q = np.broadcast_arrays(shares(reference), shares(current))
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return np.asarray(np.sqrt(np.maximum(divergence, 0.0) / np.log(base)))


def population_stability(
    reference: ArrayLike, current: ArrayLike, zero: float = ZERO_SHARE
) -> Floats:
    """PSI: sum of (r - c) ln(r / c), with `zero` in place of empty cells."""
    p, q = shares(reference), shares(current)
    p, q = np.where(p == 0, zero, p), np.where(q == 0, zero, q)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def wasserstein(reference: ArrayLike, current: ArrayLike, centres: ArrayLike) -> Floats:
    """Earth mover's distance between the bins' `centres` (ascending), in the unit of the values."""
    widths = np.diff(np.asarray(centres, dtype=np.float64))
    gap = np.cumsum(shares(current) - shares(reference), axis=-1)[..., :-1]
    return np.asarray((np.abs(gap) * widths).sum(axis=-1))


def chi_square(reference: ArrayLike, current: ArrayLike) -> tuple[Floats, Floats]:
    """Pearson's statistic of the 2 x k table, and its degrees of freedom (cells seen less one)."""
    r, c = np.broadcast_arrays(
        np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    )
    both = r + c
    n, m = r.sum(axis=-1, keepdims=True), c.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        cells = (r * m - c * n) ** 2 / (n * m * both)
    statistic = np.where(both > 0, cells, 0.0).sum(axis=-1)
    freedom = np.maximum((both > 0).sum(axis=-1) - 1, 0).astype(np.float64)
    return np.nan_to_num(statistic, nan=0.0), freedom


def chi_square_p(
    statistic: ArrayLike, freedom: ArrayLike, noncentrality: ArrayLike = 0.0
) -> Floats:
    """P(X >= statistic) of a chi-square variable, non-central if differences are tolerated.

    A tolerated effect w (`contrast`) makes the statistic non-central with
    `effective_size * w**2`.
    """
    from scipy import special

    x, df, shift = np.broadcast_arrays(
        np.asarray(statistic, dtype=np.float64),
        np.asarray(freedom, dtype=np.float64),
        np.asarray(noncentrality, dtype=np.float64),
    )
    safe = np.maximum(df, 1.0)
    central = special.chdtrc(safe, x)
    moved = np.clip(1.0 - special.chndtr(x, safe, shift), 1e-15, 1.0)
    return np.asarray(np.where(df < 1, 1.0, np.where(shift > 0, moved, central)))


def contrast(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Cohen's w of the 2 x k table: chi-square over the effective size, rooted.

    In the scale of a standardised shift: two categories whose shares differ by w pooled standard
    deviations.
    """
    statistic, _ = chi_square(reference, current)
    size = effective_size(reference, current)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(size > 0, np.sqrt(statistic / size), np.nan))


def proportions_z(
    reference_hits: ArrayLike,
    reference_n: ArrayLike,
    current_hits: ArrayLike,
    current_n: ArrayLike,
    tolerated: ArrayLike = 0.0,
) -> Floats:
    """The z-value of two proportions; positive if the current is larger by more than `tolerated`.

    Pooled variance, half a hit added to each side so that none is ever certain.
    """
    a, n = np.asarray(reference_hits, dtype=np.float64), np.asarray(reference_n, dtype=np.float64)
    b, m = np.asarray(current_hits, dtype=np.float64), np.asarray(current_n, dtype=np.float64)
    pooled = (a + b + 0.5) / (n + m + 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = (b / m - a / n - np.asarray(tolerated)) / deviation
    return np.asarray(np.where((n > 0) & (m > 0), z, 0.0))


def normal_sf(z: ArrayLike) -> Floats:
    """P(Z >= z) of a standard normal variable."""
    from scipy import special

    return np.asarray(special.ndtr(-np.asarray(z, dtype=np.float64)))


def normal_quantile(upper: float) -> float:
    """The z that a standard normal variable exceeds with probability `upper`."""
    from scipy import special

    return float(-special.ndtri(upper))


def wilson(hits: ArrayLike, n: ArrayLike, z: float = 1.96) -> tuple[Floats, Floats]:
    """Wilson's interval of a proportion; (0, 1) without rows."""
    k, rows = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    safe = np.maximum(rows, 1e-9)
    share = k / safe
    middle = (share + z**2 / (2 * safe)) / (1 + z**2 / safe)
    half = z * np.sqrt(share * (1 - share) / safe + z**2 / (4 * safe**2)) / (1 + z**2 / safe)
    empty = rows <= 0
    low = np.where(empty, 0.0, np.maximum(middle - half, 0.0))
    return low, np.where(empty, 1.0, np.minimum(middle + half, 1.0))


def false_discovery(p: ArrayLike, rate: float) -> NDArray[np.bool_]:
    """Which of the p-values (one axis) Benjamini and Hochberg reject at this rate."""
    values = np.asarray(p, dtype=np.float64)
    if values.size == 0:
        return np.zeros(0, dtype=bool)
    order = np.argsort(values, kind="stable")
    passed = values[order] <= rate * np.arange(1, values.size + 1) / values.size
    kept = int(np.flatnonzero(passed)[-1]) + 1 if passed.any() else 0
    result = np.zeros(values.size, dtype=bool)
    result[order[:kept]] = True
    return result


def _relative_entropy(p: Floats, q: Floats) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    return np.where(np.isnan(p).any(axis=-1), np.nan, terms.sum(axis=-1))
