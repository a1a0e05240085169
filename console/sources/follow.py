"""One file while it is followed: where reading stands, what the file was last seen to be."""

from __future__ import annotations

import os
from dataclasses import replace
from enum import IntEnum
from pathlib import Path

from console.sources.archive import is_archive
from console.sources.chunk import HEAD, Chunk
from console.sources.discover import SourceFile
from console.sources.identity import Identity, advanced, holds
from console.sources.marks import SPAN, within
from console.sources.tail import LINE_LIMIT, Piece, Tail

_COMPARED = 1 << 20


class Reach(IntEnum):
    """How much of a file's end is read."""

    LINES = 0
    """Whole lines; a record that may go on in the next line stays open."""
    RECORDS = 1
    """Whole lines, and the last record is closed: the file is quiet."""
    ALL = 2
    """A last line without its newline too: the file will not grow."""


class ChangedError(Exception):
    """The file no longer has the content that was read of it."""


class Follow:
    """The state of one followed file; `Collection` decides, this remembers and reads."""

    def __init__(self, identity: Identity, source: SourceFile, tail: Tail, now: float) -> None:
        """Takes over an open file that has the content of `identity`."""
        self.identity = identity
        self.source = source
        self.retired = False
        """None of the followed paths leads to it any more: what is left of it is read."""
        self.ignored: str | None = None
        """Why it is not read."""
        self._ignored_at = 0
        self.size = identity.offset
        self.grown_at = now
        """When it was last seen to have grown."""
        self._tail: Tail | None = tail
        self.is_archive = tail.is_archive
        """What is read of it was unpacked."""
        self.is_torn = tail.is_torn
        """It is an archive that ends too early: more of it may come."""
        self._written: tuple[int, int] | None = None
        self._tried: tuple[int, Reach] | None = None
        self._limit = 0
        self._chunk: Chunk | None = None
        self._piece: Piece | None = None
        self._reach = Reach.LINES
        start = max(0, identity.offset - SPAN)
        self._head = os.pread(tail.descriptor, identity.fingerprint_size, 0)
        self._before = os.pread(tail.descriptor, identity.offset - start, start)

    @property
    def path(self) -> Path:
        """Where the file is now, or was last."""
        return Path(self.identity.path)

    @property
    def unread(self) -> int:
        """Bytes after the offset when the file was last looked at."""
        return max(0, self.size - self.identity.offset)

    @property
    def head(self) -> bytes:
        """The first bytes that were read."""
        return self._head

    @property
    def is_open(self) -> bool:
        """Whether it holds a descriptor."""
        return self._tail is not None

    @property
    def written_at(self) -> float:
        """When it was last written to, by the clock of its file system; epoch seconds."""
        return self._written[1] / 1e9 if self._written else 0.0

    @property
    def written_ns(self) -> int:
        """The same in nanoseconds."""
        return self._written[1] if self._written else 0

    def refresh(self, now: float) -> bool:
        """Looks at the file's size; False if what was read of it is not there any more."""
        status = self._tail.status() if self._tail else os.stat(self.path)  # noqa: PTH116
        written = (status.st_size, status.st_mtime_ns)
        if written != self._written:
            if self._is_packed_anew():
                self.release()
                self.size = self.identity.offset  # nothing can be read until it is whole
            tail = self._opened()
            if not holds(self.identity, tail.descriptor):
                return False
            size = tail.size
            if size > self.size:
                self.grown_at = now
            self._written, self.size = written, size
            if self.ignored is not None and self._ignored_at < min(HEAD, size // 2):
                self.ignored = None  # there is much more to tell its format by
        return True

    def _is_packed_anew(self) -> bool:
        """Whether a file that was written to has to be unpacked, for the first time or again."""
        if self.is_archive:
            return self._written is not None
        tail = self._tail
        return self.identity.offset == 0 and tail is not None and is_archive(tail.descriptor)

    def ready(self, reach: Reach) -> bool:
        """Whether reading as far as `reach` can give something that the last reading did not."""
        if self.unread == 0 or self.ignored is not None:
            return False
        return self._tried is None or self._tried[0] != self.size or reach > self._tried[1]

    def read(self, limit: int, reach: Reach, newest_ts: float | None) -> Chunk | None:
        """The next lines; None if there is no whole one. Raises ChangedError."""
        tail = self._opened()
        offset = self.identity.offset
        piece = tail.read(offset, max(limit, self._limit), partial=reach is Reach.ALL)
        head = os.pread(tail.descriptor, min(HEAD, offset), 0)
        if not holds(self.identity, tail.descriptor):
            raise ChangedError(str(self.path))
        if not piece.data:
            self._chunk = None
            self._tried = (self.size, reach)
            return None
        self._piece, self._reach = piece, reach
        self._chunk = Chunk(
            file_id=self.identity.file_id,
            path=str(self.path),
            offset=offset,
            data=piece.data,
            final=piece.cut
            or self._limit >= LINE_LIMIT
            or (piece.at_end and reach >= Reach.RECORDS),
            newest_ts=newest_ts,
            cut=piece.cut,
            head=head,
            written=self.written_at or None,
            problem=piece.problem,
            descriptor=tail.descriptor,
        )
        return self._chunk

    def has_read(self, offset: int) -> bool:
        """Whether the chunk that was read last begins there, and nothing was stored of it yet."""
        return self._chunk is not None and self._chunk.offset == offset

    def after(self, consumed: int) -> Identity:
        """The identity once so much of the chunk read last is stored. Raises ValueError."""
        chunk = self._chunk
        if chunk is None or not 0 <= consumed <= len(chunk.data):
            raise ValueError(f"{consumed} bytes of {self.path} were not read")
        data = chunk.data[:consumed]
        inside = within(self._before, data, chunk.offset)
        return advanced(self.identity, *self._edges(data), chunk.offset + consumed, inside)

    def advance(self, consumed: int) -> Identity:
        """Moves on by what was stored of the chunk read last. Raises ValueError."""
        self.identity = self.after(consumed)
        chunk, piece = self._chunk, self._piece
        assert chunk is not None
        assert piece is not None
        self._head, self._before = self._edges(chunk.data[:consumed])
        self._chunk = self._piece = None
        if self.is_archive and self.identity.offset >= self.size and not self.retired:
            self.release()  # what was unpacked takes room
        self.size = max(self.size, self.identity.offset)
        if piece.exhausted:
            self._tried = (self.size, self._reach)
        # A record longer than what was read: the next time more is read, in the end all as it is.
        stuck = consumed == 0 and not piece.exhausted
        self._limit = 2 * max(len(chunk.data), self._limit) if stuck else 0
        return self.identity

    def _edges(self, data: bytes) -> tuple[bytes, bytes]:
        """The bytes that the file is known by after some more of it."""
        head = self._head + data[: SPAN - len(self._head)]
        return head, (self._before + data[-SPAN:])[-SPAN:]

    def sample(self, size: int) -> bytes:
        """The first bytes of the file."""
        return self._opened().sample(size)

    def begins_like(self, other: Tail) -> bool:
        """Whether another file has the same first bytes, as far as both have any."""
        size = min(self.size, other.size, HEAD)
        return size > 0 and self.sample(size) == other.sample(size)

    def goes_on_in(self, other: Tail) -> bool:
        """Whether what is unread of it stands in another file too, in the same place."""
        offset, end = self.identity.offset, self.size
        tail = self._opened()
        while offset < end:
            data = os.pread(tail.descriptor, min(_COMPARED, end - offset), offset)
            if not data or os.pread(other.descriptor, len(data), offset) != data:
                return False
            offset += len(data)
        return True

    def retire(self, now: float) -> None:
        """Notes that no followed path leads to the file any more."""
        self.retired = True
        self.grown_at = now

    def ignore(self, reason: str) -> None:
        """Leaves it out, unless it grows to twice its size before its head is whole."""
        self.ignored, self._ignored_at = reason, self.size

    def rename(self, path: Path, tail: Tail | None = None) -> None:
        """The same content under another name, or (`tail`) in another file."""
        key = self.identity.key
        if tail is not None:
            self.release()
            self._tail, key = tail, tail.key
            self.is_archive, self.is_torn = tail.is_archive, tail.is_torn
            self._written = None
        self.retired = False
        self.identity = self.identity.moved(str(path), *key)
        self.source = replace(self.source, path=path)

    def release(self) -> None:
        """Lets go of the descriptor; it is opened again when it is needed."""
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def _opened(self) -> Tail:
        if self._tail is None:
            tail = Tail(self.path)
            if tail.key != self.identity.key:
                tail.close()
                raise ChangedError(str(self.path))
            self._tail, self.is_archive, self.is_torn = tail, tail.is_archive, tail.is_torn
        return self._tail
