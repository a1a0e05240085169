"""Reports on marked events that have settled, and digests at intervals."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.alert import Alert
from console.alerts.room import AlertRoom
from console.records.action import Action
from console.records.schedule import DAILY
from console.records.series import Series

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NAMES = (("requests", "serving"), ("error_rate", "serving"), ("latency_p95_ms", "serving"))
CATALOGUE = [Series("fraud", stage, name) for name, stage in NAMES]


def event(ts: float, kind: str = "deploy", name: str = "e1", **more: Any) -> dict[str, Any]:
    return {"ts": ts, "type": kind, "id": name, "model": "fraud", "planned": True, **more}


def past(world: Any, marks: Sequence[dict[str, Any]], step: Callable[[str, float], float]) -> Any:
    """A history of noise about 10, plus what `step` says of each series and time."""
    by_id = {series.id: series.name for series in CATALOGUE}

    def value(series_id: int, ts: float) -> float:
        noise = 0.4 * np.sin(series_id % 997 + 12.9898 * ts) ** 3
        return 10.0 + float(noise) + step(by_id[series_id], ts)

    return world.History(value=value, marks=marks, catalogue=CATALOGUE)


def reports(world: Any, marks: Sequence[dict[str, Any]], history: Any, until: float) -> list[Alert]:
    room = AlertRoom(world.settings)
    room.update([], world.events(*marks), history, until)
    return [one for one in room.inbox(until) if one.detector == "event"]


def test_a_deploy_that_hurts_is_reported_with_what_changed(world: Any) -> None:
    at = world.T0 + 5 * MINUTE
    marks = [event(at, version="v12", title="v12")]
    history = past(world, marks, lambda n, ts: 4.0 if n == "error_rate" and ts >= at else 0.0)
    history.versions = [(at - HOUR, "v11"), (at, "v12")]
    (found,) = reports(world, marks, history, at + 3 * HOUR)
    assert (found.severity, found.trigger, found.state) == ("info", "planned_event", "open")
    assert found.explained_by == "e1"
    assert found.opened_at == at + 2 * HOUR
    assert [member.series for member in found.members] == ["error_rate"]
    assert found.impact == "Verdict: worse: error_rate."
    assert "v11 → v12" in found.where
    assert found.evidence.before == pytest.approx(10.0, abs=0.3)
    assert found.evidence.after == pytest.approx(14.0, abs=0.3)
    assert len(found.title) <= 72


def test_a_deploy_that_changes_nothing_says_so_and_a_routine_import_says_nothing(
    world: Any,
) -> None:
    at = world.T0
    marks = [event(at), event(at + MINUTE, "data_import", "i1")]
    (found,) = reports(world, marks, past(world, marks, lambda _, __: 0.0), at + 3 * HOUR)
    assert found.impact == "Verdict: nothing changed."
    assert (found.members, found.stage, found.explained_by) == ((), None, "e1")


def test_an_expected_effect_is_told_as_expected(world: Any) -> None:
    at = world.T0
    marks = [event(at, "campaign", title="spring")]
    history = past(world, marks, lambda n, ts: 5.0 if n == "requests" and ts >= at else 0.0)
    (found,) = reports(world, marks, history, at + 3 * HOUR)
    assert found.impact == "Verdict: expected: requests."


def test_what_an_event_did_while_it_lasted_is_told_though_it_is_over(world: Any) -> None:
    at, end = world.T0, world.T0 + HOUR
    marks = [event(at, "campaign", title="flash sale", end_ts=end)]
    history = past(world, marks, lambda n, ts: 5.0 if n == "requests" and at <= ts < end else 0.0)
    (found,) = reports(world, marks, history, at + 3 * HOUR)
    assert found.impact == "Verdict: expected: requests."
    assert found.evidence.after == pytest.approx(15.0, abs=0.4)


def test_a_change_that_came_before_or_of_another_event_is_not_the_events(world: Any) -> None:
    at = world.T0
    early = [event(at)]
    before = past(world, early, lambda _, ts: 4.0 if ts >= at - 3 * HOUR else 0.0)
    assert reports(world, early, before, at + 3 * HOUR)[0].members == ()
    both = [event(at, "deploy"), event(at + 10 * MINUTE, "campaign", "c1", title="spring")]
    later = at + 10 * MINUTE
    history = past(world, both, lambda n, ts: 5.0 if n == "requests" and ts >= later else 0.0)
    told = {one.explained_by: one.members for one in reports(world, both, history, at + 3 * HOUR)}
    assert told["e1"] == ()
    assert [member.series for member in told["c1"]] == ["requests"]


def test_a_report_is_over_after_a_day_or_by_the_users_word(world: Any) -> None:
    marks = [event(world.T0)]
    room, history = AlertRoom(world.settings), past(world, marks, lambda _, __: 0.0)
    room.update([], world.events(*marks), history, world.T0 + 3 * HOUR)
    (found,) = room.inbox(world.T0 + 3 * HOUR)
    room.act(Action("a1", world.T0 + 3 * HOUR, "ann", found.id, "ack"))
    assert room.inbox(world.T0 + 4 * HOUR)[0].state == "acknowledged"
    (over,) = room.update([], world.events(), history, world.T0 + 2 * DAY)
    assert over.closed
    assert json.loads(over.alert)["ended_at"] is not None
    assert room.inbox(world.T0 + 2 * DAY)[0].state == "resolved"


def test_a_digest_tells_what_is_open_over_and_what_it_cost(world: Any) -> None:
    daily = replace(world.settings, digest=DAILY)
    midnight = (world.T0 // DAY + 1) * DAY
    room = AlertRoom(daily)
    found = [
        world.deviation("error_rate", midnight - 5 * HOUR),
        world.deviation("error_rate", midnight - 4 * HOUR, phase="cleared"),
        world.deviation("null_rate", midnight + 2 * HOUR, stage="upstream", model="churn"),
    ]
    changed = room.update(found, world.events(), world.History(), midnight + DAY)
    digests = sorted(
        (json.loads(one.alert) for one in changed if '"interval"' in one.alert),
        key=lambda one: one["opened_at"],
    )
    first, second = digests
    assert (first["trigger"], first["detector"], first["severity"]) == (
        *("interval", "schedule"),
        "info",
    )
    assert "Nothing is open." in first["what"]
    assert "Resolved (1): error_rate" in first["what"]
    assert "worth" in first["impact"]
    assert "Open (1): null_rate" in second["what"]
    shown = {one.id: one.state for one in room.inbox(midnight + DAY)}
    assert (shown[first["id"]], shown[second["id"]]) == ("resolved", "open")


def test_no_digest_is_written_of_nothing(world: Any) -> None:
    room = AlertRoom(replace(world.settings, digest=DAILY))
    assert room.update([], world.events(), world.History(), world.T0 + 9 * DAY) == ()
    off = AlertRoom(world.settings)
    off.update([world.deviation()], world.events(), world.History(), world.T0 + 9 * DAY)
    assert {one.trigger for one in off.inbox(world.T0 + 9 * DAY)} == {"unexpected"}


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, 70), max_size=5), restarts=st.integers(0, 5))
def test_neither_cuts_nor_restarts_change_a_report(
    world: Any, cuts: list[int], restarts: int
) -> None:
    daily = replace(world.settings, digest=DAILY)
    t0, end = world.T0, world.T0 + 70 * HOUR
    marks = [event(t0 + n * 9 * HOUR, kind, f"e{n}") for n, kind in enumerate(["deploy"] * 4)]
    history = past(world, marks, lambda n, ts: 4.0 * (n == "requests" and ts >= t0 + 9 * HOUR))
    found = [
        world.deviation("error_rate", t0 + 20 * HOUR),
        world.deviation("error_rate", t0 + 30 * HOUR, phase="cleared"),
    ]
    whole = AlertRoom(daily)
    whole.update(found, world.events(*marks), history, end)
    room, stored, last = AlertRoom(daily), dict[str, Any](), float("-inf")
    for number, now in enumerate([*sorted(t0 + hour * HOUR for hour in cuts), end]):
        part = [one for one in found if last < one.at <= now]
        seen = [mark for mark in marks if last < mark["ts"] <= now]
        for one in room.update(part, world.events(*seen), history, now):
            stored[one.id] = one
        last = now
        if number < restarts:
            kept = json.loads(json.dumps(room.dump()))
            room = AlertRoom(daily)
            room.restore(stored.values(), [], kept)
    assert room.inbox(end) == whole.inbox(end)
