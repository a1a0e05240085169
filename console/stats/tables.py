"""Files of rows to compare: CSV, Parquet, JSON Lines of rows or of native prediction records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors

NULLS = ["", "null", "NULL", "None", "NaN", "nan", "NA", "N/A"]
"""What a CSV file says for nothing."""
BESIDE = ("kind", "ts", "id", "model", "stage", "version", "tags", "scores")
"""Columns that say of which prediction a row is, and are not compared."""
OUTPUTS = ("prediction", "score", "label")
_SIMPLE = selectors.numeric() | selectors.boolean()
_SEPARATORS = (",", ";", "\t", "|")


class TableError(ValueError):
    """One clear line: the file, the line where it can be told, and the mend."""


def read(path: Path) -> pl.DataFrame:
    """The rows of one file, as `gather` has them. Raises TableError."""
    return gather([path])


def gather(paths: Sequence[Path], model: str | None = None) -> pl.DataFrame:
    """The rows of some files, by their suffixes; `features` objects become a column each.

    Of native records only predictions are kept (of `model`, if one is named and they say); labels,
    in whatever file, stand beside the prediction of their `id`. A feature that is called like
    another column is `features.NAME`. Raises TableError.
    """
    rows, labels = [], []
    for path in paths:
        mine, late = _split(_of_model(_raw(path), model))
        if mine.height and mine.columns:
            rows.append(_spread(mine))
        if late is not None and late.height:
            labels.append(late.with_columns(pl.col("id", "late").cast(pl.String)))
    if not rows:
        named = " ".join(str(path) for path in paths)
        raise TableError(f"{named}: holds no rows to compare: give predictions or features")
    try:
        found = pl.concat(rows, how="diagonal_relaxed") if len(rows) > 1 else rows[0]
    except pl.exceptions.PolarsError:  # types that have nothing in common: as text
        texts = [frame.with_columns(_SIMPLE.cast(pl.String)) for frame in rows]
        found = pl.concat(texts, how="diagonal_relaxed")
    return _labelled(found, pl.concat(labels)) if labels and "id" in found.columns else found


def _of_model(frame: pl.DataFrame, model: str | None) -> pl.DataFrame:
    if model is None or "model" not in frame.columns:
        return frame
    mine = pl.col("model").cast(pl.String) == model
    return frame.filter(mine | pl.col("model").is_null())


def _raw(path: Path) -> pl.DataFrame:
    """A file as it is."""
    suffixes = {suffix.lower() for suffix in path.suffixes}
    try:
        if path.stat().st_size == 0:
            raise TableError(f"{path}: is empty: name a file with rows in it")
        if {".parquet", ".pq"} & suffixes:
            return pl.read_parquet(path)
        if {".jsonl", ".ndjson", ".json"} & suffixes:
            return _json_lines(path)
        return pl.read_csv(
            path, infer_schema_length=None, null_values=NULLS, separator=_separator(path)
        )
    except IsADirectoryError:
        raise TableError(f"{path}: is a folder: name a file in it") from None
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise TableError(f"{path}: cannot be read, {problem}: mend its name") from None
    except pl.exceptions.PolarsError as error:
        said = str(error).strip().splitlines()
        raise TableError(
            f"{path}: cannot be read ({said[0] if said else type(error).__name__}): "
            "give a CSV, Parquet or JSON Lines file of rows"
        ) from error


def compared(frame: pl.DataFrame) -> list[str]:
    """The columns of a frame that are compared, the model's outputs last."""
    features = [name for name in frame.columns if name not in (*BESIDE, *OUTPUTS)]
    return [*features, *(name for name in OUTPUTS if name in frame.columns)]


def _separator(path: Path) -> str:
    with path.open("rb") as file:
        head = file.readline(1 << 16).decode("utf-8", "replace")
    return max(_SEPARATORS, key=head.count)


def _json_lines(path: Path) -> pl.DataFrame:
    try:
        return pl.read_ndjson(path, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        # A value that is once a number and once an object, or a line that is no JSON: one by one.
        return _row_by_row(path)


def _row_by_row(path: Path) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise TableError(f"{path}:{number}: is no JSON object: mend or remove the line")
        features = row.pop("features", None)
        nested = features.items() if isinstance(features, dict) else ()
        rows.append({**row, **{f"features.{name}": value for name, value in nested}})
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _typed([row.get(name) for row in rows]) for name in names}
    taken = {name for name in names if not name.startswith("features.")}
    bare = {name: name.removeprefix("features.") for name in names}
    return pl.DataFrame(
        {(name if bare[name] in taken else bare[name]): columns[name] for name in names}
    )


def _typed(values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        return pl.Series([_number(value) for value in values], dtype=pl.Float64)
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
    return pl.Series(texts, dtype=pl.String)


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _split(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The predictions and the labels (`id`, `late`) of native records; other tables as they are."""
    names = set(frame.columns)
    known = [name for name in ("features", "prediction", "score") if name in names]
    if {"id", "label"} <= names <= {*BESIDE, "label"}:
        return frame.clear(), frame.select("id", late="label")
    if not {"kind", "features"} & names and not {"ts", "id"} <= names:
        return frame, None
    given = [pl.col(name).is_not_null() for name in known]
    predicted = pl.any_horizontal(given) if given else pl.lit(value=False)
    if "kind" in names:
        predicted = (pl.col("kind") == "prediction").fill_null(predicted)
    rows = frame.filter(predicted)
    rows = rows.select(name for name in rows.columns if name in BESIDE or not _empty(rows[name]))
    if not {"id", "label"} <= names:
        return rows, None
    return rows, frame.filter(~predicted, pl.col("label").is_not_null()).select("id", late="label")


def _empty(values: pl.Series) -> bool:
    return len(values) > 0 and values.null_count() == len(values)


def _labelled(rows: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    joined = rows.with_columns(pl.col("id").cast(pl.String)).join(
        labels.unique("id", keep="first", maintain_order=True),
        on="id",
        how="left",
        maintain_order="left",
    )
    if "label" in rows.columns:
        joined = joined.with_columns(pl.coalesce(pl.col("label").cast(pl.String), "late"))
        return joined.drop("late")
    return joined.rename({"late": "label"})


def _spread(frame: pl.DataFrame) -> pl.DataFrame:
    features = frame.schema.get("features")
    if not isinstance(features, pl.Struct):
        return frame
    taken = set(frame.columns) - {"features"}
    names = [
        f"features.{field.name}" if field.name in taken else field.name for field in features.fields
    ]
    spread = frame["features"].struct.rename_fields(names).struct.unnest()
    return pl.concat([spread, frame.drop("features")], how="horizontal")
