"""The one way to ask for the time: everything that needs it is handed a clock.

Outside of polars frames a time is a `float`, seconds since 1970 in UTC.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Returns the wall-clock time in epoch seconds."""

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


def system_clock() -> float:
    """The wall clock of this machine."""
    return time.time()


def iso(ts: float) -> str:
    """ISO 8601 in UTC with milliseconds, as the contract's JSON wants it."""
    text = datetime.fromtimestamp(round(ts, 3), UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def from_iso(text: str) -> float:
    """Epoch seconds of an ISO 8601 text; UTC where it names no zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def naive(ts: float) -> datetime:
    """The naive UTC datetime that polars frames and DuckDB hold."""
    return datetime.fromtimestamp(ts, UTC).replace(tzinfo=None)


def epoch(moment: datetime) -> float:
    """Epoch seconds of a naive UTC datetime."""
    return moment.replace(tzinfo=UTC).timestamp()
