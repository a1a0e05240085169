"""Every content that was ever followed, and which of them an open file has."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from console.sources.chunk import HEAD
from console.sources.discover import is_followed
from console.sources.identity import Identity, begins, file_id_of, holds, is_part
from console.sources.tail import Tail


class Known:
    """The identities by file_id, found again by device and inode, by path, or as a copy."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self._identities: dict[int, Identity] = {}
        self._by_key: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._by_path: dict[str, set[int]] = defaultdict(set)
        for identity in identities:
            self.put(identity)

    def __iter__(self) -> Iterator[Identity]:
        return iter(list(self._identities.values()))

    def get(self, file_id: int) -> Identity | None:
        """The identity as it was last put."""
        return self._identities.get(file_id)

    def put(self, identity: Identity) -> None:
        """Adds an identity, or replaces an older state of it."""
        old = self._identities.get(identity.file_id)
        if old is None or (old.key, old.path) != (identity.key, identity.path):
            if old is not None:
                self._by_key[old.key].discard(old.file_id)
                self._by_path[old.path].discard(old.file_id)
            self._by_key[identity.key].add(identity.file_id)
            self._by_path[identity.path].add(identity.file_id)
        self._identities[identity.file_id] = identity

    def new_id(self, path: Path) -> int:
        """An id for another content of a path."""
        generation = 0
        while (file_id := file_id_of(str(path), generation)) in self._identities:
            generation += 1
        return file_id

    def same_file(self, tail: Tail) -> Identity | None:
        """The identity of an open file by device and inode, if its content still is the same."""
        return self._best(self._by_key.get(tail.key, ()), tail)

    def rewritten(self, path: Path, tail: Tail) -> Identity | None:
        """The identity last seen at a path whose content another file there has taken over.

        An editor, or a job that keeps its whole history in one file, writes a new file and renames
        it; what was read of it is still there. While the old file exists somewhere in the folder,
        it is a rotation instead. Or the device has another number, as after a reboot.
        """
        there = [item for item in self._at(str(path)) if item.offset]
        inodes = _rotated(path) if there else set()
        gone = [item for item in there if item.device != tail.key[0] or item.inode not in inodes]
        return self._best([item.file_id for item in gone], tail)

    def copied(self, path: Path, tail: Tail) -> Identity | None:
        """The identity that an open file is a copy of: made before its original is truncated.

        Only names that begin with the original's are copies (`app.log.1` of `app.log`).
        """
        return self._best([item.file_id for item in self._originals(path)], tail)

    def unfinished_copy(self, path: Path, tail: Tail) -> bool:
        """Whether an open file may become such a copy: it is shorter, and so far the same.

        Of an archive that is still being written too little may be there to tell.
        """
        if tail.is_torn:
            return bool(self._originals(path))
        size = tail.length
        return any(
            size < item.offset and item.fingerprint_size <= size and begins(item, tail.descriptor)
            for item in self._originals(path)
        )

    def part(self, path: Path, tail: Tail) -> Identity | None:
        """The identity that an open file is a copy of the first part of.

        Lines were written, and read, after it was copied. The original still lies where it lay:
        elsewise the file is one of those that came after it, and begins with the same header.
        """
        parts = [
            item
            for item in self._originals(path)
            if is_part(item, tail.descriptor) and lies_there(item) and _ends_alike(item, tail)
        ]
        return max(parts, key=lambda item: (item.offset, item.file_id), default=None)

    def in_place(self, path: Path, tail: Tail) -> Identity | None:
        """The identity last seen in an open file that has other content now."""
        found = [
            item
            for item in map(self._identities.__getitem__, self._by_key.get(tail.key, ()))
            if item.path == str(path) and item.offset and not item.closed
        ]
        return max(found, key=lambda item: (item.offset, item.file_id), default=None)

    def _originals(self, path: Path) -> list[Identity]:
        """What was read in its folder under a name that its own begins with.

        Asked by the few names that these can be: a folder may hold many thousands of files.
        """
        whole = str(path)
        shorter = range(len(whole) - len(path.name) + 1, len(whole))
        return [item for end in shorter for item in self._at(whole[:end]) if item.offset > 0]

    def _at(self, path: str) -> list[Identity]:
        return [self._identities[each] for each in self._by_path.get(path, ())]

    def _best(self, file_ids: Iterable[int], tail: Tail) -> Identity | None:
        """Of those whose content an open file has the one that was read furthest."""
        found = [
            identity
            for identity in map(self._identities.__getitem__, file_ids)
            if holds(identity, tail.descriptor)
        ]
        return max(found, key=lambda item: (item.offset, item.file_id), default=None)


def _ends_alike(identity: Identity, tail: Tail) -> bool:
    """Whether the end of a file stands in the original too, if that still has its content."""
    start = max(0, tail.length - HEAD)
    end = os.pread(tail.descriptor, min(HEAD, tail.length), start)
    with open(identity.path, "rb") as original:  # noqa: PTH123
        if not holds(identity, original.fileno()):
            return True
        return os.pread(original.fileno(), len(end), start) == end


def _rotated(path: Path) -> set[int]:
    """Inodes of the files in its folder that a path may have been rotated to.

    Others may have the inode of a file that is gone: the next one that is to replace it, say.
    """
    with os.scandir(path.parent) as entries:
        return {
            entry.inode()
            for entry in entries
            if entry.name.startswith(path.stem) and is_followed(entry.name)
        }


def lies_there(identity: Identity) -> bool:
    """Whether its path still leads to the very file, whatever its content has become."""
    try:
        status = os.stat(identity.path)  # noqa: PTH116
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == identity.key
