"""Columns of texts to JSON objects: tags of metrics, features, attributes of logs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from console.formats.tags import canonical

_NUMBER = r"^-?(?:0|[1-9][0-9]{0,37})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?$"
_BOOLEAN = r"^(?i:true|false)$"
ESCAPED = r'["\\\x00-\x1f\x7f]'
"""Characters that a JSON text cannot hold as they are."""


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


def object_texts(frame: pl.DataFrame, named: Mapping[str, str], *, nulls: bool = True) -> pl.Series:
    """JSON objects of the rows: cells as numbers, booleans, texts or null, by their names.

    Null if there are no columns; without `nulls` only what is not null is in the objects, and
    those that are empty are null. What a cell is depends on nothing but itself.
    """
    if not named or frame.height == 0:
        return pl.Series([], dtype=pl.String).extend_constant(None, frame.height)
    members = [
        pl.concat_str(
            pl.lit(f"{json.dumps(name, ensure_ascii=False)}: "),
            value_text(pl.col(column)).fill_null("null") if nulls else value_text(pl.col(column)),
        )
        for column, name in named.items()
    ]
    joined = pl.concat_str(members, separator=", ", ignore_nulls=True)
    held = joined != ""
    built = frame.select(
        pl.when(held).then(pl.concat_str(pl.lit("{"), joined, pl.lit("}"))).alias("object")
    ).to_series()
    escaped = frame.select(
        pl.any_horizontal(pl.col(column).str.contains(ESCAPED) for column in named)
    ).to_series()
    rows = escaped.fill_null(value=False).arg_true()
    if len(rows) == 0:
        return built
    exact = [_exact(row, named, nulls=nulls) for row in frame[rows].iter_rows(named=True)]
    return built.scatter(rows, pl.Series(exact, dtype=pl.String))


def value_text(text: pl.Expr) -> pl.Expr:
    """The JSON of texts that hold nothing to escape: numbers, booleans, texts; null of null."""
    return (
        pl.when(text.str.contains(_NUMBER))
        .then(text)
        .when(text.str.contains(_BOOLEAN))
        .then(text.str.to_lowercase())
        .otherwise(pl.concat_str(pl.lit('"'), text, pl.lit('"')))
    )


def _exact(row: Mapping[str, str | None], named: Mapping[str, str], *, nulls: bool) -> str:
    """The object of one row, with what its texts need to be escaped."""
    values = [
        f"{json.dumps(named[key], ensure_ascii=False)}: {exact_value(row[key])}"
        for key in named
        if nulls or row[key] is not None
    ]
    return "{" + ", ".join(values) + "}"


def exact_value(text: str | None) -> str:
    """The JSON of one text, whatever it holds."""
    if text is None:
        return "null"
    if re.match(_NUMBER, text):
        return text
    if re.match(_BOOLEAN, text):
        return text.lower()
    return json.dumps(text, ensure_ascii=False)
