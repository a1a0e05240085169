"""Whole lines of one open file, from any place on."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from console.sources.archive import Unpacked, is_archive, unpacked
from console.sources.units import LOOKED_AT, Newline, Units, is_whole, units_of

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
    problem: str | None = None
    """Why it is cut, if it is not for its length."""


class Tail:
    """An open file that is only ever read."""

    def __init__(self, path: Path) -> None:
        """Opens a file. Raises OSError, also for no regular file, or an archive that gives none."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._plain: Unpacked | None = None
        self._units: Units | None = None
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise OSError(f"{path} is not a regular file")
        self.key = (found.st_dev, found.st_ino)
        if is_archive(self._descriptor):
            try:
                self._plain = _readable(unpacked(self._descriptor))
            except OSError:
                self.close()
                raise

    @property
    def descriptor(self) -> int:
        """For reading at a place with `os.pread`: the plain bytes, if it is an archive."""
        return self._descriptor if self._plain is None else self._plain.descriptor

    @property
    def is_archive(self) -> bool:
        """Whether it was unpacked, as it was when it was opened."""
        return self._plain is not None

    @property
    def is_torn(self) -> bool:
        """Whether it is an archive that ends too early, and so may still be being written."""
        return self._plain is not None and self._plain.fault is not None and self._plain.fault.torn

    @property
    def units(self) -> Units:
        """What it is made of, as far as its first bytes tell by now."""
        if self._units is None:
            head = self.sample(LOOKED_AT)
            if len(head) < LOOKED_AT:
                return units_of(head)
            self._units = units_of(head)
        return self._units

    @property
    def size(self) -> int:
        """Bytes that can be read."""
        return os.fstat(self.descriptor).st_size

    @property
    def length(self) -> int:
        """Bytes of the content: those, but for what stands for the bad place of an archive."""
        return self.size if self._plain is None else self._plain.length

    def status(self) -> os.stat_result:
        """What the file is like now, whatever its name has become."""
        return os.fstat(self._descriptor)

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._descriptor)
        if self._plain is not None:
            os.close(self._plain.descriptor)

    def sample(self, size: int) -> bytes:
        """The first bytes."""
        return self._bytes(size, 0)

    def _bytes(self, size: int, offset: int) -> bytes:
        if self._plain is not None and self._plain.fault is not None:
            size = max(0, min(size, self._plain.length - offset))
        return os.pread(self.descriptor, size, offset)

    def read(self, offset: int, limit: int, *, partial: bool) -> Piece:
        """The lines that begin at `offset`, up to about `limit` bytes, at least one if there is.

        A last line without its newline waits, unless it is wanted (`partial`). A piece that
        does not begin at a line's beginning, or is as long as `LINE_LIMIT` without any newline,
        is cut. Of a file that has no lines, any bytes. What cannot be unpacked of an archive is a
        piece that is cut; of one that may still be being written only if it is wanted.
        """
        fault = self._plain.fault if self._plain is not None else None
        piece = self._piece(offset, limit, partial=partial and fault is None)
        if fault is None or not piece.exhausted or (fault.torn and not partial):
            return piece
        if piece.data:  # the place that cannot be read comes next
            return replace(piece, exhausted=False, at_end=True)
        data = os.pread(self.descriptor, LINE_LIMIT, offset)
        return Piece(data, bool(data), exhausted=True, at_end=True, problem=fault.reason)

    def _piece(self, offset: int, limit: int, *, partial: bool) -> Piece:
        newline = self.units.newline
        if newline is not None:
            return self._lines(offset, limit, newline, partial=partial)
        if self.units is Units.WHOLE and not (partial or is_whole(self.descriptor)):
            return Piece(b"", cut=False, exhausted=True, at_end=False)
        asked = min(limit, LINE_LIMIT)
        data = self._bytes(asked, offset)
        exhausted = len(data) < asked
        return Piece(data, cut=False, exhausted=exhausted, at_end=exhausted and partial)

    def _lines(self, offset: int, limit: int, newline: Newline, *, partial: bool) -> Piece:
        width = len(newline.code)
        within = offset > 0 and os.pread(self.descriptor, width, offset - width) != newline.code
        data = b""
        wanted = -(-min(limit, LINE_LIMIT) // width) * width
        while True:
            asked = wanted - len(data)
            more = self._bytes(asked, offset + len(data))
            exhausted = len(more) < asked
            if exhausted and partial and not within:
                return Piece(data + more, cut=False, exhausted=True, at_end=True)
            place = newline.first(more) if within else newline.last(more)
            if place >= 0:
                ended = exhausted and place == len(more) - width
                whole = data + more[: place + width]
                return Piece(whole, within, exhausted=exhausted and not within, at_end=ended)
            data += more
            if exhausted:
                kept = data if partial else b""
                return Piece(kept, within and partial, exhausted=True, at_end=partial)
            if len(data) == LINE_LIMIT:
                return Piece(data, cut=True, exhausted=False, at_end=False)
            wanted = min(2 * wanted, LINE_LIMIT)


def _readable(plain: Unpacked) -> Unpacked:
    """The same. Raises OSError if there is not a byte in it that can be read."""
    if plain.fault is not None and plain.length == 0:
        os.close(plain.descriptor)
        raise OSError(plain.fault.reason)
    return plain
