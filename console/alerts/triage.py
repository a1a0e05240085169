"""What the user's acts say of each alert: a pure fold of the journal.

An act counts unless a later act that counts takes it back; so an undo of an undo restores the
first. Any sequence of acts and undos thus equals the fold of the acts that were not undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.alerts.alert import Alert, AlertState
from console.alerts.incident import Incident
from console.records.action import Action


@dataclass(frozen=True, slots=True)
class Triage:
    """The user's word on one alert."""

    state: AlertState = "open"
    at: float = 0.0
    """When that was said."""
    until: float | None = None
    """When a snooze ends; None: when the alert gets worse or comes back."""
    reason: str | None = None
    """`fixed`, `expected` or `false_alarm`, of a resolve."""
    important: bool = False
    notes: tuple[str, ...] = ()
    seen: bool = False
    """Some act was done on it."""


UNTOUCHED = Triage()


@dataclass(frozen=True)
class Journal:
    """The fold of all acts: the word on each alert by id, and what is noise for good."""

    by_alert: Mapping[str, Triage] = field(default_factory=dict)
    noise: frozenset[str] = frozenset()
    """Fingerprints marked as noise: later alerts of theirs are noise too."""

    def of(self, alert_id: str) -> Triage:
        """The word on an alert."""
        return self.by_alert.get(alert_id, UNTOUCHED)


def standing(actions: Sequence[Action]) -> list[Action]:
    """The acts that count, in their order: not undone, no undos, each id once."""
    first: dict[str, Action] = {}
    for action in actions:
        first.setdefault(action.id, action)
    taken_back: set[str] = set()
    kept: list[Action] = []
    for action in reversed(first.values()):
        if action.id in taken_back:
            continue
        if action.verb == "undo":
            if action.undo_of is not None:
                taken_back.add(action.undo_of)
        else:
            kept.append(action)
    return kept[::-1]


def fold(actions: Sequence[Action], fingerprints: Mapping[str, str]) -> Journal:
    """The word on every alert; `fingerprints` are those of the alerts by their id.

    An act may carry `fingerprint` in its args, for alerts that are no longer remembered.
    """
    by_alert: dict[str, Triage] = {}
    known = dict(fingerprints)
    for action in standing(actions):
        by_alert[action.alert_id] = _after(by_alert.get(action.alert_id, UNTOUCHED), action)
        if fingerprint := action.args.get("fingerprint"):
            known.setdefault(action.alert_id, str(fingerprint))
    noise = {
        known[alert_id]
        for alert_id, triage in by_alert.items()
        if triage.state == "noise" and alert_id in known
    }
    return Journal(by_alert, frozenset(noise))


def _after(triage: Triage, action: Action) -> Triage:
    seen = replace(triage, seen=True)
    said = replace(seen, at=action.ts, until=None)
    until, reason = action.args.get("until"), action.args.get("reason")
    results: dict[str, Triage] = {
        "ack": replace(said, state="acknowledged"),
        "snooze": replace(
            said, state="snoozed", until=until if isinstance(until, int | float) else None
        ),
        "resolve": replace(
            said, state="resolved", reason=reason if isinstance(reason, str) else None
        ),
        "noise": replace(said, state="noise"),
        "important": replace(seen, important=True),
        "note": replace(seen, notes=(*triage.notes, str(action.args.get("text", "")))),
    }
    return results.get(action.verb, triage)


def state_of(incident: Incident, journal: Journal, now: float) -> AlertState:
    """The state of an alert: the user's word, the incident's own life and the time together.

    Coming back after its end, or a rise of severity, takes an alert out of `acknowledged`,
    `resolved` and a snooze without an end; a timed snooze lasts its time; noise stays noise.
    """
    triage = journal.of(incident.id)
    if triage.state == "noise" or incident.fingerprint in journal.noise:
        return "noise"
    if not incident.open:
        return "resolved"
    roused = max(incident.reopened_at or 0.0, incident.worsened_at or 0.0) > triage.at
    if triage.state == "snoozed":
        over = roused if triage.until is None else now >= triage.until
        return "open" if over else "snoozed"
    return "open" if roused else triage.state


def state_of_report(alert: Alert, journal: Journal, now: float, *, over: bool) -> AlertState:
    """The state of a report: the user's word, until it has been shown for long enough."""
    triage = journal.of(alert.id)
    if triage.state == "noise" or alert.fingerprint in journal.noise:
        return "noise"
    if over:
        return "resolved"
    if triage.state == "snoozed" and triage.until is not None and now >= triage.until:
        return "open"
    return triage.state


def wakes_at(journal: Journal, alert_ids: Iterable[str]) -> list[tuple[float, str]]:
    """When which snoozes end by time."""
    return [
        (triage.until, alert_id)
        for alert_id in alert_ids
        if (triage := journal.of(alert_id)).state == "snoozed" and triage.until is not None
    ]
