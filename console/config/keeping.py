"""`[retention]`: how long what is stored is kept, and how much of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
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
    power = "KMGT".index(found[2]) + 1
    return round(float(found[1]) * (1024.0 if found[3] else 1000.0) ** power)


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
    """What a [retention] says; windows are kept for at least as long as their rows.

    What is not said follows what is. Raises SettingsError where windows would go before rows.
    """
    kept = Retention(**fields)
    rows = {name: RETENTION[name].field for name in ("metrics", "logs", "predictions")}
    if "windows_s" not in fields:
        longest = max(_seconds(getattr(kept, field)) for field in (*rows.values(), "windows_s"))
        return replace(kept, windows_s=None if longest == math.inf else longest)
    for name, field in rows.items():
        if _seconds(getattr(kept, field)) <= _seconds(kept.windows_s):
            continue
        if field in fields:
            raise document.error(
                ("retention", "windows"),
                f"windows ({_told(kept.windows_s)}) would go before the {name} "
                f"({_told(fields[field])}) that they are made of: keep windows at least as long",
            )
        shortened: dict[str, Any] = {field: kept.windows_s}
        kept = replace(kept, **shortened)
    return kept


def _seconds(kept: float | None) -> float:
    return math.inf if kept is None else kept


def _told(seconds: float | None) -> str:
    if seconds is None:
        return "forever"
    return f"{seconds / DAY:g}d" if seconds >= DAY else f"{seconds / HOUR:g}h"
