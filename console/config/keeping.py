"""`[retention]`: how long what is stored is kept, and how much of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.config.document import Document
from console.config.settings import Retention
from console.config.values import Key, UnfitError, duration
from console.records.clock import DAY, HOUR

_DAYS = re.compile(r"(\d{1,5})d")
_LONGEST_S = 36_500 * DAY
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?([KMGT])(i?)B")


def age(value: Any) -> float | None:
    """How long something is kept: `12h` up to `36500d`, or `forever` (None)."""
    if value == "forever":
        return None
    long = _DAYS.fullmatch(value) if isinstance(value, str) else None
    try:
        seconds = float(long[1]) * DAY if long else duration(value)
    except UnfitError:
        seconds = 0.0
    if HOUR <= seconds <= _LONGEST_S:
        return seconds
    raise UnfitError('wanted from "1h" to "36500d", such as "30d", or "forever"')


def size(value: Any) -> int | None:
    """Bytes of `500MB`, `20GB`, `1.5TB` (thousands) or `20GiB` (1024s); `unlimited` is None."""
    if value == "unlimited":
        return None
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise UnfitError('wanted a size, such as "500MB" or "20GB", or "unlimited"')
    step = 1024 if found[3] else 1000
    return round(float(found[1]) * step ** ("KMGT".index(found[2]) + 1))


def bytes_free(value: Any) -> int:
    """A size that is a number."""
    found = None if value == "unlimited" else size(value)
    if found is None:
        raise UnfitError('wanted a size, such as "500MB" or "2GB"')
    return found


RETENTION: Mapping[str, Key] = {
    "metrics": Key("metrics_s", age),
    "logs": Key("logs_s", age),
    "predictions": Key("predictions_s", age),
    "rejects": Key("rejects_s", age),
    "events": Key("events_s", age),
    "windows": Key("windows_s", age),
    "size": Key("size", size),
    "free": Key("free", bytes_free),
}


def retention_of(document: Document, fields: Mapping[str, Any]) -> Retention:
    """What a [retention] says. Raises SettingsError where windows would go before their rows."""
    kept = Retention(**fields)
    longest = kept.windows_s
    for name in ("metrics", "logs", "predictions"):
        rows: float | None = getattr(kept, RETENTION[name].field)
        if longest is not None and (rows is None or rows > longest):
            said = "windows" if "windows_s" in fields else name
            raise document.error(
                ("retention", said),
                f"windows ({_told(longest)}) would go before the {name} ({_told(rows)}) that they "
                f"are made of: keep windows at least as long",
            )
    return kept


def _told(seconds: float | None) -> str:
    if seconds is None:
        return "forever"
    return f"{seconds / DAY:g}d" if seconds >= DAY else f"{seconds / HOUR:g}h"
