"""The default test of a column, with what it takes to be sure at these sizes.

Numbers: Kolmogorov-Smirnov, exact up to 10,000 rows a side. Numbers of at most `FEW` distinct
values and categories: Fisher's exact test of two cells (its statistic is z), else the two-sample
chi-square; cells of which fewer than 5 rows are expected are taken together, and of an open
vocabulary the most frequent 100 are counted singly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.stats import drift
from console.stats.compare.result import Effect
from console.stats.compare.terms import share_p
from console.stats.twosample import numbers
from console.stats.twosample.cells import Cells, Floats, of_counts
from console.stats.twosample.distances import proportions

FEW = 5
LEAST_EXPECTED = 5.0
MOST_CELLS = 100
_BAND = 1.3581
"""95 % quantile of Kolmogorov's distribution."""
_STRETCH = 64
"""Values of a sorted sample that are looked at together, where their ends say that it is enough."""
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """A test's outcome, and the statistic that a p-value belongs to."""

    test: str
    statistic: float
    p_value: float
    limit: Callable[[float], float]
    effect: Effect


def of_numbers(reference: Floats, current: Floats) -> Judged:
    """Kolmogorov-Smirnov of two ascending samples.

    The effect is the shift of a normal variable, in standard deviations, that gives the same
    distance; its interval that of the band round both distribution functions (conservative).
    """
    from scipy import stats

    n, m = len(reference), len(current)
    size = n * m / (n + m)
    higher, lower = _gaps(reference, current)
    distance = max(higher, lower)
    if max(n, m) <= numbers.EXACT_UP_TO:
        p = numbers.kolmogorov_smirnov(reference, current).p_value
        assert p is not None
    else:
        p = float(stats.kstwo.sf(distance, round(size)))
    margin = _BAND / math.sqrt(size)
    most = 1 - 0.5 / max(n, m)
    value, low, high = (
        _shift(min(max(d, 0.0), most)) for d in (distance, distance - margin, distance + margin)
    )
    direction = _direction(reference, current, higher, lower)
    return Judged(
        "ks",
        distance,
        float(np.clip(p, 0.0, 1.0)),
        lambda level: float(stats.kstwo.isf(level, max(round(size), 1))),
        Effect(value, low, high, direction),
    )


def of_cells(cells: Cells, names: list[str]) -> Judged | None:
    """The test of counts; None if all rows are in one cell.

    The effect is Cohen's w less what chance adds to it, its interval by the normal approximation of
    the non-central chi-square (Patnaik 1949).
    """
    from scipy import special

    dense = _dense(cells)
    if len(dense.reference) < 2:
        return None
    size = float(drift.effective_size(dense.reference, dense.current))
    statistic, freedom = (float(x) for x in drift.chi_square(dense.reference, dense.current))
    excess = statistic - freedom
    spread = 1.96 * math.sqrt(2 * (freedom + 2 * max(excess, 0.0)))
    value, low, high = (
        math.sqrt(max(x, 0.0) / size) for x in (excess, excess - spread, excess + spread)
    )
    r, c = cells.shares
    effect = Effect(value, low, high, f"more {names[int(np.argmax(c - r))]}")
    if len(dense.reference) > 2:
        return Judged(
            "chi_square",
            statistic,
            float(special.chdtrc(freedom, statistic)),
            lambda level: float(special.chdtri(freedom, level)),
            effect,
        )
    hits = (dense.reference[1], dense.reference_n, dense.current[1], dense.current_n)
    return Judged(
        "fisher",
        proportions(dense).statistic,
        share_p(*(round(x) for x in hits)),
        lambda level: drift.normal_quantile(level / 2),
        effect,
    )


def rare(cells: Cells) -> NDArray[np.bool_]:
    """Cells of which fewer than 5 rows are expected on the smaller side."""
    both = cells.reference + cells.current
    least = min(cells.reference.sum(), cells.current.sum())
    return np.asarray(both * least < LEAST_EXPECTED * both.sum())


def _dense(cells: Cells) -> Cells:
    """The cells that the asymptotic null holds for; the others in one, dropped if still too few."""
    r, c = cells.reference, cells.current
    both = r + c
    least = min(r.sum(), c.sum())
    few = rare(cells)
    if few.all() or (len(r) == 2):
        few = np.zeros(len(r), dtype=bool)
    if (~few).sum() > MOST_CELLS:
        few |= both < np.sort(both)[-MOST_CELLS]
    rest_r, rest_c = float(r[few].sum()), float(c[few].sum())
    r, c = r[~few], c[~few]
    if (rest_r + rest_c) * least >= LEAST_EXPECTED * both.sum():
        r, c = np.append(r, rest_r), np.append(c, rest_c)
    kept = (r + c) > 0
    return of_counts(r[kept], c[kept])


def _gaps(reference: Floats, current: Floats) -> tuple[float, float]:
    """Largest lead of the reference's distribution function, and of the current one's.

    A lead is largest at a value of its own sample, where it is known how many are as small, or just
    below one of the other's. Of equal values the last (first) one decides: the others lead by less.
    """
    if len(current) < len(reference):
        higher, lower = _gaps(current, reference)
        return lower, higher
    n, m = len(reference), len(current)
    # Only within a stretch whose ends allow for it can a lead be larger than those found so far.
    begins = np.arange(0, n, _STRETCH)
    ends = np.minimum(begins + _STRETCH, n)
    reached = np.searchsorted(current, reference[begins], side="right")
    best = float(((begins + 1) / n - reached / m).max())
    places = _inside(begins, ends, ends / n - reached / m > best)
    found = (places + 1) / n - np.searchsorted(current, reference[places], side="right") / m
    higher = float(found.max(initial=best))
    reached = np.searchsorted(current, reference[ends - 1], side="left")
    best = float((reached / m - (ends - 1) / n).max())
    places = _inside(begins, ends, reached / m - begins / n > best)
    found = np.searchsorted(current, reference[places], side="left") / m - places / n
    lower = float(found.max(initial=best))
    return max(higher, 0.0), max(lower, 0.0)


def _inside(begins: Places, ends: Places, wanted: NDArray[np.bool_]) -> Places:
    """All places of the stretches that are wanted."""
    first, length = begins[wanted], (ends - begins)[wanted]
    before = np.cumsum(length) - length
    return np.repeat(first - before, length) + np.arange(int(length.sum()))


def _shift(distance: float) -> float:
    return max(0.0, 2 * drift.normal_quantile((1 - distance) / 2))


def _direction(reference: Floats, current: Floats, higher: float, lower: float) -> str:
    if min(higher, lower) < 0.5 * max(higher, lower):
        return "higher" if higher > lower else "lower"
    before, after = (
        float(v[int(0.9 * (len(v) - 1))] - v[int(0.1 * (len(v) - 1))]) for v in (reference, current)
    )
    if abs(after - before) > 0.1 * before:
        return "wider" if after > before else "narrower"
    return "different"
