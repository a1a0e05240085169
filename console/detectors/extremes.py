"""The highest and lowest value of each of the last days: since when there was nothing like now."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from console.detectors.table import Array, Column, Layout, Table
from console.records.clock import DAY

DAYS = 35
LEAST_DAYS = 2
"""Fewer days are not worth a word."""

LAYOUT: Layout = {
    "today": Column(-1, "int64"),
    "highs": Column(np.nan, "float32", DAYS),
    "lows": Column(np.nan, "float32", DAYS),
}


def remember(t: Table, rows: Array, ts: Array, values: Array) -> None:
    """Takes down the values of a step."""
    day = (ts // DAY).astype(np.int64)
    passed = np.where(t["today"][rows] < 0, 0, np.minimum(day - t["today"][rows], DAYS))
    for back in range(int(passed.max(initial=0))):
        fresh = rows[passed > back]
        place = (day[passed > back] - back) % DAYS
        t["highs"][fresh, place] = t["lows"][fresh, place] = np.nan
    t["today"][rows] = day
    t["highs"][rows, day % DAYS] = np.fmax(t["highs"][rows, day % DAYS], values)
    t["lows"][rows, day % DAYS] = np.fmin(t["lows"][rows, day % DAYS], values)


def unlike(t: Table, row: int, value: float, direction: int) -> int:
    """Whole days before today in which the series was never so high (or low, for -1)."""
    order = (int(t["today"][row]) - 1 - np.arange(DAYS - 1)) % DAYS
    past = t["highs" if direction > 0 else "lows"][row, order] * direction
    reached = np.flatnonzero(past >= np.float32(value * direction))
    known = np.flatnonzero(~np.isnan(past))
    last = int(known[-1]) + 1 if len(known) else 0
    return int(reached[0]) if len(reached) else last


def in_words(days: int, direction: int, ts: float, *, seasonal: bool) -> str:
    """How rare a value is: "highest in 9 days", or that it is the hour that makes it odd; or ""."""
    if days >= LEAST_DAYS:
        return f", {'highest' if direction > 0 else 'lowest'} in {days} days"
    if not seasonal:
        return ""
    moment = datetime.fromtimestamp(ts, UTC)
    return f", {'high' if direction > 0 else 'low'} for a {moment:%A %H}:00 UTC"
