"""Error budgets: burned fast, slowly, and not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.config.load import load
from console.config.settings import Objective, Settings, SettingsError
from console.detectors.burn import BurnDetector
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR
from console.records.series import Series

ERRORS, REQUESTS = Series("m", "serving", "errors"), Series("m", "serving", "requests")
COUNTED = Objective(0.999, bad="errors", total="requests")
Points = list[tuple[float, float]]


def minutes(values: Iterable[float]) -> Points:
    return [(60.0 * minute, float(value)) for minute, value in enumerate(values)]


def bad(days: float, onset: float, share: float, usual: float = 0.0003) -> np.ndarray:
    """Bad events of a hundred a minute."""
    size = int(days * 1440)
    shares = np.where(np.arange(size) < onset * 1440, usual, share)
    counts: np.ndarray = np.random.default_rng(1).binomial(100, shares)
    return counts


def run(
    feed: Any, errors: np.ndarray, objective: Objective = COUNTED, end: float | None = None
) -> list[Deviation]:
    windows = feed.windows({ERRORS: minutes(errors), REQUESTS: minutes([100.0] * len(errors))})
    found: list[Deviation]
    span = 60.0 * len(errors) if end is None else end
    found, _ = feed.run(BurnDetector(Settings(objectives=(objective,))), windows, span)
    return found


def test_a_budget_that_is_kept_says_nothing(feed: Any) -> None:
    assert run(feed, bad(7, 99, 0)) == []


def test_a_fast_burn_is_critical_within_the_hour(feed: Any) -> None:
    (raised,) = run(feed, bad(4.1, 4, 0.05))
    assert (raised.detector, raised.phase, raised.severity) == ("threshold", "raised", "critical")
    assert raised.series == ERRORS
    assert 0 < raised.at - feed.start - 4 * DAY <= HOUR / 2
    assert abs(raised.onset - feed.start - 4 * DAY) <= 600
    assert raised.threshold == pytest.approx(0.001)
    assert "burns its error budget of 0.1 %" in raised.reason
    assert float(raised.details["burn_rate"]) >= 14.4


def test_a_slow_burn_is_a_warning_within_days_and_over_after_it(feed: Any) -> None:
    errors = bad(9, 3, 0.0025)
    errors[6 * 1440 :] = 0
    found = run(feed, errors)
    assert [(d.phase, d.severity) for d in found] == [("raised", "warning"), ("cleared", "warning")]
    assert 0.5 * DAY < found[0].at - feed.start - 3 * DAY < 2.5 * DAY
    assert found[1].at - feed.start < 6.5 * DAY


def test_a_single_error_in_a_quiet_night_is_no_alarm(feed: Any) -> None:
    errors, requests = np.zeros(4 * 1440), np.full(4 * 1440, 0.02)
    errors[5000] = 1
    windows = feed.windows({ERRORS: minutes(errors), REQUESTS: minutes(requests)})
    found, _ = feed.run(BurnDetector(Settings(objectives=(COUNTED,))), windows, 4 * DAY)
    assert found == []


@pytest.mark.parametrize(
    ("objective", "values"),
    [
        (Objective(0.99, bad_ratio="errors"), [0.001, 0.3]),
        (Objective(0.99, good_ratio="errors"), [0.999, 0.7]),
        (Objective(0.99, good="errors", total="requests"), [99.9, 70.0]),
        (Objective(0.99, good="requests", bad="errors"), [0.1, 40.0]),
    ],
)
def test_every_way_to_tell_the_share(feed: Any, objective: Objective, values: list[float]) -> None:
    errors = np.where(np.arange(4 * 1440) < 3.5 * 1440, values[0], values[1])
    found = run(feed, errors, objective)
    assert [(d.phase, d.severity) for d in found] == [("raised", "critical")]
    assert found[0].direction == (-1 if objective.good_ratio else 1)


def test_counters_count_by_their_increase_and_tags_are_added_up(feed: Any) -> None:
    objective = Objective(0.99, bad="http_total{code=500}", total="http_total")
    size = 4 * 1440
    good = np.cumsum(np.full(size, 100.0))
    errors = np.cumsum(np.where(np.arange(size) < 3.9 * 1440, 0.1, 40.0))
    good[2000:] -= good[2000]
    fleet = {
        Series("m", "s", "http_total", '{"code":"200"}'): minutes(good),
        Series("m", "s", "http_total", '{"code":"500"}'): minutes(errors),
    }
    found, _ = feed.run(
        BurnDetector(Settings(objectives=(objective,))), feed.windows(fleet), 4 * DAY
    )
    (raised,) = found
    assert raised.severity == "critical"
    # 40 of 140 are bad: the share is of all codes together.
    assert raised.after is not None
    assert 0.01 * 14.4 <= raised.after <= 40 / 140


@settings(max_examples=5)
@given(st.lists(st.integers(1, int(4.2 * 1440)), max_size=8))
def test_cuts_do_not_matter_to_budgets(feed: Any, cuts: list[int]) -> None:
    objective = Objective(0.999, bad="errors_total", total="requests")
    counter = Series("m", "serving", "errors_total")
    errors = np.cumsum(bad(4.2, 4, 0.05).astype(float))
    windows = feed.windows({counter: minutes(errors), REQUESTS: minutes([100.0] * len(errors))})
    detector = BurnDetector(Settings(objectives=(objective,)))
    whole, state = feed.run(detector, windows, 4.2 * DAY)
    parts, pieced = feed.run(detector, windows, 4.2 * DAY, [60.0 * cut for cut in cuts])
    assert [d.phase for d in whole] == ["raised"]
    assert parts == whole
    for name, frame in state.items():
        assert_frame_equal(pieced[name], frame, check_exact=True)


def test_objectives_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "console.toml"
    file.write_text(
        '[[objectives]]\nobjective = 0.999\nbad = "errors"\ntotal = "requests"\nperiod = "7d"\n',
        encoding="utf-8",
    )
    (objective,) = load(file).objectives
    assert objective == Objective(0.999, bad="errors", total="requests", period_s=7 * DAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("objective = 0.99", "this [[objectives]] counts nothing: give it good and total"),
        ('objective = 0.99\ngood = "x"', "this [[objectives]] has good: give it good and total"),
        ('objective = 99.9\nbad_ratio = "x"', "objective is 99.9: wanted a share between 0 and 1"),
        ('bad_ratio = "x"', "lacks its objective"),
        ('objective = 0.9\nbad_ratio = "x"\nperiod = "1h"', "wanted a duration of at least"),
    ],
)
def test_an_objective_that_cannot_be_is_one_clear_line(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "console.toml"
    file.write_text(f"[[objectives]]\n{text}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
