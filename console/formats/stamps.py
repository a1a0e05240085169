"""Times as logs less often begin with them, of which only the order or the anchor tells the date.

Months by name in other orders, days before months and months before days, years of two digits,
twelve-hour clocks, digits without separators, glog's month and day, and clocks without any date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import polars as pl

from console.formats.times import localise
from console.records.frames import TIME

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<name>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))[a-z]{0,6}\.?"
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s)?"
_CLOCK = (
    r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\b\.?)?"
)
_ZONE = r"(?:\s?(?P<zone>Z\b|UTC\b|GMT\b|[+-][0-9]{2}:?[0-9]{2}\b))?"
_DIGITS = r"(?P<h>[0-2][0-9]):?(?P<m>[0-5][0-9]):?(?P<s>[0-6][0-9])(?:[.,](?P<f>[0-9]{1,9}))?"
_MONTH_DAY = r"(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12][0-9]|3[01])"

SHAPES: dict[str, str] = {
    "day month year": (
        rf"{_WEEKDAY}(?P<day>[0-9]{{1,2}})[-/\s]{_MONTH}[-/,\s]\s?"
        rf"(?P<year>[0-9]{{4}}|[0-9]{{2}})[,:T\s]\s?{_CLOCK}{_ZONE}"
    ),
    "month day, year": (
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>[0-9]{{1,2}}),?\s(?P<year>[0-9]{{4}}),?\s{_CLOCK}{_ZONE}"
    ),
    "numbers": (
        r"(?P<a>[0-9]{4}|[0-9]{1,2})(?P<separator>[./-])(?P<b>[0-9]{1,2})(?P=separator)"
        rf"(?P<c>[0-9]{{4}}|[0-9]{{1,2}})[,T\s]\s?{_CLOCK}{_ZONE}"
    ),
    "digits": rf"(?P<year>(?:19|20)[0-9]{{2}}){_MONTH_DAY}[-T_\s]?{_DIGITS}{_ZONE}\b",
    "short digits": rf"(?P<year>[0-9]{{2}}){_MONTH_DAY}\s\s?{_DIGITS}\b",
    "glog": rf"[DIWEF]{_MONTH_DAY}\s{_CLOCK}(?=\s+[0-9]+\s[^\s\]]+\])",
    "clock": rf"{_CLOCK}(?=[\s\]),|])",
}
"""The shapes of times, the likelier first where a text could be several, as expressions."""

_ORDERS = {".": ("dmy", "ymd"), "-": ("dmy", "mdy", "ymd"), "/": ("mdy", "dmy", "ymd")}
"""In which orders numbers between these separators may be, the likelier first."""
_CENTURY, _LAST_SHORT = 2000, 70
_AHEAD = timedelta(days=1)
_LIVE = timedelta(days=2)
"""A time so near to that at which the file was written is rather that of a log that goes on."""
_NOON = 12


class Around(Protocol):
    """What times without a date are dated by: the chunk that they are in."""

    @property
    def newest_ts(self) -> float | None:
        """The newest time before them."""
        ...

    @property
    def written(self) -> float | None:
        """When their file was written."""
        ...

    @property
    def timezone(self) -> str | None:
        """Of times that name none; None is UTC."""
        ...


def read_stamps(matches: Iterable[re.Match[str]], shape: str, around: Around) -> pl.Series:
    """Naive UTC times of texts that a shape's expression matches; null where one is none.

    Where a text can be several times, it is the one nearest to the newest before it. Without any it
    is not more than a day after the file was written (a clock: not after that), and the one within
    two days of it, or else the likeliest by its form.
    """
    newest = _local(around.newest_ts, around.timezone)
    written = _local(around.written, around.timezone)
    found: list[datetime | None] = []
    shifts: list[timedelta | None] = []
    for match in matches:
        parts = match.groupdict()
        shift = _shift(parts.get("zone"))
        chosen = _chosen(parts, shape, newest, written)
        found.append(chosen)
        shifts.append(shift)
        if chosen is not None:
            newest = chosen if newest is None else max(newest, chosen)
    times = pl.Series("ts", found, TIME)
    ahead = pl.Series("ts", shifts, pl.Duration("us"))
    return localise(times, around.timezone).zip_with(ahead.is_null(), times - ahead)


def _shift(zone: str | None) -> timedelta | None:
    """How far a zone is ahead of UTC; None for none."""
    if zone is None:
        return None
    if zone[0] not in "+-":
        return timedelta(0)
    shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -shift if zone[0] == "-" else shift


def _local(moment: float | None, timezone: str | None) -> datetime | None:
    if moment is None:
        return None
    try:
        zone = ZoneInfo(timezone) if timezone else UTC
        return datetime.fromtimestamp(moment, zone).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def _chosen(
    parts: dict[str, str | None], shape: str, newest: datetime | None, written: datetime | None
) -> datetime | None:
    """The likeliest of the times that a text can be."""
    anchor = newest or written
    candidates = list(dict.fromkeys(_candidates(parts, shape, anchor)))
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    if newest is not None:
        return min(candidates, key=lambda each: abs(each - newest))
    if written is not None:
        last = written + (timedelta(0) if shape == "clock" else _AHEAD)
        before = [each for each in candidates if each <= last] or candidates
        near = [each for each in before if abs(each - written) <= _LIVE]
        latest = max(each.year for each in before)
        return max(near, default=next(each for each in before if each.year == latest))
    return candidates[0]


def _candidates(
    parts: dict[str, str | None], shape: str, anchor: datetime | None
) -> Iterator[datetime]:
    """The times that a text can be, the likeliest first; none that is not in the calendar."""
    for year, month, day in _days(parts, shape, anchor):
        try:
            yield datetime(year, month, day) + _clock(parts)  # noqa: DTZ001  # localised later
        except (ValueError, OverflowError):
            continue


def _clock(parts: dict[str, str | None]) -> timedelta:
    """The time of day. Raises ValueError."""
    hour, minute, second = (int(parts[key] or 0) for key in "hms")
    half = parts.get("half")
    if half and not 1 <= hour <= _NOON:
        raise ValueError("no hour of half a day")
    if half:
        hour = hour % _NOON + (_NOON if half in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("no time of day")
    micros = int((parts.get("f") or "0")[:6].ljust(6, "0"))
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)


def _days(
    parts: dict[str, str | None], shape: str, anchor: datetime | None
) -> Iterator[tuple[int, int, int]]:
    if shape == "clock":
        near = [anchor + timedelta(days=days) for days in (0, -1, 1)] if anchor else []
        yield from ((each.year, each.month, each.day) for each in near)
        return
    if shape == "numbers":
        yield from _orders(parts)
        return
    month = _MONTHS.index(name.lower()) + 1 if (name := parts.get("name")) else 0
    month, day = month or int(parts["month"] or 0), int(parts["day"] or 0)
    if said := parts.get("year"):
        yield _year(said), month, day
    elif anchor is not None:
        yield from ((anchor.year + more, month, day) for more in (0, -1, 1))


def _orders(parts: dict[str, str | None]) -> Iterator[tuple[int, int, int]]:
    """Year, month and day of three numbers, in every order that they can be in."""
    said = [parts["a"] or "", parts["b"] or "", parts["c"] or ""]
    for order in _ORDERS[parts["separator"] or "/"]:
        year, month, day = (said[order.index(each)] for each in "ymd")
        if len(year) >= 2 and len(month) <= 2 and len(day) <= 2:
            yield _year(year), int(month), int(day)


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (_CENTURY if year < _LAST_SHORT else _CENTURY - 100)
