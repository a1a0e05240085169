"""Records that come twice: told with their share, and silent where ids and contents are usual."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import Settings
from console.detectors.duplicates import DuplicatesDetector, repetitions
from console.detectors.protocol import Deviation, Span
from console.records.clock import DAY, HOUR
from console.records.frames import EVENTS, PREDICTIONS
from console.stats import columns, logs, performance, sightings

WIDTH = 600.0


@dataclass(frozen=True)
class Stream:
    """Predictions of one model, some of which come again a little later."""

    days: float = 2.0
    rows_per_hour: float = 120.0
    again: Callable[[float], float] = lambda _day: 0.0
    """Share of rows that come again, at a time in days."""
    same_id: bool = True
    customers: int = 0
    """Ids are those of so many customers."""
    seed: int = 0

    def windows(self) -> pl.DataFrame:
        """The closed windows of sightings."""
        random = np.random.default_rng(self.seed)
        wave = 1 + 0.5 * np.sin(2 * np.pi * np.arange(0, self.days * 24) / 24)
        n = random.poisson(self.rows_per_hour * wave)
        at = np.sort((np.repeat(np.arange(len(n)), n) + random.random(n.sum())) * HOUR)
        ids = random.integers(0, self.customers, len(at)) if self.customers else np.arange(len(at))
        twice = random.random(len(at)) < np.array([self.again(day) for day in at / DAY])
        later = at[twice] + random.exponential(600, twice.sum())
        names = [str(one) for one in ids]
        again = [name if self.same_id else f"{name}-again" for name in np.array(names)[twice]]
        features = [json.dumps({"amount": value}) for value in random.normal(size=len(at))]
        rows = pl.DataFrame(
            {
                "ts": np.rint(np.concatenate([at, later]) * 1e6).astype(np.int64),
                "id": [*names, *again],
                "features": [*features, *np.array(features)[twice].tolist()],
                "model": "m",
                "stage": "serving",
            }
        ).with_columns(pl.col("ts").cast(pl.Datetime("us")))
        rows = rows.filter(pl.col("ts").dt.epoch("us") < self.days * DAY * 1e6)
        missing = [pl.lit(None).alias(name) for name in PREDICTIONS if name not in rows.columns]
        full = rows.with_columns(missing).select(list(PREDICTIONS)).cast(pl.Schema(PREDICTIONS))
        return sightings.summarise(full, WIDTH)


def run(stream: Stream, steps: Sequence[float] = ()) -> list[Deviation]:
    """All deviations, with spans cut at `steps`, restarted from the state each time."""
    windows = stream.windows()
    ends = pl.col("start").dt.epoch("us") / 1e6 + WIDTH
    state, found, start = DuplicatesDetector(Settings()).initial(), list[Deviation](), -1.0
    for stop in [*steps, stream.days * DAY]:
        span = Span(
            start,
            stop,
            metrics=pl.DataFrame(),
            logs=pl.DataFrame(schema=logs.CLOSED),
            columns=pl.DataFrame(schema=columns.CLOSED),
            performance=pl.DataFrame(schema=performance.CLOSED),
            events=pl.DataFrame(schema=EVENTS),
            sightings=windows.filter((ends > start) & (ends <= stop)),
        )
        deviations, state = DuplicatesDetector(Settings()).update(state, span)
        found += deviations
        start = stop
    return found


def steadily(share: float, _day: float) -> float:
    return share


def burst(day: float) -> float:
    return 0.1 if 1.5 <= day < 1.7 else 0.0


@cache
def of_a_burst(*, same_id: bool, rows: float) -> list[Deviation]:
    return run(Stream(again=burst, same_id=same_id, rows_per_hour=rows))


@pytest.mark.parametrize("same_id", [True, False])
@pytest.mark.parametrize("rows", [120.0, pytest.param(8000.0, marks=pytest.mark.slow)])
def test_a_burst_is_told_with_its_share_and_its_time(rows: float, same_id: bool) -> None:
    """In few rows, of which all are compared, and in many, of which a sample is."""
    raised, cleared = of_a_burst(same_id=same_id, rows=rows)
    assert (raised.phase, cleared.phase) == ("raised", "cleared")
    assert (raised.detector, raised.series.name) == ("quality", "duplicate_share")
    assert raised.details["term"] == "duplicates"
    assert raised.details["same"] == ("id" if same_id else "content")
    assert 1.5 * DAY < raised.at <= 1.5 * DAY + 2.5 * HOUR
    assert abs(raised.onset - 1.5 * DAY) <= HOUR
    assert raised.after == pytest.approx(0.09, abs=0.05)
    assert raised.before == pytest.approx(0.0, abs=0.002)
    assert 1.7 * DAY < cleared.at <= 1.9 * DAY


@pytest.mark.slow
def test_shares_are_found_at_a_stated_size_and_silence_is_not_broken() -> None:
    """5 % of 120 rows an hour within half a day, 19 of 20 times; none in 36 quiet model-days."""
    loud = [
        Stream(days=1.9, again=lambda day: 0.05 if day >= 1.4 else 0.0, seed=seed)
        for seed in range(20)
    ]
    assert sum(bool(run(stream)) for stream in loud) >= 19
    quiet = [
        Stream(days=3, rows_per_hour=rows, again=partial(steadily, share), seed=seed)
        for seed in range(3)
        for rows, share in ((60, 0.0), (120, 0.01), (300, 0.05), (900, 0.001))
    ]
    assert sum(map(bool, map(run, quiet))) == 0


def test_ids_that_are_those_of_customers_are_no_news() -> None:
    assert run(Stream(customers=40)) == []


@pytest.mark.slow
def test_what_stays_becomes_usual() -> None:
    found = run(Stream(days=6.5, again=lambda day: 0.06 if day >= 1.5 else 0.0))
    assert [one.phase for one in found] == ["raised", "cleared"]
    assert "has kept to" in found[1].reason


@settings(max_examples=4, deadline=None)
@given(st.lists(st.integers(1, 287), max_size=30, unique=True))
def test_deviations_do_not_depend_on_how_spans_are_cut(places: list[int]) -> None:
    whole = of_a_burst(same_id=True, rows=120.0)
    steps = [place * WIDTH for place in sorted(places)]
    assert run(Stream(again=burst), steps) == whole


def test_repetitions_are_counted_in_the_part_that_both_samples_have() -> None:
    every = np.arange(1, 2000, dtype=np.uint64)
    own, before = every[: sightings.SAMPLE], every[100::2][: sightings.SAMPLE]
    assert repetitions(own, []) == (512, 0)
    assert repetitions(own, [before]) == (512, sum(np.isin(own, before)))
    assert repetitions(np.repeat(every[:10], 3), [every[:4]]) == (30, 24)
    assert repetitions(every[:0], [before]) == (0, 0)
    # Of a busier window before, only keys with smaller hashes can be compared.
    busy = every[: sightings.SAMPLE]
    assert repetitions(every[500:600], [busy]) == (12, 12)
