"""Objects of tags to canonical texts, so that equal tags are equal texts."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import polars as pl

from console.formats.json_text import loads

_KEY = r'"[A-Za-z0-9_.@/-]+"'
_VALUE = r'(?:"[^"]*"|-?[0-9]{1,15}|true|false|null)'
_FLAT = rf"^\{{{_KEY}: {_VALUE}(?:, {_KEY}: {_VALUE})*\}}$"
_FEW = 2048
_SHAPES = 64
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(tags: Any) -> str | None:
    """The canonical form of an object of tags; None for an empty one or anything else."""
    return _encode(tags) if isinstance(tags, dict) and tags else None


def canonical_column(texts: pl.Series) -> pl.Series:
    """The canonical forms of a column of JSON objects as polars renders them, without escapes.

    Null for an empty object and for what is no object. Many different texts of few shapes (the
    same keys in the same order) are rewritten a shape at a time, else one distinct text at a time.
    """
    distinct = texts.drop_nulls().unique()
    if len(distinct) <= _FEW:
        return _by_text(texts, distinct)
    shape = pl.when(texts.str.contains(_FLAT)).then(texts.str.replace_all(rf": {_VALUE}", ":"))
    shapes = texts.to_frame().select(shape).to_series()
    kinds = shapes.drop_nulls().unique(maintain_order=True)
    result = pl.Series(texts.name, [], pl.String).extend_constant(None, len(texts))
    for text in kinds[:_SHAPES]:
        keys = re.findall(r'"([^"]*)":', text)
        if len(set(keys)) == len(keys):
            rows = (shapes == text).fill_null(value=False).arg_true()
            result = result.scatter(rows, _of_shape(texts.gather(rows), keys))
    left = (texts.is_not_null() & result.is_null()).arg_true()
    if len(left):
        some = texts.gather(left)
        result = result.scatter(left, _by_text(some, some.unique()))
    return result


def _by_text(texts: pl.Series, distinct: pl.Series) -> pl.Series:
    forms = pl.Series([_canonical_text(text) for text in distinct], dtype=pl.String)
    return texts.replace_strict(distinct, forms, default=None, return_dtype=pl.String)


def _of_shape(texts: pl.Series, keys: list[str]) -> pl.Series:
    pattern = ", ".join(f'"{re.escape(key)}": ({_VALUE})' for key in keys)
    values = texts.str.extract_groups(rf"^\{{{pattern}\}}$").struct
    places = sorted(range(len(keys)), key=keys.__getitem__)
    parts: list[pl.Expr] = []
    for place in places:
        comma = "," if parts else "{"
        parts += [pl.lit(f'{comma}"{keys[place]}":'), pl.nth(place)]
    return values.unnest().select(pl.concat_str([*parts, pl.lit("}")])).to_series()


@lru_cache(maxsize=16384)
def _canonical_text(text: str) -> str | None:
    try:
        return canonical(loads(text))
    except (ValueError, RecursionError):
        return None
