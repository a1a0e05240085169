"""Windows of the fields that predictions carry: which names there are, and of which type.

Counted is what the records say, whatever the reference knows, so that a column that appears,
disappears or changes its type is seen as that.
"""

from __future__ import annotations

import json
from collections import Counter

import polars as pl

from console.records.frames import TIME, Schema

KEYS = ("model", "stage", "version", "start", "field", "type")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "start": TIME,
    "field": pl.String,
    "type": pl.String,
    "n": pl.Int64,
}
"""Closed windows, deltas and stored rows alike: in `n` predictions the `field` had a value of the
`type`: `number`, `text`, `boolean`, `nested` or `null`. A row without field counts the predictions
that have features at all."""
MOST = 500
"""Names of a window that are kept: the first ones by their letters."""
ROWS = "rows"
_TYPES = {'"': "text", "t": "boolean", "f": "boolean", "n": "null", "[": "nested", "{": "nested"}
_NAMED = r'"[^"]*"\s*:\s*(?:["tfn\[\{]|-?[0-9])'
"""A name, up to the first letter of its value; sound where no text has an escape, and no name but
the first begins with a colon."""
_HARD = ["\\", "[", "{", ',":', ', ":', ',"\u0020', ', "\u0020']
"""Rows with escapes, lists or objects inside are parsed one by one."""


def summarise(predictions: pl.DataFrame, width_s: float) -> pl.DataFrame:
    """The windows of predictions (`records.frames.PREDICTIONS`). Columns `CLOSED`."""
    width = round(width_s * 1e6)
    rows = predictions.filter(pl.col("features").is_not_null()).select(
        "model",
        "stage",
        "version",
        pl.from_epoch(pl.col("ts").dt.epoch("us") // width * width, time_unit="us").alias("start"),
        "features",
    )
    if rows.is_empty():
        return pl.DataFrame(schema=CLOSED)
    keys = list(KEYS[:4])
    groups = rows.select(keys).unique(maintain_order=True).with_row_index("_group")
    placed = rows.join(groups, on=keys, how="left", nulls_equal=True, maintain_order="left")
    hard = placed["features"].str.slice(1).str.contains_any(_HARD)
    tokens = (
        placed.filter(~hard)
        .select("_group", pl.col("features").str.extract_all(_NAMED).alias("token"))
        .explode("token", empty_as_null=False)
        .group_by("_group", "token")
        .len("n")
    )
    easy = tokens.select(
        "_group",
        pl.col("token").str.extract(r'^"([^"]*)"').alias("field"),
        pl.col("token").str.slice(-1).replace_strict(_TYPES, default="number").alias("type"),
        pl.col("n").cast(pl.Int64),
    )
    counted = pl.concat(
        [
            easy,
            _parsed(placed.filter(hard).select("_group", "features")),
            placed.group_by("_group")
            .agg(pl.len().cast(pl.Int64).alias("n"))
            .select(
                "_group", pl.lit(None, pl.String).alias("field"), pl.lit(ROWS).alias("type"), "n"
            ),
        ]
    )
    return merge(counted.join(groups, on="_group", how="left").select(list(CLOSED)))


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a window, field and type, in order of keys. Columns `CLOSED`."""
    if deltas.is_empty():
        return pl.DataFrame(schema=CLOSED)
    summed = deltas.group_by(KEYS).agg(pl.col("n").sum())
    place = pl.col("field").rank("dense").over(KEYS[:4])
    kept = summed.filter(pl.col("field").is_null() | (place <= MOST))
    return kept.select(list(CLOSED)).sort(KEYS, nulls_last=False)


def _parsed(rows: pl.DataFrame) -> pl.DataFrame:
    counted: Counter[tuple[int, str, str]] = Counter()
    for group, text in rows.iter_rows():
        try:
            values = json.loads(text)
        except ValueError:
            continue
        if isinstance(values, dict):
            counted.update((group, name, _type(value)) for name, value in values.items())
    return pl.DataFrame(
        [(*key, n) for key, n in counted.items()],
        schema={"_group": pl.UInt32, "field": pl.String, "type": pl.String, "n": pl.Int64},
        orient="row",
    )


def _type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "nested"
