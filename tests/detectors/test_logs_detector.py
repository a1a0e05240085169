"""New and unusually frequent log templates: what is found, and what stays silent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import Settings
from console.detectors.logs import LogsDetector
from console.detectors.protocol import Deviation, Span
from console.records.clock import DAY, HOUR, MINUTE
from console.records.frames import EVENTS
from console.stats import columns, logs, performance

Line = tuple[float, str, str]
"""Seconds, level, template."""
NAMES = {
    "new": "disk <*> is gone",
    "rare": "retry <*>",
    "slow_orders": "slow poll of orders: <*>",
    "any_slow": "slow poll of <*>: <*>",
}


def windows(lines: list[Line]) -> pl.DataFrame:
    frame = pl.DataFrame(lines, schema=["s", "level", "template_id"], orient="row")
    return logs.merge(
        frame.select(
            pl.lit("m").alias("model"),
            pl.lit("s").alias("stage"),
            pl.lit("1").alias("version"),
            "level",
            "template_id",
            pl.from_epoch((pl.col("s") // MINUTE * MINUTE * 1e6).cast(pl.Int64), "us").alias(
                "start"
            ),
            pl.lit(1, dtype=pl.UInt32).alias("n"),
        )
    ).sort("start")


def run(frame: pl.DataFrame, end: float, steps: Sequence[float] = ()) -> list[Deviation]:
    detector = LogsDetector(Settings(), NAMES)
    state, found, start = detector.initial(), list[Deviation](), -1.0
    ends = pl.col("start").dt.epoch("us") / 1e6 + MINUTE
    for stop in [*steps, end]:
        cut = Span(
            start,
            stop,
            metrics=pl.DataFrame(),
            logs=frame.filter((ends > start) & (ends <= stop)),
            columns=pl.DataFrame(schema=columns.CLOSED),
            performance=pl.DataFrame(schema=performance.CLOSED),
            events=pl.DataFrame(schema=EVENTS),
        )
        deviations, state = detector.update(state, cut)
        found += deviations
        start = stop
    return found


def usual(days: float, seed: int = 0, busy: float = 40.0) -> list[Line]:
    """An ordinary stage: traffic that waves with the day, and templates from common to rare."""
    rng = np.random.default_rng(seed)
    lines: list[Line] = []
    rates = {"access": busy, "slow": 2.0, "rejected": 1.0, "retry": 0.3}
    rates |= {f"rare_{i}": 0.05 / (i + 1) for i in range(6)}
    for name, per_hour in rates.items():
        level = "INFO" if name == "access" else "ERROR" if name == "retry" else "WARNING"
        times = np.sort(rng.uniform(0, days * DAY, rng.poisson(per_hour * days * 24 * 1.5)))
        wave = (1 + 0.5 * np.sin(2 * np.pi * times / DAY)) / 1.5
        kept = times[rng.uniform(size=len(times)) < wave]
        lines += [(float(t), level, name) for t in kept]
    return lines


def raised(found: list[Deviation]) -> list[Deviation]:
    return [d for d in found if d.phase == "raised"]


def every(gap: float, start: float, n: int, level: str, name: str) -> list[Line]:
    return [(start + gap * i, level, name) for i in range(n)]


@pytest.mark.slow
def test_ordinary_stages_stay_silent() -> None:
    """40 stage-weeks: fewer than one false alarm in ten of them."""
    found = [raised(run(windows(usual(7, seed)), 7 * DAY)) for seed in range(40)]
    assert sum(map(len, found)) <= 4


def test_a_template_that_generalises_known_ones_is_not_new() -> None:
    known = usual(2) + every(HOUR, 90, 48, "WARNING", "slow_orders")
    general = every(3 * MINUTE, 2 * DAY + 90, 4, "WARNING", "any_slow")
    assert not raised(run(windows(known + general), 2 * DAY + HOUR))
    strange = every(3 * MINUTE, 2 * DAY + 90, 4, "WARNING", "new")
    assert raised(run(windows(known + strange), 2 * DAY + HOUR))


def test_a_new_error_that_repeats_is_raised_named_and_cleared_when_it_ends() -> None:
    new = every(10 * MINUTE, 2 * DAY + 90, 12, "ERROR", "new")
    first, last = run(windows(usual(3) + new), 3 * DAY)
    assert (first.phase, last.phase) == ("raised", "cleared")
    assert first.series.name == "disk <*> is gone"
    assert first.at <= 2 * DAY + HOUR
    assert first.onset == 2 * DAY + MINUTE
    assert first.severity == "warning"
    assert first.details["template_id"] == "new"
    assert first.details["level"] == "ERROR"
    assert first.details["per_hour_before"] == 0
    assert 2 * DAY + 3.8 * HOUR <= last.at <= 2 * DAY + 5 * HOUR


def test_one_line_is_not_yet_an_alert_nor_is_a_first_day() -> None:
    single = [(2 * DAY, "ERROR", "new")]
    assert raised(run(windows(usual(3) + single), 3 * DAY)) == []
    young = every(5 * MINUTE, 6 * HOUR, 12, "ERROR", "new")
    assert raised(run(windows(usual(1) + young), DAY)) == []


def test_milder_lines_are_not_its_business() -> None:
    flood = every(1.0, 2 * DAY, 3600, "DEBUG", "new")
    assert raised(run(windows(usual(3) + flood), 3 * DAY)) == []


def test_a_known_template_far_above_its_past_is_raised_with_its_onset() -> None:
    more = every(4 * MINUTE, 2 * DAY, 60, "WARNING", "rejected")
    found = raised(run(windows(usual(3) + more), 3 * DAY))
    assert [d.series.name for d in found] == ["rejected"]
    assert found[0].at <= 2 * DAY + 1.5 * HOUR
    assert abs(found[0].onset - 2 * DAY) <= HOUR / 2
    assert found[0].before == pytest.approx(1.0, abs=0.5)
    assert "times its usual rate" in found[0].reason


def test_twice_the_traffic_excuses_twice_the_lines() -> None:
    rng = np.random.default_rng(5)
    busy = [(2 * DAY + float(t), "INFO", "access") for t in rng.uniform(0, 6 * HOUR, 900)]
    slow = [(2 * DAY + float(t), "WARNING", "slow") for t in rng.uniform(0, 6 * HOUR, 36)]
    assert raised(run(windows(usual(3) + busy + slow), 3 * DAY)) == []


def test_what_comes_back_is_raised_again_but_not_as_new() -> None:
    new = every(10 * MINUTE, 2 * DAY, 12, "ERROR", "new")
    again = every(2 * MINUTE, 3 * DAY, 30, "ERROR", "new")
    found = raised(run(windows(usual(4) + new + again), 4 * DAY))
    assert len(found) == 2
    assert found[0].reason.startswith("new")
    assert not found[1].reason.startswith("new")


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 3 * 1440 - 1), max_size=60, unique=True))
def test_deviations_do_not_depend_on_how_spans_are_cut(minutes: list[int]) -> None:
    lines = usual(3) + every(7 * MINUTE, 1.5 * DAY, 9, "ERROR", "new")
    frame = windows(lines + every(4 * MINUTE, 2 * DAY, 60, "WARNING", "rejected"))
    whole = run(frame, 3 * DAY)
    assert len(raised(whole)) == 2
    assert run(frame, 3 * DAY, [m * MINUTE for m in sorted(minutes)]) == whole
