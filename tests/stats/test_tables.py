"""Files of rows: whatever their format, the same table; whatever is wrong, one line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from console.stats import tables


def lines(path: Path, *rows: object) -> Path:
    """Rows as JSON Lines."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_formats_agree(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1.5, None], "b": ["x", "y"], "score": [0.1, 0.9]})
    frame.write_csv(tmp_path / "t.csv")
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_ndjson(tmp_path / "t.jsonl")
    (tmp_path / "s.csv").write_text("a;b;score\n1.5;x;0.1\nNaN;y;0.9\n")
    for name in ("t.csv", "t.parquet", "t.jsonl", "s.csv"):
        assert tables.read(tmp_path / name).equals(frame), name


def test_native_predictions_with_labels(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "p.jsonl",
        {"ts": 1, "model": "m", "id": "1", "features": {"x": 1, "score": 7}, "score": 0.5},
        {"kind": "log", "message": "no row"},
        {"ts": 2, "model": "m", "id": "2", "features": {"x": 2}, "score": 0.6},
        {"kind": "label", "ts": 3, "id": "1", "label": "yes"},
    )
    frame = tables.read(path)
    assert frame["x"].to_list() == [1, 2]
    assert frame["features.score"].to_list() == [7, None]
    assert frame["label"].to_list() == ["yes", None]
    assert tables.compared(frame) == ["x", "features.score", "score", "label"]


def test_labels_of_another_file_and_one_model(tmp_path: Path) -> None:
    rows = lines(
        tmp_path / "p.jsonl",
        {"ts": 1, "model": "m", "id": "1", "features": {"x": 1}},
        {"ts": 1, "model": "other", "id": "9", "features": {"x": 9}},
    )
    late = lines(tmp_path / "l.jsonl", {"ts": 5, "model": "m", "id": "1", "label": 1})
    frame = tables.gather([rows, late], "m")
    assert frame["x"].to_list() == [1]
    assert frame["label"].cast(pl.String).to_list() == ["1"]


def test_values_of_mixed_types_become_text(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "m.jsonl",
        {"features": {"x": 1, "y": True}, "score": 0.5},
        {"features": {"x": {"deep": 1}, "y": False}, "score": None},
    )
    frame = tables.read(path)
    assert frame["x"].dtype in (pl.String, pl.Struct({"deep": pl.Int64}))
    assert frame["y"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "cannot be read, no such file"),
        ("empty.csv", "", "is empty"),
        ("head.csv", "a,b\n", "holds no rows"),
        ("broken.jsonl", '{"a": 1}\nnonsense\n', "broken.jsonl:2: is no JSON object"),
        ("broken.parquet", "not parquet", "cannot be read ("),
    ],
)
def test_one_line_says_what_is_wrong(
    tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(tables.TableError) as caught:
        tables.read(tmp_path / name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
