"""What the user's acts say of each alert: a pure fold of the journal.

An act counts unless a later act that counts takes it back; so an undo of an undo restores the
first. Any sequence of acts and undos thus equals the fold of the acts that were not undone.

The verbs and their args (times are epoch seconds):

    ack                           seen, and somebody cares
    snooze    until?              hidden until then; without `until` until it gets worse
    resolve   reason?             `fixed`, `expected` or `false_alarm`
    noise                         not worth telling, nor later ones of the fingerprint but critical
    important                     stands higher from now on
    note      text                kept with the alert
    assign    to                  who cares for it; "" for nobody
    mute      until?, reason?, of_model? of_stage? of_series? of_detector?
                                  a rule: hides what matches (without `of_...` its fingerprint)
                                  until then, a week at most; undo ends it
    merge     into                shown as a part of another alert
    split     series?, stage?     a member becomes an alert of its own; without `series` the alert
                                  is no longer merged into another
    exposure  position, cursor_ms, visible_ms, opened
                                  it was looked at: `exposure.py`
    undo                          takes back the act `undo_of`

What one key did to several alerts shares an arg `stroke`, and is taken back as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.alerts.alert import Alert, AlertState
from console.alerts.curation import Mute, Part, mute_of, muted
from console.alerts.exposure import examined
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
    assignee: str | None = None
    seen: bool = False
    """Some act was done on it, or an eye rested on it."""


UNTOUCHED = Triage()


@dataclass(frozen=True)
class Journal:
    """The fold of all acts: the word on each alert by id, and what is noise for good."""

    by_alert: Mapping[str, Triage] = field(default_factory=dict)
    noise: frozenset[str] = frozenset()
    """Fingerprints marked as noise: later alerts of theirs are noise too, unless critical."""
    mutes: tuple[Mute, ...] = ()
    """The mute rules, in the order in which they were made; those that have ended too."""
    merges: Mapping[str, str] = field(default_factory=dict)
    """Which alert was merged into which by hand."""
    parts: tuple[Part, ...] = ()
    """Members that were split off by hand."""

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
    mutes: list[Mute] = []
    merges: dict[str, str] = {}
    parts: dict[Part, None] = {}
    known = dict(fingerprints)
    for action in standing(actions):
        by_alert[action.alert_id] = _after(by_alert.get(action.alert_id, UNTOUCHED), action)
        if fingerprint := action.args.get("fingerprint"):
            known.setdefault(action.alert_id, str(fingerprint))
        if action.verb == "mute":
            mutes.append(mute_of(action, known.get(action.alert_id)))
        elif action.verb == "merge" and "into" in action.args:
            merges[action.alert_id] = str(action.args["into"])
        elif action.verb == "split" and "series" in action.args:
            stage = action.args.get("stage")
            where = None if stage is None else str(stage)
            parts[Part(action.alert_id, str(action.args["series"]), where, action.ts)] = None
        elif action.verb == "split":
            merges.pop(action.alert_id, None)
    noise = {
        known[alert_id]
        for alert_id, triage in by_alert.items()
        if triage.state == "noise" and alert_id in known
    }
    return Journal(by_alert, frozenset(noise), tuple(mutes), merges, tuple(parts))


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
        "assign": replace(seen, assignee=str(action.args.get("to", "")) or None),
        "mute": seen,
        "merge": seen,
        "split": seen,
        "exposure": seen if examined(action.args) else triage,
    }
    return results.get(action.verb, triage)


def state_of(incident: Incident, journal: Journal, now: float) -> AlertState:
    """The state of an alert: the user's word, the incident's own life and the time together.

    Coming back after its end, or a rise of severity, takes an alert out of `acknowledged`,
    `resolved` and a snooze without an end, which ends as well when the effect grows by half; a
    timed snooze and a mute rule last their time. Noise stays noise, unless it becomes critical.
    """
    triage = journal.of(incident.id)
    roused = max(incident.reopened_at or 0.0, incident.worsened_at or 0.0) > triage.at
    grave = incident.severity == "critical"
    if triage.state == "noise" and not (roused and grave):
        return "noise"
    if triage.state != "noise" and incident.fingerprint in journal.noise and not grave:
        return "noise"
    if not incident.open:
        return "resolved"
    if muted(incident, journal.mutes, now) is not None:
        return "snoozed"
    if triage.state == "snoozed":
        worse = roused or (incident.grown_at or 0.0) > triage.at
        over = worse if triage.until is None else now >= triage.until
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
    """When which snoozes and mute rules end by time; a rule is named by its id."""
    snoozes = [
        (triage.until, alert_id)
        for alert_id in alert_ids
        if (triage := journal.of(alert_id)).state == "snoozed" and triage.until is not None
    ]
    return [*snoozes, *((mute.until, mute.id) for mute in journal.mutes)]
