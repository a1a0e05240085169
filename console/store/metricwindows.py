"""Stored windows of metrics, as they stood when they closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.records.clock import epoch, naive
from console.store.arrow import fetch

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def deltas(
    cursor: duckdb.DuckDBPyConnection, name: str, after: float, until: float
) -> pl.DataFrame:
    """The deltas of the metrics of one name whose windows start in (after, until], late ones not.

    Columns `stats.windows.CLOSED`, in the order in which they were written.
    """
    return fetch(
        cursor,
        "SELECT w.series_id, s.model, s.stage, s.name, s.tags, w.version, w.start, w.n, w.total,"
        " w.squares, w.low, w.high, w.last, w.last_ts"
        " FROM window_metrics w JOIN series s USING (series_id)"
        " WHERE s.name = $1 AND w.start > $2 AND w.start <= $3 AND NOT w.late ORDER BY w.rowid",
        [name, naive(after), naive(until)],
    )


def extent(cursor: duckdb.DuckDBPyConnection) -> tuple[float, float] | None:
    """The starts of the first and of the last window of any metric; None if there is none."""
    found = fetch(cursor, "SELECT min(start) AS first, max(start) AS last FROM window_metrics")
    first, last = found.row(0)
    return None if first is None else (epoch(first), epoch(last))
