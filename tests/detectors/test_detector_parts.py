"""What the detectors of metrics are built from."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.detectors import season, steps, weekly
from console.detectors.onset import change_point
from console.detectors.polarity import worse_direction
from console.detectors.table import Column, Table
from console.detectors.words import change, duration, number
from console.records.clock import DAY, HOUR
from console.records.series import Series

LAYOUT = {"a": Column(np.nan), "b": Column(7, "int8", 3), "c": Column(0, "bool")}


@given(st.lists(st.lists(st.integers(0, 40), max_size=8), max_size=6))
def test_a_table_does_not_remember_the_order_of_its_keys(groups: list[list[int]]) -> None:
    table = Table.empty(LAYOUT)
    for keys in groups:
        table.include(np.array(keys, np.int64))
        table["a"][table.rows(np.array(keys, np.int64))] = keys
    expected = sorted({key for keys in groups for key in keys})
    assert table.keys.tolist() == expected
    assert table["a"].tolist() == expected
    frame = table.frame()
    assert frame.schema == Table.schema(LAYOUT)
    assert_frame_equal(Table.read(LAYOUT, frame).frame(), frame)


def test_what_a_table_gave_does_not_change_with_it() -> None:
    table = Table.empty(LAYOUT)
    table.include(np.array([3, 1]))
    frame = table.frame()
    again = Table.read(LAYOUT, frame)
    again["b"][0] = 1
    again.reset(np.array([1]), "a")
    assert frame["b"].to_list() == [[7, 7, 7], [7, 7, 7]]
    again.keep(np.array([False, True]))
    assert again.keys.tolist() == [3]


def test_ticks_leave_out_the_extremes_and_wait_for_their_end(feed: Any) -> None:
    series = Series("m", "s", "x")
    values = [1.0, 2.0, 300.0, 3.0, -50.0, 9.0]
    windows = feed.windows({series: [(60.0 * i, v) for i, v in enumerate(values)]})
    pending = pl.DataFrame(schema=steps.PENDING)
    ticks, rest, last = steps.to_ticks(pending, windows, 60.0, feed.start + 360.0)
    assert ticks["value"].to_list() == [2.0]
    assert ticks["tick"].to_list() == [last]
    assert rest["mean"].to_list() == [9.0]
    none = windows.clear()
    ticks, rest, _ = steps.to_ticks(rest, none, 60.0, feed.start + 600.0)
    assert ticks["value"].to_list() == [9.0]
    assert rest.is_empty()


def test_ticks_of_windows_that_do_not_divide_them_are_whole(feed: Any) -> None:
    windows = feed.windows({Series("m", "s", "x"): [(0.0, 1.0), (280.0, 2.0)]})
    pending = pl.DataFrame(schema=steps.PENDING)
    begin = (feed.start // 2100 + 1) * 2100  # a multiple of both 7 and 300 seconds
    shifted = windows.with_columns(pl.col("start") + pl.duration(seconds=begin - feed.start))
    assert steps.to_ticks(pending, shifted, 7.0, begin + 300.0)[0].is_empty()
    assert steps.to_ticks(pending, shifted, 7.0, begin + 301.0)[0].height == 1


def test_the_step_follows_the_cadence() -> None:
    gaps = np.array([1.0, 2.0, 3.0, 12.0, 13.0, 288.0, 9999.0])
    assert steps.steps_for(gaps).tolist() == [1, 3, 3, 12, 72, 288, 288]


def test_a_wave_of_a_day_is_learned_in_a_day_and_sharp_things_later() -> None:
    at = np.arange(48) / 2
    wave = np.cos(2 * np.pi * at / 24)[None, :]
    peak = wave + (at == 3.0) * 1.0
    once = season.believed(season.learn(np.zeros((1, 48)), np.zeros(1), peak), np.ones(1))
    assert np.abs(once - wave).max() < 0.5
    raw, days = np.zeros((1, 48)), np.zeros(1)
    for _ in range(30):
        raw = season.learn(raw, days, peak)
        days += 1
    believed = season.believed(raw, days)
    assert believed[0, 6] - believed[0, 12] > 1.0
    assert believed.mean() == pytest.approx(0, abs=1e-9)


def test_profiles_are_bridged_between_half_hours_and_round_midnight() -> None:
    profile = np.arange(48.0)[None, :]
    middle = np.array([900.0])
    assert season.at(profile, middle) == [0.0]
    assert season.at(profile, middle + 900) == [0.5]
    assert season.at(profile, np.array([0.0])) == [23.5]
    gappy = profile.copy()
    gappy[0, 10:12] = np.nan
    assert season.fill(gappy)[0, 10:12].tolist() == [10.0, 11.0]


class Week:
    """One series' memory of the week."""

    def __init__(self) -> None:
        self.table = Table.empty({**weekly.LAYOUT, "width": Column(300.0)})
        self.table.include(np.array([1]))
        self.row = np.array([0])

    def allowed(self, hour: float, score: float, *, young: bool = False) -> float:
        ts, scores = np.array([hour * HOUR]), np.full((1, 4), score)
        return float(weekly.allowance(self.table, self.row, ts, scores, np.array([young]))[0, 0])

    def remember(self, hours: range, score: float) -> None:
        for hour in hours:
            weekly.remember(self.table, self.row, np.array([hour * HOUR]), np.full((1, 4), score))


def test_last_week_allows_what_it_had_at_the_same_hour() -> None:
    week = Week()
    for hour in range(168):
        score = -30.0 if 48 <= hour < 60 else 1.0
        assert hour == 167 or week.allowed(hour, score) == 0, "not compared with itself"
        week.remember(range(hour, hour + 1), score)
    week.remember(range(168, 168 + 50), 0.0)
    assert week.allowed(168 + 50, -30.0) == pytest.approx(37.5)
    assert week.allowed(168 + 50, 30.0) == 0
    week.remember(range(168 + 50, 168 + 70), 0.0)
    assert week.allowed(168 + 70, -30.0) == 0
    assert week.allowed(168 + 70, 30.0) == pytest.approx(1.25)


def test_a_young_series_is_allowed_what_it_did_yesterday() -> None:
    week = Week()
    week.remember(range(30), 0.0)
    week.remember(range(30, 31), 8.0)
    week.remember(range(31, 54), 0.0)
    assert week.allowed(54, 8.0) == 0
    assert week.allowed(54, 8.0, young=True) == pytest.approx(10.0)
    assert week.allowed(54, -8.0, young=True) == 0


def test_a_holiday_leaves_last_week_as_it_was() -> None:
    week = Week()
    week.remember(range(40), 0.0)
    week.remember(range(40, 41), -20.0)
    week.remember(range(41, 168 + 30), 0.0)
    # Nothing for a day: the levels are those from before it, and 40 was in it.
    assert week.allowed(168 + 54, -20.0) == pytest.approx(25.0)
    week.remember(range(168 + 54, 2 * 168 + 40), 0.0)
    assert week.allowed(2 * 168 + 40, -20.0) == pytest.approx(25.0)
    week.remember(range(2 * 168 + 40, 3 * 168 + 40), 0.0)
    assert week.allowed(3 * 168 + 40, -20.0) == pytest.approx(18.75)


@given(st.integers(4, 44), st.integers(0, 10_000))
def test_the_change_point_of_a_jump_is_found(at: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=48)
    values[at:] += 8
    values[5::9] = np.nan
    assert abs(change_point(values) - at) <= 2


def test_the_change_point_of_a_climb_is_where_it_begins() -> None:
    values = np.random.default_rng(1).normal(size=48)
    values += np.maximum(np.arange(48) - 20, 0) * 0.6
    assert abs(change_point(values) - 20) <= 4


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("error_rate", 1),
        ("http.server.requestDuration", 1),
        ("latency_p95_ms", 1),
        ("ErrorsTotal", 1),
        ("val_accuracy", -1),
        ("AUC", -1),
        ("requests", 0),
        ("terror", 0),
    ],
)
def test_names_tell_which_way_is_worse(name: str, direction: int) -> None:
    assert worse_direction(name) == direction


def test_numbers_and_durations_read_well() -> None:
    assert [number(v) for v in (0.0, 0.012345, 118.42, 12_345.6, -2_500_000.0)] == [
        "0",
        "0.01235",
        "118.4",
        "12,350",
        "-2,500,000",
    ]
    assert number(float("nan")) == "nan"
    assert [duration(s) for s in (45, 60, 3000, 3 * HOUR + 1200, 15 * HOUR, 3 * DAY)] == [
        "45 s",
        "1 min",
        "50 min",
        "3 h 20 min",
        "15 h",
        "3 days",
    ]
    assert change(100, 310) == "3.1x its usual level"
    assert change(100, 88) == "12 % below its usual level"
    assert change(0, 5) == "5, above its usual 0"
