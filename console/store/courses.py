"""What happened over a span in equal parts: series, log levels, versions, each in one question.

Part k of `parts` covers [start + k w, start + (k + 1) w) for w = (end - start) / parts; a window
belongs to the part in which it starts. Only summaries are read, never rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.records.clock import naive
from console.store.arrow import fetch

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_PART = "((epoch_us({0}) - epoch_us($1)) * $3 // (epoch_us($2) - epoch_us($1)))::INTEGER AS part"
_SPAN = "{0} >= $1 AND {0} < $2"
_COURSES = f"""
SELECT w.series_id, {_PART.format("w.start")}, sum(w.total) / sum(w.n) AS mean, min(w.low) AS low,
  max(w.high) AS high, sum(w.n)::BIGINT AS n, arg_max(w.last, w.last_ts) AS last
FROM window_metrics w
WHERE {_SPAN.format("w.start")}
  AND w.series_id IN (SELECT series_id FROM series WHERE model IS NOT DISTINCT FROM $4)
GROUP BY ALL ORDER BY w.series_id, part"""  # noqa: S608 - constants
_LEVELS = f"""
SELECT model, level, {_PART.format("start")}, sum(n)::BIGINT AS n
FROM window_logs WHERE {_SPAN.format("start")} GROUP BY ALL ORDER BY model, level, part"""  # noqa: S608 - constants
_VERSIONS = f"""
SELECT model, version, {_PART.format("start")}, sum(n)::BIGINT AS n, min(start) AS first,
  max(start) AS last
FROM (
  SELECT s.model, w.version, w.start, w.n::BIGINT AS n
  FROM window_metrics w JOIN series s USING (series_id)
  UNION ALL SELECT model, version, start, n::BIGINT FROM window_logs
  UNION ALL SELECT model, version, start, n FROM window_columns WHERE role != 'feature'
  UNION ALL SELECT model, version, predicted, n FROM window_performance
)
WHERE {_SPAN.format("start")} AND version IS NOT NULL
GROUP BY ALL ORDER BY model, part, version"""  # noqa: S608 - constants


_MEANS = f"""
SELECT w.series_id, w.start, sum(w.total) / sum(w.n) AS mean
FROM window_metrics w
WHERE {_SPAN.format("w.start")} AND ($4 IS NULL OR w.version = $4)
  AND w.series_id IN (SELECT series_id FROM series WHERE model IS NOT DISTINCT FROM $3)
GROUP BY ALL ORDER BY w.series_id, w.start"""  # noqa: S608 - constants


def means(
    cursor: duckdb.DuckDBPyConnection,
    model: str | None,
    span: tuple[float, float],
    version: str | None,
) -> pl.DataFrame:
    """The mean of every window of a model's series: series_id, start (TIME), mean, by time.

    Of one version alone, or of all for None.
    """
    start, end = span
    return fetch(cursor, _MEANS, [naive(start), naive(end), model, version])


def courses(
    cursor: duckdb.DuckDBPyConnection, model: str | None, start: float, end: float, parts: int
) -> pl.DataFrame:
    """Every series of a model: series_id, part, mean, low, high, n, last; parts with data only."""
    return fetch(cursor, _COURSES, [naive(start), naive(end), parts, model])


def levels(cursor: duckdb.DuckDBPyConnection, start: float, end: float, parts: int) -> pl.DataFrame:
    """Log lines of every model by level: model, level, part, n; parts with data only."""
    return fetch(cursor, _LEVELS, [naive(start), naive(end), parts])


def versions(
    cursor: duckdb.DuckDBPyConnection, start: float, end: float, parts: int
) -> pl.DataFrame:
    """Records of every model by version: model, version, part, n, first, last (TIME, of windows).

    What names no version is left out.
    """
    return fetch(cursor, _VERSIONS, [naive(start), naive(end), parts])
