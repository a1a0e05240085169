"""What a series did at the same hour a week ago, so that weekends and Mondays are no news.

Of every hour of the week the greatest deviations of such hours are kept, in spreads and with their
sign: one for the statistics measured from the fast level, one for those from the slow one. A week
later they count for three quarters unless the like of them was there again, so that a holiday does
not make the weekend after it new. A deviation that was there a week ago, within an hour or so, is
subtracted before one is judged; of a series that is too young to have a week ago, one that was
there yesterday. What happened to be an incident then hides the like of it for an hour, and nothing
else; it never makes the absence of an incident look odd, as a profile of the week would.
"""

from __future__ import annotations

import numpy as np

from console.detectors.table import Array, Column, Layout, Table
from console.records.clock import HOUR

HOURS = 168
MARGIN = 1.25
"""A deviation may be so much larger than a week ago."""
FADING = 0.75
"""What a deviation counts a week later."""
NOTABLE = 3
"""Spreads from which on a deviation of yesterday is one."""
PENDING = 3
"""Hours until what was seen is written, so that no hour is compared with itself."""
UNSEEN = -128
"""Stands for an hour in which a series was not."""
FORGOTTEN_HOURS = (12, 48)
"""So long after a gap the fast and the slow level are still those from before it."""

LAYOUT: Layout = {
    "hour": Column(-1, "int64"),
    "week_fast": Column(0, "int8", HOURS),
    "week_slow": Column(0, "int8", HOURS),
    "now_fast": Column(UNSEEN, "int8", PENDING),
    "now_slow": Column(UNSEEN, "int8", PENDING),
    "gap_begin": Column(-1, "int64"),
    "gap_end": Column(-HOURS, "int64"),
}
_GROUPS = (("fast", slice(0, 2)), ("slow", slice(2, 4)))


def allowance(t: Table, rows: Array, ts: Array, scores: Array, young: Array) -> Array:
    """How many spreads of each statistic (rows, 4) were there a week ago, of the same sign.

    Of those that are `young`: or yesterday. After a gap: or in any hour of it, since the levels
    that are compared with are those from before it.
    """
    hour = (ts // HOUR).astype(np.int64)
    _note_gaps(t, rows, hour)
    week = hour[:, None] + np.array([-1, 0, 1])
    allowed = np.zeros(scores.shape)
    for (name, columns), forgotten in zip(_GROUPS, FORGOTTEN_HOURS, strict=True):
        past = t["week_" + name]
        near = past[rows[:, None], week % HOURS]
        yesterday = past[rows[:, None], (week - 24) % HOURS]
        told = young[:, None] & (np.abs(yesterday.astype(int)) >= NOTABLE)
        near = np.hstack([near, np.where(told, yesterday, 0)])
        highest = np.maximum(near.max(axis=1), 0)
        lowest = np.minimum(near.min(axis=1), 0)
        for place in np.flatnonzero(hour - t["gap_end"][rows] <= forgotten).tolist():
            row = rows[place]
            begun, ended = int(t["gap_begin"][row]), int(t["gap_end"][row])
            missed = past[row, np.arange(max(begun, ended - HOURS), ended) % HOURS]
            highest[place] = max(highest[place], missed.max())
            lowest[place] = min(lowest[place], missed.min())
        own = scores[:, columns]
        allowed[:, columns] = MARGIN * np.where(own > 0, highest[:, None], -lowest[:, None])
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
            _write(t["week_" + name], due, (ended - PENDING + 1) % HOURS, t[now][due, PENDING - 1])
            t[now][due, 1:] = t[now][due, :-1]
            t[now][due, 0] = UNSEEN
        held = t[now][rows, 0].astype(int)
        larger = (held == UNSEEN) | (np.abs(greatest.astype(int)) > np.abs(held))
        t[now][rows[larger], 0] = greatest[larger]
    t["hour"][rows] = hour


def _note_gaps(t: Table, rows: Array, hour: Array) -> None:
    """Takes down from when to when there was nothing, of series that are there again."""
    before = t["hour"][rows]
    steps = np.maximum(np.ceil(t["width"][rows] / HOUR), 1)
    back = (before >= 0) & (hour - before > steps)
    t["gap_begin"][rows[back]] = before[back]
    t["gap_end"][rows[back]] = hour[back]


def _write(week: Array, rows: Array, hours: Array, new: Array) -> None:
    """Enters the deviations of an hour; what was there before fades, if the hour was seen."""
    faded = (FADING * week[rows, hours]).astype(np.int8)
    entered = np.where(np.abs(new.astype(int)) >= np.abs(faded.astype(int)), new, faded)
    week[rows, hours] = np.where(new == UNSEEN, week[rows, hours], entered)
