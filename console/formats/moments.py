"""One text to one time, with nothing but the standard library; `times` does columns of them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

_ZONE = re.compile(r"\s*(?:UTC|GMT)$")
_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9))
"""Epoch numbers below so much are in seconds, milliseconds, microseconds, nanoseconds."""


def moment(text: str) -> float | None:
    """Epoch seconds of ISO 8601 (UTC where it names no zone) or an epoch number; None for others.

    The unit of an epoch number is told by its magnitude, as contracts §1 has it.
    """
    text = text.strip()
    try:
        found = float(text)
    except ValueError:
        return _iso(text)
    if not math.isfinite(found):
        return None
    return next(found / unit for limit, unit in _UNITS if abs(found) < limit)


def _iso(text: str) -> float | None:
    tidy = _ZONE.sub("Z", text).replace("/", "-")
    try:
        parsed = datetime.fromisoformat(tidy)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
