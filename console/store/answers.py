"""Small questions of the screen: what could not be read, and what a query may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.store.arrow import fetch
from console.store.rawrows import RawRow
from console.store.views import VIEWS

if TYPE_CHECKING:
    import duckdb


def rejects(cursor: duckdb.DuckDBPyConnection, file: str, limit: int) -> list[RawRow]:
    """What could not be decoded of a file, the last first; the time of none is known: 0."""
    found = fetch(
        cursor,
        'SELECT r.reason, r.raw, r.file, r."offset" FROM rejects r WHERE r.file = $1'  # noqa: S608 - a number
        f' ORDER BY r."offset" DESC LIMIT {limit:d}',
        [file],
    )
    return [
        RawRow(0.0, (("reason", str(reason)), ("raw", str(raw))), str(path), 0, int(offset))
        for reason, raw, path, offset in found.iter_rows()
    ]


def shape(cursor: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The views that a query may name, each with its columns in order."""
    found = fetch(
        cursor,
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        " ORDER BY table_name, column_index",
    )
    columns: dict[str, list[str]] = {name: [] for name in VIEWS}
    for name, column in found.iter_rows():
        if name in columns:
            columns[name].append(column)
    return {name: tuple(listed) for name, listed in columns.items()}
