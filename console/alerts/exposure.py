"""What was looked at: exposures of alerts, observed by where the cursor rests, in bounded size.

The screen keeps one `Looks` and tells it, whenever the cursor leaves a row and at most every few
seconds, how long each row was visible and how long the cursor rested on it. What is worth keeping
comes back as the args of an act `exposure` for the journal: of each alert at most one in
`EVERY_S` seconds, unless it now was examined, or opened, and had not been before. The rank learns
from it (`examples.py`), and an alert that was examined counts as seen (`board.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.alerts.examples import LOOKED_MS
from console.records.clock import HOUR

EVERY_S = 6 * HOUR
LEAST_MS = 300.0
"""A cursor that passes faster was on its way to another row."""
MOST_ALERTS = 500
"""So many alerts are remembered; the one longest unseen is forgotten first."""

Args = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Look:
    since: float
    position: int
    cursor_ms: float = 0.0
    visible_ms: float = 0.0
    opened: bool = False
    kept: tuple[bool, bool] | None = None
    """Examined and opened, as last written to the journal."""

    @property
    def depth(self) -> tuple[bool, bool]:
        return self.opened or self.cursor_ms >= LOOKED_MS, self.opened


class Looks:
    """Adds up what one user sees. Not for use by two threads at once."""

    def __init__(self) -> None:
        self._looks: dict[str, _Look] = {}

    def saw(
        self,
        alert_id: str,
        now: float,
        *,
        position: int,
        cursor_ms: float,
        visible_ms: float,
        opened: bool,
    ) -> Args | None:
        """Adds one stay of an alert on the screen; the args of an `exposure`, None to keep none.

        `position` counts from 1; `cursor_ms` and `visible_ms` are those of this stay alone.
        """
        known = self._looks.pop(alert_id, None)
        if known is None or now - known.since >= EVERY_S:
            known = _Look(now, position)
        look = replace(
            known,
            position=position,
            cursor_ms=known.cursor_ms + max(cursor_ms, 0.0),
            visible_ms=known.visible_ms + max(visible_ms, 0.0),
            opened=known.opened or opened,
        )
        told = look.opened or look.cursor_ms >= LEAST_MS
        worth = told and (look.kept is None or look.depth > look.kept)
        self._looks[alert_id] = replace(look, kept=look.depth) if worth else look
        while len(self._looks) > MOST_ALERTS:
            del self._looks[next(iter(self._looks))]
        return _args(look) if worth else None


def _args(look: _Look) -> Args:
    return {
        "position": float(look.position),
        "cursor_ms": round(look.cursor_ms),
        "visible_ms": round(look.visible_ms),
        "opened": float(look.opened),
    }


def examined(args: Mapping[str, str | float]) -> bool:
    """Whether an exposure says that an eye rested on the alert."""
    cursor = args.get("cursor_ms", 0.0)
    return bool(args.get("opened")) or (isinstance(cursor, int | float) and cursor >= LOOKED_MS)
