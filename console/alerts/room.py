"""The one door to the alerts: deviations, events, time and acts in; ranked alerts out.

The room walks event time from tick to tick: a deviation, a marked event, an incident that is over,
evidence that is due to be read anew, a snooze that ends. What it does at a tick depends on that
time alone, so that any cut into batches, and any restart between them, gives the same alerts.

The laws of an alert's life, whatever comes in which order (`test_alerts_life.py`):

1. Every deviation that was raised is in an incident, as long as that is remembered; one that still
   deviates is active in one open incident, and in no other.
2. It began before it was opened, was opened before it was last changed, and nothing is later than
   now; its id, fingerprint and time of opening never change.
3. It is over if and only if it says when, and then it is `resolved` (or noise); as long as one of
   its findings deviates it is not over.
4. An act on one alert leaves the state of the others, but for what noise and a mute rule match.
5. Undoing an act gives back the inbox as it was before it, to the last bit of the order.
6. A restart changes nothing. Neither does what is late: it is taken in as of now.
7. A critical alert is hidden by a word on itself or a rule for its fingerprint, by nothing else.
8. Ranks count from 1 without gaps, priorities fall with them, ids are unique.
9. Of each event and each time of the schedule there is at most one report, whatever the local clock
   does in that night.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from console.alerts import triage
from console.alerts.alert import Alert
from console.alerts.cause import HISTORY_S
from console.alerts.codec import decode, encode
from console.alerts.curation import merged, part_id, parted
from console.alerts.evidence import Gathered, gather
from console.alerts.features import features
from console.alerts.grouping import fold, forget
from console.alerts.habits import described, learner_of
from console.alerts.history import History
from console.alerts.impact import concerned
from console.alerts.incident import Incident, Incidents, at_least
from console.alerts.learning import Learner
from console.alerts.marks import Mark, marks_of
from console.alerts.message import compose, when
from console.alerts.rank import rank
from console.alerts.reports.desk import Desk, Report
from console.alerts.reports.digest import Entry
from console.alerts.severity import assess
from console.config.settings import Settings
from console.detectors.protocol import Deviation
from console.records.action import Action
from console.records.clock import HOUR, MINUTE
from console.store.commit import StoredIncident

if TYPE_CHECKING:
    import polars as pl

AGES = (10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR)
QUIET_AGES = (HOUR, 6 * HOUR)
"""Ages at which the evidence of an open incident is read anew; less often if it is quiet."""
JOINED_S = 2 * MINUTE
"""How long after a finding joined the evidence is read anew: a cascade is read once."""
EVENT_S = MINUTE
"""How long after a marked event the incidents near it are judged anew."""
EVENT_NEAR_S = 6 * HOUR
REPORT = "report"
"""What the stored state of a report is kept under; an incident's has no such key."""


@dataclass(frozen=True, slots=True)
class Case:
    """An incident with the evidence read for it and the alert made of both."""

    incident: Incident
    gathered: Gathered
    alert: Alert


class AlertRoom:
    """Incidents, evidence and journal of one console. Not for use by two threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._state = Incidents()
        self._cases: dict[str, Case] = {}
        self._actions: list[Action] = []
        self._journal = triage.Journal()
        self._learner = Learner()
        self._desk = Desk(settings)
        self._parts: dict[str, tuple[Incident, Gathered]] = {}
        self._now = float("-inf")

    def restore(
        self,
        stored: Iterable[StoredIncident],
        actions: Iterable[Action],
        state: Mapping[str, Any] | None = None,
    ) -> None:
        """Takes up what a store holds: incidents in any order, acts in the order of the journal.

        `state` is what `dump` gave when they were stored.
        """
        known = [json.loads(one.state) for one in stored]
        reports = [decode(Report, one[REPORT]) for one in known if REPORT in one]
        cases = [decode(Case, one) for one in known if REPORT not in one]
        cases.sort(key=lambda case: (case.incident.opened_at, case.incident.id))
        self._desk.restore(reports, {} if state is None else dict(state))
        self._cases = {case.incident.id: case for case in cases}
        self._state = Incidents({case.incident.id: case.incident for case in cases})
        self._actions = list(actions)
        reached = None if state is None else state.get("now")
        last = max((case.incident.updated_at for case in cases), default=float("-inf"))
        self._now = last if reached is None else max(reached, last)
        self._fold_journal()

    def dump(self) -> dict[str, Any]:
        """What a restart needs besides incidents and acts, as JSON values."""
        return {"now": self._now if math.isfinite(self._now) else None, **self._desk.dump()}

    def update(
        self,
        deviations: Sequence[Deviation],
        events: pl.DataFrame,
        history: History,
        now: float,
    ) -> tuple[StoredIncident, ...]:
        """Takes in the deviations and events up to `now`; returns the incidents that changed.

        `events` are those of the span (schema EVENTS), `history` is read strictly before the time
        of each tick.
        """
        changed: dict[str, None] = {}
        timely = (d if d.at >= self._now else replace(d, at=self._now) for d in deviations)
        waiting = sorted(timely, key=lambda d: d.at)
        marks = sorted(marks_of(events), key=lambda m: m.ts)
        until = max([now, *(d.at for d in waiting[-1:])])
        while (due := self._next(waiting, marks)) is not None and due <= until:
            tick = max(due, self._now)
            taken = [d for d in waiting if d.at <= tick]
            waiting = waiting[len(taken) :]
            passed = [m for m in marks if m.ts <= tick]
            marks = marks[len(passed) :]
            changed.update(dict.fromkeys(self._step(taken, passed, history, tick)))
        self._now = max(self._now, until)
        self._forget()
        self._gather_parts(history)
        return tuple(self._stored(key) for key in changed if self._is_stored(key))

    def described(self, action: Action) -> Action:
        """The act with what its alert was like at that time: what the journal is to keep.

        The rank learns from it long after the alert is forgotten.
        """
        alert = self._alert(action.alert_id)
        return action if alert is None else described(action, alert, self._settings)

    def act(self, action: Action) -> tuple[StoredIncident, ...]:
        """Takes in one act of a user; returns the incidents whose alert changed."""
        self._actions.append(self.described(action))
        before = {key: case.alert.state for key, case in self._cases.items()}
        self._fold_journal()
        now = max(self._now, action.ts)
        changed = [key for key in self._cases if self._state_now(key, now) != before[key]]
        if self._is_stored(action.alert_id) and action.alert_id not in changed:
            changed.append(action.alert_id)
        for key in changed:
            self._restate(key, now)
        return tuple(self._stored(key) for key in changed if self._is_stored(key))

    def inbox(self, now: float) -> tuple[Alert, ...]:
        """All alerts, ranked for the user who acted last: best first, those at rest last."""
        cases = [case for case in self._cases.values() if case.incident.merged_into is None]
        alerts = [self._as_of(one, now) for case in cases for one in self._split(case, now)]
        alerts = merged(alerts, self._journal.merges)
        alerts += [self._report(one, now) for one in self._desk.reports.values()]
        return rank(alerts, now, self._settings, self._journal, self._learner.taste(now))

    def _split(self, case: Case, now: float) -> list[Case]:
        """A case, and as cases of their own what was split off it by hand."""
        kept, parts = parted(case.incident, self._journal.parts)
        if not parts:
            return [case]
        left = {(f.deviation.series.stage, f.deviation.series.label) for f in kept.findings}
        members = tuple(m for m in case.alert.members if (m.stage, m.series) in left)
        found = [replace(case, incident=kept, alert=replace(case.alert, members=members))]
        for part in parts:
            _, gathered = self._parts.get(part.id, (part, Gathered(part.updated_at)))
            state = triage.state_of(part, self._journal, now)
            alert = compose(part, gathered, (), self._settings, state=state, now=now)
            found.append(Case(part, gathered, alert))
        return found

    def _gather_parts(self, history: History) -> None:
        """Reads the evidence of what was split off, as it stood at that time.

        Nothing of it is stored: what is read depends on the part and on that time alone.
        """
        for case in self._cases.values():
            for part in parted(case.incident, self._journal.parts)[1]:
                known, at = self._parts.get(part.id), part.refresh_at
                if at is not None and at <= self._now and (known is None or known[0] != part):
                    self._parts[part.id] = part, gather(part, history, at)

    def _as_of(self, case: Case, now: float) -> Alert:
        """The alert with what time alone changes: its state, its age and its features."""
        incident = case.incident
        state = triage.state_of(incident, self._journal, now)
        if not incident.open:
            return replace(case.alert, state=state)
        known = features(incident, now, self._settings)
        return replace(case.alert, state=state, when=when(incident, now), features=known)

    @property
    def journal(self) -> triage.Journal:
        """The user's word on every alert: notes, reasons, marks."""
        return self._journal

    def _next(self, waiting: Sequence[Deviation], marks: Sequence[Mark]) -> float | None:
        due = [i.refresh_at for i in self._state.by_id.values() if i.refresh_at is not None]
        ends = self._state.next_end()
        wakes = [at for at, _ in triage.wakes_at(self._journal, self._cases) if at > self._now]
        desk = self._desk.due()
        return min(
            [
                *([] if desk is None else [desk]),
                *(d.at for d in waiting[:1]),
                *(m.ts for m in marks[:1]),
                *(ends[:1] if ends else ()),
                *due,
                *wakes,
            ],
            default=None,
        )

    def _step(
        self,
        deviations: Sequence[Deviation],
        passed: Sequence[Mark],
        history: History,
        tick: float,
    ) -> list[str]:
        """Everything that is due at one tick; returns the ids of what changed."""
        marks: tuple[Mark, ...] | None = None
        if any(deviation.phase != "cleared" for deviation in deviations):
            marks = marks_of(history.events(tick - HISTORY_S, tick))
        known = set(self._state.by_id)
        self._state, moved = fold(self._state, deviations, marks or (), tick, self._settings)
        touched = dict.fromkeys(moved)
        touched.update(dict.fromkeys(self._near(passed)))
        for key, case in self._cases.items():
            due = self._state.by_id[key].refresh_at
            woken = self._state_now(key, tick) != case.alert.state
            if woken or (due is not None and due <= tick):
                touched[key] = None
        if touched and marks is None:
            marks = marks_of(history.events(tick - HISTORY_S, tick))
        for key in touched:
            self._renew(key, marks or (), history, tick, new=key not in known)
        self._desk.note(passed, tick, stirred=bool(touched))
        touched.update(dict.fromkeys(self._desk.step(tick, self._entries, history)))
        self._now = max(self._now, tick)
        return list(touched)

    def _entries(self, at: float, since: float) -> list[Entry]:
        """The incidents as of a time, and what they cost since another."""
        found = []
        for case in self._cases.values():
            incident = case.incident
            if incident.merged_into is not None:
                continue
            rate = concerned(incident, case.gathered)
            last = at if incident.ended_at is None else min(incident.ended_at, at)
            hours = max(last - max(incident.started_at, since), 0.0) / HOUR
            value = self._settings.model(incident.model).value_per_prediction
            predictions = None if rate is None or incident.explained_by else rate * hours
            worth = None if predictions is None or value is None else predictions * value
            found.append(Entry(self._as_of(case, at), predictions, worth))
        return found

    def _alert(self, key: str) -> Alert | None:
        """The alert of an incident or a report, None if neither is known."""
        if key in self._cases:
            return self._cases[key].alert
        for part in self._journal.parts:
            case = self._cases.get(part.alert_id)
            if case is not None and part_id(part) == key:
                return next((c.alert for c in self._split(case, self._now)[1:]), None)
        report = self._desk.reports.get(key)
        return None if report is None else report.alert

    def _report(self, report: Report, now: float) -> Alert:
        alert = report.at(now)
        over = alert.ended_at is not None
        return replace(alert, state=triage.state_of_report(alert, self._journal, now, over=over))

    def _near(self, passed: Sequence[Mark]) -> list[str]:
        """Has open incidents near a marked event judged anew soon; returns which."""
        found = []
        for mark in passed:
            for incident in self._state.by_id.values():
                near = abs(mark.ts - incident.started_at) <= EVENT_NEAR_S
                if incident.open and near and mark.concerns(incident.model):
                    at = max(mark.ts + EVENT_S, self._now)
                    self._state = self._state.put(_sooner(incident, at))
                    found.append(incident.id)
        return found

    def _renew(
        self, key: str, marks: Sequence[Mark], history: History, tick: float, *, new: bool
    ) -> None:
        """Reads the evidence anew if that is due, and writes the alert anew."""
        incident = self._state.by_id[key]
        case = self._cases.get(key)
        due = incident.refresh_at is not None and incident.refresh_at <= tick
        over = case is not None and case.incident.open and not incident.open
        if due and incident.open:
            assessed = assess(incident, marks, self._settings, tick)
            if at_least(assessed.severity, incident.severity) and (
                assessed.severity != incident.severity
            ):
                assessed = replace(assessed, worsened_at=tick)
            incident = replace(assessed, updated_at=max(incident.updated_at, tick))
        rooted = case is None or case.incident.root != incident.root
        if new or due or over or rooted or case is None:
            gathered = gather(incident, history, tick, None if case is None else case.gathered)
            incident = self._timed(incident, gathered, marks, tick)
            incident = replace(incident, refresh_at=_next_age(incident, tick))
        else:
            gathered = case.gathered
            if len(case.incident.findings) < len(incident.findings):
                incident = _sooner(incident, tick + JOINED_S)
        self._state = self._state.put(incident)
        state = triage.state_of(incident, self._journal, tick)
        alert = compose(incident, gathered, marks, self._settings, state=state, now=tick)
        self._cases[key] = Case(incident, gathered, alert)

    def _timed(
        self, incident: Incident, gathered: Gathered, marks: Sequence[Mark], tick: float
    ) -> Incident:
        """Judged anew if the series tells another time of its change than was known."""
        changed = None if gathered.timing is None else gathered.timing.settled
        if not incident.open or changed is None or changed == incident.changed_at:
            return incident
        assessed = assess(replace(incident, changed_at=changed), marks, self._settings, tick)
        return assessed if assessed.root == incident.root else incident

    def _state_now(self, key: str, now: float) -> str:
        return triage.state_of(self._state.by_id[key], self._journal, now)

    def _restate(self, key: str, now: float) -> None:
        if key not in self._cases:
            return
        case = self._cases[key]
        state = triage.state_of(case.incident, self._journal, now)
        self._cases[key] = replace(case, alert=replace(case.alert, state=state))

    def _fold_journal(self) -> None:
        fingerprints = {key: case.incident.fingerprint for key, case in self._cases.items()}
        fingerprints |= {k: one.alert.fingerprint for k, one in self._desk.reports.items()}
        self._journal = triage.fold(self._actions, fingerprints)
        self._learner = learner_of(self._actions)

    def _forget(self) -> None:
        self._state = forget(self._state, self._now)
        self._cases = {key: case for key, case in self._cases.items() if key in self._state.by_id}
        self._desk.forget(self._now)

    def _is_stored(self, key: str) -> bool:
        """Whether an alert has a row of its own: what was split off lives in its incident's."""
        return key in self._cases or key in self._desk.reports

    def _stored(self, key: str) -> StoredIncident:
        # Without what was learned: a stored row must not depend on when it was written.
        if key not in self._cases:
            report = self._desk.reports[key]
            shown = self._report(report, self._now)
            alert = rank((shown,), self._now, self._settings, self._journal)[0]
            return StoredIncident(
                id=key,
                fingerprint=alert.fingerprint,
                opened_at=alert.opened_at,
                updated_at=alert.updated_at,
                closed=alert.ended_at is not None,
                alert=_text(alert.to_json()),
                state=_text({REPORT: encode(report)}),
            )
        case = self._cases[key]
        alert = rank((case.alert,), self._now, self._settings, self._journal)[0]
        return StoredIncident(
            id=key,
            fingerprint=case.incident.fingerprint,
            opened_at=case.incident.opened_at,
            updated_at=case.incident.updated_at,
            closed=not case.incident.open,
            alert=_text(alert.to_json()),
            state=_text(encode(case)),
        )


def _sooner(incident: Incident, at: float) -> Incident:
    """With its evidence due at a time, if it is not due before."""
    due = incident.refresh_at
    return replace(incident, refresh_at=at if due is None else min(due, at))


def _next_age(incident: Incident, tick: float) -> float | None:
    """When the evidence of an open incident is due next."""
    if not incident.open:
        return None
    ages = AGES if incident.severity != "info" else QUIET_AGES
    born = max(incident.opened_at, incident.reopened_at or incident.opened_at)
    return next((born + age for age in ages if born + age > tick), None)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
