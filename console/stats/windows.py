"""Tumbling windows of metrics: summaries that add up, so that a longer window is a merge.

A value that is missing, NaN or infinite has no place in a sum: one of them would turn the mean and
the spread of its window, and of every longer window, into NaN. Such rows are left out here, and
`n` counts the finite ones only; the rows themselves stay in the store, where they can be looked up.
A window without a single finite value has no summary: for the detectors it was not measured.

`last` is the value of the latest row; of rows with equal times the greatest value is taken, so that
the order of arrival does not matter. `last_ts` is kept beside it because without it two summaries
could not agree on which is the later.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from console.records.frames import TIME, Schema

CLOSED: Schema = {
    "series_id": pl.Int64,
    "model": pl.String,
    "stage": pl.String,
    "name": pl.String,
    "tags": pl.String,
    "version": pl.String,
    "start": TIME,
    "n": pl.UInt32,
    "total": pl.Float64,
    "squares": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "last": pl.Float64,
    "last_ts": TIME,
}
"""One row a series and window; deltas (what `summarise` gives) and closed windows alike."""

_KEYS = ["series_id", "start"]
_LATEST = ["last_ts", "last", "version"]


def summarise(metrics: pl.DataFrame, width_s: float) -> pl.DataFrame:
    """The windows of `width_s` seconds that rows of metrics fall into.

    `metrics` has the columns of `records.frames.METRICS` and `series_id` (Int64, `Series.id`).
    """
    finite = metrics.lazy().filter(pl.col("value").is_finite(), pl.col("ts").is_not_null())
    rows = finite.select(
        "series_id",
        "model",
        "stage",
        "name",
        "tags",
        "version",
        pl.col("ts").dt.truncate(f"{round(width_s * 1e6)}us").alias("start"),
        pl.lit(1, dtype=pl.UInt32).alias("n"),
        pl.col("value").alias("total"),
        pl.col("value").pow(2).alias("squares"),
        pl.col("value").alias("low"),
        pl.col("value").alias("high"),
        pl.col("value").alias("last"),
        pl.col("ts").alias("last_ts"),
    )
    return _merged(rows, in_order=_is_in_order(metrics["ts"]))


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a series and window, sorted by start; the order of the rows given does not matter."""
    return _merged(deltas.lazy(), in_order=False)


def mean() -> pl.Expr:
    """The mean of a window."""
    return pl.col("total") / pl.col("n")


def _is_in_order(times: pl.Series) -> bool:
    """Whether each row is later than the one before it: then there is no tie to be broken."""
    return not times.has_nulls() and bool((times.diff().slice(1) > timedelta(0)).all())


def _merged(rows: pl.LazyFrame, *, in_order: bool) -> pl.DataFrame:
    ordered = rows if in_order else rows.sort(_LATEST, nulls_last=False)
    summed = ordered.group_by(_KEYS, maintain_order=True).agg(
        pl.col("model", "stage", "name", "tags").first(),
        pl.col("version").last(),
        pl.col("n", "total", "squares").sum(),
        pl.col("low").min(),
        pl.col("high").max(),
        pl.col("last", "last_ts").last(),
    )
    return summed.sort("start", "series_id").select(list(CLOSED)).collect()
