"""A chunk's bytes as lines: where each begins and ends, found without a loop over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from console.records.frames import REJECTS, Records, records
from console.sources.chunk import Chunk

BOM = b"\xef\xbb\xbf"
PIECE = "a piece of a line, not a whole one: longer than 16 MiB, or read before it was complete"


@dataclass(frozen=True)
class Lines:
    """Lines of a buffer: `data[starts[i]:ends[i]]` is line i without its newline."""

    data: bytes
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> bytes:
        return self.data[self.starts[index] : self.ends[index]]

    def first_bytes(self) -> npt.NDArray[np.uint8]:
        """The first byte of each line; a newline for an empty one."""
        array = np.frombuffer(self.data, np.uint8)
        if len(array) == 0:
            return np.empty(0, np.uint8)
        first = array[np.minimum(self.starts, len(array) - 1)]
        return np.where(self.starts < self.ends, first, np.uint8(10))

    def holding(self, byte: int) -> npt.NDArray[np.bool_]:
        """Whether each line holds a byte (one that is not the newline)."""
        found = np.zeros(len(self), np.bool_)
        if byte in self.data:
            places = np.flatnonzero(np.frombuffer(self.data, np.uint8) == byte)
            found[np.searchsorted(self.ends, places, side="right")] = True
        return found


def split(data: bytes, *, final: bool) -> tuple[Lines, int]:
    """The lines of some bytes, and how many bytes they are.

    Bytes after the last newline are a line only if `final`.
    """
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == 10).astype(np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), newlines + 1])
    if final and starts[-1] < len(data):
        return Lines(data, starts, np.append(newlines, len(data))), len(data)
    used = int(starts[-1])
    return Lines(data[:used], starts[:-1], newlines), used


def without_mark(chunk: Chunk) -> bytes:
    """The chunk's bytes, a byte order mark at the file's beginning replaced by NULs.

    Those before a line are passed over like the hole that a truncated file leaves.
    """
    if chunk.offset == 0 and chunk.data.startswith(BOM):
        return bytes(len(BOM)) + chunk.data[len(BOM) :]
    return chunk.data


def rejects(offsets: Sequence[int], reasons: Sequence[str], raws: Sequence[bytes]) -> pl.DataFrame:
    """A frame of rejects."""
    return pl.DataFrame({"offset": offsets, "reason": reasons, "raw": raws}, schema=REJECTS)


def piece(chunk: Chunk) -> Records:
    """The records of a chunk that is a piece of a line: one reject."""
    return records(rejects=rejects([chunk.offset], [chunk.problem or PIECE], [chunk.data]))
