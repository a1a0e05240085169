"""What users saw and did, as JSON Lines (contracts §5), read for one of them.

`undo_of` names the act that is taken back by the `id` of its line if it has one, else by its `ts`,
the number of its line, its verb or its alert; what none of these fit takes back the user's last
act on the alert that still stands. An undo can be taken back like any other act.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.alerts.examples import Act, Look
from console.cli.errors import UsageError
from console.cli.rank_alerts import GivenAlert, UnfitError, given_alert, instant


@dataclass(frozen=True, slots=True)
class Log:
    """A log as one user's teaching."""

    entries: tuple[Look | Act, ...]
    """Of that user, what he took back left out, in the order of the lines."""
    newest: float
    """The newest time of a line that stands; 0 if there is none."""
    important: frozenset[str]
    """Ids of the alerts that the user marked important."""
    last_seen: dict[str, float]
    """When the user last looked at an alert, or anybody acted on it, by its id."""
    remarks: tuple[str, ...]

    def seen(self, alert: GivenAlert) -> bool:
        """Whether the alert was seen since it was opened."""
        seen_at = self.last_seen.get(alert.id)
        return seen_at is not None and (alert.opened_at is None or seen_at >= alert.opened_at)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    ts: float
    user: str
    fields: dict[str, Any]
    alert: GivenAlert | None
    alert_id: str | None

    @property
    def is_act(self) -> bool:
        return bool(self.fields.get("kind", "action" if "verb" in self.fields else "") == "action")

    @property
    def is_undo(self) -> bool:
        return self.is_act and (
            self.fields.get("undo_of") is not None or self.fields.get("verb") == "undo"
        )


def read_log(path: Path, text: str, given: Iterable[GivenAlert], user: str | None) -> Log:
    """The log of a user, or of the user of its last line. Raises UsageError with file and line."""
    lines = _lines(path, text, {alert.id: alert for alert in given})
    if user is None:
        user = lines[-1].user if lines else ""
    gone, vain = _taken_back(lines)
    standing = [line for line in lines if not line.is_undo and line.number not in gone]
    entries: list[Look | Act] = []
    last_seen: dict[str, float] = {}
    important = set()
    for line in standing:
        entry = _entry(path, line)
        if entry is None or line.alert_id is None:
            continue
        own = line.user == user
        if isinstance(entry, Act) or (own and entry.attention == 1.0):
            last_seen[line.alert_id] = max(line.ts, last_seen.get(line.alert_id, line.ts))
        if own:
            entries.append(entry)
            if isinstance(entry, Act) and entry.verb == "important":
                important.add(line.alert_id)
    strangers = sum(line.alert is None for line in standing)
    remarks = []
    if strangers:
        remarks.append(f"{path}: {strangers} lines name alerts that nothing describes: not used")
    if vain:
        remarks.append(f"{path}:{vain[0]}: takes back an act that is not there: not used")
    if not any(line.user == user for line in lines):
        remarks.append(f"{path}: nothing of user {user!r}: the plain order")
    newest = max((line.ts for line in standing), default=0.0)
    return Log(tuple(entries), newest, frozenset(important), last_seen, tuple(remarks))


def _lines(path: Path, text: str, known: dict[str, GivenAlert]) -> list[_Line]:
    """Every line with its alert: the last object that an earlier line gave for its id."""
    met = dict(known)
    found = []
    for number, row in enumerate(text.split("\n"), start=1):
        if not row.strip():
            continue
        try:
            found.append(_line(number, row, met))
        except UnfitError as error:
            raise UsageError(f"{path}:{number}: {error}") from None
    return found


def _line(number: int, row: str, met: dict[str, GivenAlert]) -> _Line:
    try:
        fields = json.loads(row)
    except (json.JSONDecodeError, RecursionError):
        raise UnfitError("is no JSON: one object a line, remove or mend this one") from None
    if not isinstance(fields, dict):
        raise UnfitError("is no object: wanted is an exposure or an action")
    if "ts" not in fields:
        raise UnfitError("has no ts: when was it?")
    ts, named = instant(fields["ts"]), fields.get("alert")
    alert: GivenAlert | None = None
    identity: str | None = None
    if isinstance(named, dict):
        try:
            alert = given_alert(named)
        except UnfitError as error:
            raise UnfitError(f"its alert {error}") from None
        met[alert.id] = alert
        identity = alert.id
    elif isinstance(named, str | int):
        identity = str(named)
        alert = met.get(identity)
    user = fields.get("user")
    return _Line(number, ts, "" if user is None else str(user), fields, alert, identity)


def _entry(path: Path, line: _Line) -> Look | Act | None:
    """The line as the rank learns from it; None if its kind or its alert is not known."""
    fields, alert = line.fields, line.alert
    if alert is None:
        return None
    if line.is_act:
        reason = fields.get("reason")
        verb = str(fields.get("verb"))
        return Act(line.ts, alert.key, alert.topic, verb, None if reason is None else str(reason))
    if fields.get("kind", "exposure") != "exposure":
        return None
    try:
        cursor = _number(fields, "cursor_ms")
        position = _number(fields, "position")
    except UnfitError as error:
        raise UsageError(f"{path}:{line.number}: {error}") from None
    return Look(
        ts=line.ts,
        alert=alert.key,
        topic=alert.topic,
        position=1 if position is None else max(int(position), 1),
        cursor_ms=cursor,
        opened=bool(fields.get("opened")),
    )


def _number(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise UnfitError(f"has a {name} that is no number: mend it")
    return float(value)


def _taken_back(lines: Sequence[_Line]) -> tuple[set[int], list[int]]:
    """Numbers of the lines that no longer count, and of undos that found nothing."""
    targets: dict[int, int] = {}
    vain = []
    acts: list[_Line] = []
    for line in lines:
        if not line.is_act:
            continue
        if line.is_undo:
            target = _target(line, acts, set(targets.values()))
            if target is None:
                vain.append(line.number)
            else:
                targets[line.number] = target
        acts.append(line)
    gone: set[int] = set()
    for number in sorted(targets, reverse=True):
        if number not in gone:
            gone.add(targets[number])
    return gone, vain


def _target(undo: _Line, acts: Sequence[_Line], taken: set[int]) -> int | None:
    """The number of the line that an undo takes back."""
    named = undo.fields.get("undo_of")
    own = [act for act in reversed(acts) if act.user == undo.user]
    for act in reversed(acts):
        if named is not None and act.fields.get("id") == named:
            return act.number
    same = [act for act in own if undo.alert_id in (None, act.alert_id)]
    at = _instant_or_none(named)
    standing = [act for act in same if not act.is_undo and act.number not in taken]
    ways = (
        [act for act in same if at is not None and act.ts == at],
        [act for act in own if act.number == named and not isinstance(named, bool)],
        [act for act in standing if act.fields.get("verb") == named],
        [act for act in standing if act.alert_id == str(named)],
        standing,
    )
    return next((found[0].number for found in ways if found), None)


def _instant_or_none(value: Any) -> float | None:
    try:
        return None if value is None else instant(value)
    except UnfitError:
        return None
