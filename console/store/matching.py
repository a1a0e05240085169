"""Labels to predictions: each prediction is matched once, by its first label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from console.records.clock import naive
from console.records.frames import TIME, Schema
from console.store.arrow import fetch_with

if TYPE_CHECKING:
    import duckdb

MATCHED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "id": pl.String,
    "ts": TIME,
    "predicted_ts": TIME,
    "prediction": pl.String,
    "score": pl.Float64,
    "scores": pl.String,
    "label": pl.String,
}
"""Columns of `matched`; `ts` is the label's time, stage and version are the prediction's."""

_KEY = ["model", "id"]
_PREDICTED = ["model", "id", "stage", "version", "ts", "prediction", "score", "scores"]
_LABELLED = ["model", "id", "ts", "label"]


def matched(
    committed: duckdb.DuckDBPyConnection,
    labels: pl.DataFrame,
    predictions: pl.DataFrame,
    since: float,
) -> pl.DataFrame:
    """The pairs that become known by new labels and new predictions. Columns `MATCHED`.

    `committed` sees what earlier transactions wrote and nothing of this one; `labels` and
    `predictions` are the rows of this one, in order of arrival. Rows older than `since` (epoch
    seconds) take no part, so that the search does not grow with the history.
    """
    new_labels = _recent(labels, _LABELLED, since)
    new_predictions = _recent(predictions, _PREDICTED, since)
    keys = pl.concat([new_labels.select(_KEY), new_predictions.select(_KEY)]).unique()
    if not keys.height:
        return pl.DataFrame(schema=MATCHED)
    old_labels = _stored(committed, "label", _LABELLED, keys, since)
    old_predictions = _stored(committed, "prediction", _PREDICTED, keys, since)
    known = old_labels.select(_KEY).join(old_predictions.select(_KEY), on=_KEY, nulls_equal=True)
    first_labels = _first(old_labels, new_labels)
    first_predictions = _first(old_predictions, new_predictions).rename({"ts": "predicted_ts"})
    pairs = first_predictions.join(
        first_labels, on=_KEY, nulls_equal=True, maintain_order="left"
    ).join(known, on=_KEY, how="anti", nulls_equal=True, maintain_order="left")
    return pairs.select(list(MATCHED))


def _recent(rows: pl.DataFrame, columns: list[str], since: float) -> pl.DataFrame:
    usable = pl.col("id").is_not_null() & (pl.col("ts") >= naive(since))
    return rows.filter(usable).select(columns)


def _first(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([old, new]).unique(_KEY, keep="first", maintain_order=True)


def _stored(
    committed: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[str],
    keys: pl.DataFrame,
    since: float,
) -> pl.DataFrame:
    names = ", ".join(f"t.{name}" for name in columns)
    query = (
        f"SELECT {names} FROM {table} t SEMI JOIN incoming k"  # noqa: S608 - names of our own
        " ON t.id = k.id AND t.model IS NOT DISTINCT FROM k.model WHERE t.ts >= $1"
        " ORDER BY t.rowid"
    )
    return fetch_with(committed, query, keys, [naive(since)])
