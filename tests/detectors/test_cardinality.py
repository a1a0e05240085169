"""Tags that take ever new values."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.config.settings import Settings
from console.detectors.cardinality import CardinalityDetector
from console.records.clock import DAY, HOUR
from console.records.series import Series

OTHERS = Series("fraud", "serving", "errors", '{"code":"v1","session":"*"}')
Points = dict[Series, list[tuple[float, float]]]


def detector() -> CardinalityDetector:
    return CardinalityDetector(Settings())


def tagged(values: dict[str, float]) -> Points:
    """One window of each value of the tag `session`, at its time."""
    return {
        Series("fraud", "serving", "errors", f'{{"code":"v1","session":"{value}"}}'): [(at, 0.1)]
        for value, at in values.items()
    }


def known(count: int) -> dict[str, float]:
    return {f"known-{i}": 60.0 * i for i in range(count)}


def sessions(begin: float, every: float, count: int, name: str = "s") -> dict[str, float]:
    return {f"{name}-{i}": begin + every * i for i in range(count)}


def test_ids_in_a_tag_are_found_within_minutes(feed: Any) -> None:
    points = tagged(known(4) | sessions(30 * HOUR, 20.0, 900))
    found, _ = feed.run(detector(), feed.windows(points), 48 * HOUR)
    raised, cleared = found
    assert (raised.phase, cleared.phase) == ("raised", "cleared")
    assert raised.series == Series("fraud", "serving", "errors")
    assert raised.at - feed.start <= 30 * HOUR + 480
    assert raised.onset - feed.start == 30 * HOUR
    assert raised.details["tag"] == "session"
    assert raised.details["new_values"] == 21
    assert raised.reason == "21 new values of tag session in 8 min, 4 known before"
    assert 0 < cleared.at - feed.start - (30 * HOUR + 20.0 * 900) <= HOUR
    assert cleared.details["new_values"] == 900


def test_it_lasts_while_more_come_than_are_told_apart(feed: Any) -> None:
    points = tagged(known(4) | sessions(30 * HOUR, 20.0, 100))
    for hours in (8, 40):
        minutes = range(60 * hours)
        points[OTHERS] = [(30 * HOUR + 2000.0 + 60 * minute, 0.1) for minute in minutes]
        raised, cleared = feed.run(detector(), feed.windows(points), 80 * HOUR)[0]
        assert (raised.phase, cleared.phase) == ("raised", "cleared")
        over = cleared.at - raised.at
        assert min(hours, 23) * HOUR <= over <= min(hours + 1.5, 24) * HOUR


def test_what_is_there_from_the_start_is_no_news(feed: Any) -> None:
    assert not feed.run(detector(), feed.windows(tagged(sessions(0, 2.0, 900))), DAY)[0]


def test_a_few_new_values_are_nothing(feed: Any) -> None:
    points = tagged(known(5) | sessions(5 * HOUR, 240.0, 200))
    assert not feed.run(detector(), feed.windows(points), 2 * DAY)[0]


def test_a_deploy_that_replaces_every_host_is_nothing(feed: Any) -> None:
    hosts = {
        name: at
        for day in range(1, 5)
        for name, at in sessions(day * DAY, 5.0, 40, f"host-{day}").items()
    }
    points = tagged(known(40) | hosts)
    assert not feed.run(detector(), feed.windows(points), 6 * DAY)[0]


def test_untagged_metrics_do_not_count(feed: Any) -> None:
    points = {Series("m", "s", f"x{i}"): [(3 * HOUR + i, 1.0)] for i in range(200)}
    assert not feed.run(detector(), feed.windows(points), DAY)[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 600), min_size=1, max_size=120),
    st.lists(st.integers(0, 700), max_size=6),
    st.lists(st.integers(0, 700), max_size=30),
)
def test_cuts_do_not_matter(
    feed: Any, minutes: list[int], cuts: list[int], others: list[int]
) -> None:
    points: Points = {OTHERS: [(60.0 * minute, 1.0) for minute in sorted(set(others))]}
    points |= tagged({f"v{i}": 60.0 * (minute // 8 * 8) for i, minute in enumerate(minutes)})
    windows = feed.windows(points)
    whole, state = feed.run(detector(), windows, 12 * HOUR)
    parts, pieced = feed.run(detector(), windows, 12 * HOUR, [60.0 * cut for cut in cuts])
    assert parts == whole
    for name, frame in state.items():
        assert_frame_equal(pieced[name], frame, check_exact=True)
