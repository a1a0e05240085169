"""The fields of JSON objects that no column of a record takes, kept with their JSON types."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

import polars as pl

from console.formats.json_body import BACKSLASH, ROW, Table
from console.formats.json_keys import KNOWN
from console.formats.json_kinds import Columns, left_over
from console.formats.json_text import dumps, loads
from console.formats.tags import canonical, canonical_column

_LITERAL = r"^(?:-?[0-9]|true$|false$|null$|[\[{])"
_NESTED = r"^[\[{]"


class Originals:
    """The objects of a table as the standard library reads them, one line at a time."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._objects: dict[int, dict[str, Any]] = {}

    def line(self, row: int) -> str:
        """The line of a row."""
        return self._table.body.lines[row].decode(errors="replace")

    @cached_property
    def lines(self) -> pl.Series:
        """All lines."""
        return pl.Series(self._table.body.lines.data.decode(errors="replace").split("\n"))

    def read(self, row: int) -> dict[str, Any]:
        """The object of a row; of one that is nested too deeply, its text as the field `line`."""
        if row not in self._objects:
            try:
                value = loads(self.line(row))
            except (ValueError, RecursionError):
                value = {"line": self.line(row)}
            self._objects[row] = value
        return self._objects[row]

    def text(self, row: int, key: str) -> str | None:
        """JSON of the object that a row has under a key; None for anything else."""
        value = self.read(row).get(key)
        return dumps(value, self.line(row)) if isinstance(value, dict) else None


def tags(frame: pl.DataFrame, originals: Originals) -> pl.Series:
    """Canonical tags of a table; null for none, and for tags that are no object."""
    if "tags" not in frame.columns:
        return pl.Series("tags", [], pl.String).extend_constant(None, frame.height)
    result = canonical_column(frame["tags"])
    rows = _escaped(frame, "tags")
    if len(rows):
        exact = [canonical(originals.read(row).get("tags")) for row in frame[ROW].gather(rows)]
        result = result.scatter(rows, pl.Series(exact, dtype=pl.String))
    return result


def objects(frame: pl.DataFrame, key: str, originals: Originals) -> pl.Series:
    """The objects under a key as JSON texts; null for anything else."""
    if key not in frame.columns:
        return pl.Series(key, [], pl.String).extend_constant(None, frame.height)
    text = pl.col(key)
    result = frame.select(pl.when(text.str.starts_with("{")).then(text)).to_series()
    rows = _escaped(frame, key)
    if len(rows):
        exact = [originals.text(row, key) for row in frame[ROW].gather(rows)]
        result = result.scatter(rows, pl.Series(exact, dtype=pl.String))
    return result


def attributes(frame: pl.DataFrame, kind: str, table: Table, originals: Originals) -> pl.Series:
    """What objects of one kind say beyond the columns of their kind, as JSON; null for nothing.

    Sorted by name, so that the text does not depend on which records were read together.
    """
    result = pl.Series("attributes", [], pl.String).extend_constant(None, frame.height)
    column = Columns(frame.columns)
    asked = sorted(KNOWN if table.keys is None else table.keys)
    known = [key for key in asked if key in column]
    if not known or frame.height == 0:
        return result
    kept = frame.select(left_over(column, kind, key).alias(key) for key in known)
    keys = [key for key in known if kept[key].any()]
    if table.keys is None:
        places = pl.Series(range(frame.height), dtype=pl.UInt32)
    elif keys:
        fragments = [_fragment(frame, kept[key], key, table.keys[key]) for key in keys]
        result = pl.select(pl.concat_str(fragments, separator=", ", ignore_nulls=True)).to_series()
        result = pl.select(
            pl.when(result != "").then(pl.concat_str(pl.lit("{"), result, pl.lit("}")))
        ).to_series()
        doubtful = [_doubtful(frame, kept[key], key, table.keys[key], originals) for key in keys]
        places = pl.select(pl.any_horizontal(doubtful)).to_series().arg_true()
    else:
        return result
    flags = kept.select(keys)[places].rows() if keys else [()] * len(places)
    others = None if table.keys is not None else frozenset(KNOWN)
    exact = [
        _exact(row, [key for key, flag in zip(keys, held, strict=True) if flag], others, originals)
        for row, held in zip(frame[ROW].gather(places), flags, strict=True)
    ]
    return result.scatter(places, pl.Series(exact, dtype=pl.String))


def _fragment(frame: pl.DataFrame, kept: pl.Series, key: str, kind: pl.DataType) -> pl.Series:
    """`"key": value` of the rows that keep a key, right where no text needs escapes."""
    if frame[key].dtype != pl.String:
        return pl.Series(key, [], pl.String).extend_constant(None, frame.height)
    prefix, text = json.dumps(key, ensure_ascii=False) + ": ", frame[key]
    parts = (
        [pl.lit(prefix + '"'), text, pl.lit('"')] if kind == pl.String else [pl.lit(prefix), text]
    )
    return pl.select(pl.when(kept).then(pl.concat_str(parts))).to_series()


def _doubtful(
    frame: pl.DataFrame, kept: pl.Series, key: str, kind: pl.DataType, originals: Originals
) -> pl.Series:
    """The rows that keep a key whose text alone does not tell the JSON value.

    Those are rows with escapes, and columns in which polars found values of different types and
    so made a text of each: there `12` may have been a number or a text, which the line tells.
    """
    escaped = kept & frame[BACKSLASH]
    if frame[key].dtype != pl.String:
        return kept
    if kind != pl.String:
        nested = isinstance(kind, pl.Struct | pl.List)
        return escaped | (kept & ~frame[key].str.contains(_NESTED)) if nested else escaped
    places = (kept & ~escaped & frame[key].str.contains(_LITERAL)).arg_true()
    if len(places) == 0:
        return escaped
    lines = originals.lines.gather(frame[ROW].gather(places))
    quoted = json.dumps(key, ensure_ascii=False)
    asked = pl.DataFrame({"line": lines, "text": frame[key].gather(places)})
    sure = asked.select(
        pl.any_horizontal(
            pl.col("line").str.contains(
                pl.concat_str(pl.lit(f'{quoted}:{gap}"'), "text", pl.lit('"')), literal=True
            )
            for gap in ("", " ")
        )
    ).to_series()
    return escaped.scatter(places, ~sure)


def _exact(
    row: int, keys: list[str], known: frozenset[str] | None, originals: Originals
) -> str | None:
    """The attributes of one row: the given keys, and if `known` is given, all beyond those."""
    value = originals.read(row)
    kept = {
        key: item
        for key, item in sorted(value.items())
        if item is not None and (key in keys or (known is not None and key not in known))
    }
    return dumps(kept, originals.line(row)) if kept else None


def _escaped(frame: pl.DataFrame, key: str) -> pl.Series:
    """Places where a value's rendered text may lack escapes."""
    return frame.select(pl.col(BACKSLASH) & pl.col(key).is_not_null()).to_series().arg_true()
