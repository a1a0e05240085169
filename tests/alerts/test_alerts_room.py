"""The room from end to end: deviations, time and acts in; ranked alerts out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.room import AlertRoom
from console.records.action import Action, Verb

MINUTE, HOUR = 60.0, 3600.0


def act(name: str, ts: float, alert_id: str, verb: Verb, **args: Any) -> Action:
    undo_of = args.pop("undo_of", None)
    return Action(name, ts, "ann", alert_id, verb, args, undo_of)


def test_a_deviation_becomes_an_alert_that_ends_after_its_hold(world: Any) -> None:
    room = AlertRoom(world.settings)
    history = world.History()
    found = world.deviation(at=world.T0)
    (stored,) = room.update([found], world.events(), history, world.T0)
    assert not stored.closed
    assert [alert.state for alert in room.inbox(world.T0)] == ["open"]
    calm = world.deviation(at=world.T0 + HOUR, phase="cleared")
    room.update([calm], world.events(), history, world.T0 + HOUR)
    assert room.inbox(world.T0 + HOUR)[0].state == "open"
    changed = room.update([], world.events(), history, world.T0 + 3 * HOUR)
    assert [one.closed for one in changed] == [True]
    (alert,) = room.inbox(world.T0 + 3 * HOUR)
    assert alert.state == "resolved"
    assert alert.ended_at == world.T0 + HOUR
    assert alert.started_at == found.onset
    assert alert.opened_at == world.T0


def test_evidence_is_read_strictly_before_the_tick(world: Any) -> None:
    room, history = AlertRoom(world.settings), world.History()
    room.update([world.deviation(at=world.T0)], world.events(), history, world.T0 + HOUR)
    ticks = [world.T0, *(world.T0 + age * MINUTE for age in (10, 30, 60))]
    assert [end for end in history.reads if end in ticks] == ticks
    assert all(any(end <= tick for tick in ticks) for end in history.reads)
    assert max(history.reads) == ticks[-1]


def test_coming_back_reopens_the_same_alert_and_rouses_an_acknowledged_one(world: Any) -> None:
    room, history, t0 = AlertRoom(world.settings), world.History(), world.T0
    room.update([world.deviation(at=t0)], world.events(), history, t0)
    key = room.inbox(t0)[0].id
    (stored,) = room.act(act("a1", t0 + 1, key, "ack"))
    assert json.loads(stored.alert)["state"] == "acknowledged"
    calm = world.deviation(at=t0 + 10 * MINUTE, phase="cleared")
    room.update([calm], world.events(), history, t0 + HOUR)
    assert room.inbox(t0 + HOUR)[0].state == "resolved"
    room.update([world.deviation(at=t0 + 2 * HOUR)], world.events(), history, t0 + 2 * HOUR)
    (alert,) = room.inbox(t0 + 2 * HOUR)
    assert (alert.id, alert.state, alert.ended_at) == (key, "open", None)


def test_a_snooze_ends_by_time_and_noise_sticks_to_the_fingerprint(world: Any) -> None:
    room, history, t0 = AlertRoom(world.settings), world.History(), world.T0
    room.update([world.deviation(at=t0)], world.events(), history, t0)
    key = room.inbox(t0)[0].id
    room.act(act("a1", t0 + 1, key, "snooze", until=t0 + HOUR))
    assert room.inbox(t0 + HOUR - 1)[0].state == "snoozed"
    assert room.inbox(t0 + HOUR)[0].state == "open"
    changed = room.update([], world.events(), history, t0 + 2 * HOUR)
    assert [json.loads(one.alert)["state"] for one in changed] == ["open"]
    room.act(act("a2", t0 + 2 * HOUR, key, "noise"))
    calm = world.deviation(at=t0 + 3 * HOUR, phase="cleared")
    again = world.deviation(at=t0 + 48 * HOUR)
    room.update([calm, again], world.events(), history, t0 + 48 * HOUR)
    assert {alert.state for alert in room.inbox(t0 + 48 * HOUR)} == {"noise"}
    assert len(room.inbox(t0 + 48 * HOUR)) == 2
    room.act(act("a3", t0 + 49 * HOUR, key, "undo", undo_of="a2"))
    states = {alert.state for alert in room.inbox(t0 + 49 * HOUR)}
    assert states == {"open", "resolved"}


def test_a_restart_changes_nothing(world: Any) -> None:
    t0 = world.T0
    first = [world.deviation(at=t0), world.deviation("latency_p95_ms", at=t0 + MINUTE)]
    second = [world.deviation(at=t0 + HOUR, phase="cleared"), world.deviation("nulls", t0 + HOUR)]
    whole, parts = AlertRoom(world.settings), AlertRoom(world.settings)
    stored: dict[str, Any] = {}
    actions: list[Action] = []
    for room in (whole, parts):
        for one in room.update(first, world.events(), world.History(), t0 + MINUTE):
            stored[one.id] = one
    ack = act("a1", t0 + 90, next(iter(stored)), "ack")
    for room in (whole, parts):
        for one in room.act(ack):
            stored[one.id] = one
    actions.append(ack)
    restored = AlertRoom(world.settings)
    restored.restore(stored.values(), actions)
    for room in (whole, restored):
        room.update(second, world.events(), world.History(), t0 + 5 * HOUR)
    assert whole.inbox(t0 + 5 * HOUR) == restored.inbox(t0 + 5 * HOUR)


NAMES = [
    ("error_rate", "serving"),
    ("latency_p95_ms", "serving"),
    ("null_rate", "upstream"),
    ("drift(age)", "features"),
]
Told = tuple[int, int, str, bool, bool]
told = st.lists(
    st.tuples(
        st.integers(0, 60 * 20),
        st.integers(0, len(NAMES) - 1),
        st.sampled_from(["fraud", "churn", "reco"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=25,
)


def deviations(world: Any, rows: Sequence[Told]) -> list[Any]:
    """Deviations of well-behaved detectors: raised and cleared in turn."""
    on: set[tuple[int, str]] = set()
    found = []
    for minute, number, model, strong, slow in sorted(rows):
        name, stage = NAMES[number]
        key = (number, model)
        phase = "cleared" if key in on else "raised"
        on ^= {key}
        at = world.T0 + minute * MINUTE
        found.append(
            world.deviation(
                name,
                at,
                at - (HOUR if slow else MINUTE),
                stage=stage,
                model=model,
                phase=phase,
                confidence=0.95 if strong else 0.4,
                severity="warning" if strong else "info",
            )
        )
    return found


@settings(max_examples=30, deadline=None)
@given(rows=told, cuts=st.lists(st.integers(0, 60 * 30), max_size=6), mark=st.integers(0, 1200))
def test_the_cut_into_batches_changes_nothing(
    world: Any, rows: list[Told], cuts: list[int], mark: int
) -> None:
    t0 = world.T0
    end = t0 + 30 * HOUR
    found = deviations(world, rows)
    campaign = {"ts": t0 + mark * MINUTE + 5, "type": "deploy", "id": "e1", "title": "v2"}
    history = world.History(marks=[campaign])
    whole = AlertRoom(world.settings)
    changed = whole.update(found, world.events(campaign), history, end)
    cut = AlertRoom(world.settings)
    stored: dict[str, Any] = {}
    last = float("-inf")
    for now in [*sorted(t0 + minute * MINUTE for minute in cuts), end]:
        part = [one for one in found if last < one.at <= now]
        marks = [campaign] if last < campaign["ts"] <= now else []
        for one in cut.update(part, world.events(*marks), history, now):
            stored[one.id] = one
        last = now
    assert whole.inbox(end) == cut.inbox(end)
    assert {one.id: one.state for one in changed} == {k: v.state for k, v in stored.items()}


@settings(max_examples=20, deadline=None)
@given(rows=told)
def test_every_alert_lives_a_sound_life(world: Any, rows: list[Told]) -> None:
    room, history, t0 = AlertRoom(world.settings), world.History(), world.T0
    found = deviations(world, rows)
    seen: dict[str, float] = {}
    for hour in range(0, 50, 2):
        now = t0 + hour * HOUR
        part = [one for one in found if now - 2 * HOUR < one.at <= now]
        room.update(part, world.events(), history, now)
        inbox = room.inbox(now)
        assert [alert.rank for alert in inbox] == list(range(1, len(inbox) + 1))
        assert [a.priority for a in inbox] == sorted((a.priority for a in inbox), reverse=True)
        for alert in inbox:
            assert seen.setdefault(alert.id, alert.opened_at) <= alert.opened_at
            assert alert.started_at <= alert.opened_at <= alert.updated_at <= now
            assert (alert.state == "resolved") == (alert.ended_at is not None)
    on = {one.key for one in found if one.phase == "raised"}
    assert bool(seen) == bool(on)


@pytest.mark.parametrize("verb", ["ack", "snooze", "resolve", "noise", "important", "note"])
def test_an_act_on_an_unknown_alert_is_kept_and_changes_nothing(world: Any, verb: Verb) -> None:
    room = AlertRoom(world.settings)
    assert room.act(act("a1", world.T0, "nobody", verb)) == ()
    assert room.inbox(world.T0) == ()
