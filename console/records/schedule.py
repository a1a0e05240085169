"""When something that comes round again is next due: every so long, or by the fields of cron."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from console.records.clock import DAY

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
"""The fields of cron in their order, each with its least and greatest value; Sunday is 0 and 7."""
_FARTHEST_DAYS = 366 * 8
"""Beyond this a date that is never there, such as 30 February, is given up."""


class CronError(ValueError):
    """A text is not what cron takes; the message says which field."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every `every_s` seconds of UTC, or at the local times that `cron` names."""

    every_s: float = DAY
    cron: str | None = None
    """Five fields of cron."""
    zone: str = "UTC"
    """IANA name of the zone that cron's times are of."""

    def after(self, ts: float) -> float:
        """The first time later than `ts`. Raises CronError if there is none within eight years.

        A local time that the clock skips falls where the clock goes on, one that it repeats on the
        first of both.
        """
        if self.cron is None:
            return (ts // self.every_s + 1.0) * self.every_s
        from zoneinfo import ZoneInfo

        minutes, hours, days, months, weekdays = parse(self.cron)
        fields = self.cron.split()
        either = fields[2] != "*" and fields[4] != "*"
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(ts, zone).date()
        for _ in range(_FARTHEST_DAYS):
            by_day, by_weekday = day.day in days, day.isoweekday() % 7 in weekdays
            fits = by_day or by_weekday if either else by_day and by_weekday
            if day.month in months and fits:
                for moment in _moments(day, hours, minutes, zone):
                    if moment > ts:
                        return moment
            day += timedelta(days=1)
        raise CronError(f"{self.cron!r} names no day that there is")


DAILY = Schedule()
"""At midnight UTC."""


def _moments(
    day: date, hours: frozenset[int], minutes: frozenset[int], zone: ZoneInfo
) -> list[float]:
    local = (
        datetime.combine(day, time(hour, minute), zone) for hour in hours for minute in minutes
    )
    return sorted(moment.timestamp() for moment in local)


def parse(text: str) -> tuple[frozenset[int], ...]:
    """The values of the five fields: minute, hour, day, month, weekday. Raises CronError."""
    parts = text.split()
    if len(parts) != len(FIELDS):
        raise CronError(f"has {len(parts)} fields, not minute, hour, day, month and weekday")
    found = [_field(part, *field) for part, field in zip(parts, FIELDS, strict=True)]
    found[4] = frozenset(value % 7 for value in found[4])
    return tuple(found)


def _field(text: str, name: str, least: int, most: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, _, high = (str(least), "", str(most)) if span == "*" else span.partition("-")
        if step and not high:
            high = str(most)
        numbers = (low, high or low, step or "1")
        if not all(number.isascii() and number.isdecimal() for number in numbers):
            raise CronError(f"has {text!r} as its {name}")
        first, last, every = map(int, numbers)
        if not least <= first <= last <= most or every < 1:
            raise CronError(f"has {text!r} as its {name}, outside of {least} to {most}")
        values.update(range(first, last + 1, every))
    return frozenset(values)
