"""Series that leave their own past, and the many that only seem to."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from console.config.settings import Settings
from console.detectors.anomaly import AnomalyDetector
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR
from console.records.series import Series

Array = NDArray[np.float64]
LATENCY = Series("fraud", "serving", "latency_p95_ms")
HOUR_N = 12
"""Points an hour, one in five minutes: what the detector makes of shorter cadences anyway."""
DAY_N = 24 * HOUR_N


def detector() -> AnomalyDetector:
    return AnomalyDetector(Settings())


def noise(size: int, seed: int, sigma: float = 0.1) -> Array:
    """Heavy-tailed noise, two fifths of whose variance wander with a memory of two hours."""
    random = np.random.default_rng(seed)
    fast = random.standard_t(4, size) / np.sqrt(2)
    memory = np.exp(-1 / 24)
    steps = random.normal(size=size + 200) * np.sqrt(1 - memory**2)
    kernel = memory ** np.arange(200)
    wander = np.convolve(steps, kernel, "valid")[:size]
    mixed: Array = sigma * (np.sqrt(0.6) * fast + np.sqrt(0.4) * wander)
    return mixed


def hours(size: int) -> Array:
    at: Array = np.arange(size) / HOUR_N
    return at


def season(size: int, swing: float) -> Array:
    """A wave a day."""
    wave: Array = swing * np.cos(2 * np.pi * (hours(size) % 24 - 14) / 24)
    return wave


def points(values: Array, every: float = 300.0) -> list[tuple[float, float]]:
    return [(every * i, float(v)) for i, v in enumerate(values) if not np.isnan(v)]


def loud(feed: Any, values: Array, series: Series = LATENCY) -> list[Deviation]:
    found, _ = feed.run(detector(), feed.windows({series: points(values)}), 300.0 * len(values))
    return [deviation for deviation in found if deviation.phase == "raised"]


def shifted(
    days: float, onset: float, factor: float, length_h: float, seed: int, sigma: float = 0.1
) -> Array:
    """A level of 100 with noise and a jump at `onset` days."""
    size = int(days * DAY_N)
    values = 100 * np.exp(noise(size, seed, sigma) + season(size, 0.05))
    begin = int(onset * DAY_N)
    values[begin : begin + int(length_h * HOUR_N)] *= factor
    return values


@pytest.mark.slow
def test_quiet_series_stay_quiet_for_eight_weeks(feed: Any) -> None:
    day, count = 96, 40
    size = 56 * day
    at = np.arange(size) / 4
    fleet = {}
    for i in range(count):
        random = np.random.default_rng(i)
        swing = (0.0, 0.1, 0.4, 0.8)[i % 4]
        weekend = np.where((at // 24) % 7 >= 5, -0.35 * swing, 0.0)
        wave = swing * np.cos(2 * np.pi * (at % 24 - 14) / 24) + weekend
        values = 100 * np.exp(wave + noise(size, seed=i, sigma=(0.04, 0.1, 0.25)[i % 3]))
        values[random.random(size) < 0.01] = np.nan
        values[random.integers(0, size, 40)] *= random.uniform(1.2, 1.7, 40)
        fleet[Series("fraud", "serving", f"x{i}")] = points(values, every=900.0)
    found, _ = feed.run(detector(), feed.windows(fleet), 56 * DAY)
    raised = [deviation for deviation in found if deviation.phase == "raised"]
    # The stated budget is one in 8 weeks of a series.
    assert len(raised) <= count


def test_jumps_are_found_within_the_hour(feed: Any) -> None:
    jumps = {
        Series("m", "s", f"x{factor}-{seed}"): (factor, shifted(4.5, 3.6, factor, 5, seed))
        for factor in (1.6, 0.6, 3.0)
        for seed in range(4)
    }
    windows = feed.windows({series: points(values) for series, (_, values) in jumps.items()})
    found, _ = feed.run(detector(), windows, 4.5 * DAY)
    raised = {deviation.series: deviation for deviation in found if deviation.phase == "raised"}
    assert len(raised) == sum(deviation.phase == "raised" for deviation in found) == len(jumps)
    for series, (factor, _) in jumps.items():
        deviation = raised[series]
        assert 0 < deviation.at - feed.start - 3.6 * DAY <= HOUR + 600
        assert abs(deviation.onset - feed.start - 3.6 * DAY) <= 1200
        assert deviation.direction == (1 if factor > 1 else -1)
        assert deviation.before == pytest.approx(100, rel=0.3)
        assert deviation.after == pytest.approx(100 * factor, rel=0.35)
        assert deviation.p_value is not None
        assert deviation.p_value < 2e-4


def test_the_reason_says_how_rare_it_is(feed: Any) -> None:
    (jumped,) = loud(feed, shifted(9.5, 9, 3.0, 5, seed=3))
    assert (
        jumped.reason.endswith("for 15 min, highest in 9 days") or "highest in 9" in jumped.reason
    )
    size = 10 * DAY_N
    night = 100 * np.exp(season(size, 1.0) + noise(size, 4, 0.04))
    begin = int(9.1 * DAY_N)
    night[begin : begin + 36] *= 2
    (odd,) = loud(feed, night)
    # The second of March was a Monday: nine days after the first, a Sunday, is a Tuesday.
    assert "above its usual level" in odd.reason or "its usual level for" in odd.reason
    assert ", high for a Tuesday 0" in odd.reason


def test_it_is_over_soon_after_it_is_over(feed: Any) -> None:
    windows = feed.windows({LATENCY: points(shifted(5, 3.6, 1.8, 5, seed=2))})
    found, _ = feed.run(detector(), windows, 5 * DAY)
    assert [deviation.phase for deviation in found] == ["raised", "cleared"]
    over = 3.6 * DAY + 5 * HOUR
    assert over + HOUR <= found[1].at - feed.start <= over + 3 * HOUR
    assert found[1].onset == found[0].onset


def test_a_new_normal_is_taken_for_usual_after_a_day(feed: Any) -> None:
    windows = feed.windows({LATENCY: points(shifted(8, 3.5, 2.0, 200, seed=3))})
    found, _ = feed.run(detector(), windows, 8 * DAY)
    assert [deviation.phase for deviation in found] == ["raised", "cleared"]
    assert 1 * DAY <= found[1].at - found[0].onset <= 1.2 * DAY


def test_an_extreme_that_lasts_becomes_critical(feed: Any) -> None:
    windows = feed.windows({LATENCY: points(shifted(4.5, 3.6, 12.0, 5, seed=4))})
    found, _ = feed.run(detector(), windows, 4.5 * DAY)
    assert [(deviation.phase, deviation.severity) for deviation in found] == [
        ("raised", "warning"),
        ("worse", "critical"),
        ("cleared", "critical"),
    ]


def test_a_change_for_the_better_is_no_warning(feed: Any) -> None:
    (better,) = loud(feed, shifted(4.5, 3.6, 0.5, 5, seed=5))
    (worse,) = loud(feed, shifted(4.5, 3.6, 0.5, 5, seed=5), Series("m", "s", "accuracy"))
    assert (better.severity, worse.severity) == ("info", "warning")


def test_a_slow_climb_is_found_long_before_it_doubles(feed: Any) -> None:
    size = 5 * DAY_N
    climb = 1 + np.clip((hours(size) - 84) / 18, 0, 1)
    fleet = {
        Series("m", "s", f"memory-{seed}"): points(100 * np.exp(noise(size, seed, 0.08)) * climb)
        for seed in range(4)
    }
    found, _ = feed.run(detector(), feed.windows(fleet), 5 * DAY)
    raised = {d.series: d for d in found[::-1] if d.phase == "raised"}
    assert set(raised) == set(fleet)
    for deviation in raised.values():
        assert 0 < (deviation.at - feed.start) / HOUR - 84 < 10
        assert abs((deviation.onset - feed.start) / HOUR - 84) <= 6


def test_a_change_in_one_client_is_found_in_its_own_series(feed: Any) -> None:
    random = np.random.default_rng(1)
    size = 4 * DAY_N
    fleet = {}
    for client, requests in (("web", 900), ("app", 300), ("kiosk", 60)):
        rate = np.full(size, 0.01)
        if client == "app":
            rate[3 * DAY_N :] = 0.05
        errors = random.binomial(requests, rate) / requests
        fleet[Series("m", "serving", "error_rate", f'{{"client":"{client}"}}')] = points(errors)
    found, _ = feed.run(detector(), feed.windows(fleet), 4 * DAY)
    (raised,) = (deviation for deviation in found if deviation.phase == "raised")
    assert raised.series.label == "error_rate{client=app}"
    assert (raised.at - feed.start) / HOUR - 72 <= 1


def test_a_short_blip_is_nothing(feed: Any) -> None:
    size = 5 * DAY_N
    values = 100 * np.exp(noise(size, 7, 0.05))
    for begin in (900, 1010, 1200):
        values[begin : begin + 2] *= 1.7
    assert loud(feed, values) == []


def test_nothing_is_said_before_a_day_is_known(feed: Any) -> None:
    assert loud(feed, shifted(1.1, 0.8, 5.0, 5, seed=1)) == []


def odd_series() -> dict[str, Array]:
    """Series that no level and spread describe well, and in which nothing happens."""
    random = np.random.default_rng(11)
    size = 14 * DAY_N
    at = np.arange(size)
    steps = np.full(size, 8.0)
    steps[2000:] = 7.0
    return {
        "constant": np.full(size, 5.0),
        "zero": np.zeros(size),
        "rare": (random.random(size) < 0.002).astype(float),
        "rare_counts": random.poisson(0.05, size).astype(float),
        "counts": random.poisson(2.0, size).astype(float),
        "quantised": np.round(20 + 0.3 * noise(size, 1, 1.0)),
        "workers": steps,
        "two_levels": np.where(at // 37 % 2 == 0, 1.0, 2.0),
        "counter": np.cumsum(random.poisson(30, size)).astype(float),
        "counter_resets": np.cumsum(random.poisson(30, size)).astype(float) % 100_000,
        "sawtooth": 100.0 + at % 200,
        "random_walk": np.cumsum(random.normal(size=size)),
        "signed": noise(size, 2, 1.0),
        "nightly_job": 100 * np.exp(noise(size, 3, 0.05)) * np.where(at % DAY_N < 4, 1.3, 1),
        "huge": 1e290 * np.exp(noise(size, 4, 0.1)),
        "tiny": 1e-290 * np.exp(noise(size, 4, 0.1)),
    }


def test_odd_series_raise_no_nonsense(feed: Any) -> None:
    fleet = {Series("m", "s", name): points(values) for name, values in odd_series().items()}
    found, _ = feed.run(detector(), feed.windows(fleet), 14 * DAY)
    raised = Counter(deviation.series.name for deviation in found if deviation.phase == "raised")
    # A random walk has no level: an excursion or two in two weeks are what it does.
    assert raised.pop("random_walk", 0) <= 2
    assert not raised


def test_business_hours_are_learned_before_anything_is_said(feed: Any) -> None:
    size = 21 * DAY_N
    at = hours(size)
    open_now = (at % 24 > 8) & (at % 24 < 18) & ((at // 24) % 7 < 5)
    values = np.where(open_now, 1000, 40) * np.exp(noise(size, 8, 0.1))
    assert len(loud(feed, values)) <= 1


def test_an_hourly_series_is_judged_by_the_hour(feed: Any) -> None:
    random = np.random.default_rng(5)
    accuracy = random.binomial(400, 0.9, 24 * 12) / 400
    accuracy[240:] = random.binomial(400, 0.7, 48) / 400
    series = Series("m", "training", "accuracy")
    windows = feed.windows({series: points(accuracy, every=HOUR)})
    found, _ = feed.run(detector(), windows, 12 * DAY)
    assert found[0].phase == "raised"
    assert 0 < (found[0].at - feed.start) / HOUR - 240 <= 5


def test_a_gap_is_not_a_change(feed: Any) -> None:
    values = 100 * np.exp(noise(6 * DAY_N, 9, 0.1) + season(6 * DAY_N, 0.5))
    values[1000:1090] = np.nan
    assert loud(feed, values) == []


def test_minute_windows_are_taken_together(feed: Any) -> None:
    size = 4 * 1440
    values = 100 * np.exp(np.repeat(noise(size // 5, 3, 0.05), 5))
    values *= np.exp(np.random.default_rng(3).normal(0, 0.05, size))
    values[3 * 1440 :] *= 1.5
    windows = feed.windows({LATENCY: points(values, every=60.0)})
    found, _ = feed.run(detector(), windows, 4 * DAY)
    assert [deviation.phase for deviation in found] == ["raised"]
    assert found[0].at - feed.start - 3 * DAY <= HOUR


def test_tags_that_come_once_cost_next_to_nothing(feed: Any) -> None:
    fleet = {
        Series("m", "s", "errors", f'{{"session":"{i}"}}'): [(60.0 * i, 1.0)] for i in range(300)
    }
    _, state = feed.run(detector(), feed.windows(fleet), DAY)
    assert state["series"].is_empty()


def mixed(feed: Any) -> Any:
    """Four days of series of different cadence, in which something happens."""
    counts = np.random.default_rng(1).poisson(3.0, 4 * DAY_N).astype(float)
    hourly = 0.9 + noise(96, 3, 0.01)
    return feed.windows(
        {
            LATENCY: points(shifted(4, 2.6, 2.5, 6, seed=1)),
            Series("m", "s", "slow"): points(hourly, every=HOUR),
            Series("m", "s", "counts"): points(counts),
            Series("m", "s", "once"): [(7 * HOUR, 1.0)],
            Series("m", "s", "odd"): points(counts[:700], every=420.0),
        }
    )


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 4 * 1440), max_size=12))
def test_cuts_do_not_matter(feed: Any, cuts: list[int]) -> None:
    windows = mixed(feed)
    whole, state = feed.run(detector(), windows, 4 * DAY)
    parts, pieced = feed.run(detector(), windows, 4 * DAY, [60.0 * cut for cut in cuts])
    assert [deviation.phase for deviation in whole][:1] == ["raised"]
    assert parts == whole
    for name, frame in state.items():
        assert_frame_equal(pieced[name], frame, check_exact=True)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 4 * 1440))
def test_what_comes_later_changes_nothing(feed: Any, minute: int) -> None:
    windows = mixed(feed)
    end = 60.0 * minute
    whole, _ = feed.run(detector(), windows, 4 * DAY)
    prefix, _ = feed.run(detector(), windows, end)
    assert prefix == [deviation for deviation in whole if deviation.at <= feed.start + end]
