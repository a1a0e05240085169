"""Labels to predictions: each prediction is matched once, by its first label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from console.records.clock import naive
from console.records.frames import TIME, Schema
from console.store.arrow import fetch_with
from console.store.recent import RecentIds, spans

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
    "tags": pl.String,
}
"""Columns of `matched`; `ts` is the label's time, all others but `label` are the prediction's."""

SPANS = 8
"""Most spans of time in which the rows of one batch are looked up."""
_KEY = ["model", "id"]
_PREDICTED = ["model", "id", "stage", "version", "ts", "prediction", "score", "scores", "tags"]
_LABELLED = ["model", "id", "ts", "label"]
_TYPES: Schema = {**MATCHED, "features": pl.String}


class Matcher:
    """Knows in which minutes recent predictions and labels were stored."""

    def __init__(self) -> None:
        self._ids = {table: RecentIds(table) for table in ("prediction", "label")}

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Takes rows of predictions or labels that have been committed."""
        self._ids[table].add(rows)

    def stored(
        self,
        committed: duckdb.DuckDBPyConnection,
        table: str,
        columns: list[str],
        keys: pl.DataFrame,
        since: float,
    ) -> pl.DataFrame:
        """The stored rows of these keys (columns model, id), in the order of their arrival."""
        ids = self._ids[table]
        known = ids.reach(committed, since)
        places = list(spans(ids.minutes(keys), SPANS))
        parts = [
            _stored(committed, table, columns, keys, (max(start, since), end))
            for start, end in [*([(since, known)] if known > since else []), *places]
            if end > since
        ]
        if not parts:
            return pl.DataFrame(schema={name: _TYPES[name] for name in columns})
        # A span that was searched as a whole may meet one of the minutes.
        rows = pl.concat(parts).unique("rowid").sort("rowid")
        return rows.drop("rowid")


def matched(
    committed: duckdb.DuckDBPyConnection,
    matcher: Matcher,
    labels: pl.DataFrame,
    predictions: pl.DataFrame,
    since: float,
    *,
    features: bool = False,
) -> pl.DataFrame:
    """The pairs that become known by new labels and new predictions. Columns `MATCHED`.

    With those of the predictions' `features` as the last column if they are wanted.

    `committed` sees what earlier transactions wrote and nothing of this one; `labels` and
    `predictions` are the rows of this one, in order of arrival. Rows older than `since` (epoch
    seconds) take no part; `matcher` knows where the others are, so that the search does not grow
    with the history.
    """
    wanted = [*_PREDICTED, *(["features"] if features else [])]
    new_labels = _recent(labels, _LABELLED, since)
    new_predictions = _recent(predictions, wanted, since)
    keys = pl.concat([new_labels.select(_KEY), new_predictions.select(_KEY)]).unique()
    given = [*MATCHED, *(["features"] if features else [])]
    if not keys.height:
        return pl.DataFrame(schema={name: _TYPES[name] for name in given})
    old_labels = matcher.stored(committed, "label", _LABELLED, keys, since)
    old_predictions = matcher.stored(committed, "prediction", wanted, keys, since)
    known = old_labels.select(_KEY).join(old_predictions.select(_KEY), on=_KEY, nulls_equal=True)
    first_labels = _first(old_labels, new_labels)
    first_predictions = _first(old_predictions, new_predictions).rename({"ts": "predicted_ts"})
    pairs = first_predictions.join(
        first_labels, on=_KEY, nulls_equal=True, maintain_order="left"
    ).join(known, on=_KEY, how="anti", nulls_equal=True, maintain_order="left")
    return pairs.select(given)


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
    span: tuple[float, float],
) -> pl.DataFrame:
    names = ", ".join(columns)
    # By the id alone: that filter reaches into the scan, which a join on both columns does not.
    query = (
        f"SELECT {names}, rowid FROM {table} WHERE ts >= $1 AND ts < $2"  # noqa: S608 - our own names
        " AND id IN (SELECT id FROM incoming)"
    )
    found = fetch_with(committed, query, keys, [naive(end) for end in span])
    return found.join(keys, on=_KEY, how="semi", nulls_equal=True)
