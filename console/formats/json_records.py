"""A table of JSON objects to the frames of the records that they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats.json_attributes import Originals, attributes, objects, tags
from console.formats.json_body import ROW, Refused, Table
from console.formats.json_kinds import (
    END,
    KIND,
    OWN,
    PLANNED,
    SCORE,
    SHARED,
    TIME,
    VALUE,
    Columns,
    classified,
    level,
)
from console.formats.json_metrics import metric_rows
from console.records.frames import SCHEMAS
from console.sources.defaults import Defaults

_REASON = "\x00reason"
_SHOWN = 80
_OURS = {"model": "\x00model", "stage": "\x00stage", "version": "\x00version", "tags": "\x00tags"}
_OFFSET = "\x00offset"
_FIELDS = {
    "metric": "metrics",
    "log": "logs",
    "event": "events",
    "prediction": "predictions",
    "label": "labels",
}


def by_kind(
    table: Table, offsets: npt.NDArray[np.int64], defaults: Defaults
) -> tuple[dict[str, pl.DataFrame], list[Refused]]:
    """The frames of the objects' records by their names in `Records`, and the objects refused.

    `offsets` are the bytes of the file at which the lines of the table's body begin.
    """
    originals = Originals(table)
    frame = classified(table.frame, defaults.timezone)
    column = Columns(frame.columns)
    frame = frame.with_columns(
        _refusal(column).alias(_REASON),
        tags(frame, originals).alias(_OURS["tags"]),
        pl.Series(_OFFSET, offsets, pl.Int64),
        *(
            pl.coalesce(column(key), pl.lit(getattr(defaults, key), pl.String)).alias(_OURS[key])
            for key in ("model", "stage", "version")
        ),
    )
    refused = [
        Refused(int(table.body.numbers[row]), reason)
        for row, reason in frame.select(ROW, _REASON).drop_nulls().iter_rows()
    ]
    frames: dict[str, pl.DataFrame] = {}
    good = frame.filter(pl.col(_REASON).is_null()) if refused else frame
    for kind, field in _FIELDS.items():
        part = good.filter(pl.col(KIND) == kind)
        if part.height:
            part, found = _built(kind, part, table, originals)
            frames[field] = part.select(list(SCHEMAS[field]))
            refused += [Refused(int(table.body.numbers[row]), reason) for row, reason in found]
    return frames, refused


def _built(
    kind: str, part: pl.DataFrame, table: Table, originals: Originals
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The rows of one kind, and what of them is refused: row of the table, reason."""
    column = Columns(part.columns)
    own = {
        key: column.first(names)
        for key, names in OWN[kind].items()
        if key not in {"value", "metrics", "score", "features", "scores", "planned", "end_ts"}
    }
    if kind == "log":
        own["level"] = level(own["level"])
        named = pl.when(column("value").is_null()).then(column("name"))
        own["logger"] = pl.coalesce(column("logger"), named)
    elif kind == "event":
        own |= {"planned": pl.col(PLANNED), "end_ts": pl.col(END)}
    elif kind == "prediction":
        own["score"] = pl.col(SCORE)
    schema = SCHEMAS[_FIELDS[kind]]
    built = part.select(
        pl.col(ROW),
        pl.col(TIME).alias("ts"),
        *(pl.col(ours).alias(key) for key, ours in _OURS.items()),
        attributes(part, kind, table, originals).alias("attributes"),
        pl.col(_OFFSET).alias("offset"),
        *(expression.cast(schema[key]).alias(key) for key, expression in own.items()),
    )
    if kind == "prediction":
        return built.with_columns(
            objects(part, "features", originals).alias("features"),
            objects(part, "scores", originals).alias("scores"),
        ), []
    if kind == "metric":
        return metric_rows(built, part, originals)
    return built, []


def _refusal(column: Columns) -> pl.Expr:
    """Why an object is no record; null for one that is."""
    time = column.first(SHARED["ts"])
    kind = pl.col(KIND)
    value = column("value").cast(pl.String)
    return (
        pl.when(time.is_null())
        .then(pl.lit("no ts"))
        .when(pl.col(TIME).is_null())
        .then(pl.format("ts is not a time: {}", time.str.head(_SHOWN)))
        .when(kind.is_null() & column.has("kind"))
        .then(pl.format("unknown kind: {}", column("kind").str.head(_SHOWN)))
        .when(kind.is_null())
        .then(pl.lit("no kind, and no fields that tell it"))
        .when((kind == "label") & ~(column.has("id") & column.has("label")))
        .then(pl.lit("a label needs id and label"))
        .when((kind == "event") & ~column.has("type"))
        .then(pl.lit("an event needs a type"))
        .when((kind == "metric") & ~column.has("metrics") & ~column.has("name"))
        .then(pl.lit("a metric needs name and value, or metrics"))
        .when((kind == "metric") & ~column.has("metrics") & value.is_null())
        .then(pl.lit("the metric has no value"))
        .when((kind == "metric") & value.is_not_null() & pl.col(VALUE).is_null())
        .then(pl.format("value is not a number: {}", value.str.head(_SHOWN)))
    )
