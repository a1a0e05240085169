"""How a file is known again: by its beginning and by what stands before the place we stopped at.

Device and inode alone are not enough (they are used again), nor is the path (files are rotated),
nor the size (a file may be truncated and grow past the old place). So what is kept is a digest of
the first bytes that were read and one of the last: reading goes on only where both still stand.
Marks (`sources.marks`) tell how much of it a shorter file still has.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from console.sources.marks import SPAN, Mark, digest, packed, split, thinned, unpacked


@dataclass(frozen=True, slots=True)
class Identity:
    """One file, and how far it has been read; what a store keeps of it."""

    file_id: int
    path: str
    device: int
    inode: int
    fingerprint: bytes
    """Digest of the first `fingerprint_size` bytes; grows up to `SPAN` as the file is read."""
    fingerprint_size: int
    offset: int
    """The next byte to read."""
    guard: bytes
    """Digest of the up to `SPAN` bytes before `offset`."""
    closed: bool = False
    """It was rotated away or deleted, and has been read to its end."""
    marks: bytes = b""
    """Packed `Mark`s before `offset`, in order, ever fewer the farther they are from it."""

    @property
    def key(self) -> tuple[int, int]:
        """Device and inode."""
        return self.device, self.inode

    def moved(self, path: str, device: int, inode: int) -> Identity:
        """The same content under another name, or in another file."""
        return replace(self, path=path, device=device, inode=inode, closed=False)


def file_id_of(path: str, generation: int) -> int:
    """63 bits of a path and the how-manieth content it is that was first seen there."""
    text = f"{generation}\0{path}".encode(errors="surrogateescape")
    return int.from_bytes(blake2b(text, digest_size=8).digest()) >> 1


def unread(file_id: int, path: str, device: int, inode: int) -> Identity:
    """A file of which nothing has been read."""
    nothing = digest(b"")
    return Identity(file_id, path, device, inode, nothing, 0, 0, nothing)


def holds(identity: Identity, descriptor: int) -> bool:
    """Whether an open file still has, as far as it was read, the content of an identity."""
    if os.fstat(descriptor).st_size < identity.offset:
        return False
    start = max(0, identity.offset - SPAN)
    guard = digest(os.pread(descriptor, identity.offset - start, start))
    return guard == identity.guard and begins(identity, descriptor)


def begins(identity: Identity, descriptor: int) -> bool:
    """Whether an open file has the first bytes of an identity."""
    return digest(os.pread(descriptor, identity.fingerprint_size, 0)) == identity.fingerprint


def still_has(identity: Identity, descriptor: int, head: bytes = b"") -> int:
    """How many of the bytes that were read a file of other content still begins with; 0: unknown.

    That is a place where reading stopped once, behind at least half of what the file has now: a
    header alone, which many files share, is no proof. `head` is the first bytes that were read, as
    far as they are remembered.
    """
    size = os.fstat(descriptor).st_size
    if 0 < size <= len(head) and os.pread(descriptor, size, 0) == head[:size] and 0 not in head:
        return head.rfind(b"\n", 0, size) + 1
    for mark in reversed(unpacked(identity.marks)):
        if mark.offset > size or not (mark.is_stop or mark.offset == size):
            continue
        if not _tells(mark, size):
            break
        if stands(identity, descriptor, mark):
            return mark.offset
    return 0


def is_part(identity: Identity, descriptor: int) -> bool:
    """Whether an open file, shorter than what was read of an identity, seems the first part of it.

    All that can be compared is alike: at the last mark that lies in it, too.
    """
    size = os.fstat(descriptor).st_size
    reached = [mark for mark in unpacked(identity.marks) if mark.offset <= size]
    return (
        size < identity.offset
        and bool(reached)
        and _tells(reached[-1], size)
        and stands(identity, descriptor, reached[-1])
    )


def stands(identity: Identity, descriptor: int, mark: Mark) -> bool:
    """Whether an open file has what stood before a mark."""
    start = max(0, mark.offset - SPAN)
    found = digest(os.pread(descriptor, mark.offset - start, start))
    alike = found[: len(mark.guard)] == mark.guard
    return alike and (mark.offset <= SPAN or begins(identity, descriptor))


def _tells(mark: Mark, size: int) -> bool:
    """Whether a mark is far enough behind the beginning of a file of a size to prove anything."""
    return 2 * mark.offset >= size and (mark.offset >= SPAN or mark.offset == size)


def cut_back(identity: Identity, file_id: int, descriptor: int, offset: int) -> Identity:
    """Another file that has the first `offset` bytes of an identity, all of them read."""
    start = max(0, offset - SPAN)
    head = os.pread(descriptor, min(offset, SPAN), 0)
    kept = [mark for mark in unpacked(identity.marks) if mark.offset < offset]
    other = replace(identity, file_id=file_id, offset=0, marks=b"", closed=False)
    cut = advanced(other, head, os.pread(descriptor, offset - start, start), offset)
    return replace(cut, marks=packed(kept))


def advanced(
    identity: Identity, head: bytes, before: bytes, offset: int, inside: Sequence[Mark] = ()
) -> Identity:
    """The identity with another offset; `head` and `before` are the bytes it is known by there.

    `inside` are marks in what was read to get there (`marks.within`).
    """
    stops, earlier = split(unpacked(identity.marks))
    if identity.offset and offset > identity.offset:
        stops = thinned([*stops, Mark(identity.offset, identity.guard)], offset)
    return replace(
        identity,
        fingerprint=digest(head),
        fingerprint_size=len(head),
        offset=offset,
        guard=digest(before),
        marks=packed([*stops, *earlier, *inside]),
    )
