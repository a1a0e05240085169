"""Tells the journal what was looked at: where the cursor rested, how long, and what was opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.alerts.exposure import Looks

Keep = Callable[[str, Mapping[str, float]], None]
"""Enters an exposure of an alert in the journal."""


class Looking:
    """Follows the cursor over the alerts; times come from the injected clock."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._looks: Looks | None = None
        self._here: str | None = None
        self._place = 0
        self._since = 0.0

    def rests(self, alert_id: str | None, position: int, now: float) -> None:
        """The cursor lies on an alert, at a place from 1; None: on none, or nobody looks."""
        if alert_id == self._here:
            self._place = position
            return
        self._told(now, opened=False)
        self._here, self._place, self._since = alert_id, position, now

    def opened(self, now: float) -> None:
        """The alert under the cursor was gone into."""
        self._told(now, opened=True)
        self._since = now

    def _told(self, now: float, *, opened: bool) -> None:
        if self._here is None:
            return
        if self._looks is None:
            from console.alerts.exposure import Looks

            self._looks = Looks()
        rested = max(now - self._since, 0.0) * 1000
        args = self._looks.saw(
            self._here,
            now,
            position=max(self._place, 1),
            cursor_ms=rested,
            visible_ms=rested,
            opened=opened,
        )
        if args is not None:
            self._keep(self._here, args)
