"""Performance that is expected before labels come: found early, borne out or refuted."""

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
from console.detectors.performance_loss import Record, floor_of
from console.detectors.protocol import Deviation, Span
from console.records.clock import DAY, HOUR, naive
from console.records.frames import EVENTS
from console.stats import columns, logs, performance, scores
from console.stats.estimation import Estimator
from console.stats.metrics import Estimate
from console.stats.pinning import References

WIDTH = 600.0
DELAY = 12 * HOUR
World = tuple[pl.DataFrame, pl.DataFrame]


def world(
    days: float,
    spread: Callable[[float], float],
    honest: Callable[[float], float] = lambda _: 1.0,
    per_hour: float = 200.0,
    version: Callable[[float], str] = lambda _: "1",
    delay: float = DELAY,
) -> World:
    """Windows of scores and of labels some hours later.

    By the time in days: how far scores spread (in logits: the less, the harder the inputs), and how
    much more certain the truth is than the score says.
    """
    rng = np.random.default_rng(0)
    n = rng.poisson(per_hour * days * 24)
    times = np.sort(rng.uniform(0, days * DAY, n))
    logit = rng.normal(size=n) * np.array([spread(t / DAY) for t in times])
    factor = np.array([honest(t / DAY) for t in times])
    label = rng.uniform(size=n) < 1 / (1 + np.exp(-logit * factor))
    frame = pl.DataFrame(
        {
            "model": "m",
            "stage": "serving",
            "version": [version(t / DAY) for t in times],
            "id": [str(i) for i in range(n)],
            "ts": [naive(t) for t in times],
            "prediction": (logit > 0).astype(int).astype(str),
            "score": 1 / (1 + np.exp(-logit)),
            "label": label.astype(int).astype(str),
        }
    )
    came = frame.with_columns(predicted_ts="ts", ts=pl.col("ts") + timedelta(seconds=delay))
    return (
        scores.merge(scores.summarise(frame, WIDTH)).sort("start"),
        performance.merge(performance.summarise(came, WIDTH)).sort("start"),
    )


def run(parts: World, end: float, steps: Sequence[float] = ()) -> list[Deviation]:
    references = References()
    detector, estimator = PerformanceDetector(Settings(), references), Estimator(references)
    state, found, start = detector.initial(), list[Deviation](), 0.0
    ends = pl.col("start") + timedelta(seconds=WIDTH)
    for stop in [*(s for s in steps if s < end), end]:
        inside = (ends > naive(start)) & (ends <= naive(stop))
        predicted, labels = (part.filter(inside) for part in parts)
        none = pl.DataFrame(schema=columns.CLOSED)
        span = Span(
            start,
            stop,
            metrics=pl.DataFrame(),
            logs=pl.DataFrame(schema=logs.CLOSED),
            columns=none,
            performance=labels,
            events=pl.DataFrame(schema=EVENTS),
            estimates=estimator.update(labels, predicted, none),
        )
        deviations, state = detector.update(state, span)
        found += deviations
        start = stop
    return found


def harder(at: float, until: float = 99.0) -> Callable[[float], float]:
    return lambda day: 1.2 if at <= day < until else 3.0


def test_harder_inputs_are_told_before_their_labels_and_borne_out_by_them() -> None:
    found = run(world(5, harder(3.0)), 5 * DAY)
    by_metric = {name: [d for d in found if d.series.name == name] for name in ("accuracy", "auc")}
    for deviations in by_metric.values():
        first = deviations[0]
        assert (first.phase, first.severity) == ("raised", "warning")
        assert first.details["known_by"] == "estimate"
        assert "estimated" in first.reason
        assert 3 * DAY < first.at < 3 * DAY + 8 * HOUR < 3 * DAY + DELAY
        assert abs(first.onset - 3 * DAY) <= 2 * HOUR
        second = deviations[1]
        assert (second.phase, second.details["known_by"]) == ("worse", "labels")
        assert second.at > 3 * DAY + DELAY
    assert len({d.at for d in by_metric["auc"]}) == len(by_metric["auc"])


def test_inputs_that_move_and_do_no_harm_are_no_claim_of_harm() -> None:
    assert run(world(5, lambda day: 3.0 if day < 3 else 5.0), 5 * DAY) == []


def test_labels_refute_an_estimate_and_it_is_not_believed_again() -> None:
    # From the third day scores are timid: the truth is as certain as ever.
    parts = world(6, harder(3.0), honest=lambda day: 1.0 if day < 3 else 2.5)
    found = [d for d in run(parts, 6 * DAY) if d.series.name == "accuracy"]
    assert [d.phase for d in found] == ["raised", "cleared"]
    assert "labels do not bear out" in found[1].reason


def test_what_passes_before_the_labels_come_is_cleared_by_estimates() -> None:
    found = run(world(4, harder(3.0, until=3.1), delay=DAY), 4 * DAY)
    assert [d.phase for d in found if d.series.name == "auc"] == ["raised", "cleared"]
    assert "before labels have come" in found[-1].reason


def test_scores_of_a_version_without_labels_claim_nothing() -> None:
    parts = world(4, harder(3.0), version=lambda day: "1" if day < 3 else "2")
    assert run(parts, 3 * DAY + 11 * HOUR) == []


@pytest.mark.slow
def test_an_unchanged_model_is_not_expected_to_get_worse() -> None:
    """A model-month with a daily wave of how hard the inputs are."""
    parts = world(28, lambda day: 3.0 + 0.2 * np.sin(2 * np.pi * day), per_hour=60.0)
    assert run(parts, 28 * DAY) == []


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(1, 4 * 144 - 1), max_size=20, unique=True))
def test_deviations_do_not_depend_on_how_spans_are_cut(tens: list[int]) -> None:
    parts = world(4, harder(3.0), per_hour=120.0)
    whole = run(parts, 4 * DAY)
    assert whole
    assert run(parts, 4 * DAY, [600.0 * ten for ten in sorted(tens)]) == whole


def test_a_record_is_wrong_if_it_is_surely_off_by_what_counts() -> None:
    assert Record(0.03, 0.004, 900).wrong(0.02)
    assert not Record(0.03, 0.01, 900).wrong(0.02)
    assert not Record(0.01, 0.001, 9000).wrong(0.02)
    assert not Record().wrong(0.02)


def test_floors_are_a_quarter_of_what_is_lacking_within_bounds() -> None:
    def usual(value: float) -> Estimate:
        return Estimate(value, 0.01, value, value, 100)

    assert floor_of("auc", usual(0.6)) == 0.02
    assert floor_of("auc", usual(0.96)) == pytest.approx(0.01)
    assert floor_of("accuracy", usual(0.999)) == 0.005
    assert floor_of("mae", usual(3.0)) == pytest.approx(0.3)
