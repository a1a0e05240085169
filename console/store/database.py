"""The store: one DuckDB file that holds every row, offset, window, state and alert."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from console.records.clock import Clock
from console.store import opening, restored
from console.store.appending import Appending
from console.store.errors import InterruptError, StoreError, told
from console.store.maintenance import Maintenance
from console.store.matching import Matcher
from console.store.memory import Memory
from console.store.reader import Reader
from console.store.restored import Restored
from console.store.schema import migrate
from console.store.transaction import Transaction
from console.store.views import create_views

__all__ = ["InterruptError", "Store", "StoreError"]

CHECKPOINT_IDLE, CHECKPOINT_ALWAYS = 16 << 20, 32 << 20
"""Bytes of the write-ahead log at which it is written into the store: at rest, and in any case."""


class Store:
    """An open store. One thread writes; every reader has a cursor of its own."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path | None,
        notices: list[str],
        spill: str | None = None,
    ) -> None:
        """`open` makes one. `spill` holds what a store without a file cannot keep in memory."""
        # Quietly even when the process ends without closing the store.
        self._forget = spill and weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
        self.path = path
        self.notices = tuple(notices)
        """What had to be mended while opening, a line each."""
        self._root = connection
        self._writer = connection.cursor()
        self._tables = Appending(self._writer)
        self._committed = connection.cursor()
        self._limits = connection.cursor()
        self._memory = Memory(self._limits)
        self._is_kept = False
        self._cursors = threading.Lock()
        self._writing = threading.Lock()
        self._readers: weakref.WeakSet[Reader] = weakref.WeakSet()
        self._matcher = Matcher()
        self._private_wal = False
        self._closed = False
        self.maintenance = Maintenance(self._writer, self._writing, self.wal_size)
        """Retention and compaction, for the thread that writes."""

    @classmethod
    def open(cls, path: Path | None, clock: Clock) -> Store:
        """Opens the store of that file, made if there is none; None keeps it in memory.

        Raises StoreError with one clear line: held by which process, damaged, of a newer version.
        """
        notices: list[str] = []
        spill: str | None = None
        if path is None:
            spill = tempfile.mkdtemp(prefix="model-console-")
            connection = opening.connect_memory(spill)
        else:
            connection, notices = opening.connect(path, clock())
        try:
            with told(f"open {path or opening.MEMORY}"):
                changed = migrate(connection, str(path or opening.MEMORY))
                changed = create_views(connection) or changed
                if changed:
                    # A write-ahead log with tables in the making is DuckDB's weak spot.
                    connection.execute("CHECKPOINT").fetchall()
                return cls(connection, path, notices, spill)
        except BaseException:
            connection.close()
            raise

    def begin(self) -> Transaction:
        """A transaction, for a `with` block; one at a time. Raises StoreError."""
        if not self._writing.acquire(blocking=False):
            raise StoreError("a transaction is open already")
        try:
            self._check_open()
            with told("begin a transaction"):
                self._writer.execute("BEGIN").fetchall()
        except BaseException:
            self._writing.release()
            raise
        return Transaction(self._writer, self._tables, self._committed, self._matcher, self._ended)

    def restore(self) -> Restored:
        """What a restart goes on from."""
        self._check_open()
        return restored.restore(self._committed)

    def reader(self) -> Reader:
        """A reader with a cursor of its own, usable from any one thread at a time."""
        with self._cursors:
            self._check_open()
            reader = Reader(self._root.cursor(), self._memory)
            self._readers.add(reader)
            return reader

    def wal_size(self) -> int:
        """Bytes of the write-ahead log: what a checkpoint has to write."""
        try:
            return opening.wal_of(self.path).stat().st_size if self.path else 0
        except FileNotFoundError:
            return 0

    def settle(self, *, idle: bool) -> None:
        """Writes a checkpoint if the log has grown so long that a later one would take long.

        `idle`: nothing waits to be committed, so that a shorter log is reason enough.
        """
        if self.wal_size() > (CHECKPOINT_IDLE if idle else CHECKPOINT_ALWAYS):
            self.checkpoint()
        elif self._is_kept:
            self._give_back()

    def checkpoint(self) -> None:
        """Writes the write-ahead log into the store. Readers go on; a transaction has to wait."""
        with self._writing, told("write a checkpoint"):
            self._check_open()
            with self._memory.room():
                self._writer.execute("CHECKPOINT").fetchall()
            self._private_wal = False
        self._give_back()

    def close(self) -> None:
        """Closes every reader and the file. Safe to repeat."""
        with self._cursors:
            if self._closed:
                return
            self._closed = True
            for reader in list(self._readers):
                reader.close()
            self._tables.forget()
            for connection in (self._limits, self._committed, self._writer, self._root):
                connection.close()
            if self._forget:
                self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _give_back(self) -> None:
        """Has memory given back, unless a question is being answered: then the next time."""
        with self._cursors, ExitStack() as held, told("give memory back"):
            self._check_open()
            self._is_kept = not all(
                held.enter_context(reader.resting()) for reader in list(self._readers)
            )
            if not self._is_kept:
                self._memory.give_back()

    def _ended(self, committed: bool) -> None:  # noqa: FBT001 - a callback
        try:
            if committed:
                self._protect_wal()
        finally:
            self._writing.release()

    def _protect_wal(self) -> None:
        """DuckDB makes the log readable to all; what it holds is as private as the store."""
        if self.path is not None and not self._private_wal:
            wal = opening.wal_of(self.path)
            if wal.exists():
                wal.chmod(0o600)
                self._private_wal = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")
