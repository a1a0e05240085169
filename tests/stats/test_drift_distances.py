"""Distances and tests of counts, against scipy and against the golden values of the peers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import spatial, stats

from console.stats import counts, drift

CATEGORIES = np.array([500, 300, 200, 0]), np.array([400, 350, 200, 50])
NO_NEW = np.array([500, 300, 200]), np.array([400, 350, 200])

tables = (
    st.integers(2, 12)
    .flatmap(lambda k: st.tuples(*[st.lists(st.integers(0, 200), min_size=k, max_size=k)] * 2))
    .filter(lambda pair: sum(pair[0]) > 0 and sum(pair[1]) > 0)
)


def _normal_samples() -> tuple[np.ndarray, np.ndarray]:
    """Sample N of the anchors page: no random numbers."""
    a = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    b = 1.2 * stats.norm.ppf((np.arange(1000) + 0.5) / 1000) + 0.3
    return a, b


def test_categories_give_the_golden_values_of_evidently_and_nannyml() -> None:
    assert drift.population_stability(*CATEGORIES) == pytest.approx(0.3401308332341)
    assert drift.population_stability(*NO_NEW) == pytest.approx(0.0281637479340)
    assert drift.jensen_shannon(*CATEGORIES, base=np.e) == pytest.approx(0.1451712446494)
    assert drift.jensen_shannon(*CATEGORIES) == pytest.approx(0.1743684350598)
    assert drift.jensen_shannon(*NO_NEW, base=np.e) == pytest.approx(0.0592899129231)
    assert drift.hellinger(*CATEGORIES) == pytest.approx(0.1695563905597)
    statistic, freedom = drift.chi_square(*CATEGORIES)
    assert statistic == pytest.approx(64.95726495726)
    assert drift.chi_square_p(statistic, freedom) == pytest.approx(5.12282e-14, rel=1e-5)


def test_two_proportions_give_evidentlys_p_but_for_the_half_hit() -> None:
    z = drift.proportions_z(300, 1000, 180, 500)
    assert 2 * drift.normal_sf(abs(z)) == pytest.approx(0.0188572437685, rel=0.02)


def test_kolmogorov_smirnov_of_fine_bins_comes_close_to_that_of_the_values() -> None:
    a, b = _normal_samples()
    edges = np.quantile(a, np.arange(1, 400) / 400)
    reference, current = (
        np.bincount(np.searchsorted(edges, x), minlength=len(edges) + 1) for x in (a, b)
    )
    distance = float(drift.kolmogorov_smirnov(reference, current))
    assert distance == pytest.approx(0.128, abs=0.002)
    size = drift.effective_size(reference, current)
    # alibi and scipy correct the asymptotic p for the sample size: 5.496169e-10.
    assert drift.kolmogorov_p(0.128, size) == pytest.approx(5.496169e-10, rel=0.2)
    centres = np.concatenate([[edges[0]], (edges[1:] + edges[:-1]) / 2, [edges[-1]]])
    assert drift.wasserstein(reference, current, centres) == pytest.approx(0.3116, abs=0.02)


@given(tables)
def test_distances_agree_with_scipy(pair: tuple[list[int], list[int]]) -> None:
    p, q = (np.array(side) / sum(side) for side in pair)
    values = np.arange(len(p), dtype=float)
    assert drift.wasserstein(*pair, values) == pytest.approx(
        stats.wasserstein_distance(values, values, p, q), abs=1e-9
    )
    assert drift.jensen_shannon(*pair) == pytest.approx(
        float(spatial.distance.jensenshannon(p, q, 2)), abs=1e-7
    )
    raw = [np.repeat(values, side) for side in pair]
    assert drift.kolmogorov_smirnov(*pair) == pytest.approx(stats.ks_2samp(*raw).statistic)


@given(tables)
def test_chi_square_agrees_with_scipy(pair: tuple[list[int], list[int]]) -> None:
    table = np.array(pair)[:, np.sum(pair, axis=0) > 0]
    statistic, freedom = drift.chi_square(*pair)
    if table.shape[1] < 2:
        assert drift.chi_square_p(statistic, freedom) == 1.0
        return
    expected = stats.chi2_contingency(table, correction=False)
    assert statistic == pytest.approx(expected.statistic, abs=1e-8)
    assert drift.chi_square_p(statistic, freedom) == pytest.approx(expected.pvalue, abs=1e-9)


@given(st.floats(0.0, 1.0), st.integers(10, 10_000))
def test_kolmogorovs_p_agrees_with_scipy(distance: float, size: int) -> None:
    expected = stats.kstwobign.sf(np.sqrt(size) * distance)
    assert drift.kolmogorov_p(distance, size) == pytest.approx(expected, abs=1e-6)


def test_a_tolerated_effect_takes_the_surprise_out_of_a_difference_of_its_size() -> None:
    reference, current = np.array([5000, 5000]), np.array([5500, 4500])
    statistic, freedom = drift.chi_square(reference, current)
    size = drift.effective_size(reference, current)
    effect = float(drift.contrast(reference, current))
    assert effect == pytest.approx(0.1, abs=0.002)
    assert drift.chi_square_p(statistic, freedom) < 1e-10
    assert 0.3 < float(drift.chi_square_p(statistic, freedom, size * effect**2)) < 0.7
    noncentral = stats.ncx2.sf(float(statistic), 1, float(size) * 0.05**2)
    assert drift.chi_square_p(statistic, freedom, size * 0.05**2) == pytest.approx(noncentral)


def test_an_empty_side_is_no_difference() -> None:
    assert np.isnan(drift.total_variation([1, 2], [0, 0]))
    assert np.isnan(drift.jensen_shannon([1, 2], [0, 0]))
    assert drift.effective_size([1, 2], [0, 0]) == 0
    assert drift.kolmogorov_p(np.nan, 0) == 1.0
    assert drift.proportions_z(0, 0, 3, 10) == 0.0
    assert [float(x) for x in drift.wilson(0, 0)] == [0.0, 1.0]


def test_false_discovery_keeps_the_step_up_set() -> None:
    p = [0.01, 0.04, 0.03, 0.005, 0.5]
    assert drift.false_discovery(p, 0.05).tolist() == [True, True, True, True, False]
    assert not drift.false_discovery([0.5, 0.9], 0.05).any()
    assert drift.false_discovery([], 0.05).tolist() == []


def test_wilson_holds_the_true_share_at_its_rate() -> None:
    rng = np.random.default_rng(3)
    low, high = drift.wilson(rng.binomial(80, 0.05, size=4000), 80)
    assert 0.93 < float(((low <= 0.05) & (high >= 0.05)).mean()) < 0.98


@given(st.integers(1, 60), st.floats(0.01, 50), st.floats(0.001, 2))
def test_upper_tail_agrees_with_scipy(n: int, expected: float, spread: float) -> None:
    size = 1 / spread
    truth = stats.nbinom.sf(n - 1, size, size / (size + expected))
    assert counts.upper_tail(n, expected, spread) == pytest.approx(truth, rel=1e-6, abs=1e-300)


def test_the_likeliest_onset_is_where_gains_begin() -> None:
    assert counts.since([-1, -2, 3, -1, 4]) == 2
    assert counts.since([5]) == 0
    assert counts.since([-1, -1]) == 1
