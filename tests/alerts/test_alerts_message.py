"""Every field of the contract is filled for every alert of warning or worse."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.room import AlertRoom
from console.alerts.wording import amount, cells, figure, fit, length, listed

MINUTE, HOUR = 60.0, 3600.0
TEXTS = ("what", "where", "when", "impact")
CAUSE = {"text", "kind", "confidence", "event_id", "event_ts", "stage", "series"}
LOG = {"template", "level", "count", "lift", "example", "file", "offset"}
NUMBERS = {"before", "after", "baseline", "threshold", "effect_size", "p_value"}


def alert_of(world: Any, *found: Any, **history: Any) -> Any:
    room = AlertRoom(world.settings)
    last = max(one.at for one in found)
    room.update(found, world.events(), world.History(**history), last)
    return room.inbox(last)[0]


def lines(world: Any) -> list[tuple[float, str, str, str, str]]:
    start = world.T0 - 5 * MINUTE
    return [(start + 20 * n, "t2", "key <*> missing", "serving", "ERROR") for n in range(40)]


optional = st.none() | st.floats(-1e9, 1e9)
DETECTORS = """threshold anomaly drift changepoint forecast performance quality staleness logs
cardinality volume schedule plug-in"""
detectors = st.sampled_from(DETECTORS.split())


@settings(max_examples=60, deadline=None)
@given(
    detector=detectors,
    name=st.sampled_from(["error_rate", "latency_p95_ms", "accuracy", "x", "{", "a <*> b", "n{0}"]),
    stage=st.sampled_from(["upstream", "serving", "odd", None]),
    model=st.sampled_from(["fraud", "unknown", None]),
    numbers=st.tuples(optional, optional, optional, optional, optional),
    direction=st.integers(-1, 1),
    rate=st.sampled_from([0, 100]),
)
def test_every_field_is_filled_whatever_a_detector_knows(
    world: Any,
    detector: str,
    name: str,
    stage: str | None,
    model: str | None,
    numbers: tuple[float | None, ...],
    direction: int,
    rate: int,
) -> None:
    before, after, baseline, threshold, effect = numbers
    found = world.deviation(
        name,
        detector=detector,
        stage=stage,
        model=model,
        direction=direction,
        before=before,
        after=after,
        baseline=baseline,
        threshold=threshold,
        effect_size=effect,
    )
    alert = alert_of(world, found, logs=lines(world), rate=rate)
    document = alert.to_json()
    for field in TEXTS:
        assert len(document[field]) > 10, field
    assert 0 < cells(alert.title) <= 72
    assert alert.title.isprintable()
    assert sum(cause["confidence"] for cause in document["why"]) == pytest.approx(1, abs=1e-3)
    assert all(cause.keys() == CAUSE and cause["text"] for cause in document["why"])
    assert document["evidence"].keys() == {*NUMBERS, "points"}
    assert document["evidence"]["points"]
    assert all(math.isfinite(value) for _, value in document["evidence"]["points"])
    assert all(log.keys() == LOG for log in document["related_logs"])
    assert document["related_logs"][0]["template"] == "key <*> missing"
    assert len(document["suggestions"]) >= 2
    assert all(0.0 <= value <= 1.0 for value in document["features"].values())
    for field in ("started_at", "opened_at", "updated_at"):
        assert datetime.fromisoformat(document[field]).utcoffset() is not None
    assert math.fsum(r["weight"] for r in document["rank_reasons"]) == pytest.approx(
        math.fsum(reason.weight for reason in alert.rank_reasons), abs=1e-9
    )


def test_an_error_rate_reads_like_a_sentence(world: Any) -> None:
    alert = alert_of(world, world.deviation("error_rate", before=0.012, after=0.054))
    assert alert.title == "error_rate up 1.2 % → 5.4 % · fraud"
    assert alert.what == "error_rate rose from 1.2 % to 5.4 % (4.5 times): highest in 9 days."
    assert alert.where == "fraud · serving · error_rate"
    assert alert.when.startswith("Since 14 Nov 21:55 UTC, found 5 min later, still on after 5 min")
    assert "About 4.2 of 100 predictions an hour go wrong that did not before" in alert.impact
    assert "worth 2.1 an hour" in alert.impact
    assert "Downstream of it: business." in alert.impact
    assert "Tell risk-team, who own fraud" in alert.suggestions


def test_the_rule_speaks_in_its_own_words(world: Any) -> None:
    message = "checkout waits for us: {value} ms, {threshold} agreed, {other} stays"
    found = world.deviation(
        "latency_p95_ms",
        detector="threshold",
        after=312.4,
        threshold=250.0,
        reason="above its limit 250 for 5 min",
        details={"message": message},
    )
    alert = alert_of(world, found)
    assert alert.what.startswith("checkout waits for us: 312 ms, 250 agreed, {other} stays (")


def test_a_message_tells_flapping_end_and_return(world: Any) -> None:
    room, history, t0 = AlertRoom(world.settings), world.History(), world.T0
    found = []
    for spell in range(4):
        at = t0 + spell * HOUR
        calm = world.deviation(at=at + 10 * MINUTE, phase="cleared")
        found += [world.deviation(at=at), calm]
    room.update(found, world.events(), history, t0 + 4 * HOUR)
    (alert,) = room.inbox(t0 + 4 * HOUR)
    assert "on and off, raised 4 times within a day" in alert.when
    room.update([], world.events(), history, t0 + 12 * HOUR)
    (alert,) = room.inbox(t0 + 12 * HOUR)
    assert "over since" in alert.when
    assert alert.features["flap"] > 0


def test_silence_and_log_lines_are_told_in_their_own_way(world: Any) -> None:
    silent = world.deviation(
        "metrics", detector="staleness", before=None, after=None, details={"gap_s": 720.0}
    )
    assert alert_of(world, silent).title == "metrics silent for 12 min · fraud"
    told = world.deviation("KeyError <*>", detector="logs", reason="new ERROR line, 9 in 10 min")
    found = replace(told, details={"template_id": "t2"})
    alert = alert_of(world, found, value=lambda key, ts: math.nan, logs=lines(world))
    assert alert.title == "KeyError <*> new ERROR line, 9 in 10 min · fraud"
    assert len(alert.evidence.points) == 12
    assert alert.evidence.points[-1][1] > 0


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ((), ""),
        (("Koeln",), " and 1 other"),
        (("Koeln", "Ulm", "Leipzig"), " and 3 others"),
        (("Koeln", "<*>"), " and 1 other"),
        (("<*>",), " and others"),
    ],
)
def test_a_title_does_not_name_one_of_many_alone(
    world: Any, beside: tuple[str, ...], told: str
) -> None:
    of = [f"geocoder quota exhausted for depot {name}, stale kept" for name in ("Hamburg", *beside)]
    texts = [*of, "another line of as many words as the first", "geocoder down"]
    found = [
        replace(
            world.deviation(text, world.T0, world.T0 - 30 * MINUTE + at * MINUTE, detector="logs"),
            details={"template_id": f"t{at}"},
        )
        for at, text in enumerate(texts)
    ]
    alert = alert_of(world, *found)
    assert alert.title.endswith(f"{told} · fraud")
    assert alert.title.startswith("geocoder quota exhausted for depot Hamburg")
    assert ("other" in alert.title) == bool(told)
    assert cells(alert.title) <= 72


def test_columns_are_told_by_what_their_detector_means(world: Any) -> None:
    nulls = world.deviation(
        "distance_km", detector="quality", before=0.0, after=0.4, details={"term": "nulls"}
    )
    assert alert_of(world, nulls).title == "distance_km nulls up 0 % → 40 % · fraud"
    leaving = world.deviation(
        "prediction", detector="drift", before=0.12, after=0.31, details={"cell": "leave"}
    )
    assert alert_of(world, leaving).title == "prediction leave up 12 % → 31 % · fraud"
    shifted = world.deviation(
        "calls", detector="drift", before=1.2, after=3.2, details={"cell": "2", "shift_sigma": 1.7}
    )
    assert alert_of(world, shifted).title == "calls up 1.2 → 3.2 · fraud"


def test_a_column_is_drawn_from_its_windows(world: Any) -> None:
    class Columns(world.History):  # type: ignore[misc]
        def points(self, *_: Any) -> list[tuple[float, float]]:
            return []

    room = AlertRoom(world.settings)
    windows = [(world.T0 - 600 * n, "v1") for n in range(1, 12)]
    found = world.deviation("age", detector="drift", stage="features")
    room.update([found], world.events(), Columns(versions=windows), world.T0)
    (alert,) = room.inbox(world.T0)
    assert {value for _, value in alert.evidence.points} == {10.0}
    assert alert.version == "v1"


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (0.0123, "error_rate", "1.23 %"),
        (312.44, "latency_p95_ms", "312 ms"),
        (2048.0, "memory_mb", "2,050 MB"),
        (0.9134, "accuracy", "0.913"),
        (93.2, "missing_pct", "93.2 %"),
        (1.5, "feature_lag_s", "1.5 s"),
        (48123.0, "rows_ingested", "48,100"),
        (0.000012, "psi", "0.000012"),
        (1.2345e-9, "psi", "1.23e-09"),
        (0.0, "x", "0"),
        (None, "x", "unknown"),
        (212.0, "error_rate", "212"),
    ],
)
def test_amounts(value: float | None, name: str, text: str) -> None:
    assert amount(value, name) == text


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_figures_are_short_and_near(value: float) -> None:
    text = figure(value)
    assert len(text) < 20
    if math.isfinite(value) and 1e-3 < abs(value) < 1e9:
        assert float(text.replace(",", "")) == pytest.approx(value, rel=6e-3)


@given(st.text(max_size=60), st.integers(1, 40))
def test_fitting_never_exceeds_the_width(text: str, width: int) -> None:
    assert cells(fit(text, width)) <= max(width, 1)


def test_lengths_and_lists() -> None:
    told = [length(s) for s in (-3, 45, 600, 3 * HOUR, 60 * HOUR)]
    assert told == ["0 s", "45 s", "10 min", "3 h", "2.5 days"]
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdef")) == "a, b, c, d and 2 more"


def test_suggested_commands_are_quoted_for_sql_and_shell(world: Any) -> None:
    found = world.deviation(model="o'hara $(reboot)")
    (command,) = [s for s in alert_of(world, found).suggestions if "model-console" in s]
    program, verb, sql = shlex.split(command.partition(": ")[2])
    assert (program, verb) == ("model-console", "query")
    assert "model = 'o''hara $(reboot)'" in sql


def test_what_exceeds_a_plan_says_so(world: Any) -> None:
    campaign = {
        "ts": world.T0 - 600,
        "type": "campaign",
        "id": "c1",
        "title": "spring",
        "planned": True,
        "model": "fraud",
    }
    slow = world.deviation("latency_p95_ms", before=100.0, after=900.0)
    room = AlertRoom(world.settings)
    room.update([slow], world.events(campaign), world.History(marks=[campaign]), world.T0)
    (alert,) = room.inbox(world.T0)
    assert alert.severity == "warning"
    assert "This exceeds what campaign “spring” was expected to do." in alert.what
