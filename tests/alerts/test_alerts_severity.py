"""Which deviations are loud: facts, what is beyond doubt, and what is corroborated."""

from __future__ import annotations

from typing import Any

import pytest

from console.alerts.incident import Finding
from console.alerts.room import AlertRoom
from console.alerts.severity import root_of, severity_of

HOUR = 3600.0


def findings(*found: Any) -> list[Finding]:
    return [Finding(one, (one.at,)) for one in found]


def test_a_weak_anomaly_alone_is_only_information(world: Any) -> None:
    weak = world.deviation(confidence=0.7, effect_size=3.5)
    assert severity_of(findings(weak), 2) == "info"
    sure = world.deviation(confidence=0.95, effect_size=3.5)
    large = world.deviation(confidence=0.7, effect_size=8.0)
    assert severity_of(findings(sure), 2) == severity_of(findings(large), 2) == "warning"


@pytest.mark.parametrize("detector", ["threshold", "performance", "staleness", "my-plugin"])
def test_a_fact_needs_no_company(world: Any, detector: str) -> None:
    found = world.deviation(detector=detector, confidence=0.5, effect_size=None)
    assert severity_of(findings(found), 2) == "warning"


def test_company_makes_weak_anomalies_a_warning(world: Any) -> None:
    one = world.deviation("error_rate", confidence=0.7, effect_size=3.0)
    two = world.deviation("latency_p95_ms", confidence=0.75, effect_size=3.0)
    assert severity_of(findings(one, two), 2) == "warning"
    same = world.deviation("error_rate", confidence=0.75, effect_size=3.0, tags='{"a":"b"}')
    assert severity_of(findings(one, same), 2) == "info"


@pytest.mark.parametrize(
    ("name", "direction"), [("latency_p95_ms", -1), ("revenue", 1), ("requests", 1), ("nulls", -1)]
)
def test_what_cannot_be_bad_is_not_loud(world: Any, name: str, direction: int) -> None:
    found = world.deviation(name, direction=direction)
    assert severity_of(findings(found), 1) == "info"
    assert severity_of(findings(world.deviation(name, direction=-direction)), 2) == "warning"


def test_more_load_under_more_traffic_is_not_loud_but_a_broken_limit_is(world: Any) -> None:
    busy = world.deviation("requests")
    slow = world.deviation("latency_p95_ms")
    wide = world.deviation("memory_mb", stage="devops")
    assert severity_of(findings(busy, slow, wide), 1) == "info"
    limit = world.deviation("latency_p95_ms", detector="threshold")
    assert severity_of(findings(busy, slow, limit), 2) == "warning"
    errors = world.deviation("error_rate")
    assert severity_of(findings(busy, slow, errors), 2) == "warning"


def test_the_root_is_never_a_weak_stranger_nor_the_performance_that_suffers(world: Any) -> None:
    weak = world.deviation("rows", stage="upstream", severity="info", confidence=0.4, direction=-1)
    fall = world.deviation("accuracy", stage="training", detector="performance", direction=-1)
    errors = world.deviation("error_rate", stage="serving")
    assert root_of(findings(weak, fall, errors), world.settings).deviation == errors
    assert root_of(findings(fall), world.settings).deviation == fall


def test_the_silence_of_labels_is_loud_only_after_hours(world: Any) -> None:
    silent = world.deviation(
        "accuracy", at=world.T0, onset=world.T0 - HOUR, stage="training", detector="staleness"
    )
    room = AlertRoom(world.settings)
    room.update([silent], world.events(), world.History(), world.T0 + 4 * HOUR)
    assert room.inbox(world.T0 + 4 * HOUR)[0].severity == "info"
    room.update([], world.events(), world.History(), world.T0 + 7 * HOUR)
    assert room.inbox(world.T0 + 7 * HOUR)[0].severity == "warning"
