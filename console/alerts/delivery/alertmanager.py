"""Alerts to a webhook, in the shape of Alertmanager's (version 4).

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.alerts.delivery.notice import Message, Notice
from console.alerts.delivery.pacing import Manner
from console.alerts.delivery.text import reason, subject
from console.alerts.delivery.transport import Signed, Wire
from console.config.delivery import Recipient

NEVER = "0001-01-01T00:00:00Z"
"""How Alertmanager writes the end of what is not over."""


class Alertmanager:
    """The way to one webhook."""

    manner = Manner()

    def __init__(self, recipient: Recipient) -> None:
        self._recipient = recipient
        self._wire = Wire(recipient)

    def send(self, message: Message) -> None:
        """Posts the message; taken is what was answered with 2xx."""
        token = None if self._recipient.token is None else self._recipient.token.read()
        key = None if self._recipient.signing is None else self._recipient.signing.read()
        signed = None if key is None else Signed(key, message.at)
        self._wire.post(payload(message), message.key, token, signed)

    def abort(self) -> None:
        """Breaks off the connection."""
        self._wire.abort()


def payload(message: Message) -> dict[str, Any]:
    """The document of a message."""
    alerts = [_alert(notice) for notice in message.notices]
    labels = _common([alert["labels"] for alert in alerts])
    first = message.notices[0]
    group = f'{{fingerprint="{alerts[0]["fingerprint"]}"}}' if len(alerts) == 1 else "{}"
    return {
        "version": "4",
        "groupKey": f"{{}}:{group}",
        "truncatedAlerts": 0,
        "status": "resolved" if all(n.over for n in message.notices) else "firing",
        "receiver": first.recipient,
        "notification_reason": reason(first) if len(alerts) == 1 else "summary",
        "groupLabels": {},
        "commonLabels": labels,
        "commonAnnotations": {"summary": subject(message)},
        "externalURL": "",
        "alerts": alerts,
    }


def _alert(notice: Notice) -> dict[str, Any]:
    alert = notice.alert
    labels = {
        "alertname": alert.get("detector"),
        "alert_id": notice.alert_id,
        "severity": notice.severity,
        **{name: alert.get(name) for name in ("model", "stage", "series")},
    }
    causes = [f"{cause['text']} ({cause['confidence']:.2f})" for cause in alert.get("why") or ()]
    annotations = {
        "summary": notice.title,
        "description": alert.get("what"),
        **{name: alert.get(name) for name in ("where", "when", "impact", "version")},
        "why": "\n".join(causes),
        "next": "\n".join(alert.get("suggestions") or ()),
        "reason": reason(notice),
        "state": notice.state,
    }
    end = alert.get("ended_at") or alert.get("updated_at")
    return {
        "status": "resolved" if notice.over else "firing",
        "labels": {name: str(value) for name, value in labels.items() if value},
        "annotations": {name: str(value) for name, value in annotations.items() if value},
        "startsAt": alert.get("started_at"),
        "endsAt": end if notice.over else NEVER,
        "generatorURL": "",
        "fingerprint": str(alert.get("fingerprint", "")),
    }


def _common(several: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The labels that all have alike."""
    first, *others = several
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }
