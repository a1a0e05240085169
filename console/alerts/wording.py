"""Numbers, units and times in plain words."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime

from console.alerts.quantity import words
from console.records.clock import DAY, HOUR, MINUTE

UNITS = {
    "ms": "ms",
    "s": "s",
    "sec": "s",
    "seconds": "s",
    "minutes": "min",
    "h": "h",
    "hours": "h",
    "kb": "kB",
    "mb": "MB",
    "gb": "GB",
    "mib": "MiB",
    "gib": "GiB",
    "bytes": "bytes",
    "pct": "%",
    "percent": "%",
    "usd": "USD",
    "eur": "EUR",
    "qps": "/s",
    "rps": "/s",
}
"""Unit by the last word of a series' name."""
SHARES = frozenset({"rate", "ratio", "share", "fraction", "nulls", "missing", "unseen"})
"""Last words of a series of shares, told in per cent where the values are within 0..1."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Not of the locale: the same alert reads the same everywhere."""


def unit_of(name: str) -> str:
    """The unit that a series' name tells, "" if none."""
    plain = name.split("{", 1)[0].split("(", 1)[0]
    said = words(plain)
    if not said:
        return ""
    if said[-1] in SHARES:
        return "share"
    return UNITS.get(said[-1], "")


def amount(value: float | None, name: str) -> str:
    """A value of a series with three significant figures and its unit: "312 ms", "1.2 %"."""
    if value is None:
        return "unknown"
    unit = unit_of(name)
    if unit == "share" and abs(value) <= 1.0:
        return f"{figure(100 * value)} %"
    if unit in {"", "share"}:
        return figure(value)
    return f"{figure(value)} {unit}"


def figure(value: float) -> str:
    """Three significant figures, thousands set apart; an exponent beyond everyday sizes."""
    if not math.isfinite(value):
        return "unknown"
    if value == 0:
        return "0"
    if not 1e-6 <= abs(value) < 1e12:
        return f"{value:.3g}"
    magnitude = math.floor(math.log10(abs(value)))
    text = f"{round(value, 2 - magnitude):,.{max(2 - magnitude, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def length(seconds: float) -> str:
    """A span of time: "40 s", "12 min", "3.5 h", "2 days"."""
    span = max(seconds, 0.0)
    if span < 90:
        return f"{span:.0f} s"
    if span < 90 * MINUTE:
        return f"{span / MINUTE:.0f} min"
    if span < 2 * DAY:
        return f"{figure(round(span / HOUR, 1))} h"
    return f"{figure(round(span / DAY, 1))} days"


def moment(ts: float) -> str:
    """A time of day with its date, UTC: "31 Mar 14:05"."""
    when = datetime.fromtimestamp(ts, UTC)
    return f"{when.day} {MONTHS[when.month - 1]} {when:%H:%M}"


def ago(delay_s: float) -> str:
    """How long before the onset something was; after it, if negative."""
    if abs(delay_s) < MINUTE:
        return "at the onset"
    side = "before" if delay_s > 0 else "after"
    return f"{length(abs(delay_s))} {side} the onset"


def cells(text: str) -> int:
    """Terminal cells that a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def fit(text: str, width: int) -> str:
    """The text cut to a width in cells, with an ellipsis where something was cut."""
    if cells(text) <= width:
        return text
    kept = ""
    used = 0
    for character in text:
        used += cells(character)
        if used > width - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def listed(parts: list[str], most: int = 4) -> str:
    """Names in a row: "a, b and c", or "a, b, c and 3 more"."""
    if len(parts) > most:
        return f"{', '.join(parts[:most])} and {len(parts) - most} more"
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
