"""The range that a series keeps to, and by how much a value leaves it."""

from __future__ import annotations

MARGIN = 0.05
"""Parts of the range by which a value may exceed it: noise creeps on to new extremes for ever."""
EPOCH = 4.0
"""Extremes are forgotten after one to two times so many memories of the series."""
_FURTHEST = 1e150
"""The range may be so narrow that the ratio has no number."""


class Range:
    """The extremes of the present epoch and the one before it."""

    __slots__ = ("_age", "_before", "_now")

    def __init__(self) -> None:
        self._now: tuple[float, float] | None = None
        self._before: tuple[float, float] | None = None
        self._age = 0.0

    def excess(self, value: float, fading: float) -> float:
        """How far a value is outside of all before it, in parts of their range; widens the range.

        `fading` is the share of a memory that this row takes. A value unlike a constant is 1.
        """
        if self._now is None:
            self._now = (value, value)
            return 0.0
        low, high = self._now
        if self._before is not None:
            low, high = min(low, self._before[0]), max(high, self._before[1])
        outside = max(value - high, low - value, 0.0)
        self._widen(value, fading)
        if high > low:
            return min(max(outside / (high - low) - MARGIN, 0.0), _FURTHEST)
        return 1.0 if outside > 0.0 else 0.0

    def _widen(self, value: float, fading: float) -> None:
        assert self._now is not None
        self._age += fading
        if self._age > EPOCH:
            self._before, self._now, self._age = self._now, (value, value), 0.0
        else:
            self._now = (min(self._now[0], value), max(self._now[1], value))
