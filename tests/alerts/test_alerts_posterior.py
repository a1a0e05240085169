"""The closed forms of the posterior against the long way round, and what it must not depend on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.evidence import gather
from console.alerts.grouping import fold
from console.alerts.incident import Incidents
from console.alerts.posterior import (
    SIZE,
    SIZE_SPREAD,
    Floats,
    deseasoned,
    less_controls,
    log_factors,
    placebo,
    split_factor,
    verdict,
)
from console.alerts.split import VersionChange, split
from console.records.series import Series

MINUTE, HOUR = 60.0, 3600.0


def noise(seed: int, count: int, phi: float = 0.3) -> Floats:
    random = np.random.default_rng(seed)
    found = random.normal(size=count)
    for place in range(1, count):
        found[place] += phi * found[place - 1]
    return np.asarray(found)


def long_way(values: Floats, reference: int, step: int) -> float:
    """The Bayes factor of a step by regression on the whitened values, sizes integrated in turn."""
    centred = values[:reference] - values[:reference].mean()
    phi = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    phi = min(max(phi + (1.0 + 3.0 * phi) / reference, 0.0), 0.95)
    sigma = float(np.sqrt(((centred[1:] - phi * centred[:-1]) ** 2).mean()))
    white = values[1:] - phi * values[:-1]
    column = (np.arange(len(values)) >= step).astype(float)
    moved = column[1:] - phi * column[:-1]
    white, moved = white - white.mean(), moved - moved.mean()
    usual = sigma / math.sqrt(1.0 - phi**2)
    sizes = np.linspace(-12.0, 12.0, 48001) * usual
    up, down = (
        np.exp(-0.5 * ((sizes - sign * SIZE * usual) / (SIZE_SPREAD * usual)) ** 2)
        for sign in (-1, 1)
    )
    prior = up + down
    logs = (sizes * (white @ moved) - 0.5 * sizes**2 * (moved @ moved)) / sigma**2
    return float(np.log((prior * np.exp(logs - logs.max())).sum() / prior.sum()) + logs.max())


@pytest.mark.parametrize(("seed", "step", "size"), [(1, 70, 0.0), (2, 70, 2.0), (3, 95, 4.0)])
def test_the_closed_form_equals_the_integral(seed: int, step: int, size: float) -> None:
    values = noise(seed, 100)
    values[step:] += size
    found = log_factors(values, 60)[0]
    assert found[step] == pytest.approx(long_way(values, 60, step), abs=1e-3)
    assert found[0] == -math.inf


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), scale=st.floats(1e-3, 1e6), shift=st.floats(-1e6, 1e6))
def test_neither_unit_nor_level_matters(seed: int, scale: float, shift: float) -> None:
    values = noise(seed, 80)
    one, other = log_factors(values, 50)[0], log_factors(values * scale + shift * scale, 50)[0]
    assert other[1:] == pytest.approx(one[1:], abs=1e-3, rel=1e-3)


def test_many_series_are_weighed_as_each_alone() -> None:
    rows = np.stack([noise(seed, 90) for seed in range(5)])
    together = log_factors(rows, 60)
    for number in range(5):
        assert together[number].tolist() == log_factors(rows[number], 60)[0].tolist()


def test_a_pulse_is_told_from_a_step() -> None:
    values = noise(5, 120)
    values[80:90] += 5.0
    pulse, step = log_factors(values, 70, pulse=10)[0], log_factors(values, 70)[0]
    assert int(np.argmax(pulse)) == 80
    assert pulse[80] > step[80]


def test_the_hour_of_the_day_is_taken_out_and_noise_is_not() -> None:
    hours = np.arange(240) % 24
    wave = 5.0 * np.sin(2 * np.pi * hours / 24) + noise(6, 240, 0.0)
    assert deseasoned(wave, hours, 192)[0].std() < 0.5 * wave.std()
    plain = noise(7, 240, 0.0)
    left = deseasoned(plain, hours, 192)[0]
    assert left[192:].std() == pytest.approx(plain[192:].std(), rel=0.15)


@given(
    chances=st.lists(st.floats(-50, 50), min_size=30, max_size=30),
    events=st.lists(st.integers(10, 29), max_size=4),
)
def test_hypotheses_share_all_of_the_probability(chances: list[float], events: list[int]) -> None:
    said = verdict(np.array(chances), events, first=10)
    assert sum(said.events) + said.unmarked + said.nothing == pytest.approx(1.0)
    assert min([*said.events, said.unmarked, said.nothing]) >= 0.0
    assert said.top is None or said.events[said.top] >= 0.5


def test_what_the_controls_share_is_no_change() -> None:
    common = np.zeros(100)
    common[70:] = 4.0
    values, control = noise(8, 100) + common, noise(9, 100) + common
    shared = np.random.default_rng(1).normal(size=100) * 2.0
    alone = log_factors(values + shared, 60)[0]
    left = log_factors(less_controls(values + shared, control + shared, 60), 60)[0]
    assert alone[70] > left[70]


def test_the_placebo_counts_times_that_look_as_much_like_a_change() -> None:
    values = noise(10, 200)
    values[150:] += 4.0
    factors = log_factors(values, 140)[0]
    assert placebo(factors, 150, range(20, 140)) == pytest.approx(1 / 121)
    assert placebo(factors, 100, range(20, 140)) > 0.05


def test_versions_that_ran_side_by_side_speak_for_or_against() -> None:
    old = noise(11, 20, 0.0)
    assert split_factor(old, old + 3.0, 1.4) > 3.0
    assert split_factor(old, old, 1.4) < 0.0
    assert split_factor(old, np.full(20, np.nan), 1.4) == 0.0


def test_a_split_of_versions_is_gathered_and_points_at_the_deploy(world: Any) -> None:
    found = world.deviation("error_rate", world.T0, world.T0 - HOUR)
    at = world.T0 - HOUR
    rows = []
    for minute in range(60):
        ts = at + minute * MINUTE
        rows += [
            (found.series.id, "v1", ts, 0.01 + 0.001 * (minute % 3)),
            (found.series.id, "v2", ts, 0.05 + 0.001 * (minute % 2)),
        ]
    rows += [(found.series.id, "v1", at - n * MINUTE, 0.01) for n in range(1, 300)]
    history = world.History(by_version=rows, catalogue=[found.series])
    state, _ = fold(Incidents(), [found], (), world.T0, world.settings)
    (one,) = state.by_id.values()
    told = gather(one, history, world.T0)
    assert told.version_change is not None
    assert (told.version_change.old, told.version_change.new) == ("v1", "v2")
    assert told.split > 2.0
    same = [(key, version, ts, 0.01 + 0.001 * (ts % 7)) for key, version, ts, _ in rows]
    change = VersionChange("v1", "v2", at)
    assert split(found, world.History(by_version=same), change, world.T0) < 0.0
    assert split(found, world.History(), change, world.T0) == 0.0


def test_a_series_that_changed_later_than_its_onset_says_so(world: Any) -> None:
    onset = world.T0 - 2 * HOUR
    changed = world.T0 - 40 * MINUTE

    def value(series_id: int, ts: float) -> float:
        return 5.0 + 0.3 * math.sin(12.9898 * ts) + (3.0 if ts >= changed else 0.0)

    found = world.deviation("latency_p95_ms", world.T0, onset)
    state, _ = fold(Incidents(), [found], (), world.T0, world.settings)
    (one,) = state.by_id.values()
    told = gather(one, world.History(value=value), world.T0).timing
    assert told is not None
    assert told.settled == pytest.approx(changed, abs=2 * told.width)
    shared = Series("churn", "serving", "latency_p95_ms")
    alike = gather(one, world.History(value=value, catalogue=[found.series, shared]), world.T0)
    assert alike.timing is not None
    assert alike.timing.scoped < told.scoped == 1.0
