"""What the screen is given once a tick: one frozen picture of all that the home view shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.alerts.alert import Alert

LEARNING_H = 28
"""Hours of a series that are learned before it is told what is unusual (`detectors.anomaly`)."""
Health = Literal["ok", "info", "warning", "critical", "silent", "learning"]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number of a model's pane; every model has the same gauges in the same places."""

    label: str
    """`perf`, `drift`, `nulls`, `errors`, `latency`, `volume`."""
    value: float | None
    """None where the model has nothing of the kind (shown as a dash)."""
    text: str
    """The value with its unit, at most 10 cells: `.913`, `0.4 %`, `118 ms`."""
    series: str | None = None
    """Which series it is taken from, for the help line."""
    trend: tuple[float | None, ...] = ()
    """Up to 60 values over the shown span, oldest first; None where nothing was seen."""
    health: Health = "ok"


@dataclass(frozen=True, slots=True)
class ModelPane:
    """One model in the list of models."""

    name: str
    version: str | None
    tier: int
    owner: str | None
    health: Health
    gauges: tuple[Gauge, ...]
    open_alerts: int
    last_seen: float | None
    """Newest event time of any of its records."""
    known_h: int | None = None
    """Whole hours of its history, while they are fewer than `LEARNING_H`; None: enough is known."""


@dataclass(frozen=True, slots=True)
class EventMark:
    """A marked event, for the timeline and the charts."""

    id: str | None
    ts: float
    end_ts: float | None
    model: str | None
    stage: str | None
    version: str | None
    type: str
    title: str
    planned: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading has come."""

    files: int
    bytes_read: int
    bytes_total: int
    rows: int
    rejects: int
    rows_per_second: float
    behind_s: float
    """Seconds between the newest line on disk and the newest that is stored; 0 when caught up."""

    @property
    def caught_up(self) -> bool:
        """Whether everything that is on disk has been read."""
        return self.bytes_read >= self.bytes_total


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the home view shows, taken between two batches."""

    revision: int
    """Counts up with every change."""
    now: float
    """The console's time: the wall clock when live, the newest event when history is looked at."""
    live: bool
    models: tuple[ModelPane, ...]
    inbox: tuple[Alert, ...]
    """Ranked, best first; those at rest (resolved, noise, snoozed) last."""
    events: tuple[EventMark, ...]
    progress: Progress
    notices: tuple[str, ...] = ()
    """What the user should know of the collection itself, a line each."""
