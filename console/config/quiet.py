"""Hours of the week in which nobody wants to be told, by the clock on the wall."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from console.config.values import UnfitError
from console.records.clock import DAY

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_QUIET = re.compile(
    rf"(?:({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))? )?(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which only what may pass is sent, on the days of the week on which they begin."""

    days: tuple[int, ...]
    """0 is Monday."""
    start: int
    end: int
    """Minutes since midnight; an end that is not after the start is of the next day."""


def quiet(value: Any) -> tuple[Quiet, ...]:
    """Spans such as `22:00-07:00` or `Sat-Sun 00:00-24:00`."""
    wanted = 'wanted hours such as ["22:00-07:00", "Sat-Sun 00:00-24:00"]'
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed:
        raise UnfitError(wanted)
    return tuple(_quiet(item, wanted) for item in listed)


def _quiet(value: Any, wanted: str) -> Quiet:
    match = _QUIET.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UnfitError(wanted)
    first, last, *clock = match.groups()
    hours = [int(part) for part in clock]
    start, end = 60 * hours[0] + hours[1], 60 * hours[2] + hours[3]
    if max(hours[1], hours[3]) > 59 or start >= 1440 or end > 1440 or start == end:
        raise UnfitError(wanted)
    if first is None:
        return Quiet(tuple(range(7)), start, end)
    begin = _DAYS.index(first)
    count = (_DAYS.index(last or first) - begin) % 7 + 1
    return Quiet(tuple(sorted((begin + step) % 7 for step in range(count))), start, end)


def quiet_until(hours: Sequence[Quiet], timezone: str, now: float) -> float | None:
    """When the quiet hours end that hold at `now`; None while none do.

    Where they never end, because each begins before another has ended, in eight days.
    Hours are those of the clock on the wall, `timezone` an IANA name. Where the clock is turned at
    its beginning or end, a span begins at the earlier and ends at the later of two readings.
    """
    from zoneinfo import ZoneInfo

    end, longest = now, now + 8 * DAY
    while end < longest:
        later = [e for s, e in _spans(hours, ZoneInfo(timezone), end) if s <= end < e]
        if not later:
            break
        end = max(later)
    return None if end == now else min(end, longest)


def _spans(hours: Sequence[Quiet], zone: ZoneInfo, now: float) -> list[tuple[float, float]]:
    """The quiet spans around a time, in epoch seconds."""
    today = datetime.fromtimestamp(now, zone).date()

    def instants(day: date, minutes: int) -> list[float]:
        moment = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return [moment.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)]

    spans = []
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        for one in hours:
            if day.weekday() in one.days:
                over = day if one.end > one.start else day + timedelta(days=1)
                spans.append((min(instants(day, one.start)), max(instants(over, one.end))))
    return spans
