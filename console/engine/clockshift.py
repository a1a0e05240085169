"""Files whose times are not those of this machine's clock: a zone left out, a clock that is wrong.

While a file is followed, the newest time in it is held against the moment at which it was read. A
lag that stays the same from one read to the next is a shift; one that moves is late data.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from console.records.clock import HOUR, MINUTE

LEAST_S = 10 * MINUTE
"""Smaller differences are what jobs buffer."""
STEADY_S = MINUTE
"""So far the lags of one file may differ and still be one shift."""
WATCHED_S = 2 * MINUTE
"""So long the same lag has to be seen."""
READS = 5
"""So often at least."""


@dataclass
class Shifts:
    """The lags of files that are being written, as they were read."""

    _lags: dict[int, deque[tuple[float, float]]] = field(default_factory=dict)
    _said: dict[int, str] = field(default_factory=dict)

    def see(self, file_id: int, path: str, newest: float, now: float) -> None:
        """The newest time of a file that has just been read to its end, at `now`."""
        lags = self._lags.setdefault(file_id, deque(maxlen=200))
        lag = now - newest
        if lags and abs(lag - lags[-1][1]) > STEADY_S:
            lags.clear()
        lags.append((now, lag))
        seen = [known for _, known in lags]
        steady = max(seen) - min(seen) <= STEADY_S
        if not steady:
            lags.popleft()
        long_enough = len(lags) >= READS and now - lags[0][0] >= WATCHED_S
        if steady and long_enough and abs(lag) >= LEAST_S:
            self._said[file_id] = _sentence(Path(path).name, lag)
        elif abs(lag) < LEAST_S:
            self._said.pop(file_id, None)

    @property
    def notices(self) -> tuple[str, ...]:
        """A line for each file whose times are shifted."""
        return tuple(self._said.values())


def _sentence(name: str, lag: float) -> str:
    size = f"{abs(lag) / HOUR:.2g} h" if abs(lag) >= HOUR else f"{abs(lag) / MINUTE:.0f} min"
    where = "behind" if lag > 0 else "ahead of"
    return (
        f"{name}: its times are steadily {size} {where} this machine's clock: set the timezone of"
        " its [[sources]], or mend the clock"
    )
