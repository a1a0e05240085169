"""Takes the snapshots that the screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from console.engine.panes import Panes
from console.engine.snapshot import EventMark, ModelPane, Snapshot
from console.engine.views.timeline import event_mark
from console.records.clock import DAY, MINUTE

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.config.settings import Settings
    from console.engine.engine import Engine

EVENTS_S = 7 * DAY
"""How far back events are shown."""
PANES_S = 1.0
"""Least time between two looks at the models' courses, which change with the windows only."""


class Picture:
    """Remembers what has not changed from one snapshot to the next."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._panes = Panes(settings, engine.references)
        self._models: tuple[ModelPane, ...] = ()
        self._events: tuple[EventMark, ...] = ()
        self._taken_at = float("-inf")
        self._stale = True
        self._revision = 0

    def changed(self) -> None:
        """Windows closed or acts came in: the panes have to be taken anew."""
        self._stale = True

    def take(self, monotonic: float, notices: Sequence[str]) -> Snapshot:
        """The picture between two steps; `monotonic` is a time that only goes on."""
        intake = self._engine.intake
        live = intake.live_now()
        now = max(intake.newest() or intake.now(), live or 0.0)
        alerts = self._engine.inbox(now)
        if self.due(monotonic):
            self._look(alerts, now)
            self._taken_at, self._stale = monotonic, False
        self._revision += 1
        return Snapshot(
            revision=self._revision,
            now=now,
            live=live is not None,
            models=self._models,
            inbox=alerts,
            events=self._events,
            progress=intake.progress(),
            notices=tuple(notices),
        )

    def stored(self, monotonic: float, notices: Sequence[str]) -> Snapshot:
        """The picture before the first step, when no file has been looked at."""
        taken = self.take(monotonic, notices)
        unread = replace(taken.progress, bytes_total=taken.progress.bytes_read + 1)
        return replace(taken, progress=unread)

    def due(self, monotonic: float) -> bool:
        """Whether the panes shown are older than what is known, and it is time to look again."""
        return self._stale and monotonic - self._taken_at >= PANES_S

    def _look(self, alerts: Sequence[Alert], now: float) -> None:
        reader = self._engine.reader
        self._models = self._panes.take(reader, self._engine.seen.models, alerts, now)
        marked = reader.events(now - EVENTS_S, now + MINUTE)
        self._events = tuple(event_mark(row) for row in marked.iter_rows(named=True))
