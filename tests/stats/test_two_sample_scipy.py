"""Whatever the samples are: the tests agree with scipy and keep their bounds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from console.stats.twosample import cells, menu, numbers
from console.stats.twosample.cells import Compat

Array = cells.Floats

values = st.floats(-1e6, 1e6, allow_nan=False, width=32) | st.integers(-3, 3).map(float)
samples = st.lists(values, min_size=2, max_size=60).map(lambda v: np.array(v, dtype=np.float64))
counts = st.integers(2, 8).flatmap(
    lambda k: st.tuples(
        *[st.lists(st.integers(0, 500), min_size=k, max_size=k).map(np.array) for _ in "rc"]
    )
)
COMPATS: tuple[Compat, ...] = ("scipy", "evidently", "nannyml", "deepchecks", "frouros")


@pytest.mark.filterwarnings("ignore:ks_2samp:RuntimeWarning")
@settings(deadline=None)
@given(samples, samples)
@example(np.zeros(3), np.zeros(2))
@example(np.zeros(3), np.ones(2))
def test_numbers_are_those_of_scipy(reference: Array, current: Array) -> None:
    ks = stats.ks_2samp(reference, current)
    assert numbers.kolmogorov_smirnov(reference, current) == (ks.statistic, ks.pvalue)
    w = stats.wasserstein_distance(reference, current)
    assert numbers.wasserstein(reference, current).statistic == pytest.approx(w)
    e = stats.energy_distance(reference, current)
    assert numbers.energy(reference, current).statistic == pytest.approx(e)
    cvm = stats.cramervonmises_2samp(reference, current)
    assert numbers.cramer_von_mises(reference, current) == (cvm.statistic, cvm.pvalue)
    found = numbers.mann_whitney(reference, current)
    wanted = stats.mannwhitneyu(current, reference)
    assert found.statistic == pytest.approx(wanted.statistic)
    assert found.p_value == pytest.approx(np.nan_to_num(wanted.pvalue, nan=1.0))


def test_anderson_darling_is_that_of_scipy() -> None:
    generator = np.random.default_rng(1)
    reference, current = generator.normal(size=80), generator.normal(0.3, 1, 60)
    wanted = stats.anderson_ksamp([reference, current], variant="midrank")
    found = numbers.anderson_darling(reference, current)
    assert found == (wanted.statistic, wanted.pvalue)


@settings(deadline=None)
@given(counts)
def test_counts_are_those_of_scipy(pair: tuple[Array, Array]) -> None:
    reference, current = (side.astype(np.float64) for side in pair)
    assume(reference.sum() > 0 and current.sum() > 0)
    table = cells.of_counts(reference, current)
    js = menu.of_cells("jensen_shannon", table)
    assert js is not None
    assert js.statistic == pytest.approx(float(distance.jensenshannon(*pair)), abs=1e-7)
    kl = menu.of_cells("kullback_leibler", table)
    assert kl is not None
    assert kl.statistic == pytest.approx(float(stats.entropy(*pair)), abs=1e-9)
    seen = (reference + current) > 0
    assume(seen.sum() > 1)
    chi = menu.of_cells("chi_square", table)
    wanted = stats.chi2_contingency(np.stack(pair)[:, seen], correction=False)
    assert chi is not None
    assert chi == pytest.approx((wanted.statistic, wanted.pvalue), abs=1e-12)


@settings(deadline=None)
@given(samples, samples, st.sampled_from(sorted(menu.TESTS)), st.sampled_from(COMPATS))
@example(np.zeros(3), np.zeros(2), "psi", "evidently")
@example(np.array([1.0, 2.0]), np.array([5.0, 9.0]), "kullback_leibler", "frouros")
def test_any_test_of_any_numbers(
    reference: Array, current: Array, test: str, compat: Compat
) -> None:
    found = menu.of_numbers(test, reference, current, compat)
    if found is None:
        assert test == "z"
        return
    assert not np.isnan(found.statistic)
    assert test == "z" or found.statistic >= -1e-9 or test == "anderson_darling"
    assert found.p_value is None or 0 <= found.p_value <= 1


@settings(deadline=None)
@given(
    samples, st.sampled_from(["ks", "energy", "psi", "jensen_shannon", "cramers_v", "l_infinity"])
)
def test_a_sample_does_not_differ_from_itself(sample: Array, test: str) -> None:
    found = menu.of_numbers(test, sample, sample)
    assert found is not None
    assert found.statistic == pytest.approx(0.0, abs=1e-6)


def test_categories_are_counted_without_nulls() -> None:
    names, table = cells.of_categories(
        pl.Series(["a", "a", "b", None]), pl.Series(["b", "c", None, None])
    )
    assert names == ["a", "b", "c"]
    assert table.reference.tolist() == [2, 1, 0]
    assert table.current.tolist() == [0, 1, 1]


def test_tests_that_do_not_suit_say_nothing() -> None:
    three = cells.of_counts(np.array([3.0, 2, 1]), np.array([1.0, 1, 1]))
    assert menu.of_cells("z", three) is None
    assert menu.of_cells("ks", three) is None
