"""Windows of which predictions were seen: by their id, and by what they say; a sample that adds up.

Of each window the `SAMPLE` keys with the smallest hashes are kept, every one with all of its rows
(at most `MOST`). A key that is in the sample of one window is in that of another if its hash is
small enough there, too: so what comes again is seen in a bounded sample, whatever the traffic and
in whatever order the rows arrive, and windows of fewer keys than that are kept whole.
"""

from __future__ import annotations

import polars as pl

from console.records.frames import TIME, Schema

KEYS = ("model", "stage", "version", "start")
KINDS = ("ids", "contents")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "start": TIME,
    "n": pl.Int64,
    "ids": pl.List(pl.UInt64),
    "contents": pl.List(pl.UInt64),
}
"""Closed windows, deltas and stored rows alike: `n` predictions; hashes of their ids, and of
features, prediction and scores together where there are features; ascending, one for each row."""
SAMPLE = 512
MOST = 8
_HASHES = pl.List(pl.UInt64)


def summarise(predictions: pl.DataFrame, width_s: float) -> pl.DataFrame:
    """The windows of predictions (`records.frames.PREDICTIONS`). Columns `CLOSED`."""
    if predictions.is_empty():
        return pl.DataFrame(schema=CLOSED)
    width = round(width_s * 1e6)
    said = pl.struct("features", "prediction", "score", "scores")
    rows = predictions.select(
        "model",
        "stage",
        "version",
        pl.from_epoch(pl.col("ts").dt.epoch("us") // width * width, time_unit="us").alias("start"),
        pl.when(pl.col("id").is_not_null()).then(pl.col("id").hash(1)).alias("ids"),
        pl.when(pl.col("features").is_not_null()).then(said.hash(2)).alias("contents"),
    )
    return _grouped(rows, pl.len().cast(pl.Int64))


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a window, in order of keys. Columns `CLOSED`."""
    if deltas.is_empty():
        return pl.DataFrame(schema=CLOSED)
    if not deltas.select(pl.struct(KEYS).is_duplicated().any()).item():
        return deltas.select(list(CLOSED)).sort(KEYS)
    return _grouped(deltas, pl.col("n").sum())


def _grouped(rows: pl.DataFrame, count: pl.Expr) -> pl.DataFrame:
    groups = rows.group_by(KEYS).agg(count.alias("n")).sort(KEYS)
    for kind in KINDS:
        listed = rows.select(*KEYS, pl.col(kind).alias("_hash"))
        if listed.schema["_hash"] == _HASHES:
            listed = listed.explode("_hash", empty_as_null=False)
        kept = (
            listed.filter(pl.col("_hash").is_not_null())
            .group_by(*KEYS, "_hash")
            .len("_rows")
            .filter(pl.col("_hash").rank("ordinal").over(KEYS) <= SAMPLE)
            .sort("_hash")
            .group_by(KEYS)
            .agg(
                pl.col("_hash")
                .repeat_by(pl.col("_rows").clip(upper_bound=MOST))
                .list.explode(empty_as_null=False)
                .alias(kind)
            )
        )
        groups = groups.join(kept, on=list(KEYS), how="left", nulls_equal=True)
    none = pl.lit([], dtype=_HASHES)
    return groups.with_columns(pl.col(*KINDS).fill_null(none)).select(list(CLOSED)).sort(KEYS)
