"""Segments: which rows are in which, within bounds, and that their windows add up to the whole."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.frames import PREDICTIONS
from console.stats import columns, performance, segment_performance, segment_windows
from console.stats.pinning import References
from console.stats.reference import ModelReference, describe
from console.stats.segments import MOST_TAGS, MOST_VALUES, OTHERS, Segments

START = datetime(2026, 3, 1)
WIDTH = 1800.0
REFERENCES = References(
    {
        "m": ModelReference(
            "m",
            "file",
            (
                describe("x", "feature", pl.Series([1.0, 2.0, 3.0, 4.0])),
                describe("city", "feature", pl.Series(["Bonn", "Ulm"])),
                describe("score", "score", pl.Series([i / 100 for i in range(100)])),
            ),
        )
    }
)
Row = tuple[float, object, object, float | None, dict[str, object]]


def frame(rows: list[Row], model: str = "m") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "ts": START + timedelta(seconds=seconds),
                "model": model,
                "stage": "serving",
                "version": "1",
                "features": json.dumps({"x": x, "city": city}),
                "score": score,
                "tags": json.dumps(tags, sort_keys=True) if tags else None,
                "id": str(place),
            }
            for place, (seconds, x, city, score, tags) in enumerate(rows)
        ],
        schema=PREDICTIONS,
    )


def of_clients(*clients: object) -> pl.DataFrame:
    return frame([(0, 1, "Ulm", 0.5, {"client": client}) for client in clients])


def named(segments: Segments, rows: pl.DataFrame) -> dict[int, list[str]]:
    members = segments.of("m", rows)
    found: dict[int, list[str]] = {}
    for row, segment in zip(members.rows, members.segments, strict=True):
        found.setdefault(int(row), []).append("=".join(members.names[segment]))
    return found


def test_a_row_is_in_one_segment_of_every_tag_that_it_carries() -> None:
    rows = frame(
        [
            (0, 1, "Ulm", 0.5, {"client": "acme", "beta": True}),
            (1, 1, "Ulm", 0.5, {"client": 7}),
            (2, 1, "Ulm", 0.5, {}),
        ]
    )
    segments = Segments()
    segments.learn(rows)
    assert named(segments, rows) == {0: ["beta=true", "client=acme"], 1: ["client=7"]}


def test_values_and_tags_are_bounded_and_the_rest_is_told() -> None:
    rows = of_clients(*range(MOST_VALUES + 5))
    segments = Segments()
    segments.learn(rows)
    places = [name for names in named(segments, rows).values() for name in names]
    assert places.count(f"client={OTHERS}") == 5
    assert len(set(places)) == MOST_VALUES + 1
    many = frame([(0, 1, "Ulm", 0.5, {f"tag{place:02}": 1 for place in range(MOST_TAGS + 3)})])
    segments = Segments()
    segments.learn(many)
    assert len(named(segments, many)[0]) == MOST_TAGS


def test_settings_name_tags_versions_and_features_or_none() -> None:
    rows = frame([(0, 1, "Ulm", 0.5, {"client": "acme", "host": "a"}), (1, 1, None, 0.5, {})])
    wanted = Segments({"m": ("client", "version", "city")})
    wanted.learn(rows)
    assert wanted.of_features
    assert named(wanted, rows) == {0: ["client=acme", "version=1", "city=Ulm"], 1: ["version=1"]}
    nothing = Segments({"m": ()})
    nothing.learn(rows)
    assert named(nothing, rows) == {}
    assert not nothing.of_features


def test_a_tag_that_comes_late_is_not_taken_up_but_a_new_value_is() -> None:
    segments = Segments()
    segments.learn(of_clients(*["acme"] * 1000))
    late = frame([(0, 1, "Ulm", 0.5, {"client": "new", "late": 1})])
    segments.learn(late)
    assert named(segments, late) == {0: ["client=new"]}


names = st.sampled_from(["acme", "globex", "initech", 3, True, None])
tagged = st.fixed_dictionaries({}, optional={"client": names, "region": names, "é": names})
rows_of = st.tuples(
    st.integers(0, 5400),
    st.one_of(st.none(), st.integers(-5, 9), st.text(max_size=3)),
    st.sampled_from(["Bonn", "Ulm", "Köln", None]),
    st.one_of(st.none(), st.floats(0, 1)),
    tagged,
)
batches = st.lists(st.lists(rows_of, max_size=12), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(batches)
def test_segments_are_the_same_however_the_rows_are_cut_and_after_a_restart(
    parts: list[list[Row]],
) -> None:
    whole = frame([row for part in parts for row in part])
    at_once, piecewise = Segments(), Segments()
    at_once.learn(whole)
    deltas = []
    for part in parts:
        rows = frame(part)
        piecewise.learn(rows)
        piecewise = Segments(state=piecewise.state())
        deltas.append(summarised(rows, piecewise))
    assert piecewise.state()["segments"].equals(at_once.state()["segments"])
    same(
        segment_windows.merge(pl.concat(deltas)), segment_windows.merge(summarised(whole, at_once))
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(rows_of, max_size=30))
def test_the_segments_of_a_tag_add_up_to_all_rows_that_carry_it(rows: list[Row]) -> None:
    carrying = frame([(*row[:4], {**row[4], "client": row[4].get("client") or 1}) for row in rows])
    segments = Segments()
    segments.learn(carrying)
    parts = summarised(carrying, segments).filter(pl.col("tag") == "client")
    wide = segment_windows.added(parts, ("start", "layout"))
    whole = columns.merge(columns.summarise(carrying, REFERENCES, WIDTH))
    assert wide["n"].sum() == len(rows)
    for start, layout, counts, totals in wide.select(
        "start", "layout", "counts", "totals"
    ).iter_rows():
        for part in segment_windows.columns_of(layout):
            own = whole.filter(pl.col("column") == part.name, pl.col("start") == start)
            row = own.row(0, named=True)
            cells = np.array(counts, dtype=np.float64)
            assert part.of(cells).tolist() == row["counts"]
            assert (part.nulls(cells), part.unseen(cells)) == (row["nulls"], row["unseen"])
            assert totals[part.place] == pytest.approx(row["total"] or 0.0)


def summarised(rows: pl.DataFrame, segments: Segments) -> pl.DataFrame:
    return segment_windows.summarise(columns.cuts(rows, REFERENCES), segments, WIDTH)


def same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    """Equal but for the last digits of sums of floats."""
    assert one.schema == other.schema == pl.Schema(segment_windows.CLOSED)
    assert one.drop("totals").equals(other.drop("totals"))
    for a, b in zip(one["totals"].to_list(), other["totals"].to_list(), strict=True):
        assert a == pytest.approx(b)


labelled = st.tuples(
    st.integers(0, 5400),
    st.sampled_from(["0", "1", "2.5", None]),
    st.one_of(st.none(), st.floats(0, 1)),
    st.sampled_from(["0", "1", "2.5"]),
    st.sampled_from(["acme", "globex", "initech"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(labelled, max_size=30))
def test_the_performance_of_segments_adds_up_to_that_of_all_rows(
    rows: list[tuple[int, str | None, float | None, str, str]],
) -> None:
    matched = pl.DataFrame(
        [
            {
                "model": "m",
                "ts": START + timedelta(seconds=seconds + 7200),
                "predicted_ts": START + timedelta(seconds=seconds),
                "prediction": said,
                "score": score,
                "label": label,
                "tags": json.dumps({"client": client}),
            }
            for seconds, said, score, label, client in rows
        ],
        schema={
            **dict.fromkeys(("model", "stage", "version"), pl.String),
            "ts": pl.Datetime("us"),
            "predicted_ts": pl.Datetime("us"),
            "prediction": pl.String,
            "score": pl.Float64,
            "scores": pl.String,
            "label": pl.String,
            "tags": pl.String,
        },
    )
    segments = Segments()
    segments.learn(matched)
    judged = performance.judged(matched, pl.lit("1"))
    parts = segment_performance.merge(segment_performance.summarise(judged, segments, WIDTH))
    assert parts.schema == pl.Schema(segment_performance.CLOSED)
    whole = performance.merge(performance.counted(judged, WIDTH))
    summed = performance.added(parts, performance.KEYS)
    exact = [name for name, kind in performance.CLOSED.items() if kind != pl.Float64]
    exact.remove("score_totals")
    assert summed.select(exact).equals(whole.select(exact))
    for name in set(performance.SUMS) - set(exact):
        assert summed[name].to_list() == pytest.approx(whole[name].to_list())
