"""Realised performance: loss that is found once labels arrive, and chance that is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import Settings
from console.detectors.performance import PerformanceDetector
from console.detectors.performance_loss import ALPHA, Z_LIMIT
from console.detectors.protocol import Deviation, Span
from console.records.clock import DAY, HOUR, naive
from console.records.frames import EVENTS
from console.stats import columns, logs, performance
from console.stats.drift import normal_sf
from console.stats.pinning import References
from console.stats.reference import ModelReference

WIDTH = 600.0
DELAY = 12 * HOUR


def labelled(
    days: float,
    right: Callable[[float], float],
    per_hour: float = 150.0,
    seed: int = 0,
    scored: bool = False,
    error: Callable[[float], float] | None = None,
) -> pl.DataFrame:
    """Closed windows of predictions that are right with a probability by their time in days."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(per_hour * days * 24)
    times = np.sort(rng.uniform(0, days * DAY, n))
    delays = DELAY + rng.uniform(-3 * HOUR, 3 * HOUR, n)
    truth = rng.integers(0, 2, n)
    correct = rng.uniform(size=n) < np.array([right(t / DAY) for t in times])
    guess = np.where(correct, truth, 1 - truth)
    strength = rng.beta(4, 2, n)
    frame = pl.DataFrame(
        {
            "model": "m",
            "stage": "serving",
            "version": "1",
            "id": [str(i) for i in range(n)],
            "ts": [naive(t) for t in times + delays],
            "predicted_ts": [naive(t) for t in times],
            "prediction": guess.astype(str),
            "score": np.where(guess == 1, strength, 1 - strength) if scored else None,
            "label": truth.astype(str),
        },
        schema_overrides={"score": pl.Float64},
    )
    if error is not None:
        truths = rng.normal(10, 3, n)
        noise = np.array([error(t / DAY) for t in times]) * rng.normal(size=n)
        frame = frame.with_columns(
            pl.Series("label", truths.round(4).astype(str)),
            pl.Series("prediction", (truths + noise).round(4).astype(str)),
        )
    return performance.merge(performance.summarise(frame, WIDTH)).sort("start")


def run(
    windows: pl.DataFrame,
    steps: Sequence[float] = (),
    references: References | None = None,
) -> list[Deviation]:
    detector = PerformanceDetector(Settings(), references or References())
    state, found, start = detector.initial(), list[Deviation](), -1.0
    last = windows["start"].max()
    assert last is not None
    end = float(windows["start"].dt.epoch("us").max()) / 1e6 + HOUR  # type: ignore[arg-type]
    ends = pl.col("start") + timedelta(seconds=WIDTH)
    for stop in [*steps, end]:
        inside = pl.lit(value=True) if start < 0 else ends > naive(start)
        cut = Span(
            start,
            stop,
            metrics=pl.DataFrame(),
            logs=pl.DataFrame(schema=logs.CLOSED),
            columns=pl.DataFrame(schema=columns.CLOSED),
            performance=windows.filter(inside & (ends <= naive(stop))),
            events=pl.DataFrame(schema=EVENTS),
        )
        deviations, state = detector.update(state, cut)
        found += deviations
        start = stop
    return found


def falls(at: float, size: float, until: float = 99.0) -> Callable[[float], float]:
    return lambda day: 0.85 - (size if at <= day < until else 0.0)


def test_the_limit_is_the_one_stated() -> None:
    assert normal_sf(Z_LIMIT) == pytest.approx(ALPHA, rel=0.05)


@pytest.mark.slow
def test_an_unchanged_model_stays_silent() -> None:
    """10 model-weeks with a daily wave of 2 points: no false alarm."""
    worlds = [
        labelled(7, lambda day: 0.85 + 0.02 * np.sin(2 * np.pi * day), 100, seed, scored=True)
        for seed in range(10)
    ]
    assert [run(world) for world in worlds] == [[]] * 10


def test_a_loss_is_found_after_the_labels_delay_with_its_onset() -> None:
    found = run(labelled(5, falls(2.5, 0.1)))
    first = found[0]
    assert (first.series.name, first.series.stage, first.phase) == (
        "accuracy",
        "serving",
        "raised",
    )
    assert 2.5 * DAY + 9 * HOUR < first.at < 2.5 * DAY + 22 * HOUR
    assert abs(first.onset - 2.5 * DAY) <= 2 * HOUR
    assert first.direction == -1
    assert first.before == pytest.approx(0.85, abs=0.02)
    assert first.after == pytest.approx(0.75, abs=0.05)
    assert float(first.details["label_delay_s"]) == pytest.approx(DELAY, rel=0.2)
    assert [d.phase for d in found if d.phase == "cleared"] == []


def test_what_recovers_is_cleared_and_what_gets_better_is_no_deviation() -> None:
    found = run(labelled(6, falls(2.5, 0.15, until=3.2)))
    assert [d.phase for d in found if d.phase != "worse"] == ["raised", "cleared"]
    assert run(labelled(4, falls(2.0, -0.1))) == []


def test_scores_that_lose_their_order_are_found_by_auc() -> None:
    found = run(labelled(5, falls(2.5, 0.2), scored=True))
    assert {d.series.name for d in found} == {"accuracy", "auc"}


def test_errors_of_a_regression_are_found_by_mae() -> None:
    found = run(labelled(5, falls(9, 0), error=lambda day: 1.0 if day < 2.5 else 1.4))
    assert [(d.series.name, d.direction) for d in found if d.phase == "raised"] == [("mae", 1)]
    assert found[0].before == pytest.approx(0.8, abs=0.05)


def test_a_reference_with_labels_is_the_baseline_and_a_worse_first_day_is_told_once() -> None:
    totals: dict[str, float | list[int]] = {"n": 5000, "correct": 4250}
    references = References({"m": ModelReference("m", "file", (), performance=totals)})
    assert run(labelled(4, falls(99, 0)), references=references) == []
    found = run(labelled(5, falls(0, 0.1)), references=references)
    assert [d.phase for d in found] == ["raised"]
    assert "in its reference" in found[0].reason


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, 5 * 144 - 1), max_size=30, unique=True))
def test_deviations_do_not_depend_on_how_spans_are_cut(tens: list[int]) -> None:
    windows = labelled(4, falls(2.0, 0.15), scored=True)
    whole = run(windows)
    assert whole
    assert run(windows, [t * 600.0 for t in sorted(tens)]) == whole
