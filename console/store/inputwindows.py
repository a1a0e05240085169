"""Questions about windows of what predictions carry: which were seen, and which fields they had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.records.clock import naive
from console.store.arrow import fetch

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_SIGHTINGS = """
SELECT model, stage, version, start, n, ids, contents FROM window_sightings
WHERE model = $1 AND start >= $2 AND start < $3"""
_FIELDS = """
SELECT model, stage, version, start, field, type, sum(n)::BIGINT AS n FROM window_fields
WHERE model = $1 AND start >= $2 AND start < $3
GROUP BY ALL ORDER BY start, stage, version, field, type"""


def sightings(
    cursor: duckdb.DuckDBPyConnection, model: str, span: tuple[float, float]
) -> pl.DataFrame:
    """The windows of a span as they were written, to be merged: `stats.sightings.CLOSED`."""
    return fetch(cursor, _SIGHTINGS, [model, naive(span[0]), naive(span[1])])


def fields(
    cursor: duckdb.DuckDBPyConnection, model: str, span: tuple[float, float]
) -> pl.DataFrame:
    """The windows of a span: `stats.fields.CLOSED`."""
    return fetch(cursor, _FIELDS, [model, naive(span[0]), naive(span[1])])
