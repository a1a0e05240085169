"""Distances of two samples in the same cells, and the tests of their counts.

Each takes `Cells` and follows the tool that is asked for; where a tool differs in its bins alone,
that is the business of `cells`.
"""

from __future__ import annotations

import sys

import numpy as np

from console.stats import drift
from console.stats.twosample.cells import Cells, Compat, Floats
from console.stats.twosample.outcome import Outcome

_EVIDENTLY_ZERO = 1e-4
_DEEPCHECKS_LEAST = 0.01


def population_stability(cells: Cells, compat: Compat = "scipy") -> float:
    """PSI: the sum of (r - c) ln(r / c). Empty cells are filled as the tool does; ours 1e-4."""
    r, c = _filled(cells, compat)
    return float(((r - c) * np.log(r / c)).sum())


def kullback_leibler(cells: Cells, compat: Compat = "scipy") -> float:
    """The sum of r ln(r / c) of reference r and current c, in nats, as `scipy.stats.entropy`.

    Infinite if a cell of the reference is empty in the current sample, unless the tool fills it.
    """
    r, c = cells.shares if compat == "scipy" else _filled(cells, compat)
    return relative_entropy(r / r.sum(), c / c.sum())


def relative_entropy(p: Floats, q: Floats) -> float:
    """The sum of p ln(p / q), as `scipy.special.rel_entr`."""
    from scipy import special

    return float(special.rel_entr(p, q).sum())


def jensen_shannon(cells: Cells, compat: Compat = "scipy") -> float:
    """Jensen-Shannon distance: natural logarithms (0..0.8326), NannyML base 2 (0..1)."""
    return jensen_shannon_of(*cells.shares, base=2.0 if compat == "nannyml" else np.e)


def jensen_shannon_of(p: Floats, q: Floats, base: float = np.e) -> float:
    """Jensen-Shannon distance of shares, each scaled to sum to 1 first."""
    return float(drift.jensen_shannon(p, q, base=base))


def jensen_shannon_terms(p: Floats, q: Floats) -> Floats:
    """What each cell adds to the Jensen-Shannon divergence of two shares, in nats."""
    from scipy import special

    middle = (p + q) / 2
    return np.asarray((special.rel_entr(p, middle) + special.rel_entr(q, middle)) / 2)


def hellinger(cells: Cells) -> float:
    """Hellinger distance, 0..1: the root of half the squared differences of the shares' roots."""
    return float(drift.hellinger(cells.reference, cells.current))


def total_variation(cells: Cells) -> float:
    """Half the sum of the absolute differences of the shares, 0..1."""
    return float(drift.total_variation(cells.reference, cells.current))


def l_infinity(cells: Cells) -> float:
    """Largest absolute difference of a share, 0..1."""
    r, c = cells.shares
    return float(np.abs(r - c).max())


def chi_square(cells: Cells, compat: Compat = "scipy") -> Outcome:
    """Pearson's chi-square.

    scipy (ours): of the 2 x k table of two samples. nannyml: the same, with Yates' correction of a
    2 x 2 table. evidently: goodness of fit of the current counts, the reference taken as exact: it
    calls chance drift where the reference is small.
    """
    from scipy import special, stats

    r, c = cells.reference, cells.current
    if compat == "evidently":
        expected = r * (c.sum() / r.sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(
                expected > 0, (c - expected) ** 2 / expected, np.where(c > 0, np.inf, 0)
            )
        statistic = float(terms.sum())
        return Outcome(statistic, float(special.chdtrc(max(len(r) - 1, 1), statistic)))
    table = np.stack([r, c])[:, (r + c) > 0]
    if table.shape[1] < 2:
        return Outcome(0.0, 1.0)
    found = stats.chi2_contingency(table, correction=compat == "nannyml")
    return Outcome(float(found.statistic), float(found.pvalue))


def cramers_v(cells: Cells, compat: Compat = "scipy") -> float:
    """Cramér's V, 0..1, with Bergsma's correction of its bias (J. Korean Stat. Soc. 42, 2013).

    deepchecks: the larger sample is scaled down to the size of the smaller one first, and
    categories of less than 1 % of the reference are taken together.
    """
    r, c = cells.reference, cells.current
    if compat == "deepchecks":
        r, c = _merged(r, c)
        least = min(r.sum(), c.sum())
        r, c = r * (least / r.sum()), c * (least / c.sum())
    kept = (r + c) > 0
    r, c = r[kept], c[kept]
    if len(r) < 2:
        return 0.0
    n = float(r.sum() + c.sum())
    statistic, _ = drift.chi_square(r, c)
    k = len(r)
    phi = max(0.0, float(statistic) / n - (k - 1) / (n - 1))
    rows, columns = 2 - 1 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    least_dimension = min(rows, columns) - 1
    return float(np.sqrt(phi / least_dimension)) if least_dimension > 0 else 0.0


def proportions(cells: Cells) -> Outcome:
    """The z-test of two proportions, pooled, two-sided; the share is that of the last cell.

    Positive if the current share is larger. Two cells at most.
    """
    from scipy import special

    (n, m), hits = (cells.reference_n, cells.current_n), (cells.reference[-1], cells.current[-1])
    pooled = (hits[0] + hits[1]) / (n + m)
    deviation = float(np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)))
    if len(cells.reference) < 2 or deviation == 0:
        return Outcome(0.0, 1.0)
    z = float((hits[1] / m - hits[0] / n) / deviation)
    return Outcome(z, float(2 * special.ndtr(-abs(z))))


def _filled(cells: Cells, compat: Compat) -> tuple[Floats, Floats]:
    """Shares with something in place of zeros, so that their logarithms exist."""
    r, c = cells.shares
    if compat == "deepchecks":
        return np.maximum(r, _DEEPCHECKS_LEAST), np.maximum(c, _DEEPCHECKS_LEAST)
    if compat == "frouros":
        least = sys.float_info.min
        return np.where(r == 0, least, r), np.where(c == 0, least, c)
    if compat == "evidently":
        return _evidently_filled(r), _evidently_filled(c)
    return np.where(r == 0, drift.ZERO_SHARE, r), np.where(c == 0, drift.ZERO_SHARE, c)


def _evidently_filled(share: Floats) -> Floats:
    least = float(share[share > 0].min())
    zero = least / 1e6 if least <= _EVIDENTLY_ZERO else _EVIDENTLY_ZERO
    return np.where(share == 0, zero, share)


def _merged(reference: Floats, current: Floats) -> tuple[Floats, Floats]:
    rare = reference < _DEEPCHECKS_LEAST * reference.sum()
    if not rare.any():
        return reference, current
    return (
        np.append(reference[~rare], reference[rare].sum()),
        np.append(current[~rare], current[rare].sum()),
    )
