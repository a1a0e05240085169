"""Questions about windows by segment: how columns were distributed, how good predictions were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.records.clock import naive
from console.store.arrow import fetch
from console.store.performances import ADDED, ADDED_LISTS

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_COLUMNS = f"""
SELECT model, stage, version, tag, value, layout, width, start, sum(n)::BIGINT AS n,
  {ADDED_LISTS.format("counts")}, {ADDED_LISTS.format("totals")}
FROM window_segments
WHERE model = $1 AND start >= $2 AND start + to_seconds(width) <= $3 AND (NOT late OR $4)
GROUP BY ALL ORDER BY start, tag, value, stage, version, layout, width"""  # noqa: S608 - constants


_PERFORMANCE = f"""
SELECT model, stage, version, tag, value, width, start, predicted, {ADDED}
FROM window_segment_performance
WHERE model = $1 AND predicted >= $2 AND start + to_seconds(width) <= $3 AND (NOT late OR $4)
GROUP BY ALL ORDER BY start, predicted, tag, value, stage, version, width"""  # noqa: S608 - constants


def columns(
    cursor: duckdb.DuckDBPyConnection, model: str, span: tuple[float, float], *, late: bool
) -> pl.DataFrame:
    """The windows that lie in a span: `stats.segment_windows.CLOSED`; without what came late."""
    values = [model, naive(span[0]), naive(span[1]), late]
    return fetch(cursor, _COLUMNS, values)


def names(
    cursor: duckdb.DuckDBPyConnection, model: str, span: tuple[float, float]
) -> list[tuple[str, str]]:
    """Tag and value of every segment that has a window in a span, sorted."""
    query = (
        "SELECT DISTINCT tag, value FROM window_segments"
        " WHERE model = $1 AND start >= $2 AND start < $3 ORDER BY tag, value"
    )
    values = [model, naive(span[0]), naive(span[1])]
    return [(tag, value) for tag, value in fetch(cursor, query, values).iter_rows()]


def performance(
    cursor: duckdb.DuckDBPyConnection, model: str, span: tuple[float, float], *, late: bool
) -> pl.DataFrame:
    """Predictions made since the span began, labelled by its end: `segment_performance.CLOSED`."""
    values = [model, naive(span[0]), naive(span[1]), late]
    return fetch(cursor, _PERFORMANCE, values)
