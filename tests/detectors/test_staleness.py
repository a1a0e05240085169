"""Streams that fall silent."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.config.settings import Settings
from console.detectors.staleness import StalenessDetector
from console.records.clock import DAY, HOUR
from console.records.series import Series

LATENCY = Series("fraud", "serving", "latency")
NAME = Series("fraud", "serving", "errors")
MINUTE = 60.0

Silence = tuple[float, float]


def detector() -> StalenessDetector:
    return StalenessDetector(Settings())


def regular(until: float, *silences: Silence, every: float = MINUTE) -> list[tuple[float, float]]:
    times = np.arange(0.0, until, every)
    for begin, end in silences:
        times = times[(times < begin) | (times >= end)]
    return [(float(time), 1.0) for time in times]


def poisson(days: int, per_hour: float, seed: int, swing: float = 0.0) -> list[tuple[float, float]]:
    """Minutes with at least one of so many events an hour, more of them by day than by night."""
    random = np.random.default_rng(seed)
    starts = np.arange(0.0, days * DAY, MINUTE)
    rate = per_hour / 60 * (1 + swing * np.cos(2 * np.pi * (starts % DAY / DAY - 0.6)))
    return [(float(start), 1.0) for start in starts[random.random(len(starts)) < -np.expm1(-rate)]]


def phases(feed: Any, points: list[tuple[float, float]], end: float) -> list[tuple[str, float]]:
    found, _ = feed.run(detector(), feed.windows({LATENCY: points}), end)
    return [(deviation.phase, deviation.at - feed.start) for deviation in found]


def test_a_regular_stream_is_missed_after_ten_minutes(feed: Any) -> None:
    points = regular(30 * HOUR, (20 * HOUR, 24 * HOUR))
    found, _ = feed.run(detector(), feed.windows({LATENCY: points}), 30 * HOUR)
    assert [(d.phase, d.at - feed.start) for d in found] == [
        ("raised", 20 * HOUR + 600),
        ("cleared", 24 * HOUR + 60),
    ]
    raised, cleared = found
    assert raised.series == cleared.series == LATENCY
    assert raised.onset == feed.start + 20 * HOUR
    assert raised.details["gap_s"] == 600
    assert cleared.details["gap_s"] == 4 * HOUR + 60
    assert raised.reason == "no metrics for 10 min, usually every 1 min"


def test_short_gaps_are_nothing(feed: Any) -> None:
    gaps = [(hour * HOUR, hour * HOUR + 7 * MINUTE) for hour in range(3, 30)]
    assert phases(feed, regular(30 * HOUR, *gaps), 30 * HOUR) == []


def test_silence_is_measured_up_to_the_end_of_the_span(feed: Any) -> None:
    points = regular(20 * HOUR)
    assert phases(feed, points, 20 * HOUR + 540) == []
    assert phases(feed, points, 20 * HOUR + 600) == [("raised", 20 * HOUR + 600)]


def test_what_never_had_a_rhythm_is_not_missed(feed: Any) -> None:
    assert phases(feed, regular(HOUR), 10 * HOUR) == []
    assert phases(feed, regular(20 * HOUR, every=HOUR), 100 * HOUR) == []


def test_an_hourly_stream_is_missed_after_two_and_a_half_hours(feed: Any) -> None:
    ((phase, at),) = phases(feed, regular(50 * HOUR, every=HOUR), 60 * HOUR)
    assert phase == "raised"
    assert at == pytest.approx(49 * HOUR + 60 + 2.5 * HOUR, abs=600)


def test_irregular_streams_are_not_missed_by_chance(feed: Any) -> None:
    for seed in range(6):
        points = poisson(28, per_hour=9.0, seed=seed, swing=0.6)
        assert phases(feed, points, 28 * DAY) == []


def test_the_first_night_of_a_log_is_not_silence(feed: Any) -> None:
    for seed in range(12):
        evening = [point for point in poisson(1, per_hour=14.0, seed=seed) if point[0] < 3 * HOUR]
        # Eighty minutes without a line, when all that is known are three hours of an evening.
        assert phases(feed, evening, evening[-1][0] // 60 * 60 + 80 * MINUTE) == []


def test_an_irregular_stream_is_missed_in_the_end(feed: Any) -> None:
    points = [point for point in poisson(6, per_hour=20.0, seed=1) if point[0] < 5 * DAY]
    ((phase, at),) = phases(feed, points, 6 * DAY)
    assert phase == "raised"
    assert at < 5 * DAY + 1.2 * HOUR


def test_a_nightly_pause_is_learned(feed: Any) -> None:
    days = [point for point in regular(21 * DAY) if 8 * HOUR <= point[0] % DAY < 20 * HOUR]
    assert [at // DAY for phase, at in phases(feed, days, 21 * DAY) if phase == "raised"] == [0]


def test_each_kind_of_record_is_a_stream_of_its_own(feed: Any) -> None:
    metrics = feed.windows({NAME: regular(20 * HOUR), LATENCY: regular(20 * HOUR)})
    logs = metrics.filter(pl.col("start").dt.epoch("us") / 1e6 < feed.start + 10 * HOUR)
    found, _ = feed.run(detector(), metrics, 20 * HOUR, logs=logs)
    assert [(deviation.phase, deviation.series) for deviation in found] == [
        ("raised", Series("fraud", "serving", "logs"))
    ]


def test_a_stream_is_named_after_one_of_its_metrics(feed: Any) -> None:
    tagged = Series("fraud", "serving", "apples", '{"client":"a"}')
    points = regular(20 * HOUR)
    metrics = feed.windows({tagged: points, LATENCY: points, NAME: points})
    found, _ = feed.run(detector(), metrics, 21 * HOUR)
    assert [deviation.series for deviation in found] == [NAME]


def test_a_stream_that_stays_away_is_forgotten(feed: Any) -> None:
    points = regular(20 * HOUR)
    found, state = feed.run(detector(), feed.windows({LATENCY: points}), 16 * DAY, [15 * DAY])
    assert [deviation.phase for deviation in found] == ["raised", "cleared"]
    assert state["streams"].is_empty()


def without(points: list[tuple[float, float]], begin: float, end: float) -> Any:
    return [point for point in points if not begin <= point[0] < end]


def test_a_metric_that_vanishes_from_a_live_stage_is_missed(feed: Any) -> None:
    points = regular(60 * HOUR)
    web = Series("fraud", "serving", "errors", '{"client":"web"}')
    windows = feed.windows(
        {
            LATENCY: points,
            NAME: without(points, 40 * HOUR, 50 * HOUR),
            web: without(regular(60 * HOUR, every=300.0), 40 * HOUR, 50 * HOUR),
        }
    )
    found, _ = feed.run(detector(), windows, 60 * HOUR)
    said = {(d.phase, d.series): ((d.at - feed.start) / HOUR, d.severity) for d in found}
    assert len(found) == len(said)
    assert said == {
        ("raised", NAME): (42.0, "warning"),
        ("raised", web): (pytest.approx(45.5, abs=0.5), "info"),
        ("cleared", NAME): (pytest.approx(50.0, abs=0.1), "warning"),
        ("cleared", web): (pytest.approx(50.0, abs=0.1), "info"),
    }
    assert found[0].onset == feed.start + 40 * HOUR


def test_a_metric_of_the_day_alone_is_not_missed_at_night(feed: Any) -> None:
    points = regular(8 * DAY)
    daily = [point for point in points if 8 * HOUR <= point[0] % DAY < 20 * HOUR]
    windows = feed.windows({LATENCY: points, NAME: daily})
    assert not feed.run(detector(), windows, 8 * DAY)[0]


def test_a_metric_that_stays_away_is_given_up(feed: Any) -> None:
    windows = feed.windows({LATENCY: regular(8 * DAY), NAME: regular(2 * DAY)})
    found, state = feed.run(detector(), windows, 8 * DAY)
    assert [(d.phase, round((d.at - feed.start) / HOUR)) for d in found] == [
        ("raised", 50),
        ("cleared", 121),
    ]
    assert state["identity"]["name"].to_list() == [LATENCY.name]


def test_the_silence_of_a_stage_is_not_that_of_its_metrics(feed: Any) -> None:
    points = regular(60 * HOUR, (40 * HOUR, 50 * HOUR))
    found, _ = feed.run(detector(), feed.windows({LATENCY: points, NAME: points}), 60 * HOUR)
    assert [deviation.phase for deviation in found] == ["raised", "cleared"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(180, 2400), st.integers(5, 900)), max_size=4),
    st.lists(st.integers(0, 2900), max_size=6),
)
def test_cuts_do_not_matter(
    feed: Any, seed: int, silences: list[tuple[int, int]], cuts: list[int]
) -> None:
    gaps = [(60.0 * begin, 60.0 * (begin + length)) for begin, length in silences]
    points = [
        (at, value)
        for at, value in poisson(2, per_hour=90.0, seed=seed)
        if not any(begin <= at < end for begin, end in gaps)
    ]
    other = without(regular(1.8 * DAY, *gaps), 27 * HOUR, 32 * HOUR)
    third = Series("fraud", "serving", "third")
    windows = feed.windows({LATENCY: points, NAME: regular(1.5 * DAY, *gaps), third: other})
    whole, state = feed.run(detector(), windows, 2 * DAY)
    parts, pieced = feed.run(detector(), windows, 2 * DAY, [60.0 * cut for cut in cuts])
    assert parts == whole
    for name, frame in state.items():
        assert_frame_equal(pieced[name], frame, check_exact=True)
