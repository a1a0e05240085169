"""Two-sample tests of raw numbers, as scipy has them.

Every function takes two one-dimensional arrays of finite numbers, none of them empty.
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np

from console.stats.twosample.cells import Compat, Floats
from console.stats.twosample.outcome import Outcome

EXACT_UP_TO = 10_000
"""Rows of the larger sample up to which Kolmogorov-Smirnov is exact, as in scipy."""
_LEAST_SPREAD = 0.001
"""Evidently norms Wasserstein by at least this."""
_TAIL = 0.025
"""Deepchecks cuts this share off both ends before it takes the earth mover's distance."""


def kolmogorov_smirnov(
    reference: Floats, current: Floats, method: Literal["auto", "exact", "asymp"] = "auto"
) -> Outcome:
    """Largest distance of the two empirical distribution functions, two-sided p.

    `auto` is exact up to 10,000 rows a side, else asymptotic.
    """
    from scipy import stats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # exact in vain: falls back by itself
        found = stats.ks_2samp(reference, current, method=method)
    return Outcome(float(found.statistic), float(found.pvalue))


def wasserstein(reference: Floats, current: Floats, compat: Compat = "scipy") -> Outcome:
    """Earth mover's distance, in the unit of the values.

    evidently: divided by the reference's standard deviation (ddof 0, at least 0.001). deepchecks:
    of what lies between the 2.5 % tails of each sample, scaled to 0..1.
    """
    from scipy import stats

    if compat == "evidently":
        return normed_wasserstein(reference, current)
    if compat == "deepchecks":
        return scaled_wasserstein(reference, current, _TAIL)
    return Outcome(float(stats.wasserstein_distance(reference, current)))


def normed_wasserstein(reference: Floats, current: Floats) -> Outcome:
    """Earth mover's distance in standard deviations of the reference."""
    distance = wasserstein(reference, current).statistic
    return Outcome(distance / max(float(np.std(reference)), _LEAST_SPREAD))


def scaled_wasserstein(reference: Floats, current: Floats, tail: float = 0.0) -> Outcome:
    """Earth mover's distance of values scaled to 0..1, `tail` of each sample cut off both ends."""
    first, second = _trimmed(reference, tail), _trimmed(current, tail)
    low, high = min(first.min(), second.min()), max(first.max(), second.max())
    if low == high:
        return Outcome(0.0)
    return wasserstein((first - low) / (high - low), (second - low) / (high - low))


def energy(reference: Floats, current: Floats) -> Outcome:
    """Energy distance, as `scipy.stats.energy_distance` (the root of twice the CDFs' L2)."""
    from scipy import stats

    return Outcome(float(stats.energy_distance(reference, current)))


def cramer_von_mises(reference: Floats, current: Floats) -> Outcome:
    """The two-sample Cramér-von Mises criterion; p exact for 20 rows a side, else asymptotic."""
    from scipy import stats

    found = stats.cramervonmises_2samp(reference, current)
    return Outcome(float(found.statistic), float(found.pvalue))


def anderson_darling(reference: Floats, current: Floats) -> Outcome:
    """The k-sample Anderson-Darling test; its p-value is known between 0.001 and 0.25 only."""
    from scipy import stats

    if min(reference.min(), current.min()) == max(reference.max(), current.max()):
        return Outcome(0.0, 0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # told in the docstring
        found = stats.anderson_ksamp([reference, current], variant="midrank")
    return Outcome(float(found.statistic), float(found.pvalue))


def mann_whitney(reference: Floats, current: Floats) -> Outcome:
    """The Mann-Whitney U of the current sample, two-sided p."""
    from scipy import stats

    found = stats.mannwhitneyu(current, reference, alternative="two-sided")
    p = float(found.pvalue)
    return Outcome(float(found.statistic), p if np.isfinite(p) else 1.0)


def _trimmed(values: Floats, tail: float) -> Floats:
    if tail == 0:
        return values
    low, high = np.quantile(values, [tail, 1 - tail])
    kept: Floats = values[(values >= low) & (values <= high)]
    return kept
