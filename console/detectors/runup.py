"""What a forecast looks at: the last hours and days of a series without its time of day.

State is a `Table` with a row a series that has a limit. Of each the last twelve hours are kept in
ticks of five minutes (`fine`) and the last week in hours (`coarse`), to be looked at less the time
of day that was learned from whole days (`season`); the highest and lowest hours of its whole past;
and the steepest climbs and falls that were there before, by the length of the look.
"""

from __future__ import annotations

import numpy as np

from console.detectors import season
from console.detectors.table import Array, Column, Layout, Table
from console.records.clock import DAY, HOUR
from console.stats.trend import slopes

FINE, COARSE = 144, 168
FINE_LOOKS = (12, 24, 48, 96, 144)
"""Ticks that are looked back."""
COARSE_LOOKS = (24, 48, 96, 168)
"""Hours that are looked back."""
ROUND_S = 6 * HOUR
ROUNDS = 3
"""The steepest slopes count after one to two rounds: a climb is not compared with itself."""
FADING = 0.98
"""What the steepest slopes and the highest hour count, a round later."""
LEAST_BINS = 20
"""Half hours of a day that must be seen for it to be learned."""
_LOOKS = len(FINE_LOOKS)

LAYOUT: Layout = {
    "begun": Column(np.nan),
    "last": Column(-1, "int64"),
    "judged": Column(-1, "int64"),
    "fine": Column(np.nan, "float64", FINE),
    "coarse": Column(np.nan, "float64", COARSE),
    "hour": Column(-1, "int64"),
    "hour_sum": Column(0),
    "hour_n": Column(0, "int64"),
    "day": Column(-1, "int64"),
    "days": Column(0),
    "day_sum": Column(0, "float64", season.BINS),
    "day_n": Column(0, "int32", season.BINS),
    "shape": Column(0, "float64", season.BINS),
    "profile": Column(0, "float64", season.BINS),
    "high": Column(-np.inf),
    "low": Column(np.inf),
    "round": Column(-1, "int64"),
    "climb": Column(0, "float64", _LOOKS * ROUNDS),
    "fall": Column(0, "float64", _LOOKS * ROUNDS),
    "raised": Column(0, "int8"),
    "onset": Column(np.nan),
    "limit": Column(np.nan),
    "slope": Column(np.nan),
    "strong": Column(0, "int64"),
    "calm": Column(0, "int64"),
}


def take(t: Table, rows: Array, tick: int, values: Array, tick_s: float) -> None:
    """Enters one tick of some series."""
    middle = (tick + 0.5) * tick_s
    _end_hours(t, rows, int(middle // HOUR))
    _end_days(t, rows, int(middle // DAY))
    t["begun"][rows] = np.where(np.isnan(t["begun"][rows]), middle, t["begun"][rows])
    missed = np.where(t["last"][rows] < 0, 0, np.minimum(tick - t["last"][rows] - 1, FINE))
    for back in range(1, int(missed.max(initial=0)) + 1):
        t["fine"][rows[missed >= back], (tick - back) % FINE] = np.nan
    t["fine"][rows, tick % FINE] = values
    t["last"][rows] = tick
    t["hour_sum"][rows] += values
    t["hour_n"][rows] += 1
    place = int(middle % DAY / season.BIN_S)
    t["day_sum"][rows, place] += values
    t["day_n"][rows, place] += 1


def fine(t: Table, rows: Array, tick_s: float) -> Array:
    """(rows, 144): the last ticks less their time of day, the newest last."""
    ticks = t["last"][rows][:, None] - np.arange(FINE - 1, -1, -1)
    found: Array = t["fine"][rows[:, None], ticks % FINE]
    found -= time_of_day(t, rows, (ticks + 0.5) * tick_s)
    return found


def coarse(t: Table, rows: Array) -> Array:
    """(rows, 168): the last whole hours less their time of day, the newest last."""
    hours = t["hour"][rows][:, None] - np.arange(COARSE, 0, -1)
    found: Array = t["coarse"][rows[:, None], hours % COARSE]
    found -= time_of_day(t, rows, (hours + 0.5) * HOUR)
    return found


def time_of_day(t: Table, rows: Array, ts: Array) -> Array:
    """What belongs to the time of day of series at some times (rows, times)."""
    flat = season.at(np.repeat(t["profile"][rows], ts.shape[1], axis=0), ts.ravel())
    return flat.reshape(ts.shape)


def steepness(ticks: Array, hours: Array, tick_s: float) -> Array:
    """(rows, looks): the slope a tick over each look, by least squares; NaN where few are known."""
    found = [slopes(ticks[:, -look:])[0] for look in FINE_LOOKS]
    found += [slopes(hours[:, -look:])[0] * tick_s / HOUR for look in COARSE_LOOKS]
    return np.stack(found, axis=1)


def habits(t: Table, rows: Array, tick: int, tick_s: float, steep: Array) -> tuple[Array, Array]:
    """(rows, looks): the steepest climb and fall a tick that were there before; takes these down.

    Of the shorter looks; `steep` is what `steepness` gives.
    """
    now = int(tick * tick_s // ROUND_S)
    turned = rows[(t["round"][rows] >= 0) & (t["round"][rows] < now)]
    found = []
    for name, sign in (("climb", 1), ("fall", -1)):
        kept = t[name].reshape(len(t), ROUNDS, _LOOKS)
        kept[turned, 2] = np.maximum(FADING * kept[turned, 2], kept[turned, 1])
        kept[turned, 1] = kept[turned, 0]
        kept[turned, 0] = 0
        found.append(kept[rows, 2])
        kept[rows, 0] = np.maximum(kept[rows, 0], np.nan_to_num(sign * steep[:, :_LOOKS]))
    t["round"][rows] = now
    return found[0], found[1]


def _end_hours(t: Table, rows: Array, hour: int) -> None:
    """Enters the hour that is over, and empties those that were missed."""
    over = rows[(t["hour"][rows] >= 0) & (t["hour"][rows] < hour)]
    if len(over):
        before = t["hour"][over]
        # The extremes are those of hours that have left the ring: what is in it is looked at.
        past = t["coarse"][over, before % COARSE]
        past -= time_of_day(t, over, (before[:, None] + 0.5) * HOUR)[:, 0]
        t["high"][over] = np.fmax(t["high"][over], past)
        t["low"][over] = np.fmin(t["low"][over], past)
        mean = t["hour_sum"][over] / np.maximum(t["hour_n"][over], 1)
        t["coarse"][over, before % COARSE] = mean
        missed = np.minimum(hour - before - 1, COARSE)
        for ahead in range(1, int(missed.max(initial=0)) + 1):
            gap = missed >= ahead
            t["coarse"][over[gap], (before[gap] + ahead) % COARSE] = np.nan
        t.reset(over, "hour_sum", "hour_n")
    t["hour"][rows] = hour


def _end_days(t: Table, rows: Array, day: int) -> None:
    """Learns the time of day of the day that is over, if most of it was seen."""
    over = rows[(t["day"][rows] >= 0) & (t["day"][rows] < day)]
    if len(over):
        n = t["day_n"][over]
        usable = ((n > 0).sum(axis=1) >= LEAST_BINS) & (t["raised"][over] == 0)
        kept, n = over[usable], n[usable]
        if len(kept):
            means = np.where(n > 0, t["day_sum"][kept] / np.maximum(n, 1), np.nan)
            shape = season.learn(t["shape"][kept], t["days"][kept], _level(season.fill(means)))
            t["days"][kept] += 1
            t["shape"][kept] = shape
            t["profile"][kept] = season.believed(shape, t["days"][kept])
        t.reset(over, "day_sum", "day_n")
    t["day"][rows] = day


def _level(days: Array) -> Array:
    """Days of half-hour means without the straight line from their first to their last hours.

    A day on which a series climbs is no time of day.
    """
    size = days.shape[1]
    edge = size // 8
    climb = (days[:, -edge:].mean(axis=1) - days[:, :edge].mean(axis=1)) / (size - edge)
    flat: Array = days - climb[:, None] * (np.arange(size) - (size - 1) / 2)
    return flat
