"""What a recipient is told of one alert at one moment, and the message that carries it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from console.alerts.alert import AlertState
from console.detectors.protocol import Severity
from console.records.clock import iso

Reason = Literal[
    "new",
    "worse",
    "changed",
    "reopened",
    "snooze ended",
    "resolved",
    "acknowledged",
    "snoozed",
    "taken back",
    "report",
    "test",
]
"""Why a notice exists."""
ENDED: frozenset[AlertState] = frozenset({"resolved", "noise"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One link in the chain of what a recipient knows of an alert."""

    id: str
    """Hash of the chain up to here: the same however often the process was killed."""
    recipient: str
    alert_id: str
    reason: Reason
    at: float
    """When it was decided, by the wall clock."""
    severity: Severity
    state: AlertState
    gist: str
    """What a message would say anew: models, leading cause, expectation."""
    thread: str
    """Id of the first notice of the chain."""
    title: str
    alert: Mapping[str, Any] = field(default_factory=dict)
    """Contracts §4 without the points of the chart; redacted."""

    @property
    def over(self) -> bool:
        """Whether the alert is at rest."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once: one notice, or a summary of several."""

    notices: tuple[Notice, ...]
    at: float
    held_back: bool = False
    """Whether quiet hours or the limit kept some of it back."""

    @property
    def key(self) -> str:
        """The idempotency key: the notice's id; of a summary a hash of all of them."""
        if len(self.notices) == 1:
            return self.notices[0].id
        return digest([notice.id for notice in self.notices])

    @property
    def critical(self) -> bool:
        """Whether it tells of something critical that is not over."""
        return any(is_urgent(notice) for notice in self.notices)


def is_urgent(notice: Notice) -> bool:
    """Whether a notice is of a critical alert that is not over."""
    return notice.severity == "critical" and not notice.over


def trial(recipient: str, now: float) -> Message:
    """A message that says nothing but that messages arrive."""
    what = "This is a test of model-console: nothing is wrong."
    document = {"what": what, "detector": "test", "started_at": iso(now), "updated_at": iso(now)}
    identity = digest(["test", recipient, now])
    notice = Notice(
        id=identity,
        recipient=recipient,
        alert_id=f"test-{identity}",
        reason="test",
        at=now,
        severity="info",
        state="open",
        gist="",
        thread=identity,
        title=f"test of model-console for {recipient}",
        alert=document,
    )
    return Message((notice,), now)


def digest(parts: Sequence[object]) -> str:
    """A hash of content."""
    text = json.dumps(parts, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=12).hexdigest()
