"""Eight weeks of series with seasons and without anomalies: nothing is raised, at any cadence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from console.config.settings import Settings
from console.detectors.anomaly import AnomalyDetector
from console.detectors.changepoint import ChangepointDetector
from console.records.clock import DAY, HOUR
from console.records.series import Series

Array = NDArray[np.float64]
WEEKS = 8
SPAN_S = WEEKS * 7 * DAY
HOLIDAYS = (12, 25, 26, 40)
"""Days on which nothing is written."""
CLOCKS_S = 28 * DAY + 2 * HOUR
"""When the clocks change; the third Sunday night, should the first day be a Monday."""


class Weeks:
    """Eight weeks of one cadence: times, noise, and the seasons that series may have."""

    def __init__(self, cadence_s: float, seed: int, weekday: int) -> None:
        self.cadence_s = cadence_s
        self.at = cadence_s * np.arange(int(SPAN_S / cadence_s), dtype=np.float64)
        self.random = np.random.default_rng(seed)
        self.weekday = weekday
        """Of the first day; 0 is a Monday."""

    def noise(self, sigma: float) -> Array:
        """A factor; two fifths of its variance wander with a memory of two hours."""
        size = len(self.at)
        memory = np.exp(-self.cadence_s / (2 * HOUR))
        length = int(12 * HOUR / self.cadence_s) + 1
        steps = self.random.normal(size=size + length - 1)
        wander = np.convolve(steps, np.sqrt(1 - memory**2) * memory ** np.arange(length), "valid")
        mixed = np.sqrt(0.6) * self.random.normal(size=size) + np.sqrt(0.4) * wander
        factor: Array = np.exp(sigma * mixed)
        return factor

    def day(self, swing: float, ahead_s: Array | float = 0.0) -> Array:
        """A wave a day."""
        wave: Array = 1 + swing * np.sin(2 * np.pi * ((self.at + ahead_s) % DAY / DAY - 0.3))
        return wave

    def working(self, ahead_s: Array | float = 0.0) -> NDArray[np.bool_]:
        """Monday to Friday."""
        days: NDArray[np.bool_] = ((self.at + ahead_s) // DAY + self.weekday) % 7 < 5
        return days

    def week(self, ahead_s: Array | float = 0.0) -> Array:
        """A wave a day, and quieter weekends."""
        weekly: Array = self.day(0.5, ahead_s) * np.where(self.working(ahead_s), 1.0, 0.6)
        return weekly

    def office(self) -> Array:
        """Twenty-five times as much from eight to six of working days."""
        hour = self.at % DAY / HOUR
        # The first day is one of work, else nothing could have announced the second.
        working = self.working() | (self.at < DAY)
        level: Array = np.where(working & (hour >= 8) & (hour < 18), 1000.0, 40.0)
        return level


def daily(weeks: Weeks) -> Array:
    return 100 * weeks.day(0.5) * weeks.noise(0.05)


def weekly(weeks: Weeks) -> Array:
    return 100 * weeks.week() * weeks.noise(0.05)


def holidays(weeks: Weeks) -> Array:
    values = weekly(weeks)
    values[np.isin(weeks.at // DAY, HOLIDAYS)] = np.nan
    return values


def rising(weeks: Weeks) -> Array:
    return weekly(weeks) * (1 + 0.5 * weeks.at / SPAN_S)


def falling(weeks: Weeks) -> Array:
    return daily(weeks) * (1 - 0.3 * weeks.at / SPAN_S)


def counter(weeks: Weeks) -> Array:
    """A counter of requests, reset in the fifth week."""
    counted = np.cumsum(weeks.random.poisson(2 * weeks.cadence_s * weeks.week())).astype(float)
    reset = int(30.4 * DAY / weeks.cadence_s)
    counted[reset:] -= counted[reset]
    return counted


def spring(weeks: Weeks) -> Array:
    return 100 * weeks.week(np.where(weeks.at >= CLOCKS_S, HOUR, 0.0)) * weeks.noise(0.05)


def autumn(weeks: Weeks) -> Array:
    return 100 * weeks.week(np.where(weeks.at >= CLOCKS_S, -HOUR, 0.0)) * weeks.noise(0.05)


def office(weeks: Weeks) -> Array:
    return weeks.office() * weeks.noise(0.1)


def nightly(weeks: Weeks) -> Array:
    """A job that doubles everything for half an hour a night."""
    hour = weeks.at % DAY / HOUR
    return daily(weeks) * np.where((hour >= 2) & (hour < 2.5), 2.0, 1.0)


SHAPES: tuple[Callable[[Weeks], Array], ...] = (
    daily,
    weekly,
    holidays,
    rising,
    falling,
    counter,
    spring,
    autumn,
    office,
    nightly,
)


def raised(feed: Any, cadence_s: float, seeds: list[int], weekday: int) -> list[str]:
    """What the detectors of changes raise: the shape, the day, the reason."""
    fleet = {}
    for seed in seeds:
        for shape in SHAPES:
            weeks = Weeks(cadence_s, seed, weekday)
            points = zip(weeks.at.tolist(), shape(weeks).tolist(), strict=True)
            known = [(at, value) for at, value in points if value == value]
            fleet[Series("m", "s", f"{shape.__name__}-{seed}")] = known
    windows = feed.windows(fleet)
    found, _ = feed.run(AnomalyDetector(Settings()), windows, SPAN_S)
    lasting, _ = feed.run(ChangepointDetector(Settings()), windows, SPAN_S)
    return [
        f"{deviation.detector} of {deviation.series.name} "
        f"on day {(deviation.at - feed.start) / DAY:.2f}: {deviation.reason}"
        for deviation in [*found, *lasting]
        if deviation.phase == "raised"
    ]


@pytest.mark.slow
@settings(max_examples=1, derandomize=True)
@given(st.integers(0, 1000), st.integers(0, 6))
def test_seasons_of_hourly_series_raise_nothing_in_eight_weeks(
    feed: Any, seed: int, weekday: int
) -> None:
    assert raised(feed, HOUR, [seed], weekday) == []


@pytest.mark.slow
@settings(max_examples=1, derandomize=True)
@given(st.integers(0, 1000), st.integers(0, 6))
def test_seasons_of_five_minutes_raise_nothing_in_eight_weeks(
    feed: Any, seed: int, weekday: int
) -> None:
    assert raised(feed, 300.0, [seed], weekday) == []


@pytest.mark.slow
@settings(max_examples=1, derandomize=True)
@given(st.integers(0, 1000), st.integers(0, 6))
def test_seasons_of_one_minute_raise_nothing_in_eight_weeks(
    feed: Any, seed: int, weekday: int
) -> None:
    assert raised(feed, 60.0, [seed], weekday) == []
