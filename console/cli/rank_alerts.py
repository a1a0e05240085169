"""Alerts as JSON (contracts §4), read as far as the rank needs them; all the rest is kept as is."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.alerts.board import Subject
from console.alerts.features import SEVERITY
from console.alerts.prior import NAMES, Topic, topic
from console.cli.errors import UsageError
from console.records.clock import from_iso

_UNITS = (1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (math.inf, 1e9)
"""Numbers below the first are seconds, then milli-, micro- and nanoseconds."""


class UnfitError(ValueError):
    """What is wrong with a value, and how to mend it; where, the caller knows."""


@dataclass(frozen=True, slots=True)
class GivenAlert:
    """An alert of the document or the log."""

    fields: dict[str, Any]
    id: str
    topic: Topic
    opened_at: float | None
    newest: float
    """The newest time that it names; 0 if it names none."""

    @property
    def key(self) -> str:
        """Tells it from other alerts and from its own return."""
        return f"{self.id}@{self.opened_at}"

    def subject(self, now: float, *, seen: bool = False, important: bool = False) -> Subject:
        """The alert as the order sees it; one that does not say when it was opened is new."""
        return Subject(
            id=self.id,
            topic=self.topic,
            severity=str(self.fields.get("severity") or "warning"),
            state=str(self.fields.get("state") or "open"),
            explained=self.fields.get("explained_by") is not None,
            opened_at=now if self.opened_at is None else self.opened_at,
            ended_at=_time(self.fields, "ended_at"),
            seen=seen or self.fields.get("state") == "acknowledged",
            important=important,
        )


def alerts_of(name: str, text: str) -> tuple[dict[str, Any], list[GivenAlert]]:
    """The document without its alerts, and these. Raises UsageError that names file and line.

    A bare list of alerts is a document, too.
    """
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise UsageError(
            f'{name}:{line}: is no JSON: wanted is {{"alerts": [...]}}, '
            "as model-console alerts --format json prints it"
        ) from None
    listed = document.get("alerts") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        raise UsageError(f'{name}:1: has no list of alerts: wanted is {{"alerts": [...]}}')
    found = []
    for number, fields in enumerate(listed):
        try:
            found.append(given_alert(fields))
        except UnfitError as error:
            line = _line(text, number, bare=not isinstance(document, dict))
            raise UsageError(f"{name}:{line}: alert {number + 1} {error}") from None
    rest = {k: v for k, v in document.items() if k != "alerts"} if document != listed else {}
    return rest, found


def given_alert(fields: Any) -> GivenAlert:
    """An alert's object. Raises UnfitError."""
    if not isinstance(fields, dict):
        raise UnfitError("is no object: wanted is an alert with at least an id")
    identity = fields.get("id")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        raise UnfitError("has no id: give it one")
    model = fields.get("model")
    opened = _time(fields, "opened_at")
    opened = _time(fields, "started_at") if opened is None else opened
    times = (opened, _time(fields, "updated_at"), _time(fields, "ended_at"))
    return GivenAlert(
        fields=fields,
        id=str(identity),
        topic=topic(
            str(fields.get("detector") or ""), None if model is None else str(model), _known(fields)
        ),
        opened_at=opened,
        newest=max((ts for ts in times if ts is not None), default=0.0),
    )


def instant(value: Any) -> float:
    """Epoch seconds of ISO 8601 or a number of seconds to nanoseconds. Raises UnfitError."""
    if isinstance(value, str):
        try:
            return from_iso(value)
        except (ValueError, OverflowError):
            raise UnfitError(f"{value!r} is no time: write it as 2026-11-23T08:00:00Z") from None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return next(value / unit for limit, unit in _UNITS if abs(value) < limit)
    raise UnfitError(f"{value!r} is no time: write it as 2026-11-23T08:00:00Z")


def _time(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    return None if value is None else _named(name, value)


def _named(name: str, value: Any) -> float:
    try:
        return instant(value)
    except UnfitError as error:
        raise UnfitError(f"has a wrong {name}: {error}") from None


def _known(fields: Mapping[str, Any]) -> dict[str, float]:
    """The features that the rank knows; the severity's own stands in for an absent one."""
    features = fields.get("features")
    if features is None:
        features = {}
    if not isinstance(features, dict):
        raise UnfitError("has features that are no object: wanted is {name: number}")
    known = {}
    for name in NAMES:
        value = features.get(name)
        if value is None:
            continue
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise UnfitError(f"has a feature {name} that is no number: give 0 to 1, or none")
        known[name] = float(value)
    severity = fields.get("severity")
    if "severity" not in known and isinstance(severity, str) and severity in SEVERITY:
        known["severity"] = SEVERITY[severity]
    return known


def _line(text: str, number: int, *, bare: bool) -> int:
    """The line, from 1, on which an alert of a document begins."""
    places = _elements(text, _start(text, bare=bare))
    return text.count("\n", 0, next(place for i, place in enumerate(places) if i == number)) + 1


def _start(text: str, *, bare: bool) -> int:
    """Where the list of alerts begins: after its bracket."""
    decoder, at = json.JSONDecoder(), _blank(text, 0) + 1
    found = at
    while not bare:
        at = _blank(text, at)
        if text[at] == "}":
            break
        key, at = decoder.raw_decode(text, at)
        at = _blank(text, _blank(text, at) + 1)
        if key == "alerts":
            found = at + 1
        at = _blank(text, decoder.raw_decode(text, at)[1])
        at += text[at] == ","
    return found


def _elements(text: str, at: int) -> Iterator[int]:
    """Where each element of a list begins."""
    decoder = json.JSONDecoder()
    while True:
        at = _blank(text, at)
        yield at
        at = _blank(text, decoder.raw_decode(text, at)[1]) + 1


def _blank(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
