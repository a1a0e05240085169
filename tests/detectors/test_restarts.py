"""A detector that was restarted from its stored state says what one says that never stopped."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from console.config.settings import Rule, Settings
from console.detectors.protocol import Deviation, Span
from console.detectors.registry import builtin
from console.engine.codec import encode
from console.engine.detection import Detection
from console.engine.summaries import Summaries, kinds
from console.records.clock import HOUR, naive
from console.records.frames import EVENTS, LOGS, METRICS, PREDICTIONS, Schema
from console.records.series import Series
from console.stats.pinning import References
from console.stats.points import PointScorer
from console.stats.reference import ModelReference, describe
from console.stats.segments import Segments

START = 1_772_323_200.0
"""2026-03-01, a Sunday, 00:00 UTC."""
HOURS = 54
SETTINGS = Settings(rules=(Rule("latency", above=250.0, hold_s=300.0),))
ONSET = 46
"""Hour at which everything goes wrong."""


def frame(schema: Schema, **columns: object) -> pl.DataFrame:
    """A frame of some columns of a schema, the others null, all of one model and stage."""
    given = pl.DataFrame({"model": "m", "stage": "serving", **columns})
    missing = [pl.lit(None).alias(name) for name in schema if name not in given.columns]
    return given.with_columns(missing).select(list(schema)).cast(pl.Schema(schema))


def moments(seconds: np.ndarray) -> pl.Series:
    return pl.from_epoch(pl.Series(((START + seconds) * 1e6).astype(np.int64)), "us")


def metrics(random: np.random.Generator) -> pl.DataFrame:
    """Series of several cadences: a jump, a climb, one that vanishes, counts, new tags."""
    parts = []
    for name, every, tag in (
        ("latency", 60.0, None),
        ("memory", 60.0, None),
        ("vanishing", 120.0, None),
        ("errors", 300.0, "web"),
        ("errors", 300.0, "app"),
        ("accuracy", HOUR, None),
    ):
        at = np.arange(0, HOURS * HOUR, every)
        gone = at >= ONSET * HOUR
        values = 100 * np.exp(random.normal(0, 0.05, len(at)) + 0.2 * np.sin(at / 13751))
        if name == "latency":
            values[gone] *= 3
        elif name == "memory":
            values += np.maximum(at / HOUR - 30, 0) * 8
        elif name == "vanishing":
            at, values = at[~gone], values[~gone]
        elif name == "accuracy":
            values[gone] /= 2
        tags = None if tag is None else json.dumps({"client": tag}, separators=(",", ":"))
        parts.append(frame(METRICS, ts=moments(at), name=name, value=values, tags=tags))
    at = np.concatenate([HOUR * np.arange(ONSET), ONSET * HOUR + 60.0 * np.arange(60)])
    sessions = [f'{{"session":"{max(place - ONSET, 0)}"}}' for place in range(len(at))]
    parts.append(frame(METRICS, ts=moments(at), name="sessions", value=1.0, tags=sessions))
    rows = pl.concat(parts)
    where = rows.select("model", "stage", "name", "tags").unique(maintain_order=True)
    ids = pl.Series("series_id", [Series(*row).id for row in where.iter_rows()], pl.Int64)
    keys = where.columns
    return rows.join(where.with_columns(ids), on=keys, nulls_equal=True)


def logs(random: np.random.Generator) -> pl.DataFrame:
    """Two templates for a time, then silence; a new error before it."""
    at = np.sort(random.uniform(0, (ONSET + 4) * HOUR, 4000))
    burst = ONSET * HOUR + np.sort(random.uniform(0, HOUR, 60))
    usual = frame(
        LOGS,
        ts=moments(at),
        level=random.choice(["INFO", "WARNING"], len(at), p=[0.9, 0.1]),
        message="x",
    )
    new = frame(LOGS, ts=moments(burst), level="ERROR", message="y")
    return pl.concat([usual, new]).with_columns(pl.col("message").alias("template_id"))


def predictions(random: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Predictions whose feature shifts and loses values, and the labels that come hours later."""
    at = np.sort(random.uniform(0, HOURS * HOUR, 6000))
    late = at >= ONSET * HOUR
    age = random.normal(40 + 15 * late, 10)
    nulls = random.random(len(at)) < np.where(late, 0.2, 0.01)
    features = [
        json.dumps({"age": None if null else round(value, 3)} | ({"tip": 1} if more else {}))
        for value, null, more in zip(age.tolist(), nulls.tolist(), late.tolist(), strict=True)
    ]
    score = np.clip(random.beta(2, 5, len(at)) + 0.3 * late, 0, 1)
    label = random.random(len(at)) < np.where(late, 0.5, score)
    rows = frame(
        PREDICTIONS,
        ts=moments(at),
        id=[str(place) for place in range(len(at))],
        version=np.where(late, "2", "1"),
        features=features,
        prediction=np.where(score > 0.5, "1", "0"),
        score=score,
    )
    matched = rows.with_columns(
        pl.Series("label", label.astype(int).astype(str)),
        pl.col("ts").alias("predicted_ts"),
        moments(at + 3 * HOUR).alias("ts"),
    )
    return rows, matched


def reference(random: np.random.Generator) -> References:
    columns = (
        describe("age", "feature", pl.Series(random.normal(40, 10, 3000))),
        describe("score", "score", pl.Series(random.beta(2, 5, 3000))),
    )
    return References({"m": ModelReference("m", "file", columns)})


@cache
def world() -> tuple[References, dict[str, pl.DataFrame]]:
    """The references and every closed window of two days and a half."""
    random = np.random.default_rng(7)
    references = reference(random)
    summaries = Summaries(SETTINGS, references, Segments())
    predicted, matched = predictions(random)
    rows = {
        "metrics": metrics(random),
        "logs": logs(random),
        "columns": predicted,
        "sightings": predicted,
        "fields": predicted,
        "performance": matched,
    }
    closed = {}
    shapes = kinds(SETTINGS)
    for kind, kept in rows.items():
        deltas = summaries.deltas(kind, kept.with_columns(pl.lit(False).alias("late")))
        closed[kind] = shapes[kind].merge(deltas.drop("late"))
    return references, closed


def span(begin: float, end: float) -> Span:
    """The windows that end in (begin, end], seconds since the start."""
    _, closed = world()
    shapes = kinds(SETTINGS)
    parts = {}
    for kind, windows in closed.items():
        ends = pl.col("start").dt.epoch("us") / 1e6 + shapes[kind].width_s - START
        parts[kind] = windows.filter((ends > begin) & (ends <= end)).sort("start")
    deploy = pl.DataFrame(
        {"ts": [naive(START + ONSET * HOUR)], "type": ["deploy"], "model": ["m"]},
    )
    events = pl.concat([pl.DataFrame(schema=EVENTS), deploy], how="diagonal").select(list(EVENTS))
    inside = (pl.col("ts") > naive(START + begin)) & (pl.col("ts") <= naive(START + end))
    return Span(START + begin, START + end, events=events.filter(inside), **parts)


def detection(stored: dict[str, bytes]) -> Detection:
    references, _ = world()
    return Detection(builtin(SETTINGS, references, {"x": "x", "y": "y"}), stored)


def walk(cuts: Sequence[int], *, restarts: bool) -> tuple[list[Deviation], dict[str, bytes]]:
    """What all detectors say, in spans cut at some minutes; restarted at each of them, or not."""
    running, stored = detection({}), dict[str, bytes]()
    found: list[Deviation] = []
    end = int(HOURS * 60)
    for begin, stop in pairwise(sorted({0, *cuts, end})):
        if restarts:
            stored |= running.dump()
            running = detection(stored)
        found += running.update(span(begin * 60.0, stop * 60.0))
    return found, {**stored, **running.dump()}


def words(found: Sequence[Deviation]) -> list[str]:
    """Every field of every deviation; numbers to the last bit."""
    return [repr(deviation) for deviation in found]


@cache
def uncut() -> tuple[list[str], frozenset[str]]:
    found, _ = walk([], restarts=False)
    return words(found), frozenset(deviation.detector for deviation in found)


@pytest.mark.slow
def test_the_world_makes_the_detectors_speak() -> None:
    _, spoke = uncut()
    assert spoke >= {"threshold", "anomaly", "staleness", "cardinality", "logs", "drift", "quality"}
    assert "event" in spoke


@pytest.mark.slow
@settings(max_examples=3, derandomize=True, phases=[Phase.generate])
@given(st.lists(st.integers(1, HOURS * 60 - 1), min_size=1, max_size=4))
def test_a_restart_at_any_cut_changes_no_bit(cuts: list[int]) -> None:
    going, last = walk(cuts, restarts=False)
    restarted, stored = walk(cuts, restarts=True)
    assert words(restarted) == words(going)
    assert stored == last
    assert words(going) == uncut()[0]


@pytest.mark.slow
def test_a_detector_of_the_stored_layout_goes_on_and_one_of_another_begins_anew() -> None:
    _, stored = walk([], restarts=False)
    assert detection(stored).dump() == stored
    anew, _ = uncut()
    other = dict.fromkeys(stored, encode({}, layout=-1))
    assert words(detection(other).update(span(0, HOURS * HOUR))) == anew


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 60.0, 300.0, 86400.0]), st.floats(0, 1e6)), max_size=80
    ),
    st.data(),
)
def test_the_scores_of_points_go_on_to_the_bit_from_any_cut(
    moves: list[tuple[float, float]], data: st.DataObject
) -> None:
    random = np.random.default_rng(len(moves))
    values = [*random.normal(50, 5, 300).tolist(), *(value for _, value in moves)]
    steps = [*[300.0] * 300, *(step for step, _ in moves)]
    points = list(zip(np.cumsum(steps).tolist(), values, strict=True))
    whole = PointScorer()
    expected = [whole.update(*point) for point in points]
    cut = data.draw(st.integers(0, len(points)))
    scorer = PointScorer()
    first = [scorer.update(*point) for point in points[:cut]]
    stored: PointScorer = pickle.loads(pickle.dumps(scorer))
    assert first + [stored.update(*point) for point in points[cut:]] == expected
