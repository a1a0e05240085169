"""Scores of points: causal, bounded, quiet where nothing happens, loud where something does."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.clock import DAY, HOUR
from console.stats.points import QUIET_ROWS, THRESHOLD, PointScorer, scores

Points = list[tuple[float, float | None]]

START = 1_700_000_000.0 - 1_700_000_000.0 % DAY

values = st.one_of(
    st.none(),
    st.floats(),
    st.integers(-3, 3).map(float),
    st.floats(0, 100, allow_nan=False),
)
steps = st.sampled_from([-60.0, 0.0, 1.0, 60.0, 300.0, HOUR, DAY, 40 * DAY])


def series(values: np.ndarray, step: float) -> Points:
    return [(START + step * row, float(value)) for row, value in enumerate(values)]


def alarms(points: Points) -> list[int]:
    return [row for row, score in enumerate(scores(points)) if score >= THRESHOLD]


def daily(step: float, weeks: int, seed: int = 1) -> np.ndarray:
    """A level with a day of 60 %, quieter weekends and even noise of 5 %."""
    times = START + step * np.arange(int(weeks * 7 * DAY / step))
    day = 1 + 0.6 * np.sin(2 * math.pi * (times % DAY / DAY - 0.3))
    week = np.where(times // DAY % 7 < 2, 0.6, 1.0)
    noise = np.random.default_rng(seed).normal(1, 0.05, len(times))
    values: np.ndarray = 100 * day * week * noise
    return values


@given(st.lists(st.tuples(steps, values), max_size=150), st.integers(0, 150))
@settings(max_examples=150, deadline=None)
def test_a_score_knows_nothing_of_later_points(moves: list[tuple[float, float]], cut: int) -> None:
    time, points = START, []
    for step, value in moves:
        time += step
        points.append((time, value))
    whole = list(scores(points))
    assert list(scores(points[:cut])) == whole[:cut]
    assert all(0.0 <= score <= 1.0 for score in whole)
    assert len(whole) == len(points)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_a_missing_value_scores_0_and_changes_nothing(value: float | None) -> None:
    points = series(np.random.default_rng(0).normal(0, 1, 400), 60)
    holed: Points = [*points[:200], (points[199][0] + 1, value), *points[200:]]
    found = list(scores(holed))
    assert found.pop(200) == 0.0
    assert found == list(scores(points))


@pytest.mark.parametrize("factor", [1e-12, 3.0, 1e12])
def test_the_unit_of_a_series_does_not_matter(factor: float) -> None:
    points = daily(300, 1)
    points[1500] *= 4
    assert 1500 in alarms(series(points * factor, 300))


@pytest.mark.parametrize("step", [10.0, 60.0, 300.0, HOUR])
def test_a_spike_and_a_lasting_shift_are_alarms_at_every_cadence(step: float) -> None:
    row = int(max(2000, 1.2 * DAY / step))
    noise = np.random.default_rng(2).normal(50, 2, row + 100)
    spiked, shifted = noise.copy(), noise.copy()
    spiked[row] = 90
    shifted[row:] += 15
    assert row in alarms(series(spiked, step))
    assert any(row <= found < row + 20 for found in alarms(series(shifted, step)))


def test_an_incident_is_not_told_row_by_row() -> None:
    values = np.random.default_rng(3).normal(50, 2, 3000)
    values[2000:2100] += 40
    told = [row for row in alarms(series(values, 300)) if 2000 <= row < 2100]
    assert told
    assert len(told) <= 10


@pytest.mark.parametrize(("step", "most"), [(60.0, 3), (300.0, 3), (1800.0, 0), (HOUR, 0)])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_rhythm_says_next_to_nothing_over_eight_weeks(step: float, most: int, seed: int) -> None:
    values = daily(step, 8, seed)
    learned = int(7 * DAY / step)
    assert len([row for row in alarms(series(values, step)) if row >= learned]) <= most


def test_what_is_missing_from_a_rhythm_is_an_alarm() -> None:
    values = daily(300, 5)
    noon = int((4 * 7 + 4) * DAY / 300) + 144
    values[noon : noon + 24] = values[noon - 110 : noon - 86] * 0.9
    assert any(noon <= row < noon + 24 for row in alarms(series(values, 300)))


def test_clocks_that_change_and_a_gap_are_no_anomaly() -> None:
    values = daily(300, 8)
    half = len(values) // 2
    two_days = range(half, half + 2 * 288)
    shifted = np.concatenate([values[:half], values[half + 12 :]])
    assert not set(two_days) & set(alarms(series(shifted, 300)))
    points = series(values, 300)
    assert not set(two_days) & set(alarms(points[:half] + points[half + 288 :]))


def test_noise_keeps_to_the_budget_of_false_alarms() -> None:
    found, rows = 0, 0
    for seed in range(4):
        noise = np.random.default_rng(seed).normal(50, 5, 8000)
        found += len(alarms(series(noise, 300)))
        rows += len(noise)
    assert found <= 1.5 * rows / QUIET_ROWS


def test_a_constant_says_nothing_until_it_changes() -> None:
    points = series(np.full(500, 7.0), 300)
    assert alarms(points) == []
    assert alarms([*points, (points[-1][0] + 300, 8.0)]) == [500]


def test_a_reset_of_a_counter_is_nothing_and_a_burst_is_something() -> None:
    rate = np.random.default_rng(4).poisson(20, 4000).astype(float)
    counter = np.cumsum(rate)
    counter[3000:] -= counter[3000]
    assert not any(2990 <= row < 3030 for row in alarms(series(counter, 300)))
    rate[3500] = 200
    burst = np.cumsum(rate)
    assert 3500 in alarms(series(burst, 300))


def test_the_state_is_small_and_does_not_grow() -> None:
    scorer = PointScorer()
    sizes = []
    for row, value in enumerate(np.random.default_rng(5).normal(0, 1, 6000)):
        scorer.update(START + 300.0 * row, float(value))
        if row in (4000, 5999):
            sizes.append(len(pickle.dumps(scorer)))
    assert sizes[1] <= sizes[0] + 16
    assert sizes[1] < 10_000


def test_scoring_goes_on_to_the_bit_from_a_stored_scorer() -> None:
    points = series(daily(300, 2), 300)
    scorer = PointScorer()
    first = [scorer.update(*point) for point in points[:1000]]
    stored: PointScorer = pickle.loads(pickle.dumps(scorer))
    rest = [stored.update(*point) for point in points[1000:]]
    assert first + rest == list(scores(points))
