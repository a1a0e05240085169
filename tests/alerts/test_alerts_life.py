"""The laws of an alert's life (`console.alerts.room`), under any sequence of what can happen.

It begins in the evening before Berlin moves its clock; digests are due in the hour that is skipped.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from console.alerts.alert import Alert
from console.alerts.room import AlertRoom
from console.detectors.protocol import Deviation
from console.records.action import Action, Verb
from console.records.schedule import Schedule

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 28, 20, 0, tzinfo=BERLIN).timestamp()
NAMES = (
    ("error_rate", "serving"),
    ("latency_p95_ms", "serving"),
    ("null_rate", "upstream"),
    ("accuracy", "business"),
)
VERBS: tuple[Verb, ...] = (
    *("ack", "snooze", "resolve", "noise", "important", "note", "assign", "mute", "merge"),
    *("split", "exposure"),
)

worlds: list[Any] = []
"""The helpers of the conftest, which a state machine cannot be handed."""


class Life(RuleBasedStateMachine):
    """Two rooms that live through the same; one of them is restarted now and then."""

    @initialize()
    def begin(self) -> None:
        self.world = worlds[0]
        schedule = Schedule(cron="30 2 * * *", zone="Europe/Berlin")
        self.settings = replace(self.world.settings, digest=schedule)
        self.now = START
        self.room, self.twin = AlertRoom(self.settings), AlertRoom(self.settings)
        self.stored: dict[str, Any] = {}
        self.actions: list[Action] = []
        self.on: dict[tuple[int, str], Deviation] = {}
        self.ever: set[tuple[str, int]] = set()
        self.born: dict[str, tuple[str, float]] = {}
        self.history = self.world.History(rate=5)

    def _update(self, found: list[Deviation], marks: list[dict[str, Any]]) -> None:
        events = self.world.events(*marks)
        for one in self.room.update(found, events, self.history, self.now):
            self.stored[one.id] = one
        self.twin.update(found, events, self.history, self.now)

    @rule(
        number=st.integers(0, len(NAMES) - 1),
        model=st.sampled_from(["fraud", "churn", "reco"]),
        severity=st.sampled_from(["info", "warning", "critical"]),
        late=st.sampled_from([0.0, 0.0, 40 * MINUTE]),
        size=st.sampled_from([2.0, 7.0, 15.0]),
    )
    def deviate(self, number: int, model: str, severity: Any, late: float, size: float) -> None:
        """A series is raised, or raised again as worse; perhaps told too late."""
        name, stage = NAMES[number]
        known = self.on.get((number, model))
        at = max(self.now - late, known.at if known else 0.0)
        found = self.world.deviation(
            name,
            at,
            at - 10 * MINUTE if known is None else known.onset,
            stage=stage,
            model=model,
            severity=severity,
            effect_size=size,
            phase="raised" if known is None else "worse",
        )
        self.on[number, model] = found
        self.ever.add(found.key)
        self._update([found], [])

    @precondition(lambda self: self.on)
    @rule(data=st.data())
    def calm(self, data: Any) -> None:
        """A series is calm again."""
        key = data.draw(st.sampled_from(sorted(self.on)))
        found = self.on.pop(key)
        self._update([replace(found, phase="cleared", at=max(self.now, found.at))], [])

    @rule(hours=st.sampled_from([0.2, 1.0, 5.0, 11.0, 26.0]))
    def wait(self, hours: float) -> None:
        """Time passes."""
        self.now += hours * HOUR
        self._update([], [])

    @rule(kind=st.sampled_from(["deploy", "campaign", "data_import"]))
    def mark(self, kind: str) -> None:
        """Something is marked."""
        event = {
            "ts": self.now,
            "type": kind,
            "id": f"{kind}-{self.now:.0f}",
            "model": "fraud",
            "planned": True,
        }
        if event["id"] not in {known["id"] for known in self.history.marks}:
            self.history.marks = [*self.history.marks, event]
            self.now += MINUTE
            self._update([], [event])

    def _enter(self, action: Action) -> None:
        self.actions.append(self.room.described(action))
        for one in self.room.act(action):
            self.stored[one.id] = one
        self.twin.act(action)

    @precondition(lambda self: self.stored)
    @rule(data=st.data(), verb=st.sampled_from(VERBS), hours=st.sampled_from([1.0, 30.0]))
    def act(self, data: Any, verb: Verb, hours: float) -> None:
        """Somebody does something to an alert; nobody else's state is touched."""
        before = self.room.inbox(self.now)
        one = data.draw(st.sampled_from(before))
        other = data.draw(st.sampled_from(before))
        args: dict[str, str | float] = {
            "until": self.now + hours * HOUR,
            "into": other.id,
            "series": one.members[0].series or "" if one.members else "nothing",
            "to": "bob",
            "text": "hm",
            "reason": "fixed",
            "cursor_ms": 2000.0,
            "position": 1.0,
        }
        if verb == "mute" and hours > 1.0:
            args["of_detector"] = one.detector
        self._enter(Action(f"x{len(self.actions)}", self.now, "ann", one.id, verb, args))
        after = {alert.id: alert for alert in self.room.inbox(self.now)}
        for alert in before:
            # A word of noise, and its being taken back, goes for all of one fingerprint.
            same = alert.fingerprint == one.fingerprint
            spread = verb in {"noise", "mute"} or same or alert.id not in after
            assert spread or after[alert.id].state == alert.state

    @precondition(lambda self: self.stored)
    @rule(data=st.data(), verb=st.sampled_from(VERBS))
    def act_and_undo(self, data: Any, verb: Verb) -> None:
        """What is done and undone has never been."""
        before = self.room.inbox(self.now)
        one = data.draw(st.sampled_from(before))
        act = Action(
            f"x{len(self.actions)}", self.now, "ann", one.id, verb,
            {"into": before[0].id, "cursor_ms": 2000.0, "until": self.now + HOUR},
        )  # fmt: skip
        self._enter(act)
        self._enter(Action(f"u{len(self.actions)}", self.now, "ann", one.id, "undo", {}, act.id))
        assert self.room.inbox(self.now) == before

    @rule()
    def restart(self) -> None:
        """The process is killed and started again."""
        state = json.loads(json.dumps(self.room.dump()))
        self.room = AlertRoom(self.settings)
        self.room.restore(self.stored.values(), self.actions, state)
        self.room.update([], self.world.events(), self.history, self.now)
        self.twin.update([], self.world.events(), self.history, self.now)

    @invariant()
    def laws(self) -> None:
        """Every law that can be seen from outside, and the first from inside."""
        if not hasattr(self, "room"):
            return
        inbox = self.room.inbox(self.now)
        for one, other in zip(inbox, self.twin.inbox(self.now), strict=True):
            assert asdict(one) == asdict(other)
        assert [one.rank for one in inbox] == list(range(1, len(inbox) + 1))
        assert [one.priority for one in inbox] == sorted((a.priority for a in inbox), reverse=True)
        assert len({one.id for one in inbox}) == len(inbox)
        for one in inbox:
            self._sound(one)
        self._findings()
        digests = [one.opened_at for one in inbox if one.trigger == "interval"]
        days = {datetime.fromtimestamp(ts, BERLIN).date() for ts in digests}
        assert len(days) == len(digests)

    def _sound(self, one: Alert) -> None:
        assert one.started_at <= one.opened_at <= one.updated_at <= self.now
        assert one.ended_at is None or one.state in {"resolved", "noise"}
        known = self.born.setdefault(one.id, (one.fingerprint, one.opened_at))
        assert known[0] == one.fingerprint
        assert known[1] <= one.opened_at
        if one.severity == "critical" and one.state in {"snoozed", "noise"}:
            own = {a.alert_id for a in self.actions}
            named = {a.args.get("fingerprint") for a in self.actions if a.verb == "mute"}
            inner = {m.series for m in one.members}
            assert one.id in own or one.fingerprint in named or inner

    def _findings(self) -> None:
        """Law 1 and the end of law 3."""
        known = [case.incident for case in self.room._cases.values()]
        standing = [incident for incident in known if incident.merged_into is None]
        found = {f.deviation.key for incident in standing for f in incident.findings}
        assert self.ever <= found
        for deviation in self.on.values():
            holding = [
                incident
                for incident in standing
                if (own := incident.finding(deviation.key)) is not None and own.active
            ]
            assert len(holding) == 1
            assert holding[0].open


@pytest.fixture(autouse=True)
def _helpers(world: Any) -> Any:
    worlds.append(world)
    yield
    worlds.clear()


def run_life(examples: int, steps: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Life,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
    )


def test_an_alert_keeps_its_laws() -> None:
    run_life(examples=8, steps=20)


@pytest.mark.slow
def test_an_alert_keeps_its_laws_for_long() -> None:
    run_life(examples=10, steps=40)
