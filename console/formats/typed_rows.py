"""Rows of a typed table (Parquet) to records."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from console.formats.objects import tag_texts
from console.formats.times import localise, parse_times
from console.formats.typed_layout import TypedLayout
from console.records.frames import LABELS, LOGS, METRICS, PREDICTIONS, TIME, Schema
from console.records.levels import ALIASES
from console.sources.defaults import Defaults

_OWNERS = ("model", "stage", "version")
_SHOWN = 80
_OFFSET = "\x00offset"
_OURS = {name: f"\x00{name}" for name in ("ts", "tags", "attributes", *_OWNERS)}


@dataclass(frozen=True, slots=True)
class TypedTable:
    """Some rows of a file, each with its number in it as its offset."""

    rows: pl.DataFrame
    first: int
    """Number of the first row."""
    layout: TypedLayout


def typed_records(table: TypedTable, defaults: Defaults, file_id: int) -> dict[str, pl.DataFrame]:
    """The frames of the rows' records by their names in `Records`, the rejects among them."""
    layout = table.layout
    frame = _with_common(table, defaults)
    untimed = frame[_OURS["ts"]].is_null()
    refused: list[tuple[pl.DataFrame, pl.Expr]] = []
    if untimed.any() and layout.time is not None:
        said = pl.col(layout.time).cast(pl.String).str.head(_SHOWN)
        why = pl.coalesce(
            pl.format("{} is not a time: {}", pl.lit(layout.time), said),
            pl.lit(f"no {layout.time}"),
        )
        refused.append((frame.filter(untimed), why))
        frame = frame.filter(~untimed)
    kinds = {"long": _long, "wide": _wide, "logs": _logs}
    if layout.kind in ("predictions", "labels"):
        frames, bad = _predictions(frame, layout, file_id)
    else:
        frames, bad = kinds[layout.kind](frame, layout)
    refused += bad
    rejects = [_rejected(rows, why, table) for rows, why in refused if rows.height]
    if rejects:
        frames["rejects"] = pl.concat(rejects).sort("offset", maintain_order=True)
    return frames


_Built = tuple[dict[str, pl.DataFrame], list[tuple[pl.DataFrame, pl.Expr]]]


def _with_common(table: TypedTable, defaults: Defaults) -> pl.DataFrame:
    """The rows with what every record has, under names of our own."""
    roles, rows = table.layout.roles, table.rows
    nothing = pl.lit(None, pl.String)
    return rows.with_columns(
        times_of(rows[table.layout.time or ""], defaults.timezone).alias(_OURS["ts"]),
        pl.int_range(table.first, table.first + rows.height, dtype=pl.Int64).alias(_OFFSET),
        nothing.alias(_OURS["tags"]),
        nothing.alias(_OURS["attributes"]),
        *(
            pl.coalesce(
                text_of(rows, roles[owner]) if owner in roles else nothing,
                pl.lit(getattr(defaults, owner), pl.String),
            ).alias(_OURS[owner])
            for owner in _OWNERS
        ),
    )


def times_of(column: pl.Series, timezone: str | None) -> pl.Series:
    """Naive UTC times of a column of instants, dates, texts or epoch numbers."""
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is not None:
            return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(TIME)
        return localise(column.cast(TIME), timezone)
    if isinstance(column.dtype, pl.Date):
        return localise(column.cast(TIME), timezone)
    return parse_times(column.cast(pl.String), timezone)


def text_of(rows: pl.DataFrame, name: str) -> pl.Expr:
    """A column as text; whole numbers without a fraction, so that 1 and 1.0 are one class."""
    dtype = rows.schema[name]
    if dtype.is_nested():
        return pl.when(pl.col(name).is_not_null()).then(_encoded(name))
    if isinstance(dtype, pl.Binary):
        return pl.lit(None, pl.String)
    text = pl.col(name).cast(pl.String)
    if dtype.is_float():
        return pl.when(pl.col(name).is_not_nan()).then(text.str.strip_suffix(".0"))
    return text


def _encoded(name: str) -> pl.Expr:
    return pl.struct(pl.col(name).alias("v")).struct.json_encode().str.slice(5).str.head(-1)


def _objects(rows: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    """One JSON object a row, of columns; null if there are none, or all are null."""
    if not names:
        return pl.lit(None, pl.String)
    columns = [
        pl.col(name).cast(pl.Float64) if rows.schema[name].is_decimal() else pl.col(name)
        for name in names
    ]
    held = pl.any_horizontal(pl.col(name).is_not_null() for name in names)
    return pl.when(held).then(pl.struct(columns).struct.json_encode())


def _object_texts(column: pl.Series) -> pl.Series:
    """JSON objects of a column of structs, of maps, or of texts of JSON; null for all else."""
    dtype = column.dtype
    if isinstance(dtype, pl.Struct):
        texts = column.struct.json_encode()
        return texts.set(column.is_null(), None)
    if dtype == pl.String:
        return pl.Series([_checked(text) for text in column], dtype=pl.String)
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        return pl.Series([_map(entries) for entries in column.to_list()], dtype=pl.String)
    return pl.Series([None] * len(column), dtype=pl.String)


def _checked(text: str | None) -> str | None:
    try:
        return text if text is not None and isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


def _map(entries: list[dict[str, Any]] | None) -> str | None:
    """A map, which Parquet has as a list of its keys and values."""
    if entries is None or not all(entry.keys() == {"key", "value"} for entry in entries):
        return None
    return json.dumps(
        {str(entry["key"]): entry["value"] for entry in entries}, ensure_ascii=False, default=str
    )


def _finite(name: str) -> pl.Expr:
    value = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _built(frame: pl.DataFrame, schema: Schema, **columns: pl.Expr) -> pl.DataFrame:
    """A frame of a schema: what every record has from the rows, the rest as given, else null."""
    common = {name: pl.col(ours) for name, ours in _OURS.items()} | {"offset": pl.col(_OFFSET)}
    given = {**common, **columns}
    return frame.select(
        given.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items()
    )


def _wide(frame: pl.DataFrame, layout: TypedLayout) -> _Built:
    """One metric for every number of a row; its texts are tags."""
    tagged = _tagged(frame, [name for name in layout.others if name not in layout.numbers])
    names = [name for name in layout.others if name in layout.numbers]
    values = pl.concat_list(_finite(name) for name in names)
    listed = tagged.with_columns(
        values.alias("\x00value"), pl.lit(names, pl.List(pl.String)).alias("\x00name")
    ).explode("\x00value", "\x00name")
    metrics = _built(
        listed.filter(pl.col("\x00value").is_not_null()),
        METRICS,
        name=pl.col("\x00name"),
        value=pl.col("\x00value"),
    )
    empty = frame.filter(pl.all_horizontal(_finite(name).is_null() for name in names))
    return {"metrics": metrics}, [(empty, pl.lit("no column has a value"))]


def _long(frame: pl.DataFrame, layout: TypedLayout) -> _Built:
    """One metric a row; the columns that have no part in it are tags."""
    tagged = _tagged(frame, layout.others, layout.roles.get("tags"))
    name = text_of(tagged, layout.roles["name"])
    metrics = _built(tagged, METRICS, name=name, value=_finite(layout.roles["value"]))
    good = metrics["name"].is_not_null() & metrics["value"].is_not_null()
    why = (
        pl.when(text_of(tagged, layout.roles["name"]).is_null())
        .then(pl.lit("the metric has no name"))
        .otherwise(pl.lit("the metric has no finite value"))
    )
    return {"metrics": metrics.filter(good)}, [(tagged.filter(~good), why)]


def _tagged(
    frame: pl.DataFrame, names: tuple[str, ...] | list[str], given: str | None = None
) -> pl.DataFrame:
    columns = [*names, *([given] if given else [])]
    if not columns:
        return frame
    texts = frame.select(text_of(frame, name).alias(name) for name in columns)
    if given is not None:
        objects = _object_texts(frame[given])
        texts = texts.with_columns(pl.coalesce(objects, pl.col(given)).alias(given))
    tags = tag_texts(texts, {name: name for name in names}, given)
    return frame.with_columns(tags.alias(_OURS["tags"]))


def _logs(frame: pl.DataFrame, layout: TypedLayout) -> _Built:
    """A log record a row; the columns that have no part in it are its attributes."""
    texts = {role: text_of(frame, name) for role, name in layout.roles.items()}
    if "level" in texts:
        trimmed = texts["level"].str.strip_chars()
        known = trimmed.str.to_lowercase()
        texts["level"] = known.replace_strict(ALIASES, default=trimmed, return_dtype=pl.String)
    own = {role: text for role, text in texts.items() if role not in _OWNERS}
    attributes = _objects(frame, layout.others)
    logs = _built(frame, LOGS, **own, attributes=attributes)
    return {"logs": logs.with_columns(pl.col("message").fill_null(""))}, []


def _predictions(frame: pl.DataFrame, layout: TypedLayout, file_id: int) -> _Built:
    """A prediction a row, and a label where the row has the truth as well.

    Rows without an id are given one of their number in the file, by which their truth finds them.
    """
    roles = layout.roles
    nothing = pl.lit(None, pl.String)
    own = {
        role: text_of(frame, roles[role]) if role in roles else nothing
        for role in ("id", "prediction", "label")
    }
    made = pl.format("{}:{}", pl.lit(f"{file_id:x}"), pl.col(_OFFSET))
    ids = pl.coalesce(own["id"], made)
    rest = _objects(frame, layout.others)
    if layout.kind == "labels":
        labels = _built(frame, LABELS, id=own["id"], label=own["label"], attributes=rest)
        good = labels["id"].is_not_null() & labels["label"].is_not_null()
        bad = (frame.filter(~good), pl.lit("a label needs id and label"))
        return {"labels": labels.filter(good)}, [bad]
    objects = {
        name: pl.lit(_object_texts(frame[roles[name]]))
        for name in ("features", "scores")
        if name in roles
    }
    more = {"features": objects.get("features", rest), "scores": objects.get("scores", nothing)}
    if "features" in objects:
        more["attributes"] = rest
    score = _finite(roles["score"]) if "score" in roles else nothing
    predictions = _built(
        frame, PREDICTIONS, id=ids, prediction=own["prediction"], score=score, **more
    )
    labels = _built(frame, LABELS, id=ids, label=own["label"])
    return {
        "predictions": predictions,
        "labels": labels.filter(pl.col("label").is_not_null()),
    }, []


def _rejected(rows: pl.DataFrame, why: pl.Expr, table: TypedTable) -> pl.DataFrame:
    """Rejects of rows: their raw form is the row as JSON."""
    told = tuple(name for name in table.rows.columns if name in {*table.layout.told})
    return rows.select(
        pl.col(_OFFSET).alias("offset"),
        why.cast(pl.String).alias("reason"),
        _objects(rows, told).fill_null("{}").cast(pl.Binary).alias("raw"),
    )
