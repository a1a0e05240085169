"""What users see and do becomes examples by plain rules."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.examples import Act, Look, examples
from console.alerts.habits import learner_of
from console.alerts.prior import NAMES, Topic
from console.alerts.room import AlertRoom
from console.records.action import Action

T0 = 1_700_000_000.0
HOUR, DAY = 3600.0, 86_400.0
TOPIC = Topic("drift", "fraud", (0.5,) * len(NAMES))


def look(
    alert: str = "a", ts: float = T0, cursor_ms: float | None = 2000, *, opened: bool = False
) -> Look:
    """A look at an alert in the fifth place."""
    return Look(ts, alert, TOPIC, 5, cursor_ms, opened)


def act(verb: str, alert: str = "a", ts: float = T0 + 60, reason: str | None = None) -> Act:
    """An act, a minute after the look."""
    return Act(ts, alert, TOPIC, verb, reason)


def told(*log: Look | Act) -> list[tuple[float, float]]:
    """Outcome and weight of each example."""
    return [(example.useful, round(example.weight, 6)) for example in examples(log)]


@pytest.mark.parametrize(
    ("verb", "reason", "expected"),
    [
        ("ack", None, (1, 1)),
        ("logs", None, (1, 1)),
        ("note", None, (1, 1)),
        ("bundle", None, (1, 1)),
        ("resolve", None, (1, 1)),
        ("resolve", "fixed", (1, 1)),
        ("resolve", "expected", (0, 1)),
        ("resolve", "false_alarm", (0, 3)),
        ("snooze", None, (1, 0.3)),
        ("important", None, (1, 3)),
        ("noise", None, (0, 3)),
        ("mute", None, (0, 3)),
    ],
)
def test_each_act_has_its_outcome_and_weight(
    verb: str, reason: str | None, expected: tuple[float, float]
) -> None:
    assert told(look(), act(verb, reason=reason)) == [expected]
    assert told(act(verb, reason=reason)) == [expected]


def test_looking_and_doing_nothing_is_half_a_no() -> None:
    assert told(look()) == [(0, 0.5)]
    assert told(look(cursor_ms=1400)) == []
    assert told(look(cursor_ms=0)) == []


def test_without_a_cursor_the_place_says_how_likely_it_was_looked_at() -> None:
    assert told(look(cursor_ms=None)) == [(0, round(0.5 * 1.6 * math.pow(5, -0.8), 6))]


def test_opening_says_the_more_the_rarer_it_is() -> None:
    always = told(*(look(str(n), T0 + n, opened=True) for n in range(40)))
    assert always[0] == (0.5, 0.75)
    assert always[-1][0] < 0.05
    rarely = told(*(look(str(n), T0 + n, opened=n == 39) for n in range(40)))
    assert rarely[-1][0] > 0.9


def test_the_last_plain_word_overrules_what_was_done_on_the_way() -> None:
    log = (look(), act("logs"), act("important", ts=T0 + 70), act("noise", ts=T0 + 80))
    assert told(*log, act("ack", ts=T0 + 90)) == [(0, 3)]


def test_an_alert_is_one_example_until_a_day_has_passed() -> None:
    assert told(look(), look(ts=T0 + HOUR), look(ts=T0 + 2 * HOUR)) == [(0, 0.5)]
    assert told(look(), look(ts=T0 + 25 * HOUR)) == [(0, 0.5)] * 2
    assert told(look(), act("ack", ts=T0 + 25 * HOUR)) == [(0, 0.5), (1, 1)]
    assert told(look(), act("ack"), look(ts=T0 + 30 * HOUR)) == [(1, 1)]


def test_an_act_on_many_at_once_counts_less_for_each_that_was_not_looked_at() -> None:
    log = [act("noise", str(n), T0 + n * 0.01) for n in range(16)]
    assert told(*log) == [(0, 0.75)] * 16
    assert told(look("3", T0 - 60), *log)[0] == (0, 3)
    slowly = [act("noise", str(n), T0 + n * 3) for n in range(16)]
    assert told(*slowly) == [(0, 3)] * 16


def test_verbs_that_nobody_knows_say_nothing() -> None:
    assert told(act("sing")) == []
    assert told(look(), act("sing")) == [(0, 0.5)]


entries = st.one_of(
    st.builds(
        look,
        st.sampled_from("abc"),
        st.floats(T0, T0 + 5 * DAY),
        st.sampled_from([0.0, 2000.0, None]),
        opened=st.booleans(),
    ),
    st.builds(
        act,
        st.sampled_from(["ack", "noise", "important", "resolve", "snooze", "sing"]),
        st.sampled_from("abc"),
        st.floats(T0, T0 + 5 * DAY),
        st.sampled_from([None, "fixed", "false_alarm"]),
    ),
)


@settings(deadline=None)
@given(st.lists(entries, max_size=40))
def test_examples_keep_their_order_and_bounds(log: list[Look | Act]) -> None:
    found = examples(log)
    assert [e.ts for e in found] == sorted(e.ts for e in found)
    assert all(0 <= e.useful <= 1 and 0 < e.weight <= 3 for e in found)
    assert len(found) <= len(log)


def done(number: int, verb: Any, alert: str = "i", *, undoes: int | None = None) -> Action:
    """An act of the journal."""
    taken = None if undoes is None else f"id{undoes}"
    return Action(f"id{number}", T0 + number * 60, "ann", alert, verb, undo_of=taken)


def test_the_inbox_learns_from_the_journal_and_an_undo_restores_it_to_the_bit(world: Any) -> None:
    t0 = world.T0
    room = AlertRoom(world.settings)
    raised = [
        world.deviation("error_rate", t0),
        world.deviation("rows", t0 + 1, model="reco", detector="drift", effect_size=1.0),
    ]
    room.update(raised, world.events(), world.History(), t0 + HOUR)
    now = t0 + 2 * HOUR
    before = room.inbox(now)
    (first,) = [alert for alert in before if alert.model == "fraud"]
    (second,) = [alert for alert in before if alert.model == "reco"]
    room.act(Action("id1", now, "ann", first.id, "noise"))
    room.act(Action("id2", now + 60, "ann", second.id, "ack"))
    learned = room.inbox(now)
    texts = {reason.text for alert in learned for reason in alert.rank_reasons}
    assert "you acted on 1 of 1 alerts of 'reco'" in texts
    room.act(Action("id3", now + 120, "ann", second.id, "undo", {}, "id2"))
    room.act(Action("id4", now + 180, "ann", first.id, "undo", {}, "id1"))
    assert room.inbox(now) == before


def test_the_journal_alone_teaches_what_the_room_has_learned(world: Any) -> None:
    t0 = world.T0
    room = AlertRoom(world.settings)
    room.update(
        [world.deviation("error_rate", t0), world.deviation("rows", t0 + 1, model="reco")],
        world.events(),
        world.History(),
        t0 + HOUR,
    )
    keys = [alert.id for alert in room.inbox(t0 + HOUR)]
    journal = [
        room.described(Action("id1", t0 + HOUR, "ann", keys[0], "noise")),
        room.described(Action("id2", t0 + HOUR + 9, "ann", keys[1], "ack")),
    ]
    taste = learner_of(journal).taste()
    assert taste.gate == "open"
    assert taste.leanings[("model", "fraud")].weight * taste.leanings[("model", "reco")].weight < 0
    other = Action("id3", t0 + HOUR + 99, "bob", keys[0], "ack")
    assert learner_of([*journal, other]).taste().examples == 0
    assert room.described(Action("id4", t0, "ann", "gone", "ack")).args == {}
