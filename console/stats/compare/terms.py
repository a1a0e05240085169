"""Whether a share of its own has changed: nulls, new categories, values out of range.

All are exact under the one assumption that the rows of both tables come from one source, so that
any way of dealing them out is as likely as any other.
"""

from __future__ import annotations

import math

import numpy as np

from console.stats.twosample.cells import Floats


def share_p(before: int, reference_rows: int, after: int, current_rows: int) -> float:
    """Two-sided p of two shares by Fisher's exact test, the smaller tail doubled."""
    from scipy import stats

    hits, rows = before + after, reference_rows + current_rows
    if hits in (0, rows) or not reference_rows or not current_rows:
        return 1.0
    deal = (after, rows, hits, current_rows)
    tail = min(float(stats.hypergeom.cdf(*deal)), float(stats.hypergeom.sf(after - 1, *deal[1:])))
    return min(1.0, 2 * tail)


def outermost_p(outside: int, reference_rows: int, current_rows: int) -> float:
    """Probability that the `outside` largest of all values are all of the current table."""
    return _all_current(outside, reference_rows, current_rows)


def newcomers_p(reference: Floats, current: Floats) -> float:
    """How surprising the categories are that only the current table has.

    Counts of the same categories, shape (categories,). The smaller of two, doubled: the largest
    newcomer against all categories of its size (Bonferroni), and the number of categories that only
    the current table has among all that only one table has (a binomial, which by Hoeffding 1956
    has heavier tails than their true distribution).
    """
    from scipy import special

    fresh = current[(reference == 0) & (current > 0)]
    if not len(fresh):
        return 1.0
    n, m = int(reference.sum()), int(current.sum())
    largest = int(fresh.max())
    as_large = int(((reference + current) >= largest).sum())
    single = as_large * _all_current(largest, n, m)
    alone = np.concatenate([fresh, reference[(current == 0) & (reference > 0)]])
    odds = np.minimum(alone * (math.log(n) - math.log(m)), 700.0) if n else np.zeros(len(alone))
    expected = float(np.mean(1 / (1 + np.exp(odds))))
    many = float(special.bdtrc(len(fresh) - 1, len(alone), expected))
    return min(1.0, 2 * min(single, many))


def _all_current(count: int, reference_rows: int, current_rows: int) -> float:
    """C(m, k) / C(n + m, k): probability that `count` given rows are all of the current table."""
    if count > current_rows:
        return 0.0
    rows = reference_rows + current_rows
    logarithm = (
        math.lgamma(current_rows + 1)
        - math.lgamma(current_rows - count + 1)
        - math.lgamma(rows + 1)
        + math.lgamma(rows - count + 1)
    )
    return math.exp(min(logarithm, 0.0))
