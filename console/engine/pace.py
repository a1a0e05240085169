"""How soon what comes is read: at once, or in rounds while it trickles and nobody looks.

A step costs about as much for one line as for a hundred, so a line now and then, each in a step of
its own, would keep a machine awake for hours. What comes after a silence is read at once, what
comes in numbers too, and everything for a while after the user has touched a key.
"""

from __future__ import annotations

from collections import deque

CALM_S = 1.0
"""From one step to the next while lines trickle in and nobody looks."""
FEW = 16
"""Rows in `CALM_S` that are a trickle."""
ATTENTIVE_S = 600.0
"""How long after a key or a click the user is taken to be looking."""


class Pace:
    """Told of steps and of attention; times only go on."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, int]] = deque(maxlen=2 * FEW)
        self._attentive_until = float("-inf")

    def attend(self, now: float) -> None:
        """The user is there. From any thread."""
        self._attentive_until = now + ATTENTIVE_S

    def stepped(self, now: float, rows: int) -> None:
        """A step has stored so many rows."""
        self._steps.append((now, rows))

    def rest(self, now: float) -> float:
        """Seconds until the next step should begin; 0 for at once."""
        recent = [(at, rows) for at, rows in self._steps if now - at < CALM_S]
        if not recent or now < self._attentive_until or sum(rows for _, rows in recent) > FEW:
            return 0.0
        return recent[-1][0] + CALM_S - now
