"""How a file is known again: by its beginning and by what stands before the place we stopped at.

Device and inode alone are not enough (they are used again), nor is the path (files are rotated),
nor the size (a file may be truncated and grow past the old place). So what is kept is a digest of
the first bytes that were read and one of the last: reading goes on only where both still stand.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from hashlib import blake2b

SPAN = 1024
"""Bytes at the beginning, and before the offset, that a file is known by."""


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


def advanced(identity: Identity, head: bytes, before: bytes, offset: int) -> Identity:
    """The identity with another offset; `head` and `before` are the bytes it is known by there."""
    return replace(
        identity,
        fingerprint=digest(head),
        fingerprint_size=len(head),
        offset=offset,
        guard=digest(before),
    )


def digest(data: bytes) -> bytes:
    """What is kept of some bytes."""
    return blake2b(data, digest_size=16).digest()
