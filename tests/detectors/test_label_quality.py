"""Labels: a base rate or a delay that changes is told, what stays as it is or waves is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import Settings
from console.detectors.label_quality import LabelsDetector
from console.detectors.protocol import Deviation, Span
from console.records.clock import DAY, HOUR
from console.records.frames import EVENTS
from console.stats import columns, logs, performance

WIDTH = 600.0


def constant(value: float) -> Callable[[float], float]:
    return lambda _day: value


def after(day: float, before: float, then: float) -> Callable[[float], float]:
    return lambda at: then if at >= day else before


@dataclass(frozen=True)
class Labels:
    """Labels of one model as they arrive."""

    days: float = 6.0
    rows_per_hour: float = 60.0
    share: Callable[[float], float] = lambda _day: 0.1
    hours: Callable[[float], float] = lambda _day: 3.0
    """Median delay."""
    wave: float = 0.2
    """Of the share, with the day, as a part of it."""
    numbers: bool = False
    seed: int = 0

    def windows(self) -> pl.DataFrame:
        """The closed windows, by arrival and by the time of prediction."""
        random = np.random.default_rng(self.seed)
        starts = np.arange(0, self.days * DAY, WIDTH)
        n = random.poisson(self.rows_per_hour * WIDTH / HOUR, len(starts))
        start = np.repeat(starts, n)
        day = start / DAY
        hours = np.array([self.hours(at) for at in day])
        late = hours * HOUR * np.exp(random.normal(0, 0.3, len(day)))
        share = np.array([self.share(at) for at in day])
        share = np.clip(share * (1 + self.wave * np.sin(2 * np.pi * day)), 0, 1)
        hit = random.random(len(day)) < share
        value = random.normal(50 + 100 * share, 10)
        rows = pl.DataFrame(
            {
                "start": start,
                "predicted": np.floor((start - late) / WIDTH) * WIDTH,
                "positive": hit.astype(np.int64),
                "value": value,
            }
        )
        classes = not self.numbers
        known = {
            "model": pl.lit("m"),
            "stage": pl.lit("serving"),
            "version": pl.lit("1"),
            "n": pl.len(),
            "judged": pl.len() if classes else None,
            "true_positive": pl.col("positive").sum() if classes else None,
            "false_negative": pl.lit(0) if classes else None,
            "measured": None if classes else pl.len(),
            "label_total": None if classes else pl.col("value").sum(),
            "label_squares": None if classes else pl.col("value").pow(2).sum(),
        }
        sums = rows.group_by("start", "predicted").agg(
            (pl.lit(None) if one is None else one).alias(name) for name, one in known.items()
        )
        times = [(pl.col(c) * 1e6).cast(pl.Int64).cast(pl.Datetime("us")) for c in rows.columns[:2]]
        missing = [
            pl.lit(None).cast(kind).alias(name)
            for name, kind in performance.CLOSED.items()
            if name not in sums.columns
        ]
        return (
            sums.with_columns(*times, *missing)
            .select(list(performance.CLOSED))
            .cast(pl.Schema(performance.CLOSED))
            .sort("start", "predicted")
        )


def run(labels: Labels, steps: Sequence[float] = ()) -> list[Deviation]:
    """All deviations, with spans cut at `steps`, restarted from the state each time."""
    windows = labels.windows()
    ends = pl.col("start").dt.epoch("us") / 1e6 + WIDTH
    state, found, start = LabelsDetector(Settings()).initial(), list[Deviation](), -1.0
    for stop in [*steps, labels.days * DAY]:
        span = Span(
            start,
            stop,
            metrics=pl.DataFrame(),
            logs=pl.DataFrame(schema=logs.CLOSED),
            columns=pl.DataFrame(schema=columns.CLOSED),
            performance=windows.filter((ends > start) & (ends <= stop)),
            events=pl.DataFrame(schema=EVENTS),
        )
        deviations, state = LabelsDetector(Settings()).update(state, span)
        found += deviations
        start = stop
    return found


def told(found: list[Deviation]) -> list[tuple[str, str]]:
    return [(deviation.series.name, deviation.phase) for deviation in found]


@pytest.mark.slow
def test_labels_that_stay_as_they_are_are_no_news() -> None:
    """100 model-weeks of shares, of numbers, of rare classes, of few and of many labels."""
    found = [
        run(
            Labels(days=7, share=constant(share), rows_per_hour=rows, numbers=rows == 40, seed=seed)
        )
        for seed in range(20)
        for share, rows in ((0.1, 60), (0.01, 300), (0.5, 30), (0.3, 40), (0.97, 100))
    ]
    assert sum(map(bool, found)) <= 1


def test_a_base_rate_that_doubles_is_told_with_its_time() -> None:
    found = run(Labels(share=after(4.0, 0.1, 0.25), days=5.5))
    assert told(found) == [("label_base_rate", "raised")]
    deviation = found[0]
    assert deviation.detector == "quality"
    assert deviation.details["term"] == "base_rate"
    assert 4 * DAY < deviation.at <= 4.5 * DAY
    assert abs(deviation.onset - 4 * DAY) <= 4 * HOUR
    assert deviation.before == pytest.approx(0.1, abs=0.02)
    assert deviation.after == pytest.approx(0.25, abs=0.1)
    assert deviation.severity == "warning"
    assert "positive, usually 1" in deviation.reason


@pytest.mark.slow
def test_what_is_told_of_shifts_at_a_stated_size() -> None:
    """A tenth that becomes a quarter or a hundredth, of 100 labels an hour, within a day."""
    for then in (0.25, 0.01):
        share = after(4.0, 0.1, then)
        worlds = [
            Labels(days=5, share=share, rows_per_hour=100, wave=0.1, seed=seed)
            for seed in range(20)
        ]
        assert sum(bool(run(world)) for world in worlds) >= 19
    worlds = [Labels(days=5, hours=after(4.0, 3.0, 9.0), seed=seed) for seed in range(20)]
    assert sum(bool(run(world)) for world in worlds) >= 19


def test_the_mean_of_numbers_is_told_too() -> None:
    found = run(Labels(share=after(4.0, 0.1, 0.4), numbers=True))
    assert told(found) == [("label_mean", "raised")]
    assert "on average" in found[0].reason


def test_labels_that_come_later_are_told_and_what_ends_is_cleared() -> None:
    def hours(day: float) -> float:
        return 9.0 if 4.0 <= day < 4.6 else 3.0

    found = run(Labels(hours=hours))
    assert told(found) == [("label_delay_hours", "raised"), ("label_delay_hours", "cleared")]
    assert found[0].before == pytest.approx(3.0, rel=0.15)
    assert found[0].after == pytest.approx(9.0, rel=0.2)
    assert found[0].direction == 1
    assert "usually 3 h" in found[0].reason


def test_what_stays_becomes_usual() -> None:
    found = run(Labels(days=9, share=after(4.0, 0.1, 0.3)))
    assert told(found) == [("label_base_rate", "raised"), ("label_base_rate", "cleared")]
    assert "has kept to" in found[1].reason


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 5 * 144 - 1), max_size=30, unique=True), st.integers(0, 3))
def test_deviations_do_not_depend_on_how_spans_are_cut(places: list[int], seed: int) -> None:
    labels = Labels(days=5, share=after(4.0, 0.1, 0.3), hours=after(3.5, 2.0, 12.0), seed=seed)
    whole = run(labels)
    assert whole
    assert run(labels, [place * WIDTH for place in sorted(places)]) == whole


def test_no_labels_say_nothing() -> None:
    assert run(Labels(days=0.1, rows_per_hour=0.0)) == []
