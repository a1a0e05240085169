"""The words of a message: a subject and a plain text, nothing of it taken for markup.

What came from followed files is printable text here, a line of its own each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from console.alerts.delivery.notice import Message, Notice
from console.config.document import printable

LONGEST_SUBJECT = 120
LONGEST_LINE = 500
MOST_CAUSES = 3
MOST_LOGS = 3
MOST_LISTED = 50
_KEYS = re.compile(r" \((?:Enter drills down|[a-z])\)$")
_TELLS: Mapping[str, str] = {
    "new": "it is new",
    "worse": "it got worse",
    "changed": "more is known",
    "reopened": "it came back",
    "snooze ended": "its snooze has ended",
    "resolved": "it is over",
    "acknowledged": "somebody sees to it",
    "snoozed": "it is put off",
    "taken back": "nobody sees to it any more",
    "report": "it is a report",
    "test": "a test was asked for",
}


def subject(message: Message) -> str:
    """One line of at most 120 characters."""
    if len(message.notices) == 1:
        notice = message.notices[0]
        text = f"[{_label(notice)}] {notice.title}"
    else:
        grave = sum(notice.severity == "critical" and not notice.over for notice in message.notices)
        text = (
            f"[{len(message.notices)} alerts] {grave} critical"
            if grave
            else (f"[{len(message.notices)} alerts] none critical")
        )
    return _line(text, LONGEST_SUBJECT)


def body(message: Message) -> str:
    """The text for people, its lines separated by newlines."""
    lines = _single(message.notices[0]) if len(message.notices) == 1 else _summary(message)
    return "\n".join(_line(line, LONGEST_LINE) for line in lines) + "\n"


def reason(notice: Notice) -> str:
    """Why a notice comes now, in a few words."""
    if notice.state == "noise" and notice.reason == "resolved":
        return "it was marked as noise"
    return _TELLS[notice.reason]


def _label(notice: Notice) -> str:
    if notice.reason in ("report", "test"):
        return notice.reason
    return "over" if notice.over else notice.severity.upper()


def _single(notice: Notice) -> Iterator[str]:
    alert = notice.alert
    yield notice.title
    yield ""
    for name, key in (("What", "what"), ("Where", "where"), ("When", "when"), ("Cost", "impact")):
        if alert.get(key):
            yield f"{name:<6}{alert[key]}"
    yield from _why(alert)
    for number, step in enumerate(_steps(alert)):
        yield f"{'Next' if not number else '':<6}{step}"
    for number, log in enumerate((alert.get("related_logs") or ())[:MOST_LOGS]):
        said = f"{log['count']} lines, {log['lift']:.3g} times as many: {log['template']}"
        yield f"{'Logs' if not number else '':<6}{said}"
    yield ""
    if notice.reason not in ("report", "test"):
        yield f"All that is known of it, in one folder: model-console bundle {notice.alert_id}"
    yield f"You get this because {reason(notice)}. Message {notice.id}."


def _steps(alert: Mapping[str, Any]) -> Iterator[str]:
    """What to do next, without the keys of a screen that the reader is not in front of."""
    for step in alert.get("suggestions") or ():
        if not step.startswith("Press "):
            yield _KEYS.sub("", step)


def _why(alert: Mapping[str, Any]) -> Iterator[str]:
    for number, cause in enumerate((alert.get("why") or ())[:MOST_CAUSES]):
        share = f"{100 * cause['confidence']:.0f} %"
        yield f"{'Why' if not number else '':<6}{cause['text']} ({share})"


def _summary(message: Message) -> Iterator[str]:
    held = ", some of them held back by quiet hours or the limit of messages"
    yield f"{len(message.notices)} alerts{held if message.held_back else ''}:"
    yield ""
    for notice in message.notices[:MOST_LISTED]:
        since = str(notice.alert.get("started_at", ""))[:16].replace("T", " ")
        yield f"{_label(notice):<9}{notice.title} (since {since} UTC; {reason(notice)})"
    if len(message.notices) > MOST_LISTED:
        yield f"and {len(message.notices) - MOST_LISTED} more: see the console"
    yield ""
    yield f"Message {message.key}."


def _line(text: str, longest: int) -> str:
    plain = printable(" ".join(text.split()) if text.strip() else "")
    if text.startswith(" ") or "  " in text:  # columns are kept
        plain = printable(text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"
