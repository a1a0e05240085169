"""Alerts to PagerDuty, as events of its API v2.

https://developer.pagerduty.com/docs/events-api-v2-overview: the alert's id is the key by which
PagerDuty takes a repeated event for what it is.
"""

from __future__ import annotations

from typing import Any

from console.alerts.delivery.channel import DeliveryError
from console.alerts.delivery.notice import Message, Notice
from console.alerts.delivery.pacing import Manner
from console.alerts.delivery.text import reason
from console.alerts.delivery.transport import Wire
from console.config.delivery import Recipient

LONGEST_SUMMARY = 1024
ACTIONS = {"resolved": "resolve", "acknowledged": "acknowledge"}
"""By the reason of the notice; everything else triggers."""


class PagerDuty:
    """The way to one service of PagerDuty."""

    manner = Manner(
        summarises=False, silent=frozenset({"snoozed", "taken back"}), tells_the_past=False
    )

    def __init__(self, recipient: Recipient) -> None:
        self._recipient = recipient
        self._wire = Wire(recipient)

    def send(self, message: Message) -> None:
        """Posts the event; taken is what was answered with 2xx."""
        if self._recipient.token is None:
            raise DeliveryError("it has no routing key: give key_file or key_env")
        key = self._recipient.token.read()
        self._wire.post(event(message.notices[0], key), message.key)

    def abort(self) -> None:
        """Breaks off the connection."""
        self._wire.abort()


def event(notice: Notice, routing_key: str) -> dict[str, Any]:
    """The event of a notice."""
    action = ACTIONS.get(notice.reason, "trigger")
    said: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": notice.alert_id,
    }
    if action != "trigger":
        return said
    alert = notice.alert
    told = ("what", "where", "when", "impact", "why", "suggestions", "related_logs")
    said["payload"] = {
        "summary": notice.title[:LONGEST_SUMMARY],
        "source": alert.get("model") or "model-console",
        "severity": notice.severity,
        "timestamp": alert.get("started_at"),
        "component": alert.get("series"),
        "group": alert.get("stage"),
        "class": alert.get("detector"),
        "custom_details": {
            "reason": reason(notice),
            **{name: alert[name] for name in told if alert.get(name)},
        },
    }
    said["client"] = "model-console"
    return said
