"""Whole lines of one open file, from any place on."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from console.sources.archive import is_archive, unpacked

LINE_LIMIT = 16 * 1024 * 1024
"""Longest line that is handed over whole; a longer one comes in pieces, to be rejected."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file."""

    data: bytes
    cut: bool
    """They are a piece of one line, not whole lines."""
    exhausted: bool
    """The file had no whole line more."""
    at_end: bool
    """It had not even a byte more."""


class Tail:
    """An open file that is only ever read."""

    def __init__(self, path: Path) -> None:
        """Opens a file. Raises OSError, also for what is no regular file, or a torn archive."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._plain: int | None = None
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise OSError(f"{path} is not a regular file")
        self.key = (found.st_dev, found.st_ino)
        if is_archive(self._descriptor):
            try:
                self._plain = unpacked(self._descriptor)
            except OSError:
                self.close()
                raise

    @property
    def descriptor(self) -> int:
        """For reading at a place with `os.pread`: the plain bytes, if it is an archive."""
        return self._descriptor if self._plain is None else self._plain

    @property
    def is_archive(self) -> bool:
        """Whether it was unpacked, as it was when it was opened."""
        return self._plain is not None

    @property
    def size(self) -> int:
        """Bytes that can be read."""
        return os.fstat(self.descriptor).st_size

    def status(self) -> os.stat_result:
        """What the file is like now, whatever its name has become."""
        return os.fstat(self._descriptor)

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._descriptor)
        if self._plain is not None:
            os.close(self._plain)

    def read(self, offset: int, limit: int, *, partial: bool) -> Piece:
        """The lines that begin at `offset`, up to about `limit` bytes, at least one if there is.

        A last line without its newline waits, unless it is wanted (`partial`). A piece that
        does not begin at a line's beginning, or is as long as `LINE_LIMIT` without any newline,
        is cut.
        """
        within = offset > 0 and os.pread(self.descriptor, 1, offset - 1) != b"\n"
        data = b""
        wanted = min(limit, LINE_LIMIT)
        while True:
            asked = wanted - len(data)
            more = os.pread(self.descriptor, asked, offset + len(data))
            exhausted = len(more) < asked
            if exhausted and partial and not within:
                return Piece(data + more, cut=False, exhausted=True, at_end=True)
            newline = more.find(b"\n") if within else more.rfind(b"\n")
            if newline >= 0:
                ended = exhausted and newline == len(more) - 1
                whole = data + more[: newline + 1]
                return Piece(whole, within, exhausted=exhausted and not within, at_end=ended)
            data += more
            if exhausted:
                kept = data if partial else b""
                return Piece(kept, within and partial, exhausted=True, at_end=partial)
            if len(data) == LINE_LIMIT:
                return Piece(data, cut=True, exhausted=False, at_end=False)
            wanted = min(2 * wanted, LINE_LIMIT)
