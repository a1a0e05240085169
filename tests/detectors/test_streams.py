"""Streams that go on and tell nothing: frozen values, and versions that nobody announced."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.config.settings import Settings
from console.detectors.frozen import FrozenDetector
from console.detectors.protocol import Deviation
from console.detectors.releases import ReleaseDetector
from console.records.clock import DAY, HOUR, naive
from console.records.frames import EVENTS
from console.records.series import Series

TEMPERATURE = Series("m", "upstream", "temperature")
Points = list[tuple[float, float]]


def minutes(values: np.ndarray) -> Points:
    return [(60.0 * minute, float(value)) for minute, value in enumerate(values)]


def varying(days: float, seed: int = 0, digits: int = 3) -> np.ndarray:
    values: np.ndarray = np.random.default_rng(seed).normal(20, 2, int(days * 1440))
    return values.round(digits)


def frozen(feed: Any, values: np.ndarray) -> list[Deviation]:
    windows = feed.windows({TEMPERATURE: minutes(values)})
    found: list[Deviation]
    found, _ = feed.run(FrozenDetector(Settings()), windows, 60.0 * len(values))
    return found


def test_a_value_that_is_stuck_is_told_after_half_an_hour(feed: Any) -> None:
    values = varying(3)
    values[2900:3200] = values[2900]
    found = frozen(feed, values)
    assert [(d.detector, d.phase) for d in found] == [
        ("staleness", "raised"),
        ("staleness", "cleared"),
    ]
    assert found[0].at - feed.start == 60 * 2931
    assert found[0].onset - feed.start == 60 * 2901
    assert found[0].reason.startswith(f"stuck at {values[2900]:.4g} for 30 min, though it changed")
    assert found[1].at - feed.start == 60 * 3201


@pytest.mark.parametrize(
    "values",
    [
        np.full(5000, 7.0),
        np.repeat(varying(0.2), 20),
        varying(3, digits=0),
        np.where(np.arange(5000) % 1440 < 600, 0.0, varying(4)[:5000]),
        np.where(np.arange(5000) > 3000, 0.0, varying(4)[:5000]),
        np.where(np.arange(6000) % 1440 < 300, 5.5, varying(5)[:6000]),
    ],
    ids=["constant", "steps", "quantised", "zero by night", "zero for good", "still by night"],
)
def test_what_is_still_by_nature_is_not_stuck(feed: Any, values: np.ndarray) -> None:
    assert frozen(feed, values) == []


def test_a_second_time_needs_no_longer(feed: Any) -> None:
    values = varying(5)
    values[2900:3000] = values[2900]
    values[5000:5100] = values[5000]
    assert [d.phase for d in frozen(feed, values)] == ["raised", "cleared"] * 2


@settings(max_examples=6)
@given(st.lists(st.integers(1, 3 * 1440), max_size=8))
def test_cuts_do_not_matter_to_what_is_stuck(feed: Any, cuts: list[int]) -> None:
    values = varying(3)
    values[2900:3200] = values[2900]
    windows = feed.windows({TEMPERATURE: minutes(values)})
    whole, state = feed.run(FrozenDetector(Settings()), windows, 3 * DAY)
    parts, pieced = feed.run(FrozenDetector(Settings()), windows, 3 * DAY, [60.0 * c for c in cuts])
    assert whole
    assert parts == whole
    for name, frame in state.items():
        assert_frame_equal(pieced[name], frame, check_exact=True)


def released(
    feed: Any, marks: list[tuple[float, str | None]], cuts: list[float], model: str = "m"
) -> list[Deviation]:
    """What is said of a model whose version changes after six hours."""
    series = Series(model, "serving", "latency")
    windows = feed.windows({series: minutes(np.full(720, 1.0))})
    old = pl.col("start") < naive(feed.start + 6 * HOUR)
    windows = windows.with_columns(
        pl.when(old).then(pl.lit("v1")).otherwise(pl.lit("v2")).alias("version")
    )
    events = pl.DataFrame(
        {"ts": [naive(feed.start + at) for at, _ in marks], "model": [m for _, m in marks]},
        schema={"ts": pl.Datetime("us"), "model": pl.String},
    )
    events = pl.concat([pl.DataFrame(schema=EVENTS), events], how="diagonal").select(list(EVENTS))
    detector = ReleaseDetector(Settings())
    state, found = detector.initial(), list[Deviation]()
    for begin, stop in pairwise(sorted({0.0, *cuts, 12 * HOUR})):
        inside = (pl.col("ts") > naive(feed.start + begin)) & (
            pl.col("ts") <= naive(feed.start + stop)
        )
        span = replace(feed.span(windows, begin, stop), events=events.filter(inside))
        said, state = detector.update(state, span)
        found += said
    return found


@settings(max_examples=10)
@given(st.lists(st.integers(1, 719), max_size=6))
def test_a_version_that_nobody_announced_is_told(feed: Any, cuts: list[int]) -> None:
    raised, cleared = released(feed, [(HOUR, "m")], [60.0 * cut for cut in cuts])
    assert (raised.detector, raised.phase, raised.severity) == ("event", "raised", "info")
    assert raised.onset == feed.start + 6 * HOUR + 60
    assert raised.at == raised.onset + HOUR / 2
    assert raised.version == "v2"
    assert raised.reason == "version v2 is new, and no event announced it"
    assert cleared.at == raised.at + HOUR


@pytest.mark.parametrize("at", [4.2, 5.9, 6.3])
@pytest.mark.parametrize("model", ["m", None])
def test_a_version_that_an_event_announced_is_no_news(
    feed: Any, at: float, model: str | None
) -> None:
    assert released(feed, [(at * HOUR, model)], []) == []
    assert len(released(feed, [(at * HOUR, "another")], [])) == 2
