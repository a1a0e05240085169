"""The golden values: what Evidently, NannyML, deepchecks, frouros and scipy say of fixed data.

Measured with evidently 0.7.23, nannyml 0.13.1, deepchecks 0.19.1, frouros 0.9.0, alibi-detect 0.13
and scipy 1.17.1 on data without random numbers.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from console.stats.twosample import cells, menu, numbers
from console.stats.twosample.cells import Cells, Compat

A = special.ndtri((np.arange(2000) + 0.5) / 2000)
B = 1.2 * special.ndtri((np.arange(1000) + 0.5) / 1000) + 0.3

NEW_CATEGORY = cells.of_counts(np.array([500.0, 300, 200, 0]), np.array([400.0, 350, 200, 50]))
KNOWN_ONLY = cells.of_counts(np.array([500.0, 300, 200]), np.array([400.0, 350, 200]))
BINARY = cells.of_counts(np.array([700.0, 300]), np.array([320.0, 180]))


def near(value: float) -> object:
    """Equal to a golden value: to 1e-6 absolutely, and to 6 of its digits where it is small."""
    return pytest.approx(value, abs=1e-6 if abs(value) > 1e-3 else 0.0, rel=1e-6)


@pytest.mark.parametrize(
    ("test", "compat", "golden"),
    [
        ("ks", "scipy", 0.128),
        ("wasserstein", "scipy", 0.3115982211521),
        ("wasserstein_normed", "scipy", 0.3117001031832),
        ("wasserstein", "evidently", 0.3117001031832),
        ("energy", "scipy", 0.2367900634631),
        ("cramer_von_mises", "scipy", 5.145470111),
        ("psi", "evidently", 0.1392640831693),
        ("jensen_shannon", "evidently", 0.1284329549941),
        ("kullback_leibler", "evidently", 0.0588554639451),
        ("hellinger", "evidently", 0.1315072791665),
        ("jensen_shannon", "nannyml", 0.1554703036764),
        ("hellinger", "nannyml", 0.1334402200171),
        ("psi", "frouros", 0.1314451464477),
        ("jensen_shannon", "frouros", 0.1264522946971),
        ("kullback_leibler", "frouros", 0.0788813171244),
        ("hellinger", "frouros", 0.1265763437558),
        ("wasserstein", "deepchecks", 0.0648060168864),
    ],
)
def test_numbers(test: str, compat: Compat, golden: float) -> None:
    found = menu.of_numbers(test, A, B, compat)
    assert found is not None
    assert found.statistic == near(golden)


def test_p_values_of_numbers() -> None:
    exact = numbers.kolmogorov_smirnov(A, B)
    assert exact.p_value == near(5.995440e-10)
    assert numbers.kolmogorov_smirnov(A, B, "exact") == exact
    assert numbers.kolmogorov_smirnov(A, B, "asymp").p_value == near(5.496169e-10)
    assert numbers.cramer_von_mises(A, B).p_value == near(8.444678e-11)


def test_the_earth_movers_distance_without_a_cut() -> None:
    assert numbers.scaled_wasserstein(A, B).statistic == near(0.0394564769537)


@pytest.mark.parametrize(
    ("test", "compat", "table", "golden"),
    [
        ("psi", "evidently", NEW_CATEGORY, 0.3401308332341),
        ("jensen_shannon", "evidently", NEW_CATEGORY, 0.1451712446494),
        ("kullback_leibler", "evidently", NEW_CATEGORY, 0.0645986460346),
        ("hellinger", "evidently", NEW_CATEGORY, 0.1695563905597),
        ("jensen_shannon", "nannyml", NEW_CATEGORY, 0.1743684350598),
        ("chi_square", "nannyml", NEW_CATEGORY, 64.95726495726),
        ("l_infinity", "nannyml", NEW_CATEGORY, 0.1),
        ("hellinger", "nannyml", NEW_CATEGORY, 0.1695563905597),
        ("cramers_v", "deepchecks", NEW_CATEGORY, 0.1760493866758),
        ("psi", "deepchecks", NEW_CATEGORY, 0.0943994056201),
        ("psi", "evidently", KNOWN_ONLY, 0.0281637479340),
        ("jensen_shannon", "evidently", KNOWN_ONLY, 0.0592899129231),
        ("cramers_v", "deepchecks", KNOWN_ONLY, 0.0772672913176),
    ],
)
def test_categories(test: str, compat: Compat, table: Cells, golden: float) -> None:
    found = menu.of_cells(test, table, compat)
    assert found is not None
    assert found.statistic == near(golden)


@pytest.mark.parametrize(
    ("test", "compat", "table", "golden"),
    [
        ("chi_square", "evidently", NEW_CATEGORY, 0.0),
        ("chi_square", "evidently", KNOWN_ONLY, 1.24485534e-06),
        ("z", "evidently", BINARY, 0.0188572437685),
        ("chi_square", "evidently", BINARY, 0.0034147911781),
    ],
)
def test_p_values_of_categories(test: str, compat: Compat, table: Cells, golden: float) -> None:
    found = menu.of_cells(test, table, compat)
    assert found is not None
    assert found.p_value == near(golden)


def test_the_p_value_of_alibi_which_computes_in_single_precision() -> None:
    found = menu.of_cells("chi_square", NEW_CATEGORY)
    assert found is not None
    assert found.p_value == pytest.approx(5.12282e-14, rel=1e-4)
