"""Alerts as plain paragraphs, one sentence a line: for a screen reader, or to be read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.config.document import printable

_SPOKEN = {
    "\u2192": " to ", "\u2013": " to ", "\u00b7": ",", "\u00d7": " times", "\u03c3": " sigma",
    "\u00b1": " plus or minus ", "\u2265": " at least ", "\u2264": " at most ",
    "\u2026": "...", "%": " percent ", "<*>": " something ",
}  # fmt: skip
"""Signs that are drawn rather than read, in words."""
_DRAWN = re.compile(r"[\u2190-\u2bff\ue000-\uf8ff]")
"""Arrows, mathematical signs, lines, blocks, dots of charts, and letters of nobody."""
_ENDS = re.compile(r"(?<=[.!?]) (?=[A-Z“\"])")
MOST_MEMBERS = 8


def paragraphs(alerts: Sequence[Mapping[str, Any]], titles: Sequence[str]) -> Iterator[str]:
    """The lines of all alerts (contracts §4, best first), an empty one before each."""
    waiting = sum(alert["state"] == "open" for alert in alerts)
    yield f"{_counted(len(alerts), 'alert')}, {waiting or 'none'} of them open."
    for place, (alert, title) in enumerate(zip(alerts, titles, strict=True), start=1):
        yield ""
        yield from _alert(alert, title, f"Alert {place} of {len(alerts)}")


def _alert(alert: Mapping[str, Any], title: str, place: str) -> Iterator[str]:
    model = alert["model"]
    of = f"of {model}" if model else "of no single model"
    yield _sentence(f"{place}, {alert['severity']}, {alert['state']}, {of}")
    yield _sentence(title.removesuffix(f" · {model}"))
    ended = f" and ended {_moment(alert['ended_at'])}" if alert["ended_at"] else ""
    yield _sentence(f"It began {_moment(alert['started_at'])}{ended}")
    yield from _sentences(alert["what"])
    for name, key in (("Where", "where"), ("When", "when"), ("Cost", "impact")):
        yield from _sentences(f"{name}: {alert[key].strip() or 'unknown'}")
    for number, cause in enumerate(alert["why"]):
        name = "Other cause" if number else "Most likely cause"
        yield _sentence(f"{name}, {100 * cause['confidence']:.0f} percent: {cause['text']}")
    for member in alert["members"][:MOST_MEMBERS]:
        parts = (member["stage"], member["series"], member["detector"])
        yield _sentence(f"With it: {', '.join(part for part in parts if part)}")
    if (more := len(alert["members"]) - MOST_MEMBERS) > 0:
        yield _sentence(f"And {more} more with it")
    for log in alert["related_logs"]:
        often = f"{_counted(log['count'], 'line')}, {min(log['lift'], 9999.0):.0f} times as often"
        yield _sentence(f"Log, {often} as before: {log['template']}")
    for step in alert["suggestions"]:
        if "model-console " in step:  # to be copied, letter by letter
            yield printable(f"Next step: {step}")
        else:
            yield from _sentences(f"Next step: {step}")
    if alert["rank_reasons"]:
        reasons = ", ".join(reason["text"] for reason in alert["rank_reasons"][:3])
        yield _sentence(f"It stands here for: {reasons}")


def _sentences(text: str) -> Iterator[str]:
    for part in _ENDS.split(spoken(text)):
        yield _sentence(part)


def _sentence(text: str) -> str:
    """On one line, with a full stop."""
    said = spoken(text).rstrip(" ,;:")
    return said if said.endswith((".", "!", "?")) else f"{said}."


def spoken(text: str) -> str:
    """The text without anything that is drawn rather than read; what cannot be shown is escaped."""
    for sign, words in _SPOKEN.items():
        text = text.replace(sign, words)
    plain = " ".join(printable(_DRAWN.sub(" ", text)).split())
    return re.sub(r" ([,.;:!?)])(?=\s|$)", r"\1", plain)


def _moment(iso: str) -> str:
    return f"on {iso[:10]} at {iso[11:16]} UTC"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
