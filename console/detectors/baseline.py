"""What is usual for every series: scale, level, time of day and spread, learned step by step.

State is a `Table` with a row a series. `advance` takes one step of each of some series and measures
how far their last steps lie from what is usual (`Reading`); `learn` lets what is usual learn from
them, later and slowly:

*Scale*: `y = log(x + offset)` for series that are never negative, else `x`. Counters, which never
fall in the first three hours, are judged by their increase a step.
*Level*: two robust running means of `y` less its time of day: `fast` (8 h of 5-minute steps), fed
with a delay of 12 steps, and `slow` (2 days), with a delay of 48, so that an anomaly is measured
against a level that has not yet heard of it.
*Time of day*: see `season`. A day is learned when it is over; steps that deviate are left out.
*Spread*: for each of the four statistics a robust mean square of its own past values, so that noise
that wanders over hours counts as what it is. It begins at what follows from the spread of single
steps, told by their differences into noise that is new in each step and noise that wanders, with
the weight of ten independent values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.detectors import extremes, season, weekly
from console.detectors.table import Array, Column, Layout, Table
from console.records.clock import DAY
from console.stats.robust import offsets

RING = 48
LEARN_STEPS = 36
"""Steps after which the scale is chosen; levels begin."""
FAST_STEPS, SLOW_STEPS = 96, 576
FAST_DELAY, SLOW_DELAY = 12, 48
SPREAD_STEPS = 2016

SPANS = np.array([3, 12, 12, 48])
"""Steps that each statistic looks back: median of 3, then clipped means."""
ON_SLOW = np.array([False, False, True, True])
"""Whether a statistic is measured from the slow level."""
WANDER = np.array([1.0, 0.85, 1.0, 0.7])
FRESH = np.array([0.45, 0.1, 0.1, 0.04])
"""Variance of each statistic of noise that wanders over hours, and of noise that is new in each
step, as shares of a single step's; the median of three normal values has 0.449 of their variance.
"""
PRIOR_WEIGHT = 10.0
CLIP = 8.0
"""A single step counts at most so many spreads in a mean."""
KNOWN_SWING, YOUNG_SWING = 0.1, 0.6
"""Shares of the swing of the day that count as spread; of young series no weekend was seen."""
WEEK_KNOWN_S = 9 * DAY
"""The first day, in which nothing is judged, then a week, and its end."""
HUBER = 2.0
HUBER_GAIN = 1 / 0.774
"""E[min(z**2, 4)] of a normal z is 0.774."""

LAYOUT: Layout = {
    "step": Column(0, "int64"),
    "width": Column(np.nan),
    "sum": Column(0),
    "count": Column(0, "int64"),
    "open": Column(-1, "int64"),
    "last": Column(-1, "int64"),
    "seen": Column(0, "int64"),
    "begun": Column(np.nan),
    "scale": Column(0, "int8"),
    "offset": Column(0),
    "counter": Column(0, "bool"),
    "raw": Column(np.nan),
    "previous": Column(np.nan),
    "ring": Column(np.nan, "float64", RING),
    "coarse": Column(np.nan, "float32", RING),
    "fast": Column(np.nan),
    "fast_n": Column(0),
    "slow": Column(np.nan),
    "slow_n": Column(0),
    "single": Column(0),
    "single_n": Column(0),
    "rough": Column(0),
    "still": Column(0),
    "jump": Column(0),
    "day": Column(0, "int64"),
    "days": Column(0),
    "day_sum": Column(0, "float32", season.BINS),
    "day_n": Column(0, "int8", season.BINS),
    "shape": Column(0, "float32", season.BINS),
    "profile": Column(0, "float32", season.BINS),
    "swing": Column(0),
    "spread": Column(0, "float64", 4),
    "spread_n": Column(0, "float64", 4),
    "record": Column(0, "float64", 4),
    "recent": Column(0, "float64", 4),
    "newest": Column(0, "float64", 4),
    **weekly.LAYOUT,
    **extremes.LAYOUT,
    "phase": Column(0, "int8"),
    "onset": Column(np.iinfo(np.int64).max, "int64"),
    "level": Column(np.nan),
    "statistic": Column(0, "int8"),
    "severity": Column(0, "int8"),
    "strong": Column(0, "int64"),
    "calm": Column(0, "int64"),
    "resumed": Column(np.iinfo(np.int64).max, "int64"),
    "raises": Column(0),
}
UNDECIDED, LOGARITHM, LINEAR = 0, 1, 2
DAY_BLOCK = 144
"""Steps of the blocks in which the greatest values are remembered."""


@dataclass(frozen=True)
class Reading:
    """What the newest step of some series shows; arrays with a row a series."""

    rows: Array
    index: Array
    """Number of the step since the epoch, in steps of the series."""
    known: Array
    """(rows, 4): the statistic can be judged."""
    distance: Array
    """(rows, 4): signed, from the level that the statistic is measured from."""
    spread: Array
    """(rows, 4): its usual size, with all that is not known yet."""
    freedom: Array
    """(rows, 4): independent values that the spread is known from."""
    newest: Array
    """Signed distance of the newest step from the fast level."""
    profile: Array
    """Time of day now."""


def advance(t: Table, rows: Array, tick: int) -> Reading:
    """Closes the step that ends with a tick, of the given series, each with values in it."""
    index = tick // t["step"][rows]
    width = t["width"][rows]
    middle = (index + 0.5) * width
    raw = t["sum"][rows] / t["count"][rows]
    t.reset(rows, "sum", "count", "open")
    _skip(t, rows, index)
    fresh = np.isnan(t["begun"][rows])
    t["begun"][rows] = np.where(fresh, middle, t["begun"][rows])
    value = _scaled(t, rows, _increase(t, rows, raw, index))
    _stillness(t, rows, value)
    profile = _profile_at(t, rows, middle, width)
    t["ring"][rows, index % RING] = value - profile
    t["last"][rows] = index
    t["seen"][rows] += 1
    _decide(t, rows[(t["scale"][rows] == UNDECIDED) & (t["seen"][rows] >= LEARN_STEPS)])
    reading = _measure(t, rows, index, profile)
    _coarsen(t, rows, index)
    return reading


def learn(t: Table, reading: Reading, quiet: Array) -> None:
    """Lets what is usual learn from a step; `quiet` tells which series do not deviate."""
    rows, index = reading.rows, reading.index
    width = t["width"][rows]
    _spreads(t, reading, quiet)
    settled = t["scale"][rows] != UNDECIDED
    ring = t["ring"][rows]
    for name, delay, memory in (
        ("fast", FAST_DELAY, FAST_STEPS),
        ("slow", SLOW_DELAY - 1, SLOW_STEPS),
    ):
        old = ring[np.arange(len(rows)), (index - delay) % RING]
        then = index - delay
        usual = (then < t["onset"][rows]) | (then >= t["resumed"][rows])
        usable = settled & ~np.isnan(old) & usual
        _follow(t, rows[usable], name, old[usable], memory)
    daily = usable & (width <= season.LONGEST_STEP_S)
    _into_day(t, rows[daily], then[daily], old[daily])
    slow = usable & ~daily & (t["seen"][rows] >= RING)
    t["days"][rows[slow & (t["days"][rows] == 0)]] = 1


def _skip(t: Table, rows: Array, index: Array) -> None:
    """Empties the ring's places of steps without a value."""
    last = t["last"][rows]
    missed = np.where(last < 0, 0, np.minimum(index - last - 1, RING))
    for back in range(1, int(missed.max(initial=0)) + 1):
        gap = missed >= back
        t["ring"][rows[gap], (index[gap] - back) % RING] = np.nan


def _increase(t: Table, rows: Array, raw: Array, index: Array) -> Array:
    """The values that are judged: those given, of counters their increase a step."""
    before = t["raw"][rows]
    steps = np.maximum(index - t["last"][rows], 1)
    grown = (raw - before) / steps
    t["raw"][rows] = raw
    judged: Array = np.where(t["counter"][rows], np.where(grown >= 0, grown, np.nan), raw)
    return judged


def _scaled(t: Table, rows: Array, value: Array) -> Array:
    offset = t["offset"][rows]
    logs = np.log(np.maximum(value + offset, np.maximum(offset, 1e-300)))
    scaled: Array = np.where(t["scale"][rows] == LOGARITHM, logs, value)
    return scaled


def unscaled(t: Table, row: int, value: float) -> float:
    """The value in the series' own unit."""
    if t["scale"][row] == LOGARITHM:
        return max(0.0, float(np.exp(min(value, 700.0)) - t["offset"][row]))
    return value


def _stillness(t: Table, rows: Array, value: Array) -> None:
    """How often the value does not change at all, and by how much it changes when it does."""
    change = np.abs(value - t["previous"][rows])
    t["previous"][rows] = value
    known = ~np.isnan(change)
    still = known & (change < 1e-6 * np.maximum(np.abs(value), 1e-6))
    weight = 1 / np.minimum(t["seen"][rows] + 1, 288)
    t["still"][rows] += np.where(known, weight * (still - t["still"][rows]), 0)
    moved = known & ~still
    jump = t["jump"][rows]
    t["jump"][rows] = np.where(moved, np.maximum(0.9 * jump, np.minimum(change, 3 * jump)), jump)
    t["jump"][rows] = np.where(moved & (jump == 0), change, t["jump"][rows])


def _profile_at(t: Table, rows: Array, middle: Array, width: Array) -> Array:
    profile: Array = np.where(
        width <= season.LONGEST_STEP_S, season.at(t["profile"][rows], middle), 0.0
    )
    return profile


def _decide(t: Table, rows: Array) -> None:
    """Chooses the scale of series that have been seen for long enough, and begins their levels."""
    if not len(rows):
        return
    index = t["last"][rows]
    order = (index[:, None] + 1 + np.arange(RING)) % RING
    raw = t["ring"][rows[:, None], order]
    change = np.diff(raw, axis=1)
    rising = (np.nan_to_num(change) >= 0).all(axis=1) & (np.nansum(change > 0, axis=1) > 20)
    rising &= np.nanmin(raw, axis=1) >= 0
    t["counter"][rows] = rising
    raw[rising, 1:] = change[rising]
    raw[rising, 0] = np.nan
    offset = offsets(raw)
    t["scale"][rows] = np.where(np.isnan(offset), LINEAR, LOGARITHM)
    t["offset"][rows] = np.nan_to_num(offset)
    scaled = np.stack([_scaled(t, rows, column) for column in raw.T], axis=1)
    t["ring"][rows[:, None], order] = scaled
    level = np.nanmedian(scaled, axis=1)
    t["fast"][rows] = level
    t["slow"][rows] = level
    t["fast_n"][rows] = 1
    t["slow_n"][rows] = 1
    t["single"][rows] = np.nanvar(scaled, axis=1)
    t.reset(rows, "previous", "still", "jump")


def _measure(t: Table, rows: Array, index: Array, profile: Array) -> Reading:
    """The four statistics of each series."""
    size = len(rows)
    ring = t["ring"][rows]
    back = np.arange(int(SPANS.max()))
    then = index[:, None] - back
    recent = ring[np.arange(size)[:, None], then % RING]
    resumed = t["resumed"][rows][:, None]
    past = (then >= t["onset"][rows][:, None]) & (then < resumed) & (resumed <= index[:, None])
    recent[past] = np.nan
    single = np.sqrt(t["single"][rows])
    levels = np.stack([t["fast"][rows], t["slow"][rows]], axis=1)
    distance = np.zeros((size, len(SPANS)))
    known = np.zeros((size, len(SPANS)), bool)
    for j, span in enumerate(SPANS):
        gone = recent[:, :span] - levels[:, int(ON_SLOW[j]), None]
        there = (~np.isnan(gone)).sum(axis=1)
        if span == 3:
            distance[:, j] = np.median(np.nan_to_num(gone), axis=1)
            known[:, j] = there == span
        else:
            bound = CLIP * single[:, None]
            total = np.nan_to_num(np.clip(gone, -bound, bound)).sum(axis=1)
            distance[:, j] = total / np.maximum(there, 1)
            known[:, j] = there >= 0.6 * span
    known &= (t["days"][rows] >= 1)[:, None]
    newest = recent[:, 0] - levels[:, 0]
    return Reading(rows, index, known, distance, *_spread_now(t, rows), newest, profile)


def _spread_now(t: Table, rows: Array) -> tuple[Array, Array]:
    """Spread and freedom of the four statistics."""
    n = t["spread_n"][rows]
    independent = n / (SPANS + 12)
    weight = independent / (independent + PRIOR_WEIGHT)
    fresh = np.clip(t["rough"][rows] / np.maximum(t["single"][rows], 1e-300), 0, 1)[:, None]
    prior = ((1 - fresh) * WANDER + fresh * FRESH) * t["single"][rows][:, None]
    variance = weight * t["spread"][rows] + (1 - weight) * prior
    granted = np.where(week_known(t, rows), KNOWN_SWING, YOUNG_SWING) * t["swing"][rows]
    variance += (granted**2)[:, None]
    size = np.where(t["scale"][rows] == LOGARITHM, 1.0, np.abs(t["slow"][rows]))
    floor = np.where(t["still"][rows] > 0.8, np.maximum(2 * t["jump"][rows], 0.02), 0.0)
    floor = np.maximum(np.maximum(floor, 0.01 * size), 1e-12)
    return np.sqrt(variance + floor[:, None] ** 2), independent + PRIOR_WEIGHT


def week_known(t: Table, rows: Array) -> Array:
    """Which series have been judged for a week: no weekend and no Monday is new to them."""
    known: Array = t["seen"][rows] >= WEEK_KNOWN_S / t["width"][rows]
    return known


def _spreads(t: Table, reading: Reading, quiet: Array) -> None:
    """Learns the spread of the statistics, and of single steps."""
    rows = reading.rows
    use = reading.known & quiet[:, None]
    n = np.minimum(t["spread_n"][rows] + use, SPREAD_STEPS)
    size = np.abs(reading.distance)
    bounded = np.minimum(size, HUBER * np.maximum(np.sqrt(t["spread"][rows]), 1e-300))
    bounded = np.where(t["spread_n"][rows] < 12, size, bounded)
    gain = np.where(t["spread_n"][rows] < 12, 1.0, HUBER_GAIN)
    step = (gain * bounded**2 - t["spread"][rows]) / np.maximum(n, 1)
    t["spread"][rows] += np.where(use, step, 0)
    t["spread_n"][rows] = n
    t["newest"][rows] = np.where(use, np.maximum(t["newest"][rows], size), t["newest"][rows])
    block = quiet & (reading.index % DAY_BLOCK == 0)
    turned = rows[block]
    t["record"][turned] = np.maximum(0.98 * t["record"][turned], t["recent"][turned])
    t["recent"][turned] = t["newest"][turned]
    t["newest"][turned] = 0

    newest = t["ring"][rows, reading.index % RING]
    away = np.abs(newest - t["fast"][rows])
    single = np.sqrt(t["single"][rows])
    away = np.minimum(away, 3 * single)
    usable = quiet & ~np.isnan(away) & (single > 0)
    t["single_n"][rows] = np.minimum(t["single_n"][rows] + usable, SPREAD_STEPS)
    weight = 1 / (t["single_n"][rows] + 24)
    t["single"][rows] += np.where(usable, weight * (1.05 * away**2 - t["single"][rows]), 0)
    before = t["ring"][rows, (reading.index - 1) % RING]
    rough = np.minimum((newest - before) ** 2 / 2, 9 * t["single"][rows])
    usable &= ~np.isnan(rough)
    t["rough"][rows] += np.where(usable, weight * (rough - t["rough"][rows]), 0)


def _follow(t: Table, rows: Array, name: str, values: Array, memory: int) -> None:
    """Moves a level towards values, by no more than three spreads of a single step each."""
    n = np.minimum(t[name + "_n"][rows] + 1, memory)
    bound = 3 * np.sqrt(t["single"][rows])
    bound = np.where(n < LEARN_STEPS, np.inf, np.maximum(bound, 1e-9))
    t[name][rows] += np.clip(values - t[name][rows], -bound, bound) / n
    t[name + "_n"][rows] = n


def _into_day(t: Table, rows: Array, index: Array, value: Array) -> None:
    """Adds steps to their half hours, and learns the day when it is over."""
    middle = (index + 0.5) * t["width"][rows]
    day = np.floor((middle - t["begun"][rows]) / DAY).astype(np.int64)
    _end_day(t, rows[day > t["day"][rows]])
    t["day"][rows] = np.maximum(day, t["day"][rows])
    bins = (middle % DAY / season.BIN_S).astype(int)
    t["day_sum"][rows, bins] += value + season.at(t["profile"][rows], middle)
    t["day_n"][rows, bins] += 1


def _end_day(t: Table, rows: Array) -> None:
    """Learns the profile of the day that is over, if enough of it was seen."""
    if not len(rows):
        return
    n = t["day_n"][rows]
    possible = np.minimum(season.BINS, DAY / (t["width"][rows]))
    whole = (n > 0).sum(axis=1) >= 0.7 * possible
    kept = rows[whole]
    if len(kept):
        n = t["day_n"][kept]
        day = np.where(n > 0, t["day_sum"][kept] / np.maximum(n, 1), np.nan)
        _learn_day(t, kept, season.fill(day))
    t["day_sum"][rows] = 0
    t["day_n"][rows] = 0


def _learn_day(t: Table, rows: Array, day: Array) -> None:
    first = t["days"][rows] == 0
    before = t["profile"][rows]
    shape = season.learn(t["shape"][rows], t["days"][rows], day)
    t["days"][rows] += 1
    after = season.believed(shape, t["days"][rows])
    t["shape"][rows] = shape
    t["profile"][rows] = after
    t["swing"][rows] = season.smooth(shape).std(axis=1)
    _restate(t, rows, before, after)
    begun = rows[first]
    if len(begun):
        t["slow"][begun] = day[first].mean(axis=1)
        ring = t["ring"][begun]
        t["fast"][begun] = np.nanmedian(ring, axis=1)
        t["fast_n"][begun] = LEARN_STEPS
        t["single"][begun] = np.nanvar(ring, axis=1)
        t["single_n"][begun] = 0
        squares = np.diff(ring, axis=1) ** 2 / 2
        pairs = np.maximum((~np.isnan(squares)).sum(axis=1), 1)
        t["rough"][begun] = np.nansum(squares, axis=1) / pairs
        t["coarse"][begun] = np.nan


def _restate(t: Table, rows: Array, before: Array, after: Array) -> None:
    """Takes another time of day off the steps in the ring."""
    index = t["last"][rows]
    width = t["width"][rows]
    for back in range(RING):
        middle = (index - back + 0.5) * width
        shift = season.at(before, middle) - season.at(after, middle)
        t["ring"][rows, (index - back) % RING] += shift


def _coarsen(t: Table, rows: Array, index: Array) -> None:
    """Keeps the mean of every twelve steps."""
    due = index % 12 == 11
    if due.any():
        picked, at = rows[due], index[due]
        ring = t["ring"][picked]
        last = ring[np.arange(len(picked))[:, None], (at[:, None] - np.arange(12)) % RING]
        there = ~np.isnan(last)
        mean = np.nansum(last, axis=1) / np.maximum(there.sum(axis=1), 1)
        t["coarse"][picked, at // 12 % RING] = np.where(there.any(axis=1), mean, np.nan)
