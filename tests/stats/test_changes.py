"""Changes of level in a stream: the golden alarms of river, frouros and menelaus, and silence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from console.stats import changes

T = np.arange(1, 3001)
U = np.mod(T * 0.6180339887498949, 1.0)
X = special.ndtri(U) + (T > 1500)
ERRORS = np.where(T > 1500, U < 0.35, U < 0.2).astype(float)
Y = 0.4 * U + 0.3 * (T > 1500)


def test_the_alarms_of_river() -> None:
    assert changes.page_hinkley(X) == 1549
    assert changes.page_hinkley(Y) == 1680
    assert changes.page_hinkley(Y, limit=10.0) == 1533
    assert changes.ddm(ERRORS) == 1732
    assert changes.ddm(ERRORS, limit=2.0) == 1601
    assert changes.eddm(ERRORS) == 2054
    assert changes.hddm(ERRORS) == 1687
    assert changes.kswin(X) == 1526
    assert changes.adwin(X) == 1535
    assert changes.adwin(Y) == 1535
    assert changes.adwin(ERRORS) == 1759


def test_the_alarms_of_frouros_and_menelaus() -> None:
    assert changes.page_hinkley(X, both=False) == 1558
    assert changes.cusum(X) == 1549
    assert changes.cusum(Y) == 1679
    assert changes.cusum(X, delta=0.5, limit=5.0, target=(0.0, 1.0)) == 1507
    assert changes.cusum(X, limit=5.0, target=(X[:30].mean(), X[:30].std())) == 88
    assert changes.adwin(ERRORS, wary=True) == 2111
    assert changes.ddm(ERRORS) == 1732
    assert changes.eddm(ERRORS, sample=False) == 2127
    assert changes.hddm(ERRORS, sides=1) == 1664


def test_a_fall_is_found_and_a_level_is_not() -> None:
    assert changes.page_hinkley(-X) is not None
    for values in (np.zeros(500), np.ones(500), U[:500]):
        assert changes.page_hinkley(values) is None
        assert changes.kswin(values) is None
        assert changes.adwin(values) is None
    for test in changes.OF_ERRORS:
        assert changes.TESTS[test](np.zeros(500)) is None
        assert changes.TESTS[test]([]) is None


def test_the_limits_of_a_metric_are_nannymls() -> None:
    limits = changes.standing_limits([0.80, 0.82, 0.81, 0.79, 0.83, 0.78])
    assert limits == pytest.approx((0.7537652461702, 0.8562347538298), abs=1e-12)


@pytest.mark.parametrize("test", ["page_hinkley", "cusum"])
def test_the_tests_of_a_check_are_silent_on_noise(test: str) -> None:
    noise = np.random.default_rng(1).normal(size=20_000)
    assert changes.TESTS[test](noise) is None
    noise[10_000:] += 1.0
    found = changes.TESTS[test](noise)
    assert found is not None
    assert 10_000 <= found < 10_100
