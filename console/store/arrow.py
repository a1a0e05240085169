"""Frames into DuckDB and out of it, through the Arrow stream that both speak."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import duckdb


class _Stream:
    """Shows nothing but the Arrow stream of a frame or of a relation.

    DuckDB would want pyarrow for a whole polars frame, and polars keeps hold of the class of a
    relation that it is given, which nanobind reports as a leak when the process ends.
    """

    __slots__ = ("_source",)

    def __init__(self, source: Any) -> None:
        self._source = source

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._source.__arrow_c_stream__(requested_schema)


def fetch(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> pl.DataFrame:
    """All rows of a query; values go in as parameters `$1`, `$2`, ..."""
    return frame_of(connection.sql(sql, params=list(parameters) or None))


def frame_of(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """All rows of a relation. Read to the end: an open result owns its connection."""
    return pl.DataFrame(_Stream(relation))


def fetch_with(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    frame: pl.DataFrame,
    parameters: Sequence[object] = (),
) -> pl.DataFrame:
    """All rows of a query that reads `frame` under the name `incoming`."""
    connection.register("incoming", _Stream(frame))
    rows = fetch(connection, sql, parameters)
    connection.unregister("incoming")
    return rows


def insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Appends the rows to the table, column by name; the table's other columns become null."""
    if not frame.height:
        return
    names = ", ".join(f'"{name}"' for name in frame.columns)
    _with_incoming(
        connection,
        frame,
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM incoming',  # noqa: S608 - our names
    )


def replace(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, frame: pl.DataFrame
) -> None:
    """Puts the rows in the place of those of the same key; `key` is unique in `frame`."""
    if not frame.height:
        return
    _with_incoming(
        connection,
        frame.select(key),
        f'DELETE FROM "{table}" WHERE "{key}" IN (SELECT "{key}" FROM incoming)',  # noqa: S608 - ours
    )
    insert(connection, table, frame)


def _with_incoming(
    connection: duckdb.DuckDBPyConnection, frame: pl.DataFrame, statement: str
) -> None:
    connection.register("incoming", _Stream(frame))
    connection.execute(statement).fetchall()
    # Not when it failed: then the transaction takes no more statements, and ends with the name.
    connection.unregister("incoming")
