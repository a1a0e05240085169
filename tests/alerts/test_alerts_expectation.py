"""Which deviations a marked event explains."""

from __future__ import annotations

from typing import Any

import pytest

from console.alerts.expectation import expects, explaining
from console.alerts.marks import Mark, marks_of
from console.alerts.room import AlertRoom

MINUTE, HOUR = 60.0, 3600.0


def mark(world: Any, kind: str = "campaign", title: str = "", **changes: Any) -> Mark:
    fields: dict[str, Any] = {
        "ts": world.T0 - 10 * MINUTE,
        "type": kind,
        "title": title,
        "id": "e1",
        "planned": True,
        "model": "fraud",
        **changes,
    }
    (found,) = marks_of(world.events(fields))
    return found


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("requests", {"before": 100.0, "after": 190.0}, True),
        ("requests", {"before": 1.0, "after": 190.0}, False),
        ("revenue", {"before": 10.0, "after": 19.0}, True),
        ("latency_p95_ms", {"before": 100.0, "after": 130.0}, True),
        ("latency_p95_ms", {"before": 100.0, "after": 400.0}, False),
        ("error_rate", {}, False),
        ("null_rate", {}, False),
        ("accuracy", {"detector": "performance", "direction": -1}, False),
        ("KeyError <*>", {"detector": "logs", "before": 0.0, "after": 40.0}, False),
    ],
)
def test_a_campaign_moves_traffic_business_and_mild_load(
    world: Any, name: str, changes: dict[str, Any], expected: bool
) -> None:
    assert expects(mark(world), world.deviation(name, **changes)) is expected


def test_what_rose_with_a_campaign_may_fall_at_its_end_and_not_before(world: Any) -> None:
    campaign = mark(world, end_ts=world.T0 + 6 * HOUR)
    fall = {"direction": -1, "before": 190.0, "after": 100.0}
    assert not expects(campaign, world.deviation("requests", world.T0 + 3 * HOUR, **fall))
    assert expects(campaign, world.deviation("requests", world.T0 + 6 * HOUR, **fall))
    assert not expects(campaign, world.deviation("requests", world.T0 + 9 * HOUR, **fall))


def test_an_announced_shift_is_expected_and_nothing_else(world: Any) -> None:
    title = "deploy 23: recalibrated scores, a shift of the prediction mean is expected"
    deploy = mark(world, "deploy", title)
    shift = world.deviation("prediction", detector="drift")
    assert expects(deploy, shift)
    assert not expects(deploy, world.deviation("error_rate"))
    assert not expects(deploy, world.deviation("accuracy", detector="performance"))
    assert not expects(mark(world, "deploy", "deploy 24"), shift)
    assert not expects(mark(world, "deploy", "deploy 25: no shift of scores is expected"), shift)
    named = mark(world, "deploy", "accuracy is expected to fall until the refit")
    assert expects(named, world.deviation("accuracy", detector="performance", direction=-1))


def test_the_event_must_be_near_and_in_scope(world: Any) -> None:
    more = world.deviation("requests", before=100.0, after=150.0)
    assert expects(mark(world), more)
    assert not expects(mark(world, model="churn"), more)
    assert expects(mark(world, model=None), more)
    assert not expects(mark(world, ts=world.T0 - 5 * HOUR), more)
    assert expects(mark(world, ts=world.T0 - 5 * HOUR, end_ts=world.T0 + HOUR), more)
    assert not expects(mark(world, ts=world.T0 + 30 * MINUTE), more)


def test_only_a_planned_import_explains_volume(world: Any) -> None:
    more = world.deviation("rows_ingested", stage="upstream", before=100.0, after=150.0)
    assert expects(mark(world, "data_import"), more)
    assert not expects(mark(world, "data_import", planned=False), more)
    assert not expects(mark(world, "data_import"), world.deviation("null_rate"))


def test_the_record_may_say_itself_what_is_expected(world: Any) -> None:
    limits = {"latency_p95_ms": {"direction": "up", "at_most": 250}}
    config = mark(world, "config", attributes={"expected": limits})
    slow = world.deviation("latency_p95_ms", before=100.0, after=240.0)
    assert expects(config, slow)
    assert not expects(config, world.deviation("latency_p95_ms", before=100.0, after=260.0))
    assert not expects(config, world.deviation("latency_p95_ms", after=90.0, direction=-1))
    assert not expects(config, world.deviation("memory_mb"))
    accuracy = world.deviation("accuracy", detector="performance", direction=-1)
    assert expects(mark(world, "config", attributes={"expected": ["accuracy"]}), accuracy)
    assert not expects(mark(world, "config", attributes={"expected": "latency"}), accuracy)


def test_the_nearest_of_several_explains(world: Any) -> None:
    near = mark(world, id="near", ts=world.T0 - 6 * MINUTE)
    far = mark(world, id="far", ts=world.T0 - 60 * MINUTE)
    assert explaining(world.deviation("requests", after=0.02), [far, near]) == near


def test_an_explained_incident_is_quiet_and_a_real_one_beside_it_is_not(world: Any) -> None:
    campaign = {
        "ts": world.T0 - 10 * MINUTE,
        "end_ts": world.T0 + 6 * HOUR,
        "type": "campaign",
        "id": "c1",
        "title": "spring",
        "planned": True,
        "model": "fraud",
    }
    history = world.History(marks=[campaign])
    found = [
        world.deviation("requests", world.T0, before=100.0, after=190.0),
        world.deviation("revenue", world.T0 + 3 * HOUR, stage="business", after=0.019),
        world.deviation("error_rate", world.T0 + 4 * HOUR),
    ]
    room = AlertRoom(world.settings)
    room.update(found, world.events(campaign), history, world.T0 + 5 * HOUR)
    inbox = [one for one in room.inbox(world.T0 + 5 * HOUR) if one.detector != "event"]
    assert [(a.series, a.severity, a.explained_by, a.trigger) for a in inbox] == [
        ("error_rate", "warning", None, "unexpected"),
        ("requests", "info", "c1", "planned_event"),
    ]
    assert [member.series for member in inbox[1].members] == ["revenue"]
    assert inbox[1].why[0].event_id == "c1"


def test_an_event_recorded_after_the_alert_still_explains_it(world: Any) -> None:
    campaign = {
        "ts": world.T0 + MINUTE,
        "type": "campaign",
        "id": "c1",
        "planned": True,
        "title": "spring",
        "model": "fraud",
    }
    found = world.deviation("latency_p95_ms", world.T0, before=100.0, after=130.0)
    room = AlertRoom(world.settings)
    history = world.History()
    room.update([found], world.events(), history, world.T0)
    assert world.loud(room.inbox(world.T0))
    history.marks = [campaign]
    room.update([], world.events(campaign), history, world.T0 + 3 * MINUTE)
    (alert,) = room.inbox(world.T0 + 3 * MINUTE)
    assert (alert.severity, alert.explained_by) == ("info", "c1")
