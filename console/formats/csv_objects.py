"""Cells of CSV to JSON objects: the tags of metrics, and the features of predictions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from console.formats.tags import canonical

_NUMBER = r"^-?(?:0|[1-9][0-9]{0,37})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?$"
_BOOLEAN = r"^(?i:true|false)$"
_ESCAPED = r'["\\\x00-\x1f\x7f]'


def tag_texts(frame: pl.DataFrame, named: Mapping[str, str], given: str | None = None) -> pl.Series:
    """Canonical tags of the rows: the texts of columns, by the names of their tags.

    `given` is a column of tags written as JSON objects; what is none becomes the tag `tags`.
    """
    columns = [*named, *([given] if given else [])]
    if not columns or frame.height == 0:
        return pl.Series("tags", [], pl.String).extend_constant(None, frame.height)
    distinct = frame.select(columns).unique()
    tags = [_tags(row, named, given) for row in distinct.iter_rows(named=True)]
    table = distinct.with_columns(pl.Series("tags", tags, pl.String))
    joined = frame.select(columns).join(
        table, on=columns, how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["tags"]


def _tags(row: Mapping[str, str | None], named: Mapping[str, str], given: str | None) -> str | None:
    tags: dict[str, Any] = {}
    if given is not None and (text := row[given]) is not None:
        tags |= _object(text)
    tags |= {name: row[column] for column, name in named.items() if row[column] is not None}
    return canonical(tags)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"tags": text}


def object_texts(frame: pl.DataFrame, named: Mapping[str, str]) -> pl.Series:
    """JSON objects of the rows: cells as numbers, booleans, texts or null, by their names.

    Null if there are no columns. What a cell is depends on nothing but itself.
    """
    if not named:
        return pl.Series([], dtype=pl.String).extend_constant(None, frame.height)
    parts: list[pl.Expr] = []
    for place, (column, name) in enumerate(named.items()):
        text = pl.col(column)
        value = (
            pl.when(text.is_null())
            .then(pl.lit("null"))
            .when(text.str.contains(_NUMBER))
            .then(text)
            .when(text.str.contains(_BOOLEAN))
            .then(text.str.to_lowercase())
            .otherwise(pl.concat_str(pl.lit('"'), text, pl.lit('"')))
        )
        opening = "{" if place == 0 else ", "
        parts += [pl.lit(f"{opening}{json.dumps(name, ensure_ascii=False)}: "), value]
    built = frame.select(pl.concat_str([*parts, pl.lit("}")]).alias("object")).to_series()
    escaped = frame.select(
        pl.any_horizontal(pl.col(column).str.contains(_ESCAPED) for column in named)
    ).to_series()
    rows = escaped.fill_null(value=False).arg_true()
    if len(rows) == 0:
        return built
    exact = [_exact(row, named) for row in frame[rows].iter_rows(named=True)]
    return built.scatter(rows, pl.Series(exact, dtype=pl.String))


def _exact(row: Mapping[str, str | None], named: Mapping[str, str]) -> str:
    """The object of one row, with what its texts need to be escaped."""
    values = (f"{json.dumps(named[key], ensure_ascii=False)}: {_value(row[key])}" for key in named)
    return "{" + ", ".join(values) + "}"


def _value(text: str | None) -> str:
    if text is None:
        return "null"
    if re.match(_NUMBER, text):
        return text
    if re.match(_BOOLEAN, text):
        return text.lower()
    return json.dumps(text, ensure_ascii=False)
