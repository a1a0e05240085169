"""What sources hand to formats: whole lines of one file mostly, and where they stand in it."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 64 * 1024
"""Most bytes of a file's beginning that a chunk brings along."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of one file that begin at a line's beginning."""

    file_id: int
    """Our own identity of the file's content; survives renames, differs after truncation."""
    path: str
    offset: int
    """Byte of the file at which `data` begins."""
    data: bytes
    """Ends with a newline, except in the last chunk of a file that will not grow any more."""
    final: bool
    """Nothing follows for now: a record that might go on (a traceback, say) is to be closed."""
    newest_ts: float | None = None
    """Newest event time before this chunk: the time of lines that carry none."""
    cut: bool = False
    """All of it is a piece of one line, not a whole one: it is to be rejected as it stands."""
    head: bytes = b""
    """The file's first bytes, up to `HEAD`, as far as they stand before `offset`.

    For formats whose first line says what the others mean; a chunk is read alike whatever came
    before it.
    """
    written: float | None = None
    """When the file was last written to, epoch seconds; for times without a year, or none."""
    problem: str | None = None
    """Why it is cut, if it is not for its length."""
    descriptor: int | None = None
    """The open file, to be read by place, for formats whose end says what stands before it."""

    @property
    def beginning(self) -> bytes:
        """The file's first bytes, up to `HEAD`, as far as they are known."""
        if self.offset != len(self.head):
            return self.head
        return self.head + self.data[: HEAD - len(self.head)]
