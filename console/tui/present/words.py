"""Times, spans, counts and values in few cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from console.records.clock import DAY, HOUR, MINUTE

DASH = "\u2013"
"""Stands for what is not there, and between two ends."""
TIMES = "\u00d7"
SIGMA = "\u03c3"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Writes times in one zone."""

    zone: tzinfo = UTC

    def moment(self, ts: float) -> datetime:
        """The local datetime."""
        return datetime.fromtimestamp(ts, self.zone)

    def clock(self, ts: float) -> str:
        """`14:03:22`."""
        return f"{self.moment(ts):%H:%M:%S}"

    def minute(self, ts: float) -> str:
        """`14:03`."""
        return f"{self.moment(ts):%H:%M}"

    def day(self, ts: float) -> str:
        """`20 Nov`; months are not a matter of the locale here."""
        moment = self.moment(ts)
        return f"{moment.day} {MONTHS[moment.month - 1]}"

    def date(self, ts: float) -> str:
        """`2026-11-20`."""
        return f"{self.moment(ts):%Y-%m-%d}"

    def near(self, ts: float, now: float) -> str:
        """`14:03` on the day of `now`, else with its day."""
        same = self.moment(ts).date() == self.moment(now).date()
        return self.minute(ts) if same else f"{self.day(ts)} {self.minute(ts)}"

    def exact(self, ts: float) -> str:
        """`2026-11-20 14:03:22.123 UTC`."""
        moment = self.moment(round(ts, 3))
        thousandths = round(moment.microsecond / 1000)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{thousandths:03d} {moment.tzname()}"

    def fine(self, ts: float) -> str:
        """`14:03:22.123`."""
        return self.exact(ts)[11:23]

    @property
    def name(self) -> str:
        """The zone's short name."""
        return self.moment(0.0).tzname() or "local"


def span(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    seconds = max(seconds, 0.0)
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE:.0f} min"
    if seconds < DAY:
        hours, rest = divmod(seconds, HOUR)
        return f"{hours:.0f} h" + (f" {rest // MINUTE:.0f} min" if rest >= MINUTE else "")
    days, rest = divmod(seconds, DAY)
    return f"{days:.0f} d" + (f" {rest // HOUR:.0f} h" if rest >= HOUR else "")


def age(seconds: float) -> str:
    """The largest unit alone: `40s`, `12m`, `3h`, `2d`."""
    seconds = max(seconds, 0.0)
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit}"
    return f"{seconds:.0f}s"


def count(number: float) -> str:
    """`18,204` up to a hundred thousand, then `1.2 M`."""
    if number < 100_000:
        return f"{number:,.0f}"
    for unit, size in (("G", 1e9), ("M", 1e6)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number / 1e3:.0f} k"


def size(number: float) -> str:
    """Bytes: `640 B`, `12 kB`, `4.3 MB`, `1.2 GB`."""
    for unit, limit in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= limit:
            scaled = number / limit
            return f"{scaled:.1f} {unit}" if scaled < 10 else f"{scaled:.0f} {unit}"
    return f"{number:.0f} B"


def value(number: float | None) -> str:
    """A measured value in four significant digits; a dash for none."""
    if number is None:
        return DASH
    magnitude = abs(number)
    if magnitude >= 10_000:
        return f"{number:,.0f}" if magnitude < 1e7 else f"{number:.3g}"
    if magnitude and magnitude < 0.001:
        return f"{number:.2g}"
    return f"{number:.4g}"


def version_tag(version: str | None) -> str:
    """`v12` for `12` and for `v12`; other names as they are."""
    if not version:
        return ""
    return f"v{version}" if version[0].isdigit() else version


def plural(number: int, noun: str) -> str:
    """`1 alert`, `2 alerts`."""
    return f"{count(number)} {noun}" + ("" if number == 1 else "s")
