"""Frames into tables: a few rows through DuckDB's appender, many through Arrow.

An Arrow stream is scanned by a query of its own, which costs 1.3 ms however few the rows are; a
step of a live file writes to five tables or more. An appender that is kept costs 0.4 ms and 1 µs a
row, so that it is the quicker way up to some hundred rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.store import arrow

if TYPE_CHECKING:
    import duckdb
    import polars as pl

FEW = 512
"""Up to so many rows go through an appender."""


class Appending:
    """Writes to the tables of one connection, in whatever transaction that has open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._appenders: dict[tuple[str, ...], duckdb.Appender] = {}

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        """Appends the rows, column by name; the table's other columns become null."""
        if frame.height > FEW:
            arrow.insert(self._connection, table, frame)
        elif frame.height:
            names = (table, *frame.columns)
            appender = self._appenders.get(names)
            if appender is None:
                appender = self._connection.appender(table, columns=frame.columns)
                self._appenders[names] = appender
            appender.append_rows(frame.iter_rows())
            appender.flush()

    def replace(self, table: str, key: str, frame: pl.DataFrame) -> None:
        """Puts the rows in the place of those of the same key; `key` is unique in `frame`."""
        if frame.height > FEW:
            arrow.replace(self._connection, table, key, frame)
        elif frame.height:
            places = ", ".join(f"${place}" for place in range(1, frame.height + 1))
            self._connection.execute(
                f'DELETE FROM "{table}" WHERE "{key}" IN ({places})',  # noqa: S608 - our names
                frame[key].to_list(),
            ).fetchall()
            self.insert(table, frame)

    def forget(self) -> None:
        """Drops what is buffered: the transaction it was for has failed."""
        for appender in self._appenders.values():
            appender.clear()
        self._appenders.clear()
