"""From windows of many widths and cadences to the even steps in which series are judged.

The clock is cut into ticks of five minutes (of one window, should windows be longer). A tick's
value is the mean of its windows' means without the highest and the lowest, so that one odd minute
says nothing. A series' *step* is the shortest of 1, 3, 12, 72 and 288 ticks in which it has a
value as a rule; for a slow series a step is a point.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from console.detectors.table import Array
from console.records.clock import naive
from console.records.frames import TIME, Schema
from console.stats.windows import mean

TICK_S = 300.0
LADDER = np.array([1, 3, 12, 72, 288])
"""Possible steps, in ticks."""
YOUNG_TICKS = 6
"""With so many ticks the cadence of a series is taken to be known."""

LARGEST = 1e30
"""What is larger, or no number, is no measurement."""

PENDING: Schema = {"series_id": pl.Int64, "start": TIME, "mean": pl.Float64}
YOUNG: Schema = {
    "series_id": pl.Int64,
    "n": pl.Int64,
    "first": pl.Int64,
    "last": pl.Int64,
}


def tick_of(width_s: float) -> float:
    """Length of a tick, seconds."""
    return max(TICK_S, width_s)


def to_ticks(
    pending: pl.DataFrame, metrics: pl.DataFrame, width_s: float, end: float
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Ticks that are over at `end` (series_id, tick, value), what still waits, and the last tick.

    `pending` are the windows of the tick that was not over yet.
    """
    tick_s = tick_of(width_s)
    last = math.floor(end / tick_s) - 1
    # Windows that begin in the tick may end after it, when no multiple of theirs is its length.
    while math.ceil((last + 1) * tick_s / width_s) * width_s > end:
        last -= 1
    fresh = metrics.select("series_id", "start", mean().alias("mean"))
    windows = pl.concat([pending, fresh.filter(pl.col("mean").abs() < LARGEST)])
    over = pl.col("start") < naive((last + 1) * tick_s)
    ready = windows.filter(over)
    tick = (pl.col("start").dt.epoch("us") / 1e6 / tick_s).floor().cast(pl.Int64).alias("tick")
    total, n = pl.col("mean").sum(), pl.len()
    trimmed = (total - pl.col("mean").min() - pl.col("mean").max()) / (n - 2)
    value = pl.when(n > 2).then(trimmed).otherwise(total / n).alias("value")
    ticks = ready.sort("start").group_by("series_id", tick, maintain_order=True).agg(value)
    return ticks.sort("tick", "series_id"), windows.filter(~over), last


def grow_up(young: pl.DataFrame, ticks: pl.DataFrame, grown: Array) -> tuple[Array, pl.DataFrame]:
    """Which ticks belong to series whose cadence is known, and what is known of the others.

    `grown` are the ids of series that are known since an earlier span. A series' first six ticks
    tell its cadence and nothing else, so that a tag with a new value on each record costs little.
    """
    is_young = pl.Series(~np.isin(ticks["series_id"].to_numpy(), grown))
    fresh = ticks.filter(is_young)
    if fresh.is_empty():
        return ~is_young.to_numpy(), young
    counted = fresh.join(young.select("series_id", "n"), on="series_id", how="left").with_columns(
        (pl.col("n").fill_null(0) + pl.int_range(1, pl.len() + 1).over("series_id")).alias("n")
    )
    early = counted["n"] <= YOUNG_TICKS
    mask = ~is_young.to_numpy()
    mask[np.flatnonzero(is_young.to_numpy())[(~early).to_numpy()]] = True
    firsts = counted.filter(early).select(
        "series_id", "n", pl.col("tick").alias("first"), pl.col("tick").alias("last")
    )
    merged = (
        pl.concat([young, firsts])
        .group_by("series_id")
        .agg(pl.col("n").max(), pl.col("first").min(), pl.col("last").max())
        .sort("series_id")
    )
    return mask, merged


def steps_for(gaps: Array) -> Array:
    """The step, in ticks, of series with mean gaps of so many ticks."""
    at = np.minimum(np.searchsorted(LADDER, gaps / 1.05), len(LADDER) - 1)
    steps: Array = LADDER[at]
    return steps


def judged_at(steps: Array, ticks: Array) -> Array:
    """The last tick of the step in which each tick lies."""
    ends: Array = ticks // steps * steps + steps - 1
    return ends
