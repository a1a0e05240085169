"""Late records are told row by row, however a file is cut into batches."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from console.engine.lateness import late, newest_before
from console.records.clock import DAY, epoch
from console.records.frames import EVENTS, LOGS, Records, records

START = datetime(2026, 3, 2)
WALL = epoch(START) + 30 * DAY


def logs(seconds: list[int | None], first: int = 0) -> Records:
    times = [None if s is None else START + timedelta(seconds=s) for s in seconds]
    rows = {"ts": times, "offset": [10 * (first + i) for i in range(len(times))]}
    frame = pl.DataFrame(rows, schema={"ts": LOGS["ts"], "offset": pl.Int64})
    missing = [pl.lit(None, dtype=kind).alias(n) for n, kind in LOGS.items() if n not in rows]
    return records(logs=frame.with_columns(missing))


def judge(batch: Records, newest: float | None) -> tuple[list[bool], float | None]:
    clocks, after = newest_before(batch, newest, WALL)
    return late(batch.logs, clocks, 60, 120, 0).to_list(), after


def test_a_record_is_late_when_its_window_ended_long_before_the_newest() -> None:
    verdict, newest = judge(logs([0, 300, 59, 100, 170, 301]), None)
    # 300 is the clock: windows that ended at 180 or before are lost, that of 170 just so.
    assert verdict == [False, False, True, True, True, False]
    assert newest == epoch(START) + 301


def test_a_clock_that_jumps_ahead_of_today_moves_nothing() -> None:
    years = int(400 * DAY)
    verdict, newest = judge(logs([0, years, 60]), None)
    assert verdict == [False, False, False]
    assert newest == epoch(START) + 60


def test_what_closed_stays_closed() -> None:
    batch = logs([0, 61])
    clocks, _ = newest_before(batch, None, WALL)
    assert late(batch.logs, clocks, 60, 120, epoch(START) + 60).to_list() == [True, False]


def test_all_kinds_of_a_file_share_its_clock() -> None:
    log = logs([0]).logs
    event = pl.DataFrame(
        {"ts": [START + timedelta(hours=1)], "offset": [5]},
        schema={"ts": EVENTS["ts"], "offset": pl.Int64},
    ).with_columns(
        [pl.lit(None, dtype=k).alias(n) for n, k in EVENTS.items() if n not in ("ts", "offset")]
    )
    batch = records(logs=log.with_columns(offset=pl.lit(9, dtype=pl.Int64)), events=event)
    clocks, _ = newest_before(batch, None, WALL)
    assert late(batch.logs, clocks, 60, 120, 0).to_list() == [True]


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 4000)), min_size=1, max_size=40),
    st.data(),
)
def test_the_cut_into_batches_does_not_matter(
    seconds: list[int | None], data: st.DataObject
) -> None:
    whole, newest = judge(logs(seconds), None)
    cut = data.draw(st.integers(0, len(seconds)))
    first, between = judge(logs(seconds[:cut]), None)
    second, after = judge(logs(seconds[cut:], first=cut), between)
    assert first + second == whole
    assert after == newest
