"""How much memory DuckDB may take: little is kept at rest, much is lent to who cannot do with less.

What DuckDB has read or written of its file stays in memory up to its limit, for as long as it is
open. A low limit would bound that, but long lines (of 16 MiB, say) are sorted, and written by a
checkpoint, many at a time, and a checkpoint that cannot is fatal. So the limit is high, and what is
merely kept is given back from time to time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

LIMIT = "512MB"
"""What questions and transactions may take."""
_KEPT = "16MB"
"""What is kept of the file when memory is given back."""
_ROOM = "50%"
"""Of the machine's memory: what may be taken by what fails with less."""


class Memory:
    """The limit of one database, which all its connections share."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """`connection` is for nothing else, for several threads set the limit."""
        self._connection = connection
        self._lock = threading.Lock()
        self._borrowers = 0

    @contextmanager
    def room(self) -> Iterator[None]:
        """Raises the limit for what is done inside."""
        with self._lock:
            self._borrowers += 1
            self._set(_ROOM)
        try:
            yield
        finally:
            with self._lock:
                self._borrowers -= 1
                if not self._borrowers:
                    self._lower()

    def give_back(self) -> None:
        """Drops what is kept of the file beyond a little; for when no other thread asks."""
        with self._lock:
            if not self._borrowers:
                # What is in use cannot go; then it stays until the next time.
                with suppress(duckdb.OutOfMemoryException):
                    self._set(_KEPT)
                self._set(LIMIT)

    def _lower(self) -> None:
        # Others may use more at this moment: the limit is lowered when memory is given back.
        with suppress(duckdb.OutOfMemoryException, duckdb.FatalException):
            self._set(LIMIT)

    def _set(self, limit: str) -> None:
        self._connection.execute(f"SET GLOBAL memory_limit = '{limit}'").fetchall()
