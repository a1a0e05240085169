"""The beginning and the end of a file, as chunks that a format decodes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from console.sources.archive import beginning, is_archive
from console.sources.chunk import HEAD as FIRST
from console.sources.chunk import Chunk
from console.sources.units import LOOKED_AT, Newline, Units, is_whole, units_of

HEAD = 256 * 1024
TAIL = 64 * 1024
"""Bytes of a file's beginning and end that are decoded to see how it goes."""


@dataclass(frozen=True)
class Looked:
    """What was looked at of a file."""

    sample: bytes
    """Its first bytes, whole lines if it has any."""
    chunks: tuple[Chunk, ...]
    size: int
    """Of all of it; of an archive the plain bytes, which are judged."""
    unread: str | None = None
    """Why the rest of it cannot be read."""

    @property
    def whole(self) -> bool:
        """Whether all of it was looked at."""
        return self.size <= HEAD + TAIL


def look(path: Path, descriptor: int) -> Looked:
    """Looks into an open file. Raises OSError."""
    status = os.fstat(descriptor)
    if is_archive(descriptor):
        head, size, fault = beginning(descriptor, HEAD + TAIL)
        newline = units_of(head[:LOOKED_AT]).newline
        head = _lines(head, newline) if newline is not None else head
        chunk = Chunk(0, str(path), 0, head, final=True, written=status.st_mtime)
        return Looked(head, (chunk,) if head else (), size, fault.reason if fault else None)
    head = os.pread(descriptor, HEAD + TAIL, 0)
    units = units_of(head[:LOOKED_AT])
    looking = _Looking(path, descriptor, status.st_size, status.st_mtime)
    if units.newline is None:
        chunk = looking.chunk(0, head, final=units is Units.WHOLE)
        unread = "it has no end yet" if units is Units.WHOLE and not is_whole(descriptor) else None
        return Looked(head, () if unread else (chunk,), status.st_size, unread)
    if len(head) < HEAD + TAIL:
        head = _lines(head, units.newline)  # a line may be half written
        return Looked(head, (looking.chunk(0, head),) if head else (), status.st_size)
    head = _lines(head[:HEAD], units.newline)
    chunks = (looking.chunk(0, head), *looking.end(head[:FIRST], units.newline))
    return Looked(head, chunks, status.st_size)


def _lines(data: bytes, newline: Newline) -> bytes:
    """The whole lines; all of it if there is none."""
    end = newline.last(data)
    return data if end < 0 else data[: end + len(newline.code)]


@dataclass(frozen=True)
class _Looking:
    path: Path
    descriptor: int
    size: int
    written: float

    def chunk(self, offset: int, data: bytes, head: bytes = b"", *, final: bool = True) -> Chunk:
        """Some bytes of the file."""
        return Chunk(
            file_id=0,
            path=str(self.path),
            offset=offset,
            data=data,
            final=final,
            head=head,
            written=self.written,
            descriptor=self.descriptor,
        )

    def end(self, head: bytes, newline: Newline) -> tuple[Chunk, ...]:
        """The last lines of the file."""
        width = len(newline.code)
        offset = (self.size - TAIL) // width * width
        data = os.pread(self.descriptor, TAIL, offset)
        start = newline.first(data) + width
        if not width <= start < len(data):
            return ()
        return (self.chunk(offset + start, data[start:], head),)
