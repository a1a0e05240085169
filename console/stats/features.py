"""The features of predictions, decoded from their JSON texts to one column of texts each."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl


def decode(features: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """The named features as texts, one column each and one row a prediction.

    Numbers and booleans become their JSON text; a feature that a row lacks, a row without
    features and a row whose JSON does not parse give null. Nested values keep their JSON text.
    """
    if not names:
        return pl.DataFrame()
    schema = pl.Struct(dict.fromkeys(names, pl.String))
    try:
        return features.str.json_decode(schema).struct.unnest()
    except pl.exceptions.PolarsError:
        # One odd row (a nested value, broken JSON) fails the whole batch: row by row instead.
        rows = [_texts(text, names) for text in features.to_list()]
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def raw(features: pl.Series) -> dict[str, pl.Series]:
    """Every feature with the type that its JSON values suggest, for a first look at few rows.

    A feature whose values are all numbers (or null) gives Float64, all booleans Boolean, anything
    else text. Names are in the order of first appearance.
    """
    rows = [_object(text) for text in features.to_list()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        kinds = {type(value) for value in values if value is not None}
        if kinds <= {int, float} and kinds:
            columns[name] = pl.Series(name, [_number(v) for v in values], dtype=pl.Float64)
        elif kinds == {bool}:
            columns[name] = pl.Series(name, values, dtype=pl.Boolean)
        else:
            columns[name] = pl.Series(name, [_text(v) for v in values], dtype=pl.String)
    return columns


def _object(text: str | None) -> dict[str, object]:
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _texts(text: str | None, names: Sequence[str]) -> tuple[str | None, ...]:
    row = _object(text)
    return tuple(_text(row.get(name)) for name in names)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _number(value: object) -> float | None:
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
