"""The time that all views share: a span that ends now or where it was panned to, and a cursor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.records.clock import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from console.engine.snapshot import Snapshot

ZOOMS = (
    15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY,
    14 * DAY, 30 * DAY, 90 * DAY,
)  # fmt: skip
USUAL = 6 * HOUR
LONGEST_OPENING = 7 * DAY


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Which time is looked at."""

    width: float = USUAL
    """Seconds."""
    end: float | None = None
    """Where it ends; None: now, and it moves with it."""
    cursor: float | None = None
    """The moment that the user points at; None: none."""

    def bounds(self, now: float) -> tuple[float, float]:
        """Start and end in epoch seconds."""
        end = now if self.end is None else self.end
        return end - self.width, end

    def judged(self, now: float) -> tuple[float, float]:
        """The span that numbers are taken from: as long, up to the time cursor if there is one."""
        end = self.bounds(now)[1] if self.cursor is None else self.cursor
        return end - self.width, end

    def zoomed(self, steps: int, now: float) -> TimeSpan:
        """A longer (positive) or shorter span, round the cursor if there is one."""
        place = min(range(len(ZOOMS)), key=lambda index: abs(ZOOMS[index] - self.width))
        width = ZOOMS[max(0, min(place + steps, len(ZOOMS) - 1))]
        if self.cursor is None:
            return replace(self, width=width)
        start, _ = self.bounds(now)
        share = (self.cursor - start) / self.width
        end = self.cursor + (1 - share) * width
        return replace(self, width=width, end=None if end >= now else end)

    def moved(self, steps: int, step: float, now: float) -> TimeSpan:
        """The cursor moved by steps of `step` seconds; the span follows when it would leave it.

        The first step puts the cursor at the end. It never passes `now`.
        """
        start, end = self.bounds(now)
        here = end if self.cursor is None else self.cursor
        cursor = min(here + steps * step, now)
        if cursor < start:
            return replace(self, cursor=cursor, end=cursor + self.width / 2)
        if cursor > end:
            later = cursor + self.width / 2
            return replace(self, cursor=cursor, end=None if later >= now else later)
        return replace(self, cursor=cursor)

    def paged(self, halves: int, now: float) -> TimeSpan:
        """Half a span earlier or later; at the end it follows again. The cursor stays."""
        end = self.bounds(now)[1] + halves * self.width / 2
        return replace(self, end=None if end >= now else end)

    def at(self, cursor: float, now: float) -> TimeSpan:
        """The cursor at a time, in the middle of the span if it was outside."""
        cursor = min(cursor, now)
        start, end = self.bounds(now)
        if start <= cursor <= end:
            return replace(self, cursor=cursor)
        end = cursor + self.width / 2
        return replace(self, cursor=cursor, end=None if end >= now else end)

    def without_cursor(self) -> TimeSpan:
        """Back to now."""
        return replace(self, cursor=None, end=None)


def opening(snapshot: Snapshot) -> TimeSpan:
    """The span to begin with: six hours, or as much more as shows what is open."""
    begun = [
        alert.started_at for alert in snapshot.inbox if alert.state in ("open", "acknowledged")
    ]
    needed = snapshot.now - min(begun, default=snapshot.now)
    for width in ZOOMS:
        if width >= USUAL and (width >= needed * 1.1 or width >= LONGEST_OPENING):
            return TimeSpan(width)
    return TimeSpan()
