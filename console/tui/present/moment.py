"""Reads the time that a user types."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from console.records.clock import DAY, HOUR, MINUTE
from console.tui.present.words import Calendar

EXAMPLES = "13:20 · -2h · 2026-11-22 13:20 · now"
_UNITS = {"s": 1.0, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}
_BACK = re.compile(r"-\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse_moment(text: str, now: float, calendar: Calendar) -> float | None:
    """Epoch seconds; None stands for now. A clock time is the last one that was.

    Raises ValueError that says what could be typed.
    """
    text = text.strip().casefold()
    if text in ("", "now"):
        return None
    if back := _BACK.fullmatch(text):
        return now - float(back[1]) * _UNITS[back[2]]
    try:
        if clock := _CLOCK.fullmatch(text):
            hour, minute, second = (int(part or 0) for part in clock.groups())
            moment = calendar.moment(now).replace(
                hour=hour, minute=minute, second=second, microsecond=0
            )
            return (moment - timedelta(days=1 if moment.timestamp() > now else 0)).timestamp()
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError(f"not a time: {text}; try {EXAMPLES}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)).timestamp()
