"""Which records come too late, decided row by row so that the cut into batches does not matter.

A file's clock is the newest event time that it has shown so far. A record is late if its window
had ended more than the allowed lateness before its file's clock, *as that stood before the record*.
Every record that is not late finds its window open, because the watermark, at which windows close,
is never ahead of the clock of a file that is still being read, less the same allowance.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import polars as pl

from console.records.clock import DAY, epoch, naive
from console.records.frames import TIME, Records

_SLACK_S = 1.0
"""So near to being late is looked at closely: epoch seconds as floats are not exact."""
KINDS = ("metrics", "logs", "events", "predictions", "labels")


def newest_before(
    records: Records, newest: float | None, wall: float
) -> tuple[pl.DataFrame, float | None]:
    """The file's clock before each of its records, and after all of them.

    `newest` is the clock before the first. Times more than a day ahead of the wall clock `wall`
    are broken clocks and do not move it. Returns a frame (offset, clock), one row an offset.
    """
    limit = naive(wall + DAY)
    parts = [
        frame.select("offset", "ts") for name in KINDS if (frame := getattr(records, name)).height
    ]
    if not parts:
        return pl.DataFrame(schema={"offset": pl.Int64, "clock": TIME}), newest
    rows = pl.concat(parts)
    if len(parts) > 1 or not (rows["offset"].diff().slice(1) > 0).all():
        rows = rows.group_by("offset").agg(pl.col("ts").max()).sort("offset")
    times = pl.when(pl.col("ts") <= limit).then("ts")
    start = pl.lit(None if newest is None else naive(newest), dtype=TIME)
    clocked = rows.select(
        "offset",
        pl.max_horizontal(times.cum_max().forward_fill().shift(1), start).alias("clock"),
        times.alias("valid"),
    )
    last = clocked["valid"].max()
    times_seen = [t for t in (newest, None if last is None else epoch(last)) if t is not None]
    return clocked.select("offset", "clock"), max(times_seen, default=None)


def late(
    rows: pl.DataFrame, clocks: pl.DataFrame, width_s: float, lateness_s: float, watermark: float
) -> pl.Series:
    """Whether each row (columns ts, offset) is too late for its window of `width_s` seconds.

    `watermark` guards the rare file that was idle and fell behind: what has closed stays closed.
    """
    if not _any_late(rows, clocks, width_s, lateness_s, watermark):
        return pl.Series("late", [False], pl.Boolean).new_from_index(0, rows.height)
    ends = window_end(width_s).alias("window_end")
    joined = rows.select("offset", ends)
    if rows["offset"].equals(clocks["offset"]):  # of a file with one kind of record
        joined = joined.with_columns(clocks["clock"])
    else:
        joined = joined.join(clocks, on="offset", how="left", maintain_order="left")
    allowed = pl.col("clock") - timedelta(seconds=lateness_s)
    is_late = (pl.col("window_end") <= allowed).fill_null(value=False)
    if watermark > 0:
        is_late |= pl.col("window_end") <= naive(watermark)
    return joined.select(is_late.alias("late"))["late"]


def _any_late(
    rows: pl.DataFrame, clocks: pl.DataFrame, width_s: float, lateness_s: float, watermark: float
) -> bool:
    """Whether any row may be late: not if the oldest is in time by the newest clock of all."""
    oldest, newest = rows["ts"].min(), clocks["clock"].max()
    if not isinstance(oldest, datetime):
        return True
    end = math.floor(epoch(oldest) / width_s) * width_s + width_s
    closed = watermark if not isinstance(newest, datetime) else epoch(newest) - lateness_s
    return end <= max(closed, watermark) + _SLACK_S


def window_end(width_s: float) -> pl.Expr:
    """The end of the window of `width_s` seconds that a time `ts` falls into."""
    return pl.col("ts").dt.truncate(f"{round(width_s * 1e6)}us") + timedelta(seconds=width_s)
