"""Which segment carries a deviation, from stored windows, and where the alert says it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from console.alerts.carried import Carried, carried
from console.alerts.room import AlertRoom
from console.records.clock import naive
from console.records.frames import PREDICTIONS
from console.stats import columns, performance, segment_performance, segment_windows
from console.stats.pinning import References, learn
from console.stats.segments import Segments

HOUR = 3600.0
WIDTH = 1800.0
CLIENTS = ("acme", "globex", "initech", "umbrella")
T0 = 1_700_000_000.0 // HOUR * HOUR


def rows(who: str | None, apart: float, hours: float = 54.0, since: float = 6.0) -> pl.DataFrame:
    """A prediction every 15 s; in the last hours those of `who` are off, of all if None.

    Amounts of the clients lie so far `apart`.
    """
    rng = np.random.default_rng(5)
    times = np.arange(T0 - hours * HOUR, T0, 15.0)
    size = len(times)
    client = rng.choice(CLIENTS, size, p=(0.2, 0.4, 0.3, 0.1))
    off = (times >= T0 - since * HOUR) & ((client == who) if who else True)
    level = apart * np.array([CLIENTS.index(str(one)) for one in client])
    amount = rng.normal(40.0, 10.0, size) + 15.0 * off + level
    usual = rng.choice(["Bonn", "Jena"], size)
    city = np.where(off, np.where(rng.random(size) < 0.5, "Ulm", "Bonn"), usual)
    nulls = off & (rng.random(size) < 0.4)
    score = rng.random(size)
    label = (rng.random(size) < np.where(off, 1 - score, score)).astype(int)
    features = [
        json.dumps({"amount": a, "city": str(c), "age": None if n else 30.0})
        for a, c, n in zip(amount.tolist(), city, nulls, strict=True)
    ]
    return pl.DataFrame(
        {
            "ts": [naive(ts) for ts in times],
            "model": "fraud",
            "features": features,
            "prediction": (score > 0.5).astype(int).astype(str),
            "score": score,
            "tags": [json.dumps({"client": str(c), "host": f"h{i}"}) for i, c in enumerate(client)],
            "label": label.astype(str),
        }
    )


@cache
def windows(who: str | None, apart: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    found = rows(who, apart)
    predictions = pl.concat(
        [found.drop("label"), pl.DataFrame(schema=PREDICTIONS)], how="diagonal"
    ).select(list(PREDICTIONS))
    segments = Segments()
    segments.learn(predictions)
    references = References({"fraud": learn("fraud", predictions.head(1000))})
    of_columns = segment_windows.summarise(columns.cuts(predictions, references), segments, WIDTH)
    matched = predictions.with_columns(
        label=found["label"], predicted_ts=pl.col("ts"), ts=pl.col("ts") + pl.duration(minutes=5)
    )
    judged = performance.judged(matched, pl.lit("1"))
    return of_columns, segment_performance.summarise(judged, segments, WIDTH)


def history(world: Any, who: str | None, apart: float = 0.0) -> Any:
    of_columns, of_labels = windows(who, apart)

    class Divided(world.History):  # type: ignore[misc]
        def segment_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
            return of_columns.filter(pl.col("start") >= naive(start), pl.col("start") < naive(end))

        def segment_performance(self, model: str, start: float, end: float) -> pl.DataFrame:
            return of_labels.filter(
                pl.col("predicted") >= naive(start), pl.col("start") < naive(end)
            )

    return Divided()


FINDINGS = [
    ("drift", "amount", {}, "the shift of amount"),
    ("drift", "city", {}, "the shift of city"),
    ("quality", "age", {"term": "nulls"}, "the nulls of age"),
    ("quality", "city", {"term": "unseen"}, "the unseen values of city"),
    ("performance", "accuracy", {}, "the loss of accuracy"),
    ("performance", "auc", {}, "the loss of auc"),
]


def found_of(world: Any, who: str | None, finding: Any, apart: float = 0.0) -> Carried | None:
    detector, name, details, _ = finding
    deviation = world.deviation(
        name, at=T0, onset=T0 - 6 * HOUR, detector=detector, details=details
    )
    return carried(deviation, history(world, who, apart), T0)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda one: f"{one[0]} {one[1]}")
def test_the_client_that_is_off_is_named_in_every_kind_of_finding(world: Any, finding: Any) -> None:
    found = found_of(world, "acme", finding)
    assert found is not None
    assert (found.carrier.name, found.subject) == ("client=acme", finding[3])
    assert found.carrier.part > 0.8
    assert found.carrier.share == pytest.approx(0.2, abs=0.08)
    assert found.sentence().startswith(f"client=acme carries {found.part} of {finding[3]}")


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda one: f"{one[0]} {one[1]}")
def test_nobody_is_named_where_all_are_off(world: Any, finding: Any) -> None:
    assert found_of(world, None, finding) is None


def test_clients_that_lie_apart_are_held_against_themselves(world: Any) -> None:
    """All move alike, yet the distribution of all rows changes most where the largest lies."""
    assert found_of(world, None, FINDINGS[0], apart=80.0) is None
    found = found_of(world, "acme", FINDINGS[0], apart=80.0)
    assert found is not None
    assert found.carrier.name == "client=acme"


def test_the_figures_are_those_of_the_segment_and_of_the_rest(world: Any) -> None:
    shift, nulls = (found_of(world, "acme", FINDINGS[place]) for place in (0, 2))
    assert shift is not None
    assert nulls is not None
    of_shift = shift.carrier
    assert (of_shift.before, of_shift.after) == pytest.approx((40, 55), abs=2)
    assert (of_shift.others_before, of_shift.others_after) == pytest.approx((40, 40), abs=1)
    assert nulls.sentence().startswith("client=acme carries all of the nulls of age: 0 % to 4")
    assert nulls.sentence().endswith("rows), 0 % to 0 % in the rest.")


def test_what_is_of_no_predictions_or_has_no_past_names_nobody(world: Any) -> None:
    past = history(world, "acme")
    metric = world.deviation("latency_ms", at=T0, onset=T0 - 6 * HOUR)
    assert carried(metric, past, T0) is None
    first = world.deviation("amount", at=T0, onset=T0 - 54 * HOUR, detector="drift")
    assert carried(first, past, T0) is None
    gone = world.deviation("gone", at=T0, onset=T0 - 6 * HOUR, detector="drift")
    assert carried(gone, past, T0) is None
    frozen = world.deviation(
        "age", at=T0, onset=T0 - 6 * HOUR, detector="quality", details={"term": "constant"}
    )
    assert carried(frozen, past, T0) is None


def test_the_alert_says_it_in_what_where_and_why(world: Any) -> None:
    room = AlertRoom(world.settings)
    found = world.deviation(
        "age",
        at=T0,
        onset=T0 - 6 * HOUR,
        stage="features",
        detector="quality",
        details={"term": "nulls"},
    )
    room.update([found], world.events(), history(world, "acme"), T0)
    (alert,) = room.inbox(T0)
    assert "client=acme carries all of the nulls of age: 0 % to" in alert.what
    assert alert.where.endswith("features · age · client=acme")
    assert (alert.why[0].kind, alert.why[0].series) == ("segment", "client=acme")
    assert any("client=acme" in suggestion for suggestion in alert.suggestions)


def test_what_was_named_stays_when_nothing_deviates_any_more(world: Any) -> None:
    series: dict[str, Any] = {"stage": "features", "detector": "quality"}
    found = world.deviation("age", at=T0, onset=T0 - 6 * HOUR, details={"term": "nulls"}, **series)
    room = AlertRoom(world.settings)
    stored = room.update([found], world.events(), history(world, "acme"), T0)
    restored = AlertRoom(world.settings)
    restored.restore(stored, ())
    cleared = world.deviation("age", at=T0 + HOUR / 12, phase="cleared", **series)
    restored.update([cleared], world.events(), world.History(), T0 + 3 * HOUR)
    (alert,) = restored.inbox(T0 + 3 * HOUR)
    assert alert.ended_at is not None
    assert alert.where.endswith("features · age · client=acme")
