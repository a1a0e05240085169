"""Which keys JSON objects have, so that no field of theirs is passed over when they are read.

polars reads the columns that it is told of and drops the others without a word. Inference finds
all keys, but parses everything a second time. Where every record is of the usual shape the count
of keys proves as much for a fraction of the time.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from console.records.frames import Schema

KNOWN = (
    *("kind", "ts", "timestamp", "time", "@timestamp", "model", "stage", "version", "tags"),
    *("name", "value", "metrics", "level", "severity", "levelname", "logger", "message", "msg"),
    *("event", "exception", "exc_info", "type", "title", "id", "planned", "end_ts", "features"),
    *("prediction", "score", "scores", "label"),
)
"""Every key that some kind of record has a use for."""

_USUAL = frozenset(
    (
        *("kind", "ts", "model", "stage", "version", "tags", "name", "value", "metrics", "id"),
        *("features", "prediction", "score", "scores", "label"),
    )
)
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:')
_MANY_KEYS = 400
_MANY_METRICS = 256
_QUOTE, _COLON, _BLANK = ord('"'), ord(":"), ord(" ")
_BLOCK = 1 << 17
"""So many bytes are looked at together: what is found of them stays in the cache."""
_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the quotes of some lines tell."""

    quotes: int
    keys: int
    """Quotes that a colon follows."""
    loose: bool
    """A blank follows a quote somewhere: a key may stand apart from its colon."""


def read(data: bytes, schema: Schema) -> pl.DataFrame | None:
    """The objects of some lines as columns; None if polars refuses any of them."""
    try:
        return pl.read_ndjson(data, schema=schema)
    except _ERRORS:
        return None


def read_usual(data: bytes, sample: bytes) -> pl.DataFrame | None:
    """The objects of metrics, predictions and labels; None if it is not certain that that is all.

    The columns are those of the sample. In lines without escapes every `":` is the end of a key
    or the beginning of a text, so if there are no more of them than values that were read, no key
    was passed over.
    """
    if b"\\" in data:
        return None
    found = marks(data)
    if found.loose and any(mark in data for mark in (b'" :', b'"\t:', b'"\r:')):
        return None
    keys = inferred(sample, sample)
    if not keys or not keys.keys() <= _USUAL:
        return None
    frame = read(data, typed(keys))
    if frame is None:
        return None
    counts: list[pl.Expr] = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        counts.append(column.count())
        if isinstance(kind, pl.Struct):
            counts += [column.struct.field(field.name).count() for field in kind.fields]
        elif kind == pl.String:
            counts.append(column.str.count_matches('":', literal=True).sum())
    read_keys = sum(
        frame.select(each.alias(str(place)) for place, each in enumerate(counts)).row(0)
    )
    return frame if read_keys == found.keys else None


def marks(data: bytes) -> Marks:
    """The quotes of some lines without escapes."""
    array = np.frombuffer(data, np.uint8)
    quotes = keys = 0
    loose = False
    for start in range(0, len(array), _BLOCK):
        block = array[start : start + _BLOCK + 1]
        quote, after = block[:-1] == _QUOTE, block[1:]
        quotes += int(np.count_nonzero(quote))
        keys += int(np.count_nonzero(quote & (after == _COLON)))
        loose = loose or bool((quote & (after <= _BLANK)).any())
    ends = int(data.endswith(b'"'))
    return Marks(quotes + ends, keys, loose)


def inferred(data: bytes, sample: bytes) -> dict[str, pl.DataType] | None:
    """Every key and its type; None where they cannot be told, or are far too many to be columns.

    The sample tells beforehand whether they are: inference takes the square of their number.
    """
    if len(set(_KEY.findall(sample))) > _MANY_KEYS:
        return None
    try:
        return dict(pl.scan_ndjson(io.BytesIO(data), infer_schema_length=None).collect_schema())
    except _ERRORS:
        return None


def typed(keys: dict[str, pl.DataType]) -> Schema:
    """Texts, but numbers where a metric's value is expected and nothing else was found there."""
    schema = texts(keys)
    for key in ("value", "score"):
        if key in keys and keys[key].is_numeric():
            schema[key] = pl.Float64()
    metrics = keys.get("metrics")
    if isinstance(metrics, pl.Struct) and 0 < len(metrics.fields) <= _MANY_METRICS:
        types = [field.dtype for field in metrics.fields]
        if all(isinstance(kind, pl.DataType) and _numeric(kind) for kind in types):
            schema["metrics"] = pl.Struct({field.name: pl.Float64 for field in metrics.fields})
    return schema


def texts(keys: dict[str, pl.DataType]) -> Schema:
    """The keys as columns of texts, and `ts` in any case."""
    return {**dict.fromkeys(keys, pl.String()), "ts": pl.String()}


def _numeric(kind: pl.DataType) -> bool:
    return kind.is_numeric() or kind == pl.Null
