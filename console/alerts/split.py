"""Two versions side by side: whether the new one deviates in windows in which the old one does not.

The strongest evidence there is: whatever else happened befell both (anchors/alerting.md §3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from console.alerts.course import Points, by_version
from console.alerts.history import History
from console.alerts.posterior import Floats, split_factor
from console.detectors.protocol import Deviation
from console.records.clock import HOUR

BEFORE_S, AFTER_S = HOUR, 12 * HOUR
"""How long before the new version's first window, and after, the two are compared."""
LEAST_SHARED = 4
"""Windows that both must have."""
MOST_FACTOR = 4.0
"""Most that a split speaks for or against, as a logarithm: the windows are no independent draws."""


@dataclass(frozen=True, slots=True)
class VersionChange:
    """A version that was not seen before."""

    old: str | None
    new: str
    at: float


def split(deviation: Deviation, history: History, change: VersionChange, end: float) -> float:
    """Log Bayes factor of the new version differing from the old one in the same windows.

    0 if they never ran side by side.
    """
    last = min(end, change.at + AFTER_S)
    found = by_version(deviation, history, change.at - BEFORE_S, last)
    first, second = _shared(found.get(change.old or "", ()), found.get(change.new, ()))
    gaps = second - first
    if len(gaps) < LEAST_SHARED:
        return 0.0
    # Neighbouring differences leave out a level that both share and a slow drift of either.
    spread = float(np.sqrt(np.mean(np.diff(gaps) ** 2) / 2.0))
    spread = max(spread, 1e-9 * float(np.abs(first).max(initial=0.0)), 1e-12)
    factor = split_factor(first, second, spread)
    return min(max(factor, -MOST_FACTOR), MOST_FACTOR)


def _shared(old: Points, new: Points) -> tuple[Floats, Floats]:
    known, other = dict(old), dict(new)
    times = sorted(known.keys() & other.keys())
    return (
        np.array([known[ts] for ts in times], dtype=np.float64),
        np.array([other[ts] for ts in times], dtype=np.float64),
    )
