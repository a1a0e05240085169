"""Which deviations become one incident, and how an incident lives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from console.alerts.grouping import fold
from console.alerts.incident import Incident, Incidents, from_text, to_text
from console.alerts.marks import Mark
from console.detectors.protocol import Deviation

MINUTE, HOUR = 60.0, 3600.0


def folded(
    world: Any, found: Sequence[Deviation], marks: Sequence[Mark] = (), hours: float = 0.0
) -> list[Incident]:
    last = max(one.at for one in found) + hours * HOUR
    state, _ = fold(Incidents(), found, marks, last, world.settings)
    return [one for one in state.by_id.values() if one.merged_into is None]


def test_a_cascade_is_one_incident_whose_root_is_the_earliest_stage(world: Any) -> None:
    t0 = world.T0
    found = [
        world.deviation("error_rate", t0, t0 - 4 * MINUTE),
        world.deviation("null_rate", t0 + MINUTE, t0 - 6 * MINUTE, stage="upstream"),
        world.deviation("missing_rate", t0 + 3 * MINUTE, t0 - 5 * MINUTE, stage="features"),
        world.deviation("approval_rate", t0 + 2 * HOUR, stage="business", direction=-1),
    ]
    (incident,) = folded(world, found)
    assert len(incident.findings) == 4
    assert incident.lead.deviation.series.name == "null_rate"
    assert incident.started_at == t0 - 6 * MINUTE
    assert incident.opened_at == t0
    assert incident.severity == "critical"


def test_the_fingerprint_is_that_of_the_opening_and_knows_no_derived_text(world: Any) -> None:
    first = world.deviation(reason="above 2 for 5 min", version="v1", confidence=0.91)
    other = world.deviation(reason="highest in a week", version="v2", at=world.T0 + 90 * HOUR)
    (one,), (two,) = folded(world, [first]), folded(world, [other])
    assert one.fingerprint == two.fingerprint
    assert one.id != two.id
    (tagged,) = folded(world, [world.deviation(tags='{"client":"web"}')])
    assert tagged.fingerprint != one.fingerprint


def test_two_models_have_two_incidents(world: Any) -> None:
    found = [world.deviation(model="fraud"), world.deviation(model="churn")]
    assert sorted(i.model or "" for i in folded(world, found)) == ["churn", "fraud"]


def test_incidents_of_one_moment_are_ordered_by_their_ids_whichever_came_first(
    world: Any,
) -> None:
    t0 = world.T0
    models = ("fraud", "churn", "reco", "basket")
    state = Incidents()
    for model in models:  # each in a batch of its own, as a live stream may bring them
        state, _ = fold(state, [world.deviation(model=model)], (), t0, world.settings)
    other, _ = fold(Incidents(), [world.deviation(model=m) for m in models], (), t0, world.settings)
    assert list(state.by_id) == sorted(state.by_id) == list(other.by_id)


def test_an_incident_that_was_told_late_is_not_said_to_have_been_told_earlier(world: Any) -> None:
    t0 = world.T0
    first = world.deviation("error_rate", t0, t0 - 5 * MINUTE)
    (opened,) = folded(world, [first])
    late = world.deviation("missing_rate", t0 + 30 * MINUTE, t0 + 10 * MINUTE, stage="features")
    (rooted,) = folded(world, [first, late])
    assert rooted.lead.deviation.series.name == "missing_rate"
    assert (opened.told_at, rooted.told_at) == (t0, t0 + 30 * MINUTE)
    early = world.deviation("null_rate", t0 + 40 * MINUTE, t0 - 8 * MINUTE, stage="upstream")
    (again,) = folded(world, [first, late, early])
    assert again.lead.deviation.series.name == "null_rate"
    assert again.told_at == t0 + 30 * MINUTE


def test_an_outage_of_most_of_the_fleet_is_one_incident_of_no_model(world: Any) -> None:
    found = [
        world.deviation("requests", world.T0 + n, stage="serving", model=model, direction=-1)
        for n, model in enumerate(["fraud", "churn", "reco"])
    ]
    (incident,) = folded(world, found)
    assert incident.model is None
    assert incident.models == ("churn", "fraud", "reco")
    later = world.deviation("requests", world.T0 + 9 * MINUTE, model="router", direction=-1)
    (incident,) = folded(world, [*found, later])
    assert incident.models == ("churn", "fraud", "reco", "router")


def test_what_comes_hours_later_elsewhere_opens_its_own(world: Any) -> None:
    first = world.deviation("drift(age)", stage="features", detector="drift")
    later = world.deviation("error_rate", world.T0 + 30 * HOUR)
    assert len(folded(world, [first, later])) == 2


def test_a_fall_of_performance_that_labels_confirm_later_joins(world: Any) -> None:
    t0 = world.T0
    first = world.deviation("error_rate", t0)
    over = world.deviation("error_rate", t0 + 3 * HOUR, phase="cleared")

    def fall(at: float, onset: float, detector: str) -> Deviation:
        found: Deviation = world.deviation(
            "accuracy", at, onset, detector=detector, stage="training", direction=-1
        )
        return found

    realised = fall(t0 + 9 * HOUR, t0 + HOUR, "performance")
    (incident,) = folded(world, [first, over, realised])
    assert [f.deviation.series.name for f in incident.findings] == ["error_rate", "accuracy"]
    assert incident.reopened_at == t0 + 9 * HOUR
    assert incident.lead.deviation.series.name == "error_rate"
    stated = fall(t0 + 12 * HOUR, t0 + 11 * HOUR, "threshold")
    assert len(folded(world, [first, over, stated])) == 1
    for other in (
        fall(t0 + 14 * HOUR, t0 + 12 * HOUR, "performance"),
        fall(t0 + 40 * HOUR, t0 + 39 * HOUR, "threshold"),
    ):
        assert len(folded(world, [first, over, other])) == 2


def test_a_quiet_incident_does_not_swallow_what_is_loud_hours_later(world: Any) -> None:
    weak = world.deviation("memory_mb", severity="info", confidence=0.5)
    loud = world.deviation("error_rate", world.T0 + 5 * HOUR)
    assert [i.severity for i in folded(world, [weak, loud])] == ["info", "warning"]


def test_a_series_that_toggles_all_day_is_one_calm_alert(world: Any) -> None:
    found = []
    for spell in range(12):
        at = world.T0 + 2 * spell * HOUR
        found += [
            world.deviation("missing_rate", at, stage="features"),
            world.deviation("missing_rate", at + 20 * MINUTE, phase="cleared", stage="features"),
        ]
    (incident,) = folded(world, found)
    assert incident.flapping(found[-1].at) == 12
    assert incident.open
    (incident,) = folded(world, found, hours=3.1)
    assert not incident.open
    assert incident.ended_at == found[-1].at


def test_hysteresis_holds_an_incident_through_a_short_calm(world: Any) -> None:
    t0 = world.T0
    found = [
        world.deviation(at=t0),
        world.deviation(at=t0 + HOUR, phase="cleared"),
        world.deviation(at=t0 + HOUR + 20 * MINUTE),
    ]
    (incident,) = folded(world, found, hours=9)
    assert incident.open
    assert incident.reopened_at is None


def test_all_members_must_clear(world: Any) -> None:
    t0 = world.T0
    found = [
        world.deviation(at=t0),
        world.deviation("latency_p95_ms", t0),
        world.deviation(at=t0 + HOUR, phase="cleared"),
    ]
    (incident,) = folded(world, found, hours=9)
    assert incident.open
    calm = world.deviation("latency_p95_ms", t0 + 2 * HOUR, phase="cleared")
    (incident,) = folded(world, [*found, calm], hours=9)
    assert incident.ended_at == t0 + 2 * HOUR


def test_another_detector_on_the_same_series_joins(world: Any) -> None:
    found = [
        world.deviation("error_rate", world.T0),
        world.deviation("error_rate", world.T0 + 30 * HOUR, detector="threshold"),
    ]
    assert len(folded(world, found)) == 1


def test_rising_severity_is_noted_as_worse(world: Any) -> None:
    t0 = world.T0
    found = [
        world.deviation(at=t0, detector="threshold"),
        world.deviation(at=t0 + HOUR, detector="threshold", phase="worse", severity="critical"),
    ]
    (incident,) = folded(world, found)
    assert (incident.severity, incident.worsened_at) == ("critical", t0 + HOUR)
    assert len(incident.findings) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_incidents_survive_json_whatever_a_detector_tells(world: Any, value: float) -> None:
    found = world.deviation(effect_size=value, p_value=value, details={"rows": value, "n": 3.0})
    (incident,) = folded(world, [found])
    assert from_text(to_text(incident)) == incident
    assert "NaN" not in to_text(incident)
    assert "Infinity" not in to_text(incident)


def test_a_creeping_cause_found_after_its_log_lines_joins_them(world: Any) -> None:
    t0 = world.T0
    lines = world.deviation("heap at <*>%", t0, t0 - 4 * MINUTE, detector="logs")
    leak = world.deviation("memory_mb", t0 + 75 * MINUTE, t0 - 3 * HOUR, stage="devops")
    (incident,) = folded(world, [lines, leak])
    assert incident.started_at == t0 - 3 * HOUR
    assert incident.lead.deviation.series.name == "memory_mb"


def test_outcomes_that_labels_tell_late_do_not_prolong_the_reach(world: Any) -> None:
    t0 = world.T0
    found = [
        world.deviation("null_rate", t0, stage="upstream"),
        world.deviation("accuracy", t0 + 5 * HOUR, detector="threshold", stage="training"),
        world.deviation("null_rate", t0 + 3 * HOUR, stage="upstream", phase="cleared"),
        world.deviation("latency_p95_ms", t0 + 9 * HOUR),
    ]
    assert len(folded(world, found)) == 2
