"""References: their bins, their odd columns, and how they are learned."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import ModelSettings, Settings, SettingsError
from console.records.frames import PREDICTIONS
from console.stats import features, pinning
from console.stats.reference import CATEGORIES, OTHER, describe, from_frame, to_frame


def predictions(rows: list[dict[str, object]], model: str | None = "m") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "ts": None,
                "model": model,
                "stage": "serving",
                "id": str(place),
                "features": json.dumps(row),
                "prediction": "1",
                "score": 0.5,
                "offset": place,
            }
            for place, row in enumerate(rows)
        ],
        schema=PREDICTIONS,
    )


def test_many_numbers_get_quantile_bins_of_like_size() -> None:
    column = describe("x", "feature", pl.Series(np.arange(2400.0)))
    assert column.cells == 24
    assert set(column.counts.tolist()) == {100}
    assert column.mean == pytest.approx(1199.5)


def test_few_numbers_get_a_bin_each_however_uneven() -> None:
    column = describe("x", "feature", pl.Series([0] * 90 + [1] * 9 + [7]))
    assert column.counts.tolist() == [90, 9, 1]
    assert column.edges.tolist() == [0.5, 4.0]


def test_most_of_one_value_does_not_break_quantiles() -> None:
    column = describe("x", "feature", pl.Series([0.0] * 900 + [float(i) for i in range(1, 101)]))
    assert column.counts.sum() == 1000
    assert column.counts[0] == 900
    assert (np.diff(column.edges) > 0).all()


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([None, None], dtype=pl.Float64),
        pl.Series([None, None], dtype=pl.String),
        pl.Series([], dtype=pl.Float64),
        pl.Series([3.0, 3.0]),
        pl.Series([float("inf"), float("-inf"), float("nan")]),
        pl.Series([None, None]),
    ],
)
def test_odd_columns_are_cases(values: pl.Series) -> None:
    column = describe("x", "feature", values)
    assert len(column.counts) == column.cells
    assert column.counts.sum() + column.nulls + column.unseen == len(values)


def test_an_open_vocabulary_has_a_cell_for_the_rest() -> None:
    column = describe("x", "feature", pl.Series([f"user-{i}" for i in range(300)]))
    assert (column.cells, column.open) == (CATEGORIES + 1, True)
    assert column.counts[-1] == 300 - CATEGORIES
    assert column.cell_name(CATEGORIES) == OTHER
    assert column.singletons == 300


def test_booleans_of_any_spelling_are_the_same_categories() -> None:
    one = describe("x", "feature", pl.Series([True, True, False]))
    other = describe("x", "feature", pl.Series(["True", "True", "False"]))
    assert one.categories == other.categories == ("true", "false")


def test_a_reference_survives_its_frame() -> None:
    values = {"a": [1.0, 2.0, None], "b": ["x", "y", None]}
    before = pinning.learn(
        "m",
        predictions(
            [dict(zip(values, r, strict=True)) for r in zip(*values.values(), strict=True)]
        ),
    )
    (after,) = from_frame(to_frame([before]))
    assert [c.name for c in after.columns] == ["a", "b", "prediction", "score"]
    for one, other in zip(before.columns, after.columns, strict=True):
        assert one.counts.tolist() == other.counts.tolist()
        assert one.edges.tolist() == other.edges.tolist()
        assert (one.categories, one.n, one.nulls) == (other.categories, other.n, other.nulls)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6), st.booleans())
def test_what_is_learned_does_not_depend_on_the_batches(sizes: list[int], restart: bool) -> None:
    rows = predictions([{"x": i % 50, "y": "ab"[i % 2]} for i in range(sum(sizes))])
    whole = pinning.References()
    rest = whole.learn(rows)
    parts, left, start = pinning.References(), [], 0
    for size in sizes:
        left.append(parts.learn(rows.slice(start, size)))
        start += size
        if restart:
            parts = pinning.References(state=parts.state())
    assert pl.concat(left).equals(rest)
    assert len(rest) == max(sum(sizes) - pinning.LEARNING_ROWS, 0)
    assert parts.state()["columns"].equals(whole.state()["columns"])
    assert parts.state()["learning"].equals(whole.state()["learning"])


def test_models_learn_apart_and_one_may_have_no_name() -> None:
    rows = pl.concat([predictions([{"x": 1}] * 1000, None), predictions([{"x": 2}] * 10, "other")])
    references = pinning.References()
    assert references.learn(rows).is_empty()
    assert references.get(None) is not None
    assert references.get("other") is None
    assert references.learn(rows)["model"].to_list() == [None] * 1000


def test_a_reference_file_is_read_with_its_performance(tmp_path: Path) -> None:
    path = tmp_path / "reference.csv"
    path.write_text("age,city,prediction,score,label\n31,Bonn,1,0.9,1\n40,,0,0.2,1\n,Ulm,0,0.1,0\n")
    found = pinning.from_settings(Settings(models=(ModelSettings("m", path),)))["m"]
    kinds = {column.name: (column.role, column.kind, column.nulls) for column in found.columns}
    assert kinds == {
        "age": ("feature", "numeric", 1),
        "city": ("feature", "category", 1),
        "prediction": ("prediction", "numeric", 0),
        "score": ("score", "numeric", 0),
    }
    assert found.performance["n"] == 3
    assert found.performance["correct"] == 2
    frame = pinning.read_frame(path)
    frame.write_parquet(tmp_path / "reference.parquet")
    (tmp_path / "reference.jsonl").write_text(
        "".join(
            json.dumps({"features": {"age": a, "city": c}, "prediction": p}) + "\n"
            for a, c, p in frame.select("age", "city", "prediction").iter_rows()
        )
    )
    for name in ("reference.parquet", "reference.jsonl"):
        again = pinning.read("m", tmp_path / name)
        assert again.column("age", "feature") is not None
        assert again.column("prediction", "prediction") is not None


def test_a_reference_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        pinning.read("m", tmp_path / "missing.csv")
    assert "missing.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_odd_rows_of_features_are_decoded_one_by_one() -> None:
    texts = pl.Series(['{"a":1,"b":[1,2]}', "{broken", None, '{"a":"x","c":true}', "[1]"])
    decoded = features.decode(texts, ["a", "b", "c", "d"])
    assert decoded.rows() == [
        ("1", "[1, 2]", None, None),
        (None, None, None, None),
        (None, None, None, None),
        ("x", None, "true", None),
        (None, None, None, None),
    ]
    plain = pl.Series(['{"a":1.5,"c":false}', '{"a":null}'])
    assert features.decode(plain, ["a", "c"]).rows() == [("1.5", "false"), (None, None)]
    assert features.decode(plain, []).width == 0


def test_first_looks_keep_the_types_that_values_suggest() -> None:
    found = features.raw(pl.Series(['{"a":1,"b":true,"c":"x","d":1}', '{"a":2.5,"d":"y"}', "nope"]))
    assert {name: values.dtype for name, values in found.items()} == {
        "a": pl.Float64,
        "b": pl.Boolean,
        "c": pl.String,
        "d": pl.String,
    }
    assert found["d"].to_list() == ["1", "y", None]
