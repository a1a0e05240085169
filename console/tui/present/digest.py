"""What happened lately, as a page to read: alerts by model, events, and what was read."""

from __future__ import annotations

from collections.abc import Sequence

from console.alerts.alert import Alert
from console.engine.snapshot import ModelPane, Snapshot
from console.tui.clean import clean
from console.tui.present.health import (
    SEVERITY_MARK,
    STATE_WORD,
    at_rest,
    health_mark,
    severity_role,
)
from console.tui.present.line import EMPTY, Line, Piece, crop, piece, wrap
from console.tui.present.words import DASH, Calendar, plural, span, version_tag


def digest_lines(
    snapshot: Snapshot,
    alerts: Sequence[Alert],
    bounds: tuple[float, float],
    width: int,
    calendar: Calendar,
) -> list[Line]:
    """The page for a span: the worst model first, every alert that was on in that time."""
    now, (start, end) = snapshot.now, bounds
    on = [
        alert
        for alert in alerts
        if alert.started_at < end and (alert.ended_at is None or alert.ended_at >= start)
    ]
    fresh = [alert for alert in on if alert.opened_at >= start]
    still = [alert for alert in on if not at_rest(alert)]
    told = (
        f"{plural(len(fresh), 'alert')} raised, {len(still)} still need you, "
        f"{sum(1 for alert in on if alert.state == 'resolved')} resolved, "
        f"{sum(1 for alert in on if alert.state == 'noise')} noise, "
        f"{sum(1 for alert in on if alert.explained_by)} expected of events"
    )
    lines: list[Line] = [
        (
            Piece(f" {calendar.near(start, now)} to {calendar.near(end, now)}", "strong"),
            Piece(f" · {span(end - start)}", "dim"),
        ),
        *[(Piece(" "), *row) for row in wrap((Piece(told),), width - 2)],
    ]
    for model in sorted(snapshot.models, key=lambda pane: _order(pane, on)):
        own = [alert for alert in on if alert.model == model.name]
        lines += [EMPTY, *_model(model, own, width, calendar, now)]
    rest = [alert for alert in on if alert.model not in {m.name for m in snapshot.models}]
    if rest:
        lines += [EMPTY, (Piece(" everything", "strong"),)]
        lines += [_alert(alert, width, calendar, now) for alert in rest]
    happened = [event for event in snapshot.events if start <= event.ts < end]
    if happened:
        lines += [EMPTY, (Piece(" Events", "strong"),)]
        for event in happened:
            what = f"{event.type} {event.title}".strip()
            where = event.model or "all models"
            lines.append(
                crop(
                    (
                        Piece(f"   {calendar.near(event.ts, now)}  ", "dim"),
                        piece(what),
                        piece(f" · {where}", "dim"),
                    ),
                    width,
                )
            )
    progress = snapshot.progress
    read = f" {plural(progress.rows, 'record')} of {plural(progress.files, 'file')} read"
    lost = f", {plural(progress.rejects, 'line')} not decoded" if progress.rejects else ""
    return [*lines, EMPTY, (Piece(read + lost, "dim"),)]


def _order(model: ModelPane, on: Sequence[Alert]) -> tuple[int, int, str]:
    own = [alert for alert in on if alert.model == model.name and not at_rest(alert)]
    worst = min((alert.rank for alert in own if alert.rank), default=10_000)
    return worst, model.tier, model.name


def _model(
    model: ModelPane, own: Sequence[Alert], width: int, calendar: Calendar, now: float
) -> list[Line]:
    name = f"{model.name} {version_tag(model.version)}".rstrip()
    gauges = " · ".join(
        f"{gauge.label} {gauge.text if gauge.value is not None else DASH}" for gauge in model.gauges
    )
    head: Line = (
        Piece(" "),
        health_mark(model.health),
        piece(f" {name}", "strong"),
        piece(f"  {clean(gauges)}", "dim"),
    )
    if not own:
        return [crop(head, width), (Piece("   nothing to tell", "dim"),)]
    return [crop(head, width), *(_alert(alert, width, calendar, now) for alert in own)]


def _alert(alert: Alert, width: int, calendar: Calendar, now: float) -> Line:
    role = severity_role(alert)
    ended = "" if alert.ended_at is None else f" to {calendar.near(alert.ended_at, now)}"
    return crop(
        (
            Piece(f"   {SEVERITY_MARK[alert.severity]} ", role),
            piece(alert.title, "dim" if at_rest(alert) else "text"),
            Piece(
                f" · {STATE_WORD[alert.state]} · {calendar.near(alert.started_at, now)}{ended}",
                "dim",
            ),
        ),
        width,
    )
