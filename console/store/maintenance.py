"""The store's own housekeeping, each piece a short transaction between two of the engine's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from console.store import compaction, retention
from console.store.compaction import Compacted
from console.store.errors import told
from console.store.retention import Usage

if TYPE_CHECKING:
    import duckdb


class Maintenance:
    """What goes, and what is added up; every method raises StoreError if the store cannot."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        writing: threading.Lock,
        wal_size: Callable[[], int],
    ) -> None:
        """`Store.maintenance` is one."""
        self._connection = connection
        self._writing = writing
        self._wal_size = wal_size

    def usage(self) -> Usage:
        """How full the store is."""
        with self._writing, told("measure the store"):
            return retention.usage(self._connection, self._wal_size())

    def forget(self, table: str, before: float) -> tuple[int, bool]:
        """Deletes a piece of the rows of a table that are older than `before` (epoch seconds).

        Returns how many rows went, and whether others are left to be deleted.
        """
        with self._transaction(f"delete old rows of {table}") as connection:
            return retention.forget(connection, table, before)

    def cut(self, tables: tuple[str, ...], excess: int, newest: float) -> float | None:
        """The time before which the tables hold about `excess` bytes, at most `newest`."""
        with self._writing, told("measure the store"):
            return retention.cut(self._connection, tables, excess, newest)

    def compact(self, kind: str, until: float, width_s: float) -> Compacted:
        """Adds up the next piece of the windows of `kind` that end by `until` (epoch seconds)."""
        with self._transaction(f"compact the windows of {kind}") as connection:
            return compaction.compact(connection, kind, until, width_s)

    @contextmanager
    def _transaction(self, doing: str) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        with self._writing, told(doing):
            self._connection.execute("BEGIN").fetchall()
            try:
                yield self._connection
                self._connection.execute("COMMIT").fetchall()
            except BaseException:
                with suppress(duckdb.Error):  # a commit that failed has rolled back by itself
                    self._connection.execute("ROLLBACK").fetchall()
                raise
