"""Windows that are held until they are whole: nothing is lost or counted twice on the way."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from console.engine.aggregates import Kind
from console.engine.held import MOST_PARTS, Held

START = datetime(2026, 3, 1)
EPOCH = (START - datetime(1970, 1, 1)).total_seconds()


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    return deltas.group_by("start").agg(pl.col("n").sum()).sort("start")


KINDS = {"one": Kind(1800.0, merge), "other": Kind(600.0, merge)}


def deltas(*rows: tuple[int, int, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        [(START + timedelta(seconds=1800 * window), n, late) for window, n, late in rows],
        schema={"start": pl.Datetime("us"), "n": pl.Int64, "late": pl.Boolean},
        orient="row",
    )


def test_what_is_in_time_waits_for_its_end_and_what_is_late_does_not() -> None:
    held = Held(KINDS, None)
    windows = {"one": deltas((0, 3, False), (0, 9, True), (1, 2, False)), "else": deltas()}
    assert held.take(windows)
    assert set(windows) == {"else", "one"}
    assert windows["one"].rows() == [(START, 9, True)]
    assert held.release(EPOCH + 1799) == {}
    assert held.release(EPOCH + 1800)["one"].rows() == [(START, 3, False)]
    assert held.release(None)["one"]["n"].to_list() == [2]
    assert held.release(None) == {}
    assert not held.take({"else": deltas()})


batches = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.booleans()), max_size=4),
    max_size=MOST_PARTS + 4,
)


@settings(max_examples=50, deadline=None)
@given(batches, st.lists(st.booleans(), min_size=MOST_PARTS + 4, max_size=MOST_PARTS + 4))
def test_every_row_is_stored_once_whatever_the_restarts(
    parts: list[list[tuple[int, int, bool]]], restarts: list[bool]
) -> None:
    held = Held(KINDS, None)
    stored: list[pl.DataFrame] = []
    for step, (rows, restart) in enumerate(zip(parts, restarts, strict=False)):
        windows = {"one": deltas(*rows)} if rows else {}
        held.take(windows)
        stored += windows.values()
        stored += held.release(EPOCH + 600 * step).values()
        state = held.state()
        if restart:
            held = Held(KINDS, state)
    stored += held.release(None).values()
    every = pl.concat([deltas(), *stored]).select("start", "n", "late")
    wanted = [row for rows in parts for row in rows]
    assert every["n"].sum() == sum(n for _, n, _ in wanted)
    late = sum(n for _, n, is_late in wanted if is_late)
    assert every.filter("late")["n"].sum() == late
