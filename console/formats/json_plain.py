"""The quick way for chunks in which every line is a metric of the plain shape.

Most metric files are nothing else: one name and one value a line, tags that are flat texts. Those
are read into typed columns in one go. Where anything is out of the ordinary, if only in one line,
the chunk is left to the general way; what this way reads is what that way would have read.
"""

from __future__ import annotations

import polars as pl

from console.formats.framing import Lines
from console.formats.json_keys import Marks, inferred, marks, read
from console.formats.times import parse_times
from console.records.frames import METRICS
from console.sources.defaults import Defaults

_TEXTS = ("kind", "ts", "model", "stage", "version", "name")
_KEYS = frozenset((*_TEXTS, "value", "tags"))
_NEEDED = frozenset(("ts", "name", "value"))
_SAMPLE = 64
_MANY_TAGS = 32


def plain_metrics(lines: Lines, offset: int, defaults: Defaults) -> pl.DataFrame | None:
    """The rows (`METRICS`) of some lines if all of them are plain metrics, else None.

    `offset` is the byte of the file at which the first line begins.
    """
    if len(lines) == 0 or b"\\" in lines.data:
        return None
    step = max(1, len(lines) // _SAMPLE)
    sample = b"\n".join(lines[row] for row in range(0, len(lines), step))
    keys = inferred(sample, sample)
    schema = _schema(keys)
    if schema is None:
        return None
    frame = read(lines.data, {key: kind for key, (kind, _) in schema.items()})
    if frame is None or frame.height != len(lines):
        return None
    texts = [key for key, (_, quoted) in schema.items() if quoted]
    if not _is_whole(frame, texts, lines.data) or not _is_plain(frame):
        return None
    times = parse_times(frame["ts"], defaults.timezone)
    if times.has_nulls():
        return None
    return frame.select(
        times.alias("ts"),
        *(_given(frame, key, getattr(defaults, key)) for key in ("model", "stage", "version")),
        _tags(frame).alias("tags"),
        pl.lit(None, pl.String).alias("attributes"),
        pl.Series("offset", offset + lines.starts, pl.Int64),
        "name",
        "value",
    ).select(list(METRICS))


def _schema(keys: dict[str, pl.DataType] | None) -> dict[str, tuple[pl.DataType, bool]] | None:
    """How to read each key of plain metrics, and whether its values are texts; None for others."""
    if keys is None or not _NEEDED <= keys.keys() <= _KEYS or not keys["value"].is_numeric():
        return None
    schema: dict[str, tuple[pl.DataType, bool]] = {"value": (pl.Float64(), False)}
    for key in keys.keys() & set(_TEXTS):
        number = key == "ts" and keys[key].is_numeric()
        if not number and keys[key] not in {pl.String(), pl.Null()}:
            return None
        schema[key] = (pl.String(), not number)
    tags = keys.get("tags")
    if tags is not None:
        if not isinstance(tags, pl.Struct) or not 0 < len(tags.fields) <= _MANY_TAGS:
            return None
        if any(field.dtype != pl.String for field in tags.fields):
            return None
        schema["tags"] = (tags, False)
    return schema


def _is_whole(frame: pl.DataFrame, texts: list[str], data: bytes) -> bool:
    """Whether all that the lines say is in the frame.

    Without escapes, every quote is one of a key's or of a text's two. If there are as many keys as
    values were read, and as many quotes as those keys and texts have, then no key was passed over
    and no number was read as a text.
    """
    tags = frame["tags"].struct.unnest() if "tags" in frame.columns else pl.DataFrame()
    read_values = sum(len(column) - column.null_count() for column in (*frame, *tags))
    read_texts = sum(len(column) - column.null_count() for column in (*frame.select(texts), *tags))
    found: Marks = marks(data)
    nulls = 0
    if found.keys != read_values:
        nulls = data.count(b":null") + data.count(b": null")
    whole = found.keys == read_values + nulls
    return whole and not found.loose and found.quotes == 2 * (found.keys + read_texts)


def _is_plain(frame: pl.DataFrame) -> bool:
    """Whether every row is a metric with a name, a time and a finite value."""
    if any(frame[key].has_nulls() for key in _NEEDED):
        return False
    if "kind" in frame.columns and not (frame["kind"] == "metric").all():
        return False
    return bool(frame["value"].is_finite().all())


def _given(frame: pl.DataFrame, key: str, default: str | None) -> pl.Expr:
    column = pl.col(key) if key in frame.columns else pl.lit(None, pl.String)
    return pl.coalesce(column, pl.lit(default, pl.String)).alias(key)


def _tags(frame: pl.DataFrame) -> pl.Expr:
    """Canonical tags: sorted keys, no spaces; null for none."""
    if "tags" not in frame.columns:
        return pl.lit(None, pl.String)
    values = frame["tags"].struct.unnest()
    names = sorted(values.columns)
    full = not any(column.has_nulls() for column in values)
    fragments = [
        part
        for place, name in enumerate(names)
        for part in _fragment(name, comma=place > 0 or not full, whole=full)
    ]
    if full:
        return pl.concat_str([pl.lit("{"), *fragments, pl.lit("}")])
    said = pl.concat_str(fragments, ignore_nulls=True).str.slice(1)
    return pl.when(said != "").then(pl.concat_str([pl.lit("{"), said, pl.lit("}")]))


def _fragment(name: str, *, comma: bool, whole: bool) -> list[pl.Expr]:
    value = pl.col("tags").struct.field(name)
    parts = [pl.lit(f'{"," if comma else ""}"{name}":"'), value, pl.lit('"')]
    return parts if whole else [pl.concat_str(parts)]
