"""Windows of what is written: rows, and the bytes of their lines, by checkpoint, kind and file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from console.records.frames import TIME, Schema

if TYPE_CHECKING:
    from console.records.frames import Records

KINDS = ("metrics", "logs", "events", "predictions", "labels")
KEYS = ("model", "stage", "kind", "file_id", "start")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "kind": pl.String,
    "file_id": pl.Int64,
    "start": TIME,
    "rows": pl.Int64,
    "bytes": pl.Int64,
}
"""Closed windows, deltas and stored rows alike: `rows` of a `kind` (`KINDS`) and their `bytes`."""
_LINE = ("model", "stage", "ts", "offset")


def lines(records: Records, file_id: int, end: int) -> pl.DataFrame:
    """The rows of one piece of a file that have a time, each with the bytes that it took there.

    A line reaches from its first byte to the next line's, or to `end`, the byte at which the piece
    ends; of several rows in one line the last one counts its bytes. Columns model, stage, kind
    (String), file_id, offset, bytes (Int64), ts (TIME).
    """
    parts: list[pl.DataFrame] = [
        frame.select(*_LINE, pl.lit(kind).alias("kind"))
        for kind in KINDS
        if (frame := getattr(records, kind)).height
    ]
    if records.rejects.height:
        none = [pl.lit(None, pl.String).alias(name) for name in ("model", "stage")]
        gap = records.rejects.select(
            *none, pl.lit(None, TIME).alias("ts"), "offset", pl.lit("rejects").alias("kind")
        )
        parts.append(gap)
    if not parts:
        return pl.DataFrame(schema={**CLOSED, "ts": TIME, "offset": pl.Int64}).drop("start", "rows")
    placed = parts[0] if len(parts) == 1 else pl.concat(parts).sort("offset", maintain_order=True)
    following = pl.col("offset").shift(-1).fill_null(end)
    return placed.select(
        "model",
        "stage",
        "kind",
        pl.lit(file_id, pl.Int64).alias("file_id"),
        # Some formats have several files behind one, whose offsets begin anew.
        (following - pl.col("offset")).clip(lower_bound=0).alias("bytes"),
        "ts",
        "offset",
    ).filter(pl.col("ts").is_not_null())


def summarise(rows: pl.DataFrame, width_s: float) -> pl.DataFrame:
    """The windows of `width_s` seconds that rows (of `lines`) fall into. Columns `CLOSED`."""
    width = round(width_s * 1e6)
    start = pl.from_epoch(pl.col("ts").dt.epoch("us") // width * width, time_unit="us")
    return _grouped(rows.with_columns(start.alias("start")), pl.len())


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a key and window, in order of time. Columns `CLOSED`."""
    return _grouped(deltas, pl.col("rows").sum())


def _grouped(rows: pl.DataFrame, count: pl.Expr) -> pl.DataFrame:
    return (
        rows.group_by(KEYS)
        .agg(count.cast(pl.Int64).alias("rows"), pl.col("bytes").sum())
        .select(list(CLOSED))
        .sort("start", *KEYS[:-1])
    )
