"""Round times for an axis."""

from __future__ import annotations

from console.records.clock import DAY, HOUR, MINUTE
from console.tui.present.words import Calendar

STEPS = (
    MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
    6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
)  # fmt: skip


def round_times(start: float, end: float, most: int, calendar: Calendar) -> list[tuple[float, str]]:
    """At most `most` times (one more at times) with their labels: clock times, days at midnight."""
    step = next((step for step in STEPS if step * most >= end - start), STEPS[-1])
    offset = calendar.moment(end).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    tick = -(-(start + shift) // step) * step - shift
    found: list[tuple[float, str]] = []
    while tick <= end and len(found) <= most:
        midnight = (tick + shift) % DAY == 0
        found.append((tick, calendar.day(tick) if midnight else calendar.minute(tick)))
        tick += step
    return found
