"""What a series usually does at this time of day and of the week, if it has such a rhythm."""

from __future__ import annotations

from console.records.clock import DAY

BIN_S = 1800.0
DAY_BINS = 48
WEEK_BINS = 7 * DAY_BINS
LEARN = 0.5
"""Weight of the newest day or week in its profile."""
LEVEL_S = 3 * DAY
LEVEL_ROWS = 150
"""The level that is added to a profile follows the series over so long, and so many rows."""
JUDGE = 4.0
"""A prediction is judged by its misses over a quarter of what the series remembers."""


class _Profile:
    """Mean values by bin of a period, and how far the series' level lies above them."""

    __slots__ = ("_bins", "_level", "_means")

    def __init__(self, bins: int) -> None:
        self._bins = bins
        self._means: list[float | None] = [None] * bins
        self._level = 0.0

    def learn(self, place: int, mean: float) -> None:
        """Takes in the mean of a half hour that is over."""
        known = self._means[place % self._bins]
        self._means[place % self._bins] = mean if known is None else known + LEARN * (mean - known)

    def misses(self, place: int, value: float, step: float) -> tuple[float, float] | None:
        """How far a value lies outside the profile, as it is and moved to the series' level.

        Half an hour's shift is no miss: a value is compared with the band from the lowest to the
        highest of three neighbouring bins. None where nothing is known yet.
        """
        means = self._means
        first = (place - 1) % self._bins
        low, high = float("inf"), float("-inf")
        for mean in (means[first], means[first + 1 - self._bins], means[first + 2 - self._bins]):
            if mean is not None:
                low = min(low, mean)
                high = max(high, mean)
        if low > high:
            return None
        moved = value - self._level
        self._level += step * (value - (low + high) / 2 - self._level)
        return _outside(value, low, high), _outside(moved, low, high)


class Rhythm:
    """The best of five predictions: the mean, the day's and the week's profile, as is or moved."""

    __slots__ = ("_count", "_day", "_errors", "_place", "_sum", "_week")

    def __init__(self) -> None:
        self._day = _Profile(DAY_BINS)
        self._week = _Profile(WEEK_BINS)
        self._place: int | None = None
        self._sum = 0.0
        self._count = 0
        self._errors: list[float | None] = [None] * 5

    def miss(
        self, time: float, value: float, *, step_s: float, from_mean: float, judge: float
    ) -> float:
        """How far a value is from what the prediction says that has missed least so far.

        `step_s` is the time since the row before, `from_mean` the distance to the series' mean and
        `judge` the weight of this row's misses in the judgement.
        """
        place = int(time // BIN_S)
        if place != self._place:
            if self._place is not None:
                mean = self._sum / self._count
                self._day.learn(self._place, mean)
                self._week.learn(self._place, mean)
            self._place, self._sum, self._count = place, 0.0, 0
        self._sum += value
        self._count += 1
        step = min(1.0 / LEVEL_ROWS, step_s / LEVEL_S)
        day = self._day.misses(place, value, step)
        week = self._week.misses(place, value, step)
        least, chosen = self._judged(0, from_mean, judge)
        for first, pair in ((1, day), (3, week)):
            if pair is not None:
                for which, missed in enumerate(pair, first):
                    error, miss = self._judged(which, missed, judge)
                    if error < least:
                        least, chosen = error, miss
        return chosen

    def _judged(self, which: int, miss: float, judge: float) -> tuple[float, float]:
        known = self._errors[which]
        error = miss if known is None else known + judge * (miss - known)
        self._errors[which] = error
        return error, miss


def _outside(value: float, low: float, high: float) -> float:
    """The distance of a value from an interval."""
    if value > high:
        return value - high
    return low - value if value < low else 0.0
