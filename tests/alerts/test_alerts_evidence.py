"""What is read of the past, and that it comes back from JSON as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.codec import decode, encode
from console.alerts.course import column_of, course
from console.alerts.evidence import Gathered, gather
from console.alerts.grouping import fold
from console.alerts.incident import Incident, Incidents
from console.alerts.marks import marks_of
from console.alerts.quantity import adverse, quantity_of
from console.alerts.room import Case
from console.config.settings import ModelSettings, Settings
from console.records.clock import naive
from console.stats import performance

MINUTE, HOUR = 60.0, 3600.0


def incident(world: Any, *found: Any) -> Incident:
    state, _ = fold(Incidents(), found, (), found[-1].at, world.settings)
    (one,) = state.by_id.values()
    return one


def test_the_chart_reaches_back_six_lengths_within_its_bounds(world: Any) -> None:
    for length, lead in ((5 * MINUTE, 2 * HOUR), (HOUR, 6 * HOUR), (20 * HOUR, 48 * HOUR)):
        found = world.deviation(at=world.T0, onset=world.T0 - length)
        told = gather(incident(world, found), world.History(), world.T0)
        assert told.points[0][0] == pytest.approx(found.onset - lead)
        assert told.points[-1][0] < world.T0
        assert len(told.points) <= 240


def test_before_and_after_are_medians_where_the_detector_tells_none(world: Any) -> None:
    found = world.deviation(before=None, after=None)
    history = world.History(value=lambda key, ts: 1.0 if ts < found.onset else 3.0)
    told = gather(incident(world, found), history, world.T0)
    assert (told.before, told.after) == (1.0, 3.0)
    stated = gather(incident(world, world.deviation()), history, world.T0)
    assert (stated.before, stated.after) == (0.01, 0.05)


def test_lines_from_now_on_and_lines_as_frequent_as_ever_are_not_related(world: Any) -> None:
    t0 = world.T0
    logs = [
        *((t0 - 6 * HOUR + 60 * n, "usual", "tick <*>", "serving", "INFO") for n in range(400)),
        *((t0 - 4 * MINUTE + 10 * n, "new", "boom <*>", "serving", "ERROR") for n in range(20)),
        *((t0 + n, "future", "later <*>", "serving", "ERROR") for n in range(50)),
    ]
    one = incident(world, world.deviation(at=t0))
    told = gather(one, world.History(logs=logs), t0)
    assert [(t.log.template, t.log.count, t.new, t.grave) for t in told.logs] == [
        ("boom <*>", 20, True, True)
    ]
    assert told.logs[0].log.example == "boom 7"
    assert told.logs[0].log.file == "serving.log"


def test_a_version_that_appears_at_the_onset_is_a_change(world: Any) -> None:
    t0 = world.T0
    versions = [(t0 - 600 * n, "v1" if n > 1 else "v2") for n in range(1, 20)]
    found = world.deviation(at=t0)
    told = gather(incident(world, found), world.History(versions=versions), t0)
    assert told.version_change is not None
    assert (told.version_change.old, told.version_change.new) == ("v1", "v2")
    assert told.version == "v2"
    early = [(ts - 3 * HOUR, version) for ts, version in versions]
    told = gather(incident(world, found), world.History(versions=early), t0)
    assert told.version_change is None


def test_predictions_an_hour_are_known_or_said_to_be_unknown(world: Any) -> None:
    one = incident(world, world.deviation())
    assert gather(one, world.History(rate=80), world.T0).predictions_per_hour == pytest.approx(80)
    assert gather(one, world.History(rate=0), world.T0).predictions_per_hour is None


def test_realised_performance_is_drawn_from_its_sums(world: Any) -> None:
    rows = [
        {
            "model": "fraud",
            "start": naive(world.T0 - 600 * n),
            "n": 10,
            "correct": 8,
            "true_positive": 3,
            "false_positive": 1,
            "false_negative": 1,
            "absolute_error": 20.0,
            "squared_error": 40.0,
        }
        for n in range(1, 4)
    ]
    frame = pl.DataFrame(rows, schema=performance.CLOSED)

    class Labelled(world.History):  # type: ignore[misc]
        def points(self, *_: Any) -> list[tuple[float, float]]:
            return []

        def performance_windows(self, *_: Any) -> pl.DataFrame:
            return frame

    expected = {"accuracy": 0.8, "precision": 0.75, "f1": 0.75, "mae": 2.0, "rmse": 2.0}
    for name, value in expected.items():
        found = world.deviation(name, detector="performance")
        points = course(found, Labelled(), world.T0 - HOUR, world.T0)
        assert [point[1] for point in points] == [value] * 3, name


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("age", "age"),
        ("drift(age)", "age"),
        ("null_rate(income)", "income"),
        ("income_gross nulls", "income_gross"),
        ("latency", None),
    ],
)
def test_which_column_a_series_is_about(world: Any, name: str, column: str | None) -> None:
    columns = ["age", "income", "income_gross"]
    assert column_of(world.deviation(name), columns) == column


@given(st.text(max_size=20) | st.none(), st.text(max_size=20) | st.none())
def test_marks_bear_whatever_their_records_say(
    world: Any, tags: str | None, attributes: str | None
) -> None:
    frame = world.events({"ts": world.T0, "type": None, "title": None, "id": None})
    told = frame.with_columns(
        pl.lit(tags, pl.String).alias("tags"), pl.lit(attributes, pl.String).alias("attributes")
    )
    (mark,) = marks_of(told)
    assert mark.type == "event"
    assert mark.id == f"event@{world.T0:.0f}"
    assert mark.words


def test_a_case_survives_json(world: Any) -> None:
    from console.alerts.message import compose

    logs = [(world.T0 - 60, "t", "a <*>", "serving", "ERROR")] * 9
    versions = [(world.T0 - 600 * n, f"v{2 - n // 2}") for n in range(1, 4)]
    found = world.deviation(tags='{"client":"a"}', details={"rows": 3.0, "segment": "client=a"})
    one = incident(world, found)
    gathered = gather(one, world.History(logs=logs, versions=versions), world.T0)
    assert gathered.logs
    assert gathered.version_change
    alert = compose(one, gathered, (), world.settings, state="open", now=world.T0)
    case = Case(one, gathered, alert)
    assert decode(Case, json.loads(json.dumps(encode(case)))) == case


def test_new_fields_are_defaulted_and_unknown_ones_skipped() -> None:
    assert decode(Gathered, {"at": 3, "of_tomorrow": 1}) == Gathered(3.0)
    with pytest.raises(TypeError):
        decode(Gathered, {})


@pytest.mark.parametrize(
    ("detector", "name", "stage", "expected"),
    [
        ("anomaly", "latency_p95_ms", "serving", "load"),
        ("threshold", "error_rate", "serving", "errors"),
        ("anomaly", "hit_rate", "training", "performance"),
        ("anomaly", "rows_ingested", "upstream", "traffic"),
        ("anomaly", "missing_rate", "features", "quality"),
        ("drift", "latency", "features", "distribution"),
        ("anomaly", "first_time_right", "business", "business"),
        ("anomaly", "gizmo", "serving", "other"),
        ("logs", "timeout after <*>", "serving", "logs"),
    ],
)
def test_quantities(detector: str, name: str, stage: str, expected: str) -> None:
    assert quantity_of(detector, name, stage) == expected


@pytest.mark.parametrize(
    ("name", "up", "down"),
    [("rmse", True, False), ("auc", False, True), ("gizmo", True, True), ("cpu", True, False)],
)
def test_which_way_is_bad(world: Any, name: str, up: bool, down: bool) -> None:
    found = world.deviation(name)
    assert adverse(replace(found, direction=1)) is up
    assert adverse(replace(found, direction=-1)) is down
    assert adverse(replace(found, direction=0))


def test_own_stages_decide_what_is_upstream(world: Any) -> None:
    own = Settings(models=(ModelSettings("fraud", stages=("serving", "feed")),))
    found = [world.deviation("a", stage="feed"), world.deviation("b", stage="serving")]
    state, _ = fold(Incidents(), found, (), world.T0, own)
    (one,) = state.by_id.values()
    assert one.lead.deviation.series.name == "b"
