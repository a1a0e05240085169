"""The journal's fold: acts, undos, and what they mean for the state of an alert."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.alerts.incident import Finding, Incident
from console.alerts.triage import Journal, Triage, fold, standing, state_of
from console.records.action import Action, Verb

VERBS: list[Verb] = ["ack", "snooze", "resolve", "noise", "important", "note"]
FINGERPRINTS = {"a": "f1", "b": "f2"}


@st.composite
def journals(draw: st.DrawFn) -> list[Action]:
    """Acts on two alerts, with undos of any earlier act, undos among them, and of nothing."""
    actions: list[Action] = []
    for number in range(draw(st.integers(0, 14))):
        undo = draw(st.booleans())
        target = draw(st.integers(-1, number)) if undo else -1
        verb: Verb = "undo" if undo else draw(st.sampled_from(VERBS))
        actions.append(
            Action(
                id=f"x{number}",
                ts=float(number),
                user="ann",
                alert_id=draw(st.sampled_from(["a", "b"])),
                verb=verb,
                args={"until": 5.0, "reason": "fixed", "text": f"n{number}"},
                undo_of=f"x{target}" if undo else None,
            )
        )
    return actions


def in_effect(actions: list[Action], action: Action) -> bool:
    """The definition, naively: no later act in effect takes it back."""
    place = actions.index(action)
    return not any(
        later.verb == "undo" and later.undo_of == action.id and in_effect(actions, later)
        for later in actions[place + 1 :]
    )


@given(journals())
def test_the_fold_equals_that_of_the_acts_that_were_not_undone(actions: list[Action]) -> None:
    kept = [a for a in actions if a.verb != "undo" and in_effect(actions, a)]
    assert standing(actions) == kept
    assert fold(actions, FINGERPRINTS) == fold(kept, FINGERPRINTS)


@given(journals())
def test_undoing_the_last_act_restores_what_was_before(actions: list[Action]) -> None:
    if not actions:
        return
    last = actions[-1]
    undo = Action("u", 99.0, "ann", last.alert_id, "undo", undo_of=last.id)
    redo = Action("r", 100.0, "ann", last.alert_id, "undo", undo_of="u")
    assert fold([*actions, undo], FINGERPRINTS) == fold(actions[:-1], FINGERPRINTS)
    assert fold([*actions, undo, redo], FINGERPRINTS) == fold(actions, FINGERPRINTS)


@given(journals())
def test_an_act_told_twice_counts_once(actions: list[Action]) -> None:
    assert fold([*actions, *actions], FINGERPRINTS) == fold(actions, FINGERPRINTS)


def incident(world: Any, **changes: Any) -> Incident:
    found = world.deviation()
    plain = Incident(
        id="a",
        fingerprint="f1",
        model="fraud",
        opened_at=0.0,
        updated_at=0.0,
        findings=(Finding(found, (found.at,)),),
        root=found.key,
        severity="warning",
    )
    return replace(plain, **changes)


def told(state: Any, at: float = 10.0, **changes: Any) -> Journal:
    return Journal({"a": Triage(state, at, **changes)})


def test_getting_worse_or_coming_back_rouses_what_was_put_to_rest(world: Any) -> None:
    for state in ("acknowledged", "resolved", "snoozed"):
        assert state_of(incident(world), told(state), 20.0) == state
        assert state_of(incident(world, worsened_at=11.0), told(state), 20.0) == "open"
        assert state_of(incident(world, reopened_at=11.0), told(state), 20.0) == "open"
        assert state_of(incident(world, worsened_at=9.0), told(state), 20.0) == state


def test_a_timed_snooze_lasts_its_time(world: Any) -> None:
    journal = told("snoozed", until=100.0)
    assert state_of(incident(world, worsened_at=50.0), journal, 99.0) == "snoozed"
    assert state_of(incident(world), journal, 100.0) == "open"


def test_what_is_over_is_resolved_whatever_was_said_but_noise(world: Any) -> None:
    over = incident(world, ended_at=50.0)
    for state in ("open", "acknowledged", "snoozed", "resolved"):
        assert state_of(over, told(state), 60.0) == "resolved"
    assert state_of(over, told("noise"), 60.0) == "noise"


def test_noise_sticks_to_the_fingerprint_even_of_forgotten_alerts(world: Any) -> None:
    act = Action("x", 1.0, "ann", "old", "noise", {"fingerprint": "f1"})
    assert state_of(incident(world), fold([act], {}), 9.0) == "noise"
    assert state_of(incident(world, fingerprint="f9"), fold([act], {}), 9.0) == "open"
