"""Changes of level in a stream: the golden alarms of river, frouros and menelaus, and silence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from console.stats import changes, changes_compat

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
    assert changes.hddm_w(ERRORS) is None
    assert changes.fhddm(ERRORS) is None
    assert changes.fhddm(1 - ERRORS) is None
    assert changes.kswin(X) == 1526
    assert changes.adwin(X) == 1535
    assert changes.adwin(Y) == 1535
    assert changes.adwin(ERRORS) == 1759


def test_the_alarms_of_frouros_and_menelaus() -> None:
    assert changes.page_hinkley(X, both=False) == 1558
    assert changes.cusum(X) == 1549
    assert changes.cusum(Y) == 1679
    assert changes.cusum(X, delta=0.5, limit=5.0, target=(0.0, 1.0)) == 1507
    assert changes.adwin(ERRORS, wary=True) == 2111
    assert changes.ddm(ERRORS) == 1732
    assert changes.eddm(ERRORS, sample=False) == 2127
    assert changes.hddm(ERRORS, sides=1) == 1664
    with pytest.raises(ValueError, match="total falls below 0"):
        changes.adwin(X, wary=True)


def test_all_alarms_of_menelaus() -> None:
    cusum = changes_compat.ALARMS["menelaus"]["cusum"](X)
    assert (len(cusum), cusum[0]) == (64, 88)
    assert cusum[:8] == [88, 133, 172, 206, 439, 533, 624, 667]
    assert cusum[-4:] == [2881, 2912, 2943, 2974]
    named = changes_compat.menelaus_cusum(X, delta=0.5, target=(0.0, 1.0))
    assert named == [1507]
    page_hinkley = changes_compat.ALARMS["menelaus"]["page_hinkley"](X)
    assert (len(page_hinkley), page_hinkley[0]) == (44, 30)
    assert page_hinkley[-4:] == [1400, 1431, 1462, 1493]
    assert changes_compat.menelaus_cusum(np.ones(100)) == []


def test_after_an_alarm_a_test_begins_anew() -> None:
    steps = np.repeat([0.0, 5.0, 0.0], 500)
    places = changes.every(changes.page_hinkley, steps)
    assert len(places) == 2
    assert places[0] == changes.page_hinkley(steps)
    again = changes.page_hinkley(steps[places[0] + 1 :])
    assert again is not None
    assert places[1] == places[0] + 1 + again


def test_a_rise_of_errors_is_found_and_a_fall_is_not() -> None:
    rise = np.random.default_rng(3).uniform(size=2000) < np.repeat([0.1, 0.7], 1000)
    for test in ("hddm", "hddm_w", "fhddm"):
        found = changes.TESTS[test](rise.astype(float))
        assert found is not None, test
        assert 1000 <= found < 1200, test
        assert changes.TESTS[test](rise[::-1].astype(float)) is None, test


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
