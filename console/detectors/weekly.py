"""What a series did at the same hour a week ago, so that weekends and Mondays are no news.

Of every hour of the week the greatest deviations of the last such hour are kept, in spreads and
with their sign: one for the statistics measured from the fast level, one for those from the slow
one. A deviation that was there a week ago, within an hour or so, is subtracted before one is
judged. What happened to be an incident then hides the like of it for an hour a week later, and
nothing else; it never makes the absence of an incident look odd, as a profile of the week would.
"""

from __future__ import annotations

import numpy as np

from console.detectors.table import Array, Column, Layout, Table
from console.records.clock import HOUR

HOURS = 168
MARGIN = 1.25
"""A deviation may be so much larger than a week ago."""
PENDING = 3
"""Hours until what was seen is written, so that no hour is compared with itself."""

LAYOUT: Layout = {
    "hour": Column(-1, "int64"),
    "week_fast": Column(0, "int8", HOURS),
    "week_slow": Column(0, "int8", HOURS),
    "now_fast": Column(0, "int8", PENDING),
    "now_slow": Column(0, "int8", PENDING),
}
_GROUPS = (("fast", slice(0, 2)), ("slow", slice(2, 4)))


def allowance(t: Table, rows: Array, ts: Array, scores: Array) -> Array:
    """How many spreads of each statistic (rows, 4) were there a week ago, of the same sign."""
    hour = (ts // HOUR).astype(np.int64)
    near = (hour[:, None] + np.array([-1, 0, 1])) % HOURS
    allowed = np.zeros(scores.shape)
    for name, columns in _GROUPS:
        past = t["week_" + name][rows[:, None], near]
        highest = np.maximum(past.max(axis=1), 0)[:, None]
        lowest = np.minimum(past.min(axis=1), 0)[:, None]
        own = scores[:, columns]
        allowed[:, columns] = MARGIN * np.where(own > 0, highest, -lowest)
    return allowed


def remember(t: Table, rows: Array, ts: Array, scores: Array) -> None:
    """Takes down the scores (rows, 4) of a step; NaN where a statistic is not known."""
    hour = (ts // HOUR).astype(np.int64)
    passed = np.minimum(np.where(t["hour"][rows] < 0, 0, hour - t["hour"][rows]), PENDING + HOURS)
    for name, columns in _GROUPS:
        own = np.clip(np.nan_to_num(scores[:, columns]), -127, 127)
        greatest = own[np.arange(len(rows)), np.abs(own).argmax(axis=1)].astype(np.int8)
        now = "now_" + name
        for step in range(int(passed.max(initial=0))):
            due = rows[passed > step]
            ended = t["hour"][due] + step
            t["week_" + name][due, (ended - PENDING + 1) % HOURS] = t[now][due, PENDING - 1]
            t[now][due, 1:] = t[now][due, :-1]
            t[now][due, 0] = 0
        larger = np.abs(greatest.astype(int)) > np.abs(t[now][rows, 0].astype(int))
        t[now][rows[larger], 0] = greatest[larger]
    t["hour"][rows] = hour
