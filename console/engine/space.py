"""Whether the disk has room for what comes next; asked before DuckDB would find out."""

from __future__ import annotations

import shutil
from pathlib import Path

FREE = 256 << 20
"""Bytes that are left free by default: for a write-ahead log, its checkpoint, and for others."""
SMALL = 20
"""Of a small disk, one part in so many."""


class Space:
    """The disk that a store lies on."""

    def __init__(self, store: Path | None, free: int | None) -> None:
        """`free` bytes are left to others; None: the default. A store in memory has no disk."""
        self._store = store
        self._free = free

    def shortage(self) -> str | None:
        """Why nothing may be written now, in one clear line; None if there is room."""
        if self._store is None:
            return None
        try:
            disk = shutil.disk_usage(self._store.parent)
        except OSError:
            return None  # what is wrong with it, the store itself will tell
        least = min(FREE, disk.total // SMALL) if self._free is None else self._free
        if disk.free >= least:
            return None
        return (
            f"the disk of {self._store} is nearly full ({disk.free / 1e6:,.0f} MB free, "
            f"{least / 1e6:,.0f} MB are left to others): reading waits, make room on it"
        )
