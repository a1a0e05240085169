"""How unusual each point of a series is, judged by nothing but the series' own past.

Three surprises of a point are measured: by how much it leaves the range of all that was seen
(`records`), how far a short mean is from a long one (shift), and how far it is from what the series
does at this time (`rhythm`). Each is ranked among its own past surprises (`rarity`), and the three
rarities, in decades, are summed: Fisher's way to combine tests (Statistical Methods for Research
Workers, 1932). Sums are better than the largest here, since what is wrong shows in several ways.

A point counts only if it tops what the last day has said: an incident is one alarm, or a few as it
grows. Everything is learned online in constant memory; windows span time as well as rows, so
that a series of seconds and one of days are served by the same constants.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from console.records.clock import DAY
from console.stats.counters import CounterReader
from console.stats.rarity import Rarity
from console.stats.records import Range
from console.stats.rhythm import JUDGE, Rhythm

THRESHOLD = 0.5
"""Scores of at least this are alarms.

False alarms of five-minute series, measured on simulated weeks: in noise without rhythm about one
a week (one in `QUIET_ROWS` points), with heavy tails two, in an even daily or weekly rhythm one a
month or fewer, in one on a steady trend two a week. Series of ten seconds raise no more, most
slower ones fewer.
"""
QUIET_ROWS = 2000
USUAL = 4.8
"""The sum of rarities, in decades, that featureless noise reaches once in `QUIET_ROWS` points."""
SLOPE = 0.4
"""Decades by which false alarms get fewer for each decade more in the sum (measured, as above)."""

MEMORY_S = 14 * DAY
MEMORY_ROWS = 4000
"""The past fades over the longer of the two."""
LONG = 4.0
"""The long mean spans a quarter of the memory."""
SHORT_ROWS = 20
UNIT_S = 300.0
"""Rarity is counted by so much time where rows come faster: else each second could be a record."""
HOLD_S = DAY
HOLD_ROWS = 50
"""What was said fades evenly over the longer of the two."""
FIRST = 2.0
"""A new series begins as if it had just been this many times as rare as `USUAL`: it is learned."""
_LONGEST_STEP = 4.0
_LARGEST = 1e150


class _Signals:
    """The three surprises of one quantity, and how rare they are."""

    __slots__ = ("_long", "_range", "_rarities", "_rhythm", "_rows", "_short")

    def __init__(self) -> None:
        self._range = Range()
        self._rhythm = Rhythm()
        self._rarities = (Rarity(), Rarity(), Rarity())
        self._rows = 0
        self._short = self._long = 0.0

    def decades(self, time: float, value: float, step_s: float, unit: float) -> float:
        """The sum of the rarities of a point's surprises, each less `unit` decades."""
        self._rows += 1
        least = 1.0 / self._rows
        fading = min(1.0 / MEMORY_ROWS, step_s / MEMORY_S)
        judge = max(JUDGE * fading, least)
        from_mean = abs(value - self._long)
        self._short += max(1.0 / SHORT_ROWS, least) * (value - self._short)
        self._long += max(LONG * fading, least) * (value - self._long)
        surprises = (
            self._range.excess(value, fading),
            abs(self._short - self._long),
            self._rhythm.miss(
                time,
                value,
                step_s=step_s,
                from_mean=from_mean if self._rows > 1 else 0.0,
                judge=judge,
            ),
        )
        total = 0.0
        for rarity, surprise in zip(self._rarities, surprises, strict=True):
            decades = rarity.decades(surprise, fading) - unit
            if decades > 0.0:
                total += decades
        return total


class PointScorer:
    """Scores the points of one series, one after the other, each by those before it.

    Times are epoch seconds; one earlier than the row before counts as the same time. A value that
    is missing or not finite has the score 0 and is passed over.
    """

    __slots__ = ("_counter", "_said", "_said_step", "_signals", "_step_s", "_steps", "_time")

    def __init__(self) -> None:
        self._counter = CounterReader()
        self._signals = _Signals()
        self._time: float | None = None
        self._step_s = 0.0
        self._steps = 0
        self._said = self._said_step = FIRST * USUAL

    def update(self, time: float, value: float | None) -> float:
        """The score of the next point, 0..1.

        s / (1 - s) is how many times rarer the point is than what noise without rhythm does once
        in `QUIET_ROWS` points. A point that does not top what the last day said has half its score:
        at most `THRESHOLD`, and never an alarm.
        """
        if value is None or not math.isfinite(value):
            return 0.0
        value = min(max(value, -_LARGEST), _LARGEST)
        step_s = self._elapsed(time)
        quantity, restarted = self._counter.read(value, step_s)
        if restarted:
            self._signals = _Signals()
        if quantity is None:
            return 0.0
        unit = math.log10(UNIT_S / self._step_s) if 0.0 < self._step_s < UNIT_S else 0.0
        decades = self._signals.decades(time, quantity, step_s, unit)
        score = 1.0 / (1.0 + math.pow(10.0, SLOPE * (USUAL - decades)))
        self._said -= self._said_step * min(1.0 / HOLD_ROWS, step_s / HOLD_S)
        if decades > self._said:
            self._said = self._said_step = decades
            return score
        return score / 2

    def _elapsed(self, time: float) -> float:
        """Seconds since the row before; learns how far apart rows usually are."""
        if self._time is None:
            self._time = time
            return 0.0
        elapsed = max(time - self._time, 0.0)
        self._time = time
        if elapsed > 0.0:
            self._steps += 1
            usual = elapsed if self._steps == 1 else min(elapsed, _LONGEST_STEP * self._step_s)
            weight = max(1.0 / MEMORY_ROWS, 1.0 / self._steps)
            self._step_s += weight * (usual - self._step_s)
        return elapsed


def scores(points: Iterable[tuple[float, float | None]]) -> Iterator[float]:
    """The scores of (time, value) pairs of one series, in their order; see `PointScorer.update`."""
    scorer = PointScorer()
    for time, value in points:
        yield scorer.update(time, value)
