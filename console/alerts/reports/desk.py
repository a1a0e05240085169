"""The desk: which reports are due when, in event time, and those that were made.

Due dates depend on events and on the schedule alone, never on when they were read, so that every
cut into batches and every restart gives the same reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from console.alerts.alert import Alert
from console.alerts.codec import decode, encode
from console.alerts.history import History
from console.alerts.marks import Mark, marks_of
from console.alerts.reports.digest import Entry, digest
from console.alerts.reports.planned import due_at, report, report_id, worth_a_look
from console.config.settings import Settings
from console.records.clock import DAY

SHOWN_S = DAY
"""How long a report on an event stays in the inbox if nobody says anything to it."""
KIN_S = 14 * DAY
"""How far back events of the same kind are looked for."""
MEMORY_S = 30 * DAY


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was made, and until when it is shown."""

    alert: Alert
    until: float

    def at(self, now: float) -> Alert:
        """The alert as of a time: over once it has been shown for long enough."""
        if now < self.until or self.alert.ended_at is not None:
            return self.alert
        return replace(self.alert, state="resolved", ended_at=self.until, updated_at=self.until)


Entries = Callable[[float, float], Sequence[Entry]]
"""The incidents as of a time, with what they cost since another."""


class Desk:
    """Keeps the reports of one console."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._schedule = settings.digest
        self._pending: dict[str, Mark] = {}
        self._digest_at: float | None = None
        self._told_at: float | None = None
        self._stirred = False
        self.reports: dict[str, Report] = {}
        """By id of the alert."""

    def restore(self, reports: Iterable[Report], state: dict[str, Any]) -> None:
        """Takes up where `dump` left off."""
        self.reports = {one.alert.id: one for one in reports}
        marks = [decode(Mark, one) for one in state.get("pending", [])]
        self._pending = {report_id(mark): mark for mark in marks}
        self._digest_at = state.get("digest_at")
        self._told_at = state.get("told_at")
        self._stirred = bool(state.get("stirred"))

    def dump(self) -> dict[str, Any]:
        """What is pending, as JSON values."""
        return {
            "pending": [encode(mark) for mark in self._pending.values()],
            "digest_at": self._digest_at,
            "told_at": self._told_at,
            "stirred": self._stirred,
        }

    def due(self) -> float | None:
        """When the desk has something to do next."""
        ends = [one.until for one in self.reports.values() if one.alert.ended_at is None]
        events = [due_at(mark) for mark in self._pending.values()]
        digests = [] if self._digest_at is None else [self._digest_at]
        return min([*ends, *events, *digests], default=None)

    def note(self, marks: Sequence[Mark], tick: float, *, stirred: bool) -> None:
        """Takes note of the events that passed, and of whether anything else happened."""
        for mark in marks:
            self._pending.setdefault(report_id(mark), mark)
        if (marks or stirred) and self._schedule is not None:
            self._stirred = True
            if self._digest_at is None:
                self._digest_at = self._schedule.after(tick)
                self._told_at = tick if self._told_at is None else self._told_at

    def step(self, tick: float, entries: Entries, history: History) -> list[str]:
        """Makes what is due by a tick; returns the ids of the reports that changed."""
        changed = [key for key, one in self.reports.items() if one.at(tick) is not one.alert]
        for key in changed:
            one = self.reports[key]
            self.reports[key] = replace(one, alert=one.at(tick))
        changed += self._events(tick, history)
        while self._digest_at is not None and self._digest_at <= tick:
            changed += self._digest(self._digest_at, entries, history)
        return changed

    def forget(self, now: float) -> None:
        """Lets go of what has been over for long."""
        self.reports = {key: one for key, one in self.reports.items() if one.until > now - MEMORY_S}

    def _events(self, tick: float, history: History) -> list[str]:
        made: list[str] = []
        due = [(key, mark) for key, mark in self._pending.items() if due_at(mark) <= tick]
        for key, mark in sorted(due, key=lambda pair: (pair[1].ts, pair[0])):
            del self._pending[key]
            earlier = marks_of(history.events(mark.ts - KIN_S, mark.ts))
            if key in self.reports or not worth_a_look(mark, earlier):
                continue
            alert = report(mark, earlier, history, self._settings)
            if alert is not None:
                self.reports[key] = Report(alert, alert.opened_at + SHOWN_S)
                made.append(key)
        return made

    def _digest(self, at: float, entries: Entries, history: History) -> list[str]:
        since = at - DAY if self._told_at is None else self._told_at
        found = entries(at, since)
        still = any(entry.alert.ended_at is None for entry in found)
        if self._schedule is None or not (self._stirred or still):
            self._digest_at = None
            return []
        following = self._schedule.after(at)
        marks = [m for m in marks_of(history.events(since, at)) if since <= m.ts < at]
        reports = [
            one.alert
            for one in self.reports.values()
            if one.alert.trigger == "planned_event" and since <= one.alert.opened_at < at
        ]
        alert = digest(found, marks, reports, since, at)
        self.reports[alert.id] = Report(alert, following)
        self._digest_at, self._told_at, self._stirred = following, at, False
        return [alert.id]
