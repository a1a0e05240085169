"""Small shifts that last are told within days; what passes, and what goes on as ever, is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from console.config.settings import Settings
from console.detectors.anomaly import AnomalyDetector
from console.detectors.changepoint import BUDGET_WEEKS, ChangepointDetector
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR
from console.records.series import Series

Array = NDArray[np.float64]
WEEKS = 6
SPAN_S = WEEKS * 7 * DAY


def hourly(seed: int, onset: float = 0.0, factor: float = 1.0, trend: float = 0.0) -> Array:
    """A series of an hour's cadence with days, weekends, and noise of five percent."""
    random = np.random.default_rng(seed)
    at = np.arange(0, SPAN_S, HOUR)
    day = 1 + 0.4 * np.sin(2 * np.pi * (at % DAY / DAY - 0.3))
    weekend = np.where((at // DAY) % 7 >= 5, 0.7, 1.0)
    grown = 1 + trend * at / SPAN_S
    values: Array = 100 * day * weekend * grown * np.exp(random.normal(0, 0.05, len(at)))
    values[at >= onset] *= factor
    return values


def run(feed: Any, fleet: dict[Series, Array], detector: Any = None) -> list[Deviation]:
    windows = feed.windows(
        {s: [(HOUR * i, float(v)) for i, v in enumerate(values)] for s, values in fleet.items()}
    )
    found, _ = feed.run(detector or ChangepointDetector(Settings()), windows, SPAN_S)
    raised: list[Deviation] = [deviation for deviation in found if deviation.phase == "raised"]
    return raised


@pytest.mark.slow
def test_small_shifts_are_told_within_days_with_their_onset(
    feed: Any, measured: Callable[[str], None]
) -> None:
    fleet, begun = {}, {}
    for seed in range(24):
        factor = (0.88, 0.92, 1.08, 1.12)[seed % 4]
        series = Series("m", "s", f"x{seed}")
        begun[series] = (16 + 0.31 * seed) * DAY
        fleet[series] = hourly(seed, begun[series], factor)
    found = run(feed, fleet)
    first = {deviation.series: deviation for deviation in reversed(found)}
    delays = [(d.at - feed.start - begun[s]) / DAY for s, d in first.items()]
    off = [abs(d.onset - feed.start - begun[s]) / HOUR for s, d in first.items()]
    held = [
        float(d.details["onset_earliest"]) - 6 * HOUR
        <= feed.start + begun[s]
        <= float(d.details["onset_latest"]) + 6 * HOUR
        for s, d in first.items()
    ]
    measured(
        f"change point: {len(first)} of 24 shifts of 8 or 12 % told, after {np.median(delays):.1f} "
        f"days in the median, onset {np.median(off):.0f} h off, in its interval {np.mean(held):.0%}"
    )
    assert len(first) >= 21
    assert np.median(delays) <= 4
    assert min(delays) > 1
    assert np.median(off) <= 12
    assert np.mean(held) >= 0.75
    alone = {deviation.series for deviation in run(feed, fleet, AnomalyDetector(Settings()))}
    assert len(alone) <= len(fleet) / 3, "these are the shifts that the other detector leaves"
    some = first[Series("m", "s", "x3")]
    assert some.direction == 1
    assert some.effect_size is not None
    assert "little but lasting: it began" in some.reason


def test_what_goes_on_as_ever_keeps_to_the_budget(
    feed: Any, measured: Callable[[str], None]
) -> None:
    fleet = {
        Series("m", "s", f"x{seed}"): hourly(seed, trend=(0.0, 0.4, -0.3)[seed % 3])
        for seed in range(60)
    }
    found = run(feed, fleet)
    weeks = len(fleet) * WEEKS
    measured(f"change point: {len(found)} false in {weeks} weeks of series, budget {BUDGET_WEEKS}")
    assert len(found) <= weeks / BUDGET_WEEKS


@pytest.mark.parametrize("factor", [3.0, 0.2])
def test_an_incident_of_a_day_is_no_lasting_shift(feed: Any, factor: float) -> None:
    fleet = {}
    for seed in range(6):
        values = hourly(seed)
        values[500:520] *= factor
        fleet[Series("m", "s", f"x{seed}")] = values
    assert run(feed, fleet) == []


def test_a_shift_for_the_better_is_information(feed: Any) -> None:
    better, worse = Series("m", "s", "latency"), Series("m", "s", "accuracy")
    fleet = {series: hourly(3, 20 * DAY, 0.85) for series in (better, worse)}
    severity = {deviation.series: deviation.severity for deviation in run(feed, fleet)}
    assert severity == {better: "info", worse: "warning"}


def test_a_shift_ends_when_the_level_is_back_or_usual(feed: Any) -> None:
    values = hourly(3, 16 * DAY, 1.15)
    values[21 * 24 :] /= 1.15
    windows = feed.windows({Series("m", "s", "x"): [(HOUR * i, v) for i, v in enumerate(values)]})
    found, _ = feed.run(ChangepointDetector(Settings()), windows, SPAN_S)
    assert [deviation.phase for deviation in found[:2]] == ["raised", "cleared"]
    assert found[1].reason == "back at its usual level"


@settings(max_examples=3)
@given(st.lists(st.integers(1, int(SPAN_S / 60) - 1), max_size=6))
def test_cuts_do_not_matter_to_change_points(feed: Any, cuts: list[int]) -> None:
    points = [(HOUR * i, float(v)) for i, v in enumerate(hourly(3, 20 * DAY, 1.12))]
    gappy = [point for i, point in enumerate(points) if i % 100 > 12]
    counter = [(at, value) for (at, _), value in zip(points, hourly(4).cumsum(), strict=True)]
    windows = feed.windows(
        {
            Series("m", "s", "x"): points,
            Series("m", "s", "gappy"): gappy,
            Series("m", "s", "counter"): counter,
        }
    )
    whole, state = feed.run(ChangepointDetector(Settings()), windows, SPAN_S)
    parts, pieced = feed.run(
        ChangepointDetector(Settings()), windows, SPAN_S, [60.0 * cut for cut in cuts]
    )
    assert whole
    assert parts == whole
    for name, frame in state.items():
        assert_frame_equal(pieced[name], frame, check_exact=True)
