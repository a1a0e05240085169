"""Counters that only rise until they are reset, read as rates."""

from __future__ import annotations

MOVES = 50
"""A series that rose so often and never fell is a counter."""
MOST_FALLS = 0.02
"""A counter that falls in a larger part of its moves was none: resets are rare."""


class CounterReader:
    """Tells a counter from a gauge, online, and turns a counter into its rate."""

    __slots__ = ("_falls", "_is_counter", "_last", "_rises", "_step_s")

    def __init__(self) -> None:
        self._last: float | None = None
        self._rises = self._falls = 0
        self._is_counter = False
        self._step_s = 0.0

    def read(self, value: float, step_s: float) -> tuple[float | None, bool]:
        """The quantity to judge, and whether it is another one than that of the row before.

        A gauge is itself. A counter is its rise a second since the last time that differs from
        this row's; None where it was reset.
        """
        last, self._last = self._last, value
        change = 0.0 if last is None else value - last
        self._rises += change > 0.0
        self._falls += change < 0.0
        was_counter = self._is_counter
        if was_counter:
            self._is_counter = self._falls <= MOST_FALLS * (self._rises + self._falls)
        else:
            self._is_counter = self._falls == 0 and self._rises >= MOVES
        restarted = was_counter != self._is_counter
        if not self._is_counter:
            return value, restarted
        if change < 0.0:
            return None, restarted
        self._step_s = step_s or self._step_s
        return change / (self._step_s or 1.0), restarted
