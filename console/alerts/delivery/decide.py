"""Which alerts a recipient is to be told of, as a pure function of what he was told last.

The question is always "what is different from what he knows?", never "what happened?": asked again
after a crash, or after hours without anybody asking, it gives each difference once and loses none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from console.alerts.alert import Alert
from console.alerts.delivery.notice import ENDED, Notice, Reason, digest
from console.alerts.incident import at_least
from console.alerts.templates import retold
from console.config.delivery import Recipient
from console.config.settings import Settings
from console.records.clock import DAY, MINUTE
from console.records.redaction import Redactor

FRESH_S = DAY
"""An alert that was opened longer ago is no news, if its recipient never heard of it."""
UPDATE_S = 10 * MINUTE
"""Least time between two messages on the same alert, unless it got worse, ended or came back."""
SPARED = frozenset({"address", "e-mail"})
"""What looks private is told all the same: colleagues need to know which host or customer it is."""
LEADING = 0.5
"""Probability from which on a cause is worth a message."""


def decide(
    recipient: Recipient,
    inbox: Iterable[Alert],
    told: Mapping[str, Notice],
    settings: Settings,
    now: float,
) -> list[Notice]:
    """What is to be told; `told` is the last notice by alert. In the order of the inbox.

    An alert that is gone from the inbox, as one that another incident took over, counts as over.
    """
    notices = []
    seen = set()
    redactor = Redactor(settings.redact, spared=SPARED)
    for alert in inbox:
        seen.add(alert.id)
        last = told.get(alert.id)
        reason = _reason(recipient, alert, last, settings, now)
        if reason is not None:
            told_so = retold(alert, settings, recipient.name)
            notice = _notice(recipient, told_so, last, reason, now)
            title, document = redactor.text(notice.title), redactor.value(notice.alert)
            notices.append(replace(notice, title=title, alert=document))
    for alert_id, last in told.items():
        if alert_id not in seen and not last.over and last.reason != "report":
            notices.append(_gone(last, now))
    return notices


def concerns(recipient: Recipient, alert: Alert, settings: Settings) -> bool:
    """Whether the routes of a recipient lead to him for an alert."""
    report = is_report(alert)
    dull = report and alert.trigger != "interval" and not alert.members  # an event changed nothing
    if dull or (report and not recipient.digests):
        return False
    models = {alert.model, *(member.model for member in alert.members)} - {None}
    owners = {settings.model(name).owner for name in models} - {None}
    stages = {alert.stage, *(member.stage for member in alert.members)}
    return (
        (report or at_least(alert.severity, recipient.severity))
        and (_any(recipient.models, models) or (report and alert.model is None))
        and _any(recipient.stages, stages)
        and _any(recipient.owners, owners)
        and _any(recipient.detectors, {alert.detector})
    )


def is_report(alert: Alert) -> bool:
    """Whether it tells how things are, at an interval or after an event, not that one is wrong."""
    return alert.trigger == "interval" or alert.detector == "event"


def _any(patterns: tuple[str, ...], names: Iterable[str | None]) -> bool:
    return not patterns or any(
        fnmatchcase(name, pattern) for name in names if name for pattern in patterns
    )


def _reason(
    recipient: Recipient, alert: Alert, last: Notice | None, settings: Settings, now: float
) -> Reason | None:
    if last is None:
        fresh = alert.state == "open" and now - alert.opened_at <= FRESH_S
        if not (fresh and concerns(recipient, alert, settings)):
            return None
        return "report" if is_report(alert) else "new"
    if last.reason == "report":
        return None
    if alert.state in ENDED:
        return None if last.over else "resolved"
    if last.over:
        back = alert.state == "open" and concerns(recipient, alert, settings)
        return "reopened" if back else None
    return _change(recipient, alert, last, now)


def _change(recipient: Recipient, alert: Alert, last: Notice, now: float) -> Reason | None:
    """What is new of an alert that was told and is not over."""
    if alert.state == "open" and not at_least(last.severity, alert.severity):
        return "worse"
    if alert.state != last.state:
        if alert.state == "open":
            return "snooze ended" if last.state == "snoozed" else "taken back"
        return "acknowledged" if alert.state == "acknowledged" else "snoozed"
    due = recipient.updates and alert.state == "open" and now - last.at >= UPDATE_S
    return "changed" if due and _gist(alert) != last.gist else None


def _gist(alert: Alert) -> str:
    leading = next((cause for cause in alert.why if cause.confidence >= LEADING), None)
    known = leading is not None and leading.kind != "unknown"
    models = sorted({m.model for m in alert.members if m.model} | {alert.model or ""})
    return digest(
        [
            models,
            [leading.kind, leading.event_id, leading.stage] if leading and known else None,
            alert.explained_by,
        ]
    )


def _notice(
    recipient: Recipient, alert: Alert, last: Notice | None, reason: Reason, now: float
) -> Notice:
    gist = _gist(alert)
    severity = alert.severity
    if last is not None and at_least(last.severity, severity):
        severity = last.severity
    parts = [recipient.name, alert.id, last and last.id, reason, severity, alert.state, gist]
    identity = digest(parts)
    document = alert.to_json()
    document["evidence"] = {**document["evidence"], "points": []}
    return Notice(
        id=identity,
        recipient=recipient.name,
        alert_id=alert.id,
        reason=reason,
        at=now,
        severity=severity,
        state=alert.state,
        gist=gist,
        thread=identity if last is None else last.thread,
        title=alert.title,
        alert=document,
    )


def _gone(last: Notice, now: float) -> Notice:
    return Notice(
        id=digest([last.recipient, last.alert_id, last.id, "resolved"]),
        recipient=last.recipient,
        alert_id=last.alert_id,
        reason="resolved",
        at=now,
        severity=last.severity,
        state="resolved",
        gist=last.gist,
        thread=last.thread,
        title=last.title,
        alert={**last.alert, "state": "resolved"},
    )
