"""Small shifts that last: Page's CUSUM of quarters of days against the same quarter of past weeks.

*Null*: a quarter of a day (the median of its hourly means, in logarithms where the series is never
negative, of counters its increase) is what the same quarter of the last weeks was, moved by what a
week usually moves the series, with the noise that such differences always had. A slow trend is
therefore no change, nor is any season of a day or a week, nor a quarter that was not written.

*Statistic*: S = max(0, S + z - `SLACK`) for rises, the like for falls (Page 1954), of the
differences z in spreads (median absolute deviation of the last weeks', at most `CLIP` each, so that
an incident is not a shift). *Limit*: `LIMIT`, at which independent normal z give one false alarm of
a series in 340 weeks (Siegmund's formula); the rest, up to the stated budget of one in
`BUDGET_WEEKS`, is for spreads that are known from few weeks. A shift must also have lasted for two
days, and be smaller than `LARGE` spreads: what is larger is told at once by `anomaly`.

*Onset*: the quarter at which the likelihood of a shift is greatest (the generalised likelihood
ratio), with the interval of those within 1.35 of it: 90 % by Wilks.

*Warm-up*: twelve days. *Life*: cleared when the last two days are back, or after two weeks, when
the new level is taken for usual. Alone it is information: its confidence is not that of an alarm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors import steps
from console.detectors.polarity import worse_direction
from console.detectors.protocol import Deviation, Span, State
from console.detectors.table import IDENTITY, Array, Column, Layout, Table, identities
from console.detectors.words import change, duration
from console.records.clock import DAY, HOUR
from console.records.series import Series
from console.stats.robust import offsets
from console.stats.trend import NORMAL

BLOCK_S = 6 * HOUR
WEEK = 28
RING = 56
SLACK, LIMIT, CLIP, LARGE = 0.5, 10.0, 2.5, 6.0
BUDGET_WEEKS = 50
"""At most one false alarm of a series in so many weeks."""
KEPT_S = 14 * DAY
LEAST_BLOCKS, LEAST_DIFFERENCES = 8, 18
"""A shift has lasted for so long; differences that the spread must be known from."""
LEARN = 0.5
DRIFT = 1 / 28
WILKS = 1.35
"""Half of the square of 1.645."""
LEAST_SPREAD = 0.01
"""Of a level: what is steadier is not judged by less."""

_LAYOUT: Layout = {
    "hour": Column(-1, "int64"),
    "hour_sum": Column(0),
    "hour_n": Column(0, "int64"),
    "block": Column(-1, "int64"),
    "hours": Column(np.nan, "float64", 6),
    "begun": Column(-1, "int64"),
    "judged": Column(-1, "int64"),
    "first": Column(np.nan, "float32", WEEK),
    "scale": Column(0, "int8"),
    "offset": Column(0),
    "raw": Column(np.nan),
    "week": Column(np.nan, "float32", WEEK),
    "drift": Column(np.nan),
    "gone": Column(np.nan, "float32", RING),
    "up": Column(0),
    "down": Column(0),
    "raised": Column(0, "int8"),
    "onset": Column(np.nan),
    "before": Column(np.nan),
    "calm": Column(0, "int64"),
}
LEARNING, LINEAR, LOGARITHM, COUNTER = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Moment:
    """A quarter of some series; arrays with a row a series."""

    rows: Array
    blocks: Array
    y: Array
    gone: Array
    """How far it is from what was usual."""
    spread: Array
    over: Array


@dataclass(frozen=True, slots=True)
class _Shift:
    """A shift of one series: its size on the series' scale and in spreads, and when it began."""

    row: int
    size: float
    spreads: float
    blocks: int
    onset: float
    earliest: float
    latest: float


class ChangepointDetector:
    """Shifts of a level that are too small to be seen at once, and stay."""

    name = "changepoint"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._width = settings.window_s
        self._tick_s = steps.tick_of(settings.window_s)

    def initial(self) -> State:
        """No series yet."""
        return {
            "series": Table.empty(_LAYOUT).frame(),
            "identity": pl.DataFrame(schema=IDENTITY),
            "young": pl.DataFrame(schema=steps.YOUNG),
            "pending": pl.DataFrame(schema=steps.PENDING),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises and clears, in order of time."""
        ticks, pending, _ = steps.to_ticks(state["pending"], span.metrics, self._width, span.end)
        identity = identities(state["identity"], span.metrics)
        if ticks.is_empty():
            return [], {**state, "identity": identity, "pending": pending}
        table = Table.read(_LAYOUT, state["series"])
        grown, young = steps.grow_up(state["young"], ticks, table.keys)
        ticks = ticks.filter(pl.Series(grown))
        ids = ticks["series_id"].unique()
        table.include(ids.to_numpy())
        young = young.filter(~pl.col("series_id").is_in(ids.implode()))
        found = self._walk(table, ticks, identity)
        return found, {
            "series": table.frame(),
            "identity": identity,
            "young": young,
            "pending": pending,
        }

    def _walk(self, t: Table, ticks: pl.DataFrame, identity: pl.DataFrame) -> list[Deviation]:
        """Takes all series through the ticks that are over, one tick after the other."""
        rows = t.rows(ticks["series_id"].to_numpy())
        at, values = ticks["tick"].to_numpy(), ticks["value"].to_numpy()
        clock = np.unique(at)
        begins = np.searchsorted(at, clock)
        stops = np.searchsorted(at, clock, side="right")
        found: list[Deviation] = []
        for tick, begin, stop in zip(clock.tolist(), begins, stops, strict=True):
            picked = rows[begin:stop]
            start = tick * self._tick_s
            _end_hours(t, picked, int(start // HOUR))
            over = picked[(t["block"][picked] >= 0) & (t["block"][picked] < start // BLOCK_S)]
            if len(over):
                # A series tells that its quarter is over by its first tick after it.
                found += self._end_blocks(t, over, start + self._tick_s, identity)
            t["block"][picked] = int(start // BLOCK_S)
            t["hour_sum"][picked] += values[begin:stop]
            t["hour_n"][picked] += 1
        return found

    def _end_blocks(
        self, t: Table, rows: Array, now: float, identity: pl.DataFrame
    ) -> list[Deviation]:
        """Takes in the quarters that are over: learns their scale first, then judges them."""
        blocks = t["block"][rows]
        value = _middle(t["hours"][rows])
        t.reset(rows, "hours")
        young = t["scale"][rows] == LEARNING
        t["first"][rows[young], blocks[young] % WEEK] = value[young]
        t["begun"][rows] = np.where(t["begun"][rows] < 0, blocks, t["begun"][rows])
        _choose(t, rows[young & (blocks - t["begun"][rows] >= WEEK - 1)])
        known = rows[~young]
        if not len(known):
            return []
        moment = _judge(t, known, blocks[~young], _scaled(t, known, value[~young]))
        found: list[Deviation] = []
        for place in np.flatnonzero(moment.over).tolist():
            shift = _shift(t, moment, place)
            if shift is not None:
                found.append(self._raised(t, shift, now, identity))
        lasted = now - t["onset"][known]
        ended = (t["raised"][known] != 0) & ((t["calm"][known] >= LEAST_BLOCKS) | (lasted > KEPT_S))
        found += [self._cleared(t, row, now, identity) for row in known[ended].tolist()]
        _learn(t, moment)
        return found

    def _raised(self, t: Table, shift: _Shift, now: float, identity: pl.DataFrame) -> Deviation:
        row = shift.row
        level = float(np.nanmedian(t["week"][row]))
        before, after = _unscaled(t, row, level), _unscaled(t, row, level + shift.size)
        direction = 1 if shift.size > 0 else -1
        t["raised"][row], t["onset"][row], t["before"][row] = direction, shift.onset, before
        t["calm"][row] = 0
        series = _series(identity, int(t.keys[row]))
        better = direction == -worse_direction(series.name)
        began = f"{duration(now - shift.latest)} to {duration(now - shift.earliest)} ago"
        return Deviation(
            detector=self.name,
            phase="raised",
            series=series,
            at=now,
            onset=shift.onset,
            severity="info" if better else "warning",
            reason=f"{change(before, after)}, little but lasting: it began {began}",
            confidence=0.8,
            direction=direction,
            before=before,
            after=after,
            baseline=before,
            effect_size=shift.spreads,
            p_value=math.erfc(shift.spreads * math.sqrt(shift.blocks / 2)),
            details={"onset_earliest": shift.earliest, "onset_latest": shift.latest},
        )

    def _cleared(self, t: Table, row: int, now: float, identity: pl.DataFrame) -> Deviation:
        back = t["calm"][row] >= LEAST_BLOCKS
        deviation = Deviation(
            detector=self.name,
            phase="cleared",
            series=_series(identity, int(t.keys[row])),
            at=now,
            onset=float(t["onset"][row]),
            severity="info",
            reason="back at its usual level" if back else "the new level is usual by now",
            direction=int(t["raised"][row]),
            before=float(t["before"][row]),
        )
        t.reset(np.array([row]), "raised", "onset", "before", "calm", "up", "down", "gone", "drift")
        return deviation


def _judge(t: Table, rows: Array, blocks: Array, y: Array) -> _Moment:
    """One quarter of some series: takes down its differences, and moves the sums."""
    gone = y - t["week"][rows, blocks % WEEK]
    spread, n = _spread(t, rows)
    drift = np.nan_to_num(t["drift"][rows])
    z = np.where(np.isnan(gone), 0.0, np.clip((gone - drift) / spread, -CLIP, CLIP))
    quiet = t["raised"][rows] == 0
    judged = quiet & (n >= LEAST_DIFFERENCES) & ~np.isnan(gone)
    for name, sign in (("up", 1), ("down", -1)):
        t[name][rows] = np.where(judged, np.maximum(t[name][rows] + sign * z - SLACK, 0), 0)
    _remember(t, rows, blocks, gone)
    back = ~quiet & (np.abs(gone - drift) < spread)
    t["calm"][rows] = np.where(back, t["calm"][rows] + 1, 0)
    over = judged & (np.maximum(t["up"][rows], t["down"][rows]) >= LIMIT)
    return _Moment(rows, blocks, y, gone, spread, over)


def _shift(t: Table, moment: _Moment, place: int) -> _Shift | None:
    """The shift that a sum beyond the limit tells of; None if it is none, or none of these."""
    row, block, spread = int(moment.rows[place]), moment.blocks[place], moment.spread[place]
    order = (block + 1 + np.arange(RING)) % RING
    z = (t["gone"][row, order] - float(np.nan_to_num(t["drift"][row]))) / spread
    begun, earliest, latest = _likely(z)
    size = float(np.nanmean(z[begun:]))
    if abs(size) >= LARGE or (size > 0) != (t["up"][row] > t["down"][row]):
        t.reset(np.array([row]), "up", "down")
        return None
    if RING - begun < LEAST_BLOCKS:
        return None
    onset, first, last = (
        float(block - RING + 1 + at) * BLOCK_S for at in (begun, earliest, latest)
    )
    return _Shift(row, size * float(spread), abs(size), RING - begun, onset, first, last)


def _end_hours(t: Table, rows: Array, hour: int) -> None:
    """Enters the mean of the hour that is over."""
    over = rows[(t["hour"][rows] >= 0) & (t["hour"][rows] < hour)]
    if len(over):
        mean = t["hour_sum"][over] / np.maximum(t["hour_n"][over], 1)
        t["hours"][over, t["hour"][over] % 6] = mean
        t.reset(over, "hour_sum", "hour_n")
    t["hour"][rows] = hour


def _middle(hours: Array) -> Array:
    """The median of each row; NaN of none."""
    found = np.full(len(hours), np.nan)
    known = ~np.isnan(hours).all(axis=1)
    found[known] = np.nanmedian(hours[known], axis=1)
    return found


def _choose(t: Table, rows: Array) -> None:
    """Chooses the scale of series that have been seen for a week."""
    if not len(rows):
        return
    first = t["first"][rows]
    order = (t["block"][rows][:, None] + 1 + np.arange(WEEK)) % WEEK
    timely = np.take_along_axis(first, order, axis=1)
    change = np.diff(timely, axis=1)
    rising = (np.nan_to_num(change, nan=1.0) > 0).all(axis=1) & (np.nanmin(timely, axis=1) >= 0)
    t["raw"][rows] = timely[:, -1]
    added = offsets(first)
    t["scale"][rows] = np.where(rising, COUNTER, np.where(np.isnan(added), LINEAR, LOGARITHM))
    t["offset"][rows] = np.nan_to_num(added)
    rate = np.hstack([np.full((len(rows), 1), np.nan), change])
    back = np.argsort(order, axis=1)
    rates = np.take_along_axis(rate, back, axis=1)
    logs = np.log(np.maximum(first + t["offset"][rows][:, None], 1e-300))
    scale = t["scale"][rows][:, None]
    t["week"][rows] = np.where(scale == COUNTER, rates, np.where(scale == LINEAR, first, logs))
    t.reset(rows, "first")


def _scaled(t: Table, rows: Array, value: Array) -> Array:
    """The quarters on the scale of each series."""
    scale, added = t["scale"][rows], t["offset"][rows]
    grown = value - t["raw"][rows]
    t["raw"][rows] = np.where(np.isnan(value), t["raw"][rows], value)
    grown = np.where(grown >= 0, grown, np.nan)
    logs = np.log(np.maximum(value + added, np.maximum(added, 1e-300)))
    scaled: Array = np.where(scale == COUNTER, grown, np.where(scale == LINEAR, value, logs))
    return scaled


def _unscaled(t: Table, row: int, value: float) -> float:
    if t["scale"][row] == LOGARITHM:
        return max(0.0, math.exp(min(value, 700.0)) - float(t["offset"][row]))
    return value


def _spread(t: Table, rows: Array) -> tuple[Array, Array]:
    """The spread of each series' differences, and how many it is known from."""
    gone = t["gone"][rows]
    n = (~np.isnan(gone)).sum(axis=1)
    centre, found = np.zeros(len(rows)), np.zeros(len(rows))
    known = n > 0
    centre[known] = np.nanmedian(gone[known], axis=1)
    found[known] = NORMAL * np.nanmedian(np.abs(gone - centre[:, None])[known], axis=1)
    size = np.abs(_middle(t["week"][rows]))
    size = np.where(t["scale"][rows] == LOGARITHM, 1.0, np.nan_to_num(size))
    return np.maximum(found * (1 + 6 / np.maximum(n, 1)), LEAST_SPREAD * size + 1e-12), n


def _remember(t: Table, rows: Array, blocks: Array, gone: Array) -> None:
    """Enters a difference, and none for the quarters that were missed."""
    missed = np.where(t["judged"][rows] < 0, 0, np.minimum(blocks - t["judged"][rows] - 1, RING))
    for back in range(1, int(missed.max(initial=0)) + 1):
        late = missed >= back
        t["gone"][rows[late], (blocks[late] - back) % RING] = np.nan
    t["gone"][rows, blocks % RING] = gone
    t["judged"][rows] = blocks


def _learn(t: Table, moment: _Moment) -> None:
    """Moves what is usual by what a week moves it and towards the newest quarter.

    By no more than three spreads; in the second week, in which nothing is usual yet, all the way.
    """
    rows, gone, spread = moment.rows, moment.gone, moment.spread
    place = moment.blocks % WEEK
    n = (~np.isnan(t["gone"][rows])).sum(axis=1)
    drift = np.nan_to_num(t["drift"][rows])
    bounded = np.clip(gone - drift, -3 * spread, 3 * spread)
    moved = t["week"][rows, place] + drift + LEARN * bounded
    moved = np.where(np.isnan(gone) | (n <= WEEK), moment.y, moved)
    t["week"][rows, place] = np.where(np.isnan(moved), t["week"][rows, place], moved)
    step = np.maximum(DRIFT, 1 / np.maximum(n, 1)) * np.clip(gone - drift, -spread, spread)
    quiet = ~np.isnan(gone) & (t["raised"][rows] == 0)
    t["drift"][rows] = np.where(quiet, drift + step, t["drift"][rows])


def _likely(z: Array) -> tuple[int, int, int]:
    """The likeliest first value of a shift up to the newest, and the interval of 90 %."""
    values = np.nan_to_num(z)[::-1]
    count = np.maximum((~np.isnan(z))[::-1].cumsum(), 1)
    gain = (np.cumsum(values) ** 2 / (2 * count))[::-1]
    near = np.flatnonzero(gain >= gain.max() - WILKS)
    return int(gain.argmax()), int(near[0]), int(near[-1])


def _series(identity: pl.DataFrame, series_id: int) -> Series:
    row = identity.row(int(identity["series_id"].search_sorted(series_id)))
    return Series(*row[1:])
