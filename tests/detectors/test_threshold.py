"""The user's own limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.config.settings import Rule, Settings
from console.detectors.threshold import ThresholdDetector
from console.records.series import Series

LATENCY = Series("fraud", "serving", "latency")
RULE = Rule("latency", model="fraud", above=100.0, hold_s=300.0, severity="critical")


def detector(*rules: Rule) -> ThresholdDetector:
    return ThresholdDetector(Settings(rules=rules or (RULE,)))


def minutes(values: Sequence[float | None], start: float = 0.0) -> list[tuple[float, float]]:
    return [(start + 60.0 * i, value) for i, value in enumerate(values) if value is not None]


def phases(feed: Any, values: Sequence[float | None], *rules: Rule) -> list[tuple[str, float]]:
    found, _ = feed.run(detector(*rules), feed.windows({LATENCY: minutes(values)}), 60.0 * 1000)
    return [(deviation.phase, (deviation.at - feed.start) / 60) for deviation in found]


def test_raised_when_beyond_for_as_long_as_the_rule_says(feed: Any) -> None:
    windows = feed.windows({LATENCY: minutes([80.0] * 30 + [120.0] * 5)})
    found, _ = feed.run(detector(), windows, 3600.0)
    assert [deviation.phase for deviation in found] == ["raised"]
    raised = found[0]
    assert raised.at == feed.start + 35 * 60
    assert raised.onset == feed.start + 30 * 60
    assert (raised.severity, raised.direction) == ("critical", 1)
    assert (raised.before, raised.after, raised.threshold) == (80.0, 120.0, 100.0)
    assert raised.reason == "above its limit 100 for 5 min"


def test_one_window_inside_begins_the_count_anew(feed: Any) -> None:
    assert phases(feed, [80.0] * 30 + [120.0] * 4 + [90.0] + [120.0] * 4 + [80.0] * 20) == []


def test_missing_windows_neither_help_nor_reset(feed: Any) -> None:
    values = [80.0, None, 120.0, None, 120.0, 120.0, None, 120.0]
    assert phases(feed, values) == [("raised", 8.0)]
    assert phases(feed, [80.0, 120.0] + [None] * 20 + [120.0]) == []


def test_a_rule_without_for_is_raised_by_one_window(feed: Any) -> None:
    assert phases(feed, [80.0, 120.0], Rule("latency", above=100.0)) == [("raised", 2.0)]


def test_cleared_when_well_inside_for_ten_windows(feed: Any) -> None:
    values = [80.0] * 10 + [120.0] * 10 + [80.0] * 30
    assert phases(feed, values) == [("raised", 15.0), ("cleared", 30.0)]


def test_just_inside_is_cleared_after_an_hour(feed: Any) -> None:
    values = [80.0] * 10 + [120.0] * 10 + [97.0] * 90
    assert phases(feed, values) == [("raised", 15.0), ("cleared", 80.0)]


def test_flapping_about_the_limit_is_one_deviation(feed: Any) -> None:
    values = [70.0] * 60 + ([106.0] * 12 + [93.0] * 25) * 12
    assert phases(feed, values) == [("raised", 65.0)]


def test_below_and_outside(feed: Any) -> None:
    below = Rule("latency", below=50.0)
    found, _ = feed.run(detector(below), feed.windows({LATENCY: minutes([80.0, 40.0])}), 600.0)
    assert (found[0].direction, found[0].threshold) == (-1, 50.0)
    outside = Rule("latency", outside=(50.0, 100.0))
    assert phases(feed, [40.0], outside) == [("raised", 1.0)]
    assert phases(feed, [140.0], outside) == [("raised", 1.0)]
    assert phases(feed, [60.0, 100.0, 50.0], outside) == []


def test_the_message_carries_the_value_and_nothing_else_is_formatted(feed: Any) -> None:
    rule = Rule("latency", above=100.0, message="slow: {value} ms {0.__class__}")
    found, _ = feed.run(detector(rule), feed.windows({LATENCY: minutes([130.0])}), 600.0)
    assert found[0].details["message"] == "slow: 130 ms {0.__class__}"


def test_a_bare_name_means_the_untagged_series_once_there_is_one(feed: Any) -> None:
    web = Series("fraud", "serving", "latency", '{"client":"web"}')
    only_tagged = feed.windows({web: minutes([130.0] * 6)})
    found, _ = feed.run(detector(), only_tagged, 600.0)
    assert [deviation.series for deviation in found] == [web]
    both = feed.windows({web: minutes([130.0] * 60), LATENCY: minutes([80.0] * 50, start=600.0)})
    found, _ = feed.run(detector(), both, 3600.0)
    assert [(d.phase, d.series, d.at - feed.start) for d in found] == [
        ("raised", web, 300.0),
        ("cleared", web, 660.0),
    ]


def test_a_label_names_one_tagged_series(feed: Any) -> None:
    rule = Rule("latency{client=web}", above=100.0)
    tagged = {
        Series("fraud", "serving", "latency", f'{{"client":"{name}"}}'): minutes([130.0])
        for name in ("web", "app")
    }
    windows = feed.windows({**tagged, LATENCY: minutes([80.0])})
    found, _ = feed.run(detector(rule), windows, 600.0)
    assert [deviation.series.label for deviation in found] == ["latency{client=web}"]


def test_other_models_and_stages_are_left_alone(feed: Any) -> None:
    other = Series("churn", "serving", "latency")
    assert not feed.run(detector(), feed.windows({other: minutes([130.0] * 9)}), 600.0)[0]


def test_two_rules_on_one_series_are_one_deviation_that_gets_worse(feed: Any) -> None:
    rules = (
        Rule("latency", above=100.0, severity="warning"),
        Rule("latency", above=200.0, severity="critical"),
    )
    values = [80.0] * 5 + [150.0] * 5 + [250.0] * 5 + [80.0] * 40
    windows = feed.windows({LATENCY: minutes(values)})
    found, _ = feed.run(detector(*rules), windows, 3600.0)
    assert [(deviation.phase, deviation.severity) for deviation in found] == [
        ("raised", "warning"),
        ("worse", "critical"),
        ("cleared", found[2].severity),
    ]


def test_what_an_old_rule_has_raised_ends_with_the_rule(feed: Any) -> None:
    windows = feed.windows({LATENCY: minutes([130.0] * 20)})
    _, state = feed.run(detector(), windows, 600.0)
    other = detector(Rule("latency", above=500.0))
    found, state = other.update(state, feed.span(windows, 600.0, 1200.0))
    assert [(deviation.phase, deviation.series) for deviation in found] == [("cleared", LATENCY)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from([None, 60.0, 98.0, 105.0, 150.0]), min_size=1, max_size=120),
    st.lists(st.integers(0, 130), max_size=8),
)
def test_cuts_do_not_matter(feed: Any, values: list[float | None], cuts: list[int]) -> None:
    web = Series("fraud", "serving", "latency", '{"client":"web"}')
    points = {LATENCY: minutes(values[::2], start=1800.0), web: minutes(values)}
    windows = feed.windows(points)
    rules = (Rule("latency", above=100.0, hold_s=120.0), Rule("latency", outside=(70.0, 140.0)))
    whole, state = feed.run(detector(*rules), windows, 8000.0)
    parts, pieced = feed.run(detector(*rules), windows, 8000.0, [60.0 * cut for cut in cuts])
    assert parts == whole
    for name, frame in state.items():
        assert_frame_equal(pieced[name], frame, check_exact=True)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_windows_that_overflowed_are_not_judged(feed: Any, value: float) -> None:
    assert phases(feed, [80.0, value, value], Rule("latency", above=100.0)) == []
