"""Merging, splitting, muting, assigning, snoozing until worse, floods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.curation import LONGEST_MUTE_S, matched, target_of
from console.alerts.exposure import EVERY_S, MOST_ALERTS, Looks
from console.alerts.grouping import MOST_AN_HOUR, MOST_IN_FLOOD
from console.alerts.room import AlertRoom
from console.alerts.triage import standing
from console.records.action import STROKE, Action, Verb, last_standing

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def act(name: str, ts: float, alert_id: str, verb: Verb, **args: Any) -> Action:
    undo_of = args.pop("undo_of", None)
    return Action(name, ts, "ann", alert_id, verb, args, undo_of)


def opened(world: Any, *found: Any) -> AlertRoom:
    room = AlertRoom(world.settings)
    room.update(found, world.events(), world.History(), found[-1].at)
    return room


def ids(room: AlertRoom, now: float) -> dict[str, str]:
    return {str(one.model): one.id for one in room.inbox(now)}


def test_what_is_merged_by_hand_is_one_alert_until_it_is_split_or_undone(world: Any) -> None:
    t0 = world.T0
    grave = world.deviation(model="churn", severity="critical", detector="threshold")
    room = opened(world, world.deviation(model="fraud"), grave)
    known = ids(room, t0)
    before = room.inbox(t0)
    room.act(act("a1", t0 + 1, known["churn"], "merge", into=known["fraud"]))
    (whole,) = room.inbox(t0 + 1)
    assert whole.id == known["fraud"]
    assert whole.severity == "critical"
    assert [member.model for member in whole.members] == ["churn"]
    room.act(act("a2", t0 + 2, known["churn"], "split"))
    assert len(room.inbox(t0 + 2)) == 2
    room.act(act("a3", t0 + 3, known["churn"], "undo", undo_of="a2"))
    room.act(act("a4", t0 + 4, known["churn"], "undo", undo_of="a1"))
    after = room.inbox(t0)
    assert {one.id for one in after} == {one.id for one in before}
    assert all(not one.members for one in after)


@pytest.mark.parametrize(
    ("merges", "target"),
    [
        ({}, None),
        ({"a": "b"}, "b"),
        ({"a": "b", "b": "c"}, "c"),
        ({"a": "b", "b": "a"}, None),
        ({"a": "a"}, None),
        ({"a": "gone"}, None),
        ({"a": "b", "b": "c", "c": "b"}, "c"),
    ],
)
def test_merges_that_lead_nowhere_do_not_lose_an_alert(
    merges: dict[str, str], target: str | None
) -> None:
    assert target_of("a", merges, frozenset("abc")) == target


def test_circles_of_merges_leave_something_to_see(world: Any) -> None:
    t0 = world.T0
    names = ("churn", "fraud", "x", "y")
    found = [world.deviation(model=name, at=t0 + n * HOUR) for n, name in enumerate(names)]
    room = opened(world, *found)
    known = ids(room, t0)
    for number, (one, other) in enumerate([("churn", "fraud"), ("fraud", "churn"), ("x", "churn")]):
        room.act(act(f"a{number}", t0 + number, known[one], "merge", into=known[other]))
    shown = room.inbox(t0 + 9)
    models = {str(a.model) for a in shown} | {str(m.model) for a in shown for m in a.members}
    assert models == {"churn", "fraud", "x", "y"}


def test_what_is_split_off_shows_the_same_evidence_after_a_restart(world: Any) -> None:
    history, t0 = world.History(), world.T0
    found = [world.deviation("null_rate", stage="upstream"), world.deviation("error_rate")]
    room = AlertRoom(world.settings)
    stored = {one.id: one for one in room.update(found, world.events(), history, t0)}
    (whole,) = room.inbox(t0)
    split = act("a1", t0 + 1, whole.id, "split", series="error_rate")
    room.act(split)
    later = t0 + 3 * HOUR
    for now in (t0 + MINUTE, later):
        stored |= {one.id: one for one in room.update([], world.events(), history, now)}
    again = AlertRoom(world.settings)
    again.restore(stored.values(), [split], room.dump())
    again.update([], world.events(), history, later)
    assert again.inbox(later) == room.inbox(later)
    (part,) = (one for one in room.inbox(later) if one.series == "error_rate")
    assert part.evidence.points


def test_a_member_that_is_split_off_is_an_alert_of_its_own(world: Any) -> None:
    t0 = world.T0
    room = opened(world, world.deviation("null_rate", stage="upstream"), world.deviation())
    (whole,) = room.inbox(t0)
    assert [member.series for member in whole.members] == ["error_rate"]
    room.act(act("a1", t0 + 1, whole.id, "split", series="error_rate"))
    room.update([], world.events(), world.History(), t0 + MINUTE)
    kept, part = sorted(room.inbox(t0 + MINUTE), key=lambda one: one.id != whole.id)
    assert (kept.id, kept.members) == (whole.id, ())
    assert (part.series, part.state) == ("error_rate", "open")
    assert part.evidence.points
    room.act(act("a2", t0 + 2 * MINUTE, part.id, "ack"))
    states = {one.series: one.state for one in room.inbox(t0 + 3 * MINUTE)}
    assert states == {"null_rate": "open", "error_rate": "acknowledged"}
    room.act(act("a3", t0 + 3 * MINUTE, whole.id, "split", series="null_rate"))
    assert len(room.inbox(t0 + 3 * MINUTE)) == 2, "the root cannot be split off"


def test_a_mute_rule_hides_what_matches_and_ends(world: Any) -> None:
    t0 = world.T0
    room = opened(world, world.deviation(model="fraud"), world.deviation(model="churn"))
    known = ids(room, t0)
    rule = act("a1", t0 + 1, known["fraud"], "mute", until=t0 + HOUR, of_detector="anomaly")
    room.act(rule)
    assert {one.state for one in room.inbox(t0 + 2)} == {"snoozed"}
    (mute,) = room.journal.mutes
    assert matched(mute, room.inbox(t0 + 2)) == 2
    changed = room.update([], world.events(), world.History(), t0 + 2 * HOUR)
    assert len(changed) == 2
    assert {one.state for one in room.inbox(t0 + 2 * HOUR)} == {"open"}
    room.act(act("a2", t0 + 3 * HOUR, known["fraud"], "mute", until=t0 + 99 * DAY))
    assert room.journal.mutes[-1].until == t0 + 3 * HOUR + LONGEST_MUTE_S
    states = {one.model: one.state for one in room.inbox(t0 + 4 * HOUR)}
    assert states == {"fraud": "snoozed", "churn": "open"}
    room.act(act("a3", t0 + 5 * HOUR, known["fraud"], "undo", undo_of="a2"))
    assert {one.state for one in room.inbox(t0 + 5 * HOUR)} == {"open"}


def test_neither_a_broad_rule_nor_noise_of_old_hides_a_critical(world: Any) -> None:
    t0 = world.T0
    room = opened(world, world.deviation())
    (first,) = room.inbox(t0)
    room.act(act("a1", t0 + 1, first.id, "noise"))
    room.act(act("a2", t0 + 2, first.id, "mute", until=t0 + 6 * DAY, of_model="fraud"))
    calm = world.deviation(at=t0 + HOUR, phase="cleared")
    again = world.deviation(at=t0 + 2 * DAY, severity="critical", detector="anomaly")
    room.update([calm, again], world.events(), world.History(), t0 + 2 * DAY)
    later = next(one for one in room.inbox(t0 + 2 * DAY) if one.id != first.id)
    assert later.fingerprint == first.fingerprint
    assert (later.severity, later.state) == ("critical", "open")


def test_a_snooze_until_worse_ends_when_the_effect_grows_by_half(world: Any) -> None:
    t0 = world.T0
    room = opened(world, world.deviation(effect_size=8.0))
    (one,) = room.inbox(t0)
    room.act(act("a1", t0 + 1, one.id, "snooze"))
    for minutes, size, state in ((5, 10.0, "snoozed"), (9, 12.5, "open")):
        worse = world.deviation(at=t0 + minutes * MINUTE, onset=t0, phase="worse", effect_size=size)
        room.update([worse], world.events(), world.History(), worse.at)
        assert room.inbox(worse.at)[0].state == state


def test_an_assignment_and_notes_are_kept_and_taken_back(world: Any) -> None:
    t0 = world.T0
    room = opened(world, world.deviation())
    (one,) = room.inbox(t0)
    room.act(act("a1", t0 + 1, one.id, "assign", to="bob"))
    room.act(act("a2", t0 + 2, one.id, "note", text="looks like the last time"))
    word = room.journal.of(one.id)
    assert (word.assignee, word.notes) == ("bob", ("looks like the last time",))
    room.act(act("a3", t0 + 3, one.id, "undo", undo_of="a1"))
    assert room.journal.of(one.id).assignee is None


def test_a_flood_is_one_incident_that_says_so(world: Any) -> None:
    found = [
        world.deviation(
            f"template {number}", world.T0 + number, world.T0 + number, detector="logs",
            model=f"m{number}", effect_size=9.0,
        )
        for number in range(MOST_AN_HOUR + MOST_IN_FLOOD + 5)
    ]  # fmt: skip
    room = AlertRoom(world.settings)
    room.update(found, world.events(), world.History(rate=0), found[-1].at)
    inbox = room.inbox(found[-1].at)
    flood = [one for one in inbox if one.title.startswith("Flood")]
    assert len(flood) == 1
    assert len(inbox) <= MOST_AN_HOUR + 1
    assert len(flood[0].members) == MOST_IN_FLOOD - 1
    assert "further findings were taken together" in flood[0].what
    calm = [replace(one, phase="cleared", at=one.at + HOUR) for one in found]
    room.update(calm, world.events(), world.History(rate=0), world.T0 + 9 * HOUR)
    assert {one.state for one in room.inbox(world.T0 + 9 * HOUR)} == {"resolved"}


def test_looks_are_kept_in_bounded_size_and_say_when_an_alert_was_examined(world: Any) -> None:
    looks = Looks()

    def saw(ts: float, cursor: float, key: str = "x", *, opened: bool = False) -> Any:
        return looks.saw(key, ts, position=3, cursor_ms=cursor, visible_ms=5000.0, opened=opened)

    assert saw(0.0, 100.0) is None
    first = saw(1.0, 400.0)
    assert first == {"position": 3.0, "cursor_ms": 500, "visible_ms": 10000, "opened": 0.0}
    assert saw(2.0, 500.0) is None
    assert saw(3.0, 600.0)["cursor_ms"] == 1600
    assert saw(4.0, 9000.0) is None
    assert saw(5.0, 0.0, opened=True)["opened"] == 1.0
    assert saw(6.0, 9000.0, opened=True) is None
    assert saw(EVERY_S + 1.0, 2000.0) is not None
    assert sum(saw(9.0, 2000.0, f"n{n}") is not None for n in range(3000)) == 3000
    assert len(looks._looks) == MOST_ALERTS


def test_an_examined_alert_counts_as_seen_and_a_look_is_not_undone(world: Any) -> None:
    t0 = world.T0
    room = opened(world, world.deviation(severity="critical", detector="threshold"))
    (one,) = room.inbox(t0)
    assert one.priority > 80
    glance = act("a1", t0, one.id, "exposure", position=1.0, cursor_ms=400.0, opened=0.0)
    room.act(glance)
    assert room.inbox(t0)[0].priority > 80
    look = act("a2", t0, one.id, "exposure", position=1.0, cursor_ms=1800.0, opened=0.0)
    room.act(look)
    assert room.inbox(t0)[0].priority < 80
    assert last_standing([glance, look]) == ()


ACTS = st.lists(
    st.tuples(st.sampled_from(["ack", "noise", "note"]), st.sampled_from(["", "s1", "s2", "s3"])),
    max_size=12,
)


@settings(deadline=None)
@given(ACTS, st.integers(0, 12))
def test_undo_after_undo_takes_back_every_act_once_and_a_stroke_as_one(
    acts: list[tuple[Any, str]], kept: int
) -> None:
    journal = [
        act(f"a{place}", place, f"n{place}", verb, **({STROKE: stroke} if stroke else {}))
        for place, (verb, stroke) in enumerate(acts)
    ]
    taken: list[Action] = []
    while found := last_standing(journal):
        assert found[-1] == max(standing(journal), key=lambda one: one.ts)
        strokes = {one.args.get(STROKE) for one in found}
        assert len(strokes) == 1
        assert len(found) == 1 or None not in strokes
        journal += [
            act(f"u{one.id}", 100.0, one.alert_id, "undo", undo_of=one.id)
            for one in found[: max(kept, 1)]  # killed in between: the rest still stands
        ]
        taken += found[: max(kept, 1)]
    assert standing(journal) == []
    assert sorted(one.id for one in taken) == sorted(f"a{place}" for place in range(len(acts)))
