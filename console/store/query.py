"""SQL of the user's own: one SELECT, over a store that it cannot change or leave.

Four locks, one behind the other: the statement is parsed and must be a single SELECT; it runs in
a read-only transaction, so that a SELECT that writes (`WITH x AS (DELETE ...)`) is refused; DuckDB
was opened without access to files, extensions and Python variables; its settings are locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from console.store.arrow import frame_of
from console.store.errors import StoreError, told

if TYPE_CHECKING:
    import duckdb

    from console.store.memory import Memory

_PLAIN = {
    "boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger",
    "ubigint", "float", "double", "varchar", "time",
}  # fmt: skip
_CASTS = {
    # Beyond the years 1 to 9999 (infinity, say) Python has no dates.
    "date": "CASE WHEN {0} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {0} END",
    "timestamp": "CASE WHEN {0} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31'"
    " THEN {0} END",
    "timestamp with time zone": "{0} AT TIME ZONE 'UTC'",
    "timestamp_s": "CAST({0} AS TIMESTAMP)",
    "timestamp_ms": "CAST({0} AS TIMESTAMP)",
    "timestamp_ns": "CAST({0} AS TIMESTAMP)",
    "decimal": "CAST({0} AS DOUBLE)",
    "blob": "coalesce(TRY(decode({0})), CAST({0} AS VARCHAR))",
}
_WIDE = {"hugeint", "uhugeint"}
"""What sums of integers are; given as integers where they fit."""


def run(cursor: duckdb.DuckDBPyConnection, query: str, limit: int, memory: Memory) -> pl.DataFrame:
    """The first `limit` rows. Columns are numbers, text, booleans, dates and naive UTC times.

    Everything else comes as text; names that come twice get a number. A query that memory does not
    suffice for (long lines cannot be spilled in pieces) is asked once more with more of it. Raises
    StoreError.
    """
    import duckdb

    with told("answer the query"):
        _check(cursor, query)
        try:
            return _answer(cursor, query, limit)
        except duckdb.OutOfMemoryException:
            with memory.room():
                return _answer(cursor, query, limit)


def _answer(cursor: duckdb.DuckDBPyConnection, query: str, limit: int) -> pl.DataFrame:
    cursor.execute("BEGIN TRANSACTION READ ONLY").fetchall()
    try:
        relation = cursor.sql(query)
        names = _distinct(relation.columns)
        types = [str(kind.id) for kind in relation.types]
        columns = ", ".join(
            f"{_expression(kind, place)} AS {_quoted(name)}"
            for place, (kind, name) in enumerate(zip(types, names, strict=True), 1)
        )
        frame = frame_of(relation.limit(limit).project(columns))
    finally:
        cursor.execute("ROLLBACK").fetchall()
    return frame.with_columns(
        _narrowed(frame[name]) for name, kind in zip(names, types, strict=True) if kind in _WIDE
    )


def _check(cursor: duckdb.DuckDBPyConnection, query: str) -> None:
    import duckdb

    statements = cursor.extract_statements(query)
    if len(statements) != 1:
        raise StoreError(
            "cannot answer the query: give one SELECT"
            + (f", not {len(statements)} statements" if statements else "")
        )
    if statements[0].type != duckdb.StatementType.SELECT:
        name = str(statements[0].type).rpartition(".")[2].replace("_", " ")
        raise StoreError(
            f"cannot answer the query: only SELECT is allowed, the store is read-only here"
            f" (this is {name})"
        )


def _expression(kind: str, place: int) -> str:
    column = f"#{place}"
    if kind in _PLAIN or kind in _WIDE:
        return column
    return _CASTS.get(kind, "CAST({0} AS VARCHAR)").format(column)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _distinct(names: list[str]) -> list[str]:
    distinct: list[str] = []
    taken: set[str] = set()
    for name in names:
        free, count = name, 0
        while free.lower() in taken:
            count += 1
            free = f"{name}_{count}"
        taken.add(free.lower())
        distinct.append(free)
    return distinct


def _narrowed(column: pl.Series) -> pl.Series:
    try:
        return column.cast(pl.Int64)
    except pl.exceptions.InvalidOperationError:
        return column.cast(pl.String)
