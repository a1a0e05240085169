"""How far event time has come over all files."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileClock:
    """One file's newest event time, and whether older records than other files' may still come."""

    newest: float
    holding: bool
    """It has unread data, or was appended to a moment ago: time may not go on without it."""


def watermark(
    clocks: Iterable[FileClock], lateness_s: float, width_s: float, now: float | None
) -> float | None:
    """The event time up to which every window can close; None before anything was read.

    The slowest file that is still being read sets the pace; when all are at rest, the newest
    record does, or `now`, the wall clock, when the files are written live, so that silence shows.
    Aligned down to a multiple of `width_s`.
    """
    listed = list(clocks)
    if not listed:
        return None
    held = [clock.newest for clock in listed if clock.holding]
    reached = min(held) if held else max(clock.newest for clock in listed)
    if not math.isfinite(reached):
        return None  # a file that has not been read at all may begin anywhere
    if now is not None and not held:
        reached = max(reached, now)
    return math.floor((reached - lateness_s) / width_s) * width_s
