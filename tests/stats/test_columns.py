"""Windows of columns: what is counted where, and that they add up."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.frames import PREDICTIONS
from console.stats import columns
from console.stats.pinning import References
from console.stats.reference import ModelReference, describe

START = datetime(2026, 3, 1)
REFERENCE = References(
    {
        "m": ModelReference(
            "m",
            "file",
            (
                describe("x", "feature", pl.Series([1.0, 2.0, 3.0, 4.0])),
                describe("city", "feature", pl.Series(["Bonn", "Ulm"])),
                describe("prediction", "prediction", pl.Series([0, 1])),
                describe("score", "score", pl.Series([i / 100 for i in range(100)])),
            ),
        )
    }
)
Row = tuple[float, object, object, object, float | None]


def frame(rows: list[Row], model: str = "m") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "ts": START + timedelta(seconds=seconds),
                "model": model,
                "stage": "serving",
                "version": "1",
                "features": json.dumps({"x": x, "city": city}),
                "prediction": None if prediction is None else str(prediction),
                "score": score,
                "offset": place,
            }
            for place, (seconds, x, city, prediction, score) in enumerate(rows)
        ],
        schema=PREDICTIONS,
    )


def row(windows: pl.DataFrame, column: str) -> dict[str, object]:
    return windows.filter(pl.col("column") == column).row(0, named=True)


def test_every_value_is_a_cell_a_null_or_unseen() -> None:
    rows: list[Row] = [
        (0, 1, "Bonn", 1, 0.5),
        (1, 4, None, 0, 0.25),
        (2, "four", "Köln", 1, None),
        (3, None, "Ulm", None, 2.0),
        (4, 1e400, "Köln", 1, 0.5),
        (5, 99, "Aachen", 1, 0.5),
    ]
    windows = columns.summarise(frame(rows), REFERENCE, 600)
    assert windows.schema == pl.Schema(columns.CLOSED)
    x = row(windows, "x")
    assert (x["n"], x["nulls"], x["unseen"], x["counts"]) == (6, 1, 2, [1, 0, 0, 2])
    assert (x["total"], x["squares"], x["low"], x["high"]) == (104.0, 1 + 16 + 99**2, 1.0, 99.0)
    city = row(windows, "city")
    assert (city["n"], city["nulls"], city["unseen"], city["counts"]) == (6, 1, 3, [1, 1])
    assert city["unseen_names"] == ["Aachen", "Köln"]
    assert city["total"] is None
    assert row(windows, "prediction")["counts"] == [1, 4]
    assert row(windows, "score")["nulls"] == 1


def test_a_vanished_column_is_all_null_and_an_unknown_model_is_left_out() -> None:
    gone = frame([(0, 1, "Bonn", 1, 0.5)]).with_columns(pl.lit("{}").alias("features"))
    x = row(columns.summarise(gone, REFERENCE, 600), "x")
    assert (x["n"], x["nulls"], x["counts"], x["low"]) == (1, 1, [0, 0, 0, 0], None)
    assert columns.summarise(frame([(0, 1, "a", 1, 0.5)], "new"), REFERENCE, 600).is_empty()


def test_windows_are_half_open_and_apart_by_version() -> None:
    rows = frame([(599.9, 1, "Bonn", 1, 0.5), (600, 2, "Ulm", 0, 0.4), (601, 2, "Ulm", 0, 0.4)])
    rows = rows.with_columns(pl.Series("version", ["1", "1", "2"]))
    windows = columns.summarise(rows, REFERENCE, 600).filter(pl.col("column") == "x")
    assert sorted(windows.select("version", "start", "n").rows()) == [
        ("1", START, 1),
        ("1", START + timedelta(seconds=600), 1),
        ("2", START + timedelta(seconds=600), 1),
    ]


values = st.one_of(st.none(), st.integers(-5, 9), st.text(max_size=3), st.booleans())
batches = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 1800),
            values,
            st.sampled_from(["Bonn", "Ulm", "Köln", "Jena", None]),
            st.sampled_from([0, 1, None]),
            st.one_of(st.none(), st.floats(0, 1)),
        ),
        max_size=12,
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(batches)
def test_windows_add_up_however_the_rows_are_cut(parts: list[list[Row]]) -> None:
    deltas = [columns.summarise(frame(part), REFERENCE, 600) for part in parts]
    at_once = columns.merge(
        columns.summarise(frame([row for part in parts for row in part]), REFERENCE, 600)
    )
    rest = pl.concat([deltas[0].clear(), *deltas[1:]])
    in_two = columns.merge(pl.concat([columns.merge(deltas[0]), columns.merge(rest)]))
    same(in_two, at_once)
    same(columns.merge(pl.concat(deltas[::-1])), at_once)


def same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    """Equal but for the last digits of sums of floats."""
    exact = [name for name in columns.CLOSED if name not in ("total", "squares")]
    assert one.select(exact).equals(other.select(exact))
    for name in ("total", "squares"):
        for a, b in zip(one[name].to_list(), other[name].to_list(), strict=True):
            assert a == b or math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
