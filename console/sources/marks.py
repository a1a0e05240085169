"""Digests at places in what was read of a file: how much of it another file begins with.

Reading stopped at some of them, between two records, and can go on there. The others lie inside of
what was read at once, so that a copy can be told that was made before the last of it was written.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

SPAN = 1024
"""Bytes at the beginning, and before a place, that a file is known by."""
_PACKED = struct.Struct(">Q8s")
_INSIDE = 1 << 63
_MOST = 64
_LINES = 24
_DIGEST = 8


class Mark(NamedTuple):
    """A place in a file, and the beginning of the digest of the up to `SPAN` bytes before it."""

    offset: int
    guard: bytes
    is_stop: bool = True
    """Reading stopped there."""


def digest(data: bytes) -> bytes:
    """What is kept of some bytes."""
    return blake2b(data, digest_size=16).digest()


def unpacked(marks: bytes) -> list[Mark]:
    """The marks as they were packed, in the order of their places."""
    pairs = _PACKED.iter_unpack(marks)
    return [Mark(place & ~_INSIDE, guard, place < _INSIDE) for place, guard in pairs]


def packed(marks: Iterable[Mark]) -> bytes:
    """Marks as they are stored, the last `_MOST` of either kind at most."""
    stops, inside = split(marks)
    kept = sorted([*stops[-_MOST:], *inside[-_MOST:]])
    return b"".join(
        _PACKED.pack(mark.offset | (0 if mark.is_stop else _INSIDE), mark.guard[:_DIGEST])
        for mark in kept
    )


def split(marks: Iterable[Mark]) -> tuple[list[Mark], list[Mark]]:
    """Those at which reading stopped, and the others."""
    listed = list(marks)
    return [each for each in listed if each.is_stop], [each for each in listed if not each.is_stop]


def thinned(marks: Sequence[Mark], offset: int) -> list[Mark]:
    """Without those that lie between two which are nearer together than to the offset."""
    kept: list[Mark] = []
    for mark in marks:
        while len(kept) > 1 and mark.offset - kept[-2].offset <= offset - mark.offset:
            del kept[-1]
        kept.append(mark)
    return kept


def within(before: bytes, data: bytes, offset: int) -> list[Mark]:
    """Marks inside of what was read at once, `data` from `offset` on; `before` is what precedes it.

    They lie at `SPAN` and its doublings, so that of a shorter file at least the half is compared.
    One below `SPAN` is known by the ends of its first `_LINES` lines, but not of one alone: that
    may be a header which many files share.
    """
    places = sorted({*_line_ends(data, offset), *_doublings(offset, offset + len(data))})
    return [
        Mark(place, digest(_behind(before, data, place - offset))[:_DIGEST], is_stop=False)
        for place in places
    ]


def _behind(before: bytes, data: bytes, length: int) -> bytes:
    """The last up to `SPAN` bytes of what precedes some data and the first bytes of that."""
    if length < SPAN:
        return (before + data[:length])[-SPAN:]
    return data[length - SPAN : length]


def _doublings(start: int, end: int) -> Iterator[int]:
    place = SPAN
    while place < end:
        if place >= start:
            yield place
        place *= 2


def _line_ends(data: bytes, offset: int) -> Iterator[int]:
    place = data.find(b"\n", 0, SPAN) + 1 if offset == 0 else 0
    for _ in range(_LINES if place or offset else 0):
        place = data.find(b"\n", place, max(0, SPAN - offset)) + 1
        if not place:
            break
        yield offset + place
