"""Fields that appear, vanish or change their type: degradation, or a version's own doing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import Settings
from console.detectors.protocol import Deviation, Span
from console.detectors.schema import SchemaDetector
from console.records.clock import DAY, HOUR
from console.records.frames import EVENTS
from console.stats import columns, fields, logs, performance

WIDTH = 600.0
Shares = dict[tuple[str, str], float]
"""Share of rows by field and type."""
USUAL: Shares = {
    ("age", "number"): 0.98,
    ("age", "null"): 1.0,
    ("city", "text"): 1.0,
    ("coupon", "text"): 0.3,
    ("rare", "boolean"): 0.002,
    ("code", "number"): 0.6,
    ("code", "text"): 0.4,
}
World = Callable[[float], dict[str, Shares]]
"""What each version that runs carries, at a time in days."""


def windows(world: World, days: float, rows: float = 10.0, seed: int = 0) -> pl.DataFrame:
    """The closed windows of `rows` predictions each, on average, by version."""
    random = np.random.default_rng(seed)
    listed: list[tuple[str | int | None, ...]] = []
    for start in np.arange(0, days * DAY, WIDTH):
        for version, shares in world(start / DAY).items():
            n = int(random.poisson(rows))
            key = ("m", "serving", version, round(start * 1e6))
            if n:
                listed.append((*key, None, fields.ROWS, n))
            of_field: dict[str, int] = {}
            for (name, kind), share in shares.items():
                left = n - of_field.get(name, 0)
                hits = left if share >= 1 else int(random.binomial(left, share))
                of_field[name] = of_field.get(name, 0) + hits
                if hits:
                    listed.append((*key, name, kind, hits))
    schema = {**fields.CLOSED, "start": pl.Int64}
    frame = pl.DataFrame(listed, schema=schema, orient="row")
    return frame.with_columns(pl.col("start").cast(pl.Datetime("us")))


def run(frame: pl.DataFrame, days: float, steps: Sequence[float] = ()) -> list[Deviation]:
    """All deviations, with spans cut at `steps`, restarted from the state each time."""
    ends = pl.col("start").dt.epoch("us") / 1e6 + WIDTH
    state, found, start = SchemaDetector(Settings()).initial(), list[Deviation](), -1.0
    for stop in [*steps, days * DAY]:
        span = Span(
            start,
            stop,
            metrics=pl.DataFrame(),
            logs=pl.DataFrame(schema=logs.CLOSED),
            columns=pl.DataFrame(schema=columns.CLOSED),
            performance=pl.DataFrame(schema=performance.CLOSED),
            events=pl.DataFrame(schema=EVENTS),
            fields=frame.filter((ends > start) & (ends <= stop)),
        )
        deviations, state = SchemaDetector(Settings()).update(state, span)
        found += deviations
        start = stop
    return found


def without(name: str, shares: Shares) -> Shares:
    return {key: share for key, share in shares.items() if key[0] != name}


CHANGED: dict[str, tuple[Shares, str, str]] = {
    "new": (USUAL | {("tip", "number"): 1.0}, "tip is new", "info"),
    "gone": (without("city", USUAL), "city is gone", "warning"),
    "type": (without("age", USUAL) | {("age", "text"): 1.0}, "age was number, is text", "warning"),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_change_within_a_version_is_told_once_and_ends(change: str) -> None:
    other, said, severity = CHANGED[change]
    frame = windows(lambda day: {"1": other if 1.5 <= day < 1.8 else USUAL}, 3.0)
    raised, cleared = run(frame, 3.0)
    assert (raised.detector, raised.phase, raised.severity) == ("quality", "raised", severity)
    assert (raised.series.name, raised.version) == ("schema", "1")
    assert raised.reason.startswith(f"{said}, in ")
    assert raised.details["term"] == "schema"
    assert raised.onset == 1.5 * DAY
    assert raised.at == 1.5 * DAY + HOUR
    assert (cleared.phase, cleared.reason) == ("cleared", "the fields are as before again")
    assert cleared.at == pytest.approx(1.8 * DAY, abs=HOUR)


def test_a_change_within_a_half_hour_is_told_each_time() -> None:
    other = without("city", USUAL)

    def world(day: float) -> dict[str, Shares]:
        return {"1": other if 1.507 <= day < 1.807 or 2.007 <= day < 2.307 else USUAL}

    found = run(windows(world, 3.0), 3.0)
    assert [one.phase for one in found] == ["raised", "cleared"] * 2


@pytest.mark.parametrize("change", CHANGED)
def test_what_a_new_version_brings_is_an_event(change: str) -> None:
    other, said, _ = CHANGED[change]

    def world(day: float) -> dict[str, Shares]:
        canary = {"2": other} if day >= 1.5 else {}
        return canary | ({"1": USUAL} if day < 2.0 else {})

    raised, cleared = run(windows(world, 3.5), 3.5)
    assert (raised.detector, raised.severity, raised.version) == ("event", "info", "2")
    assert raised.reason == f"version 2 brings other fields: {said}"
    assert 1.5 * DAY < raised.at <= 1.5 * DAY + 2 * HOUR
    assert (cleared.detector, cleared.phase) == ("event", "cleared")
    assert cleared.at == raised.at + HOUR


def test_what_breaks_in_a_version_later_is_no_event() -> None:
    def world(day: float) -> dict[str, Shares]:
        if day < 1.5:
            return {"1": USUAL}
        return {"2": USUAL if day < 2.0 else without("city", USUAL)}

    found = run(windows(world, 2.5), 2.5)
    assert [(one.detector, one.phase, one.version) for one in found] == [("quality", "raised", "2")]
    assert found[0].onset == 2.0 * DAY


def test_what_stays_is_the_schema_by_then() -> None:
    other = without("city", USUAL) | {("town", "text"): 1.0}

    def world(day: float) -> dict[str, Shares]:
        return {"1": USUAL if day < 1.5 else other if day < 4.0 else without("town", other)}

    found = run(windows(world, 4.5), 4.5)
    assert [one.phase for one in found] == ["raised", "cleared", "raised"]
    assert found[0].reason.startswith("city is gone; town is new, in ")
    assert found[1].reason == "these are the fields by now"
    assert found[2].reason.startswith("town is gone, in ")


@pytest.mark.slow
def test_optional_fields_and_few_rows_are_no_news() -> None:
    """90 model-days of fields that come and go, by chance and by the time of day."""

    def world(day: float) -> dict[str, Shares]:
        night = without("city", USUAL) if day % 1 < 0.3 else USUAL
        some = {("gift", "text"): 0.3} if day >= 1.5 else {}
        return {"1": night | some} | ({"2": night} if day >= 1.2 else {})

    for seed in range(15):
        for rows in (1.0, 30.0):
            assert run(windows(world, 3.0, rows, seed), 3.0) == []


def test_a_half_hour_of_other_fields_is_no_change() -> None:
    other = without("city", USUAL)
    moment = 1.5 + 1 / 48
    assert run(windows(lambda day: {"1": other if 1.5 <= day < moment else USUAL}, 2.0), 2.0) == []


@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.integers(1, 3 * 144 - 1), max_size=30, unique=True), st.sampled_from([1.5, 10.0])
)
def test_deviations_do_not_depend_on_how_spans_are_cut(places: list[int], rows: float) -> None:
    def world(day: float) -> dict[str, Shares]:
        versions = {"1": USUAL if day < 1.4 else without("age", USUAL)}
        return versions | ({"2": without("city", USUAL)} if day >= 1.7 else {})

    frame = windows(world, 3.0, rows)
    whole = run(frame, 3.0)
    assert {one.detector for one in whole} == {"quality", "event"}
    assert run(frame, 3.0, [place * WIDTH for place in sorted(places)]) == whole
