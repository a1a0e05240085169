"""Numbers of a view with what is needed to judge them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.alerts.alert import Alert
from console.engine.snapshot import Health
from console.store.rawrows import Among

PARTS = 48
"""Equal parts of the shown span that a course is given in."""
_WORST: tuple[Health, ...] = ("critical", "warning", "silent", "info", "learning", "ok")


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a time, with its 95 % interval where one is known."""

    ts: float
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a model over the shown span."""

    key: str
    """What it is, whatever its value: stays the same from one answer to the next."""
    name: str
    """As the records or the statistics call it."""
    about: str
    """Where it is from: a stage, `by labels`, `estimated`."""
    value: float | None
    """Over the whole span; None without data."""
    now: float | None
    """The newest of the span."""
    before: float | None
    """Over the span of the same length before it, or of the reference."""
    low: float | None = None
    high: float | None = None
    """The 95 % interval of `value`."""
    n: int = 0
    """Rows or windows it is taken from."""
    points: tuple[Point, ...] = ()
    health: Health = "ok"
    series_id: int | None = None
    """Of a metric: whose rows can be looked at."""
    among: Among | None = None
    """Of a segment: which predictions it is of."""


def health_of(alerts: Sequence[Alert], series: str | None) -> Health:
    """The worst of the alerts that name the series; of one without tags, whatever theirs are."""
    wanted = series or ""
    return worst(
        [
            alert.severity
            for alert in alerts
            if wanted and wanted in (alert.series, (alert.series or "").split("{")[0])
        ]
    )


def worst(states: Sequence[Health]) -> Health:
    """The state that needs most attention; `ok` of none."""
    return next((state for state in _WORST if state in states), "ok")


def standing(alerts: Sequence[Alert], model: str | None, at: float) -> list[Alert]:
    """The alerts of a model that are on at a time and asked for attention then."""
    return [
        alert
        for alert in alerts
        if alert.model == model
        and alert.state in ("open", "acknowledged")
        and alert.started_at <= at
        and (alert.ended_at is None or alert.ended_at > at)
    ]
