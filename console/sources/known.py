"""Every content that was ever followed, and which of them an open file has."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from console.sources.identity import SPAN, Identity, begins, file_id_of, holds
from console.sources.tail import Tail


class Known:
    """The identities by file_id, found again by device and inode, by path, or as a copy."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self._identities: dict[int, Identity] = {}
        self._by_key: dict[tuple[int, int], set[int]] = defaultdict(set)
        self._by_folder: dict[str, set[int]] = defaultdict(set)
        for identity in identities:
            self.put(identity)

    def __iter__(self) -> Iterator[Identity]:
        return iter(list(self._identities.values()))

    def put(self, identity: Identity) -> None:
        """Adds an identity, or replaces an older state of it."""
        old = self._identities.get(identity.file_id)
        if old is None or (old.key, old.path) != (identity.key, identity.path):
            if old is not None:
                self._by_key[old.key].discard(old.file_id)
                self._by_folder[os.path.dirname(old.path)].discard(old.file_id)  # noqa: PTH120
            self._by_key[identity.key].add(identity.file_id)
            self._by_folder[os.path.dirname(identity.path)].add(identity.file_id)  # noqa: PTH120
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

        An editor writes a new file and renames it; what was read of it is still there, and more
        than one span of it, so that it is no mere header that the files share. While the old file
        exists somewhere in the folder, it is a rotation instead.
        """
        near = self._near(path)
        there = [item for item in near if item.path == str(path) and item.offset >= SPAN]
        inodes = {entry.inode() for entry in os.scandir(path.parent)} if there else set()
        return self._best([item.file_id for item in there if item.inode not in inodes], tail)

    def copied(self, path: Path, tail: Tail) -> Identity | None:
        """The identity that an open file is a copy of: made before its original is truncated.

        Only names that begin with the original's are copies (`app.log.1` of `app.log`).
        """
        return self._best([item.file_id for item in self._originals(path)], tail)

    def unfinished_copy(self, path: Path, tail: Tail) -> bool:
        """Whether an open file may become such a copy: it is shorter, and so far the same."""
        size = tail.size
        return any(
            size < item.offset and item.fingerprint_size <= size and begins(item, tail.descriptor)
            for item in self._originals(path)
        )

    def _originals(self, path: Path) -> list[Identity]:
        return [
            item
            for item in self._near(path)
            if item.offset > 0
            and item.path != str(path)
            and path.name.startswith(Path(item.path).name)
        ]

    def _near(self, path: Path) -> list[Identity]:
        return [self._identities[each] for each in self._by_folder.get(str(path.parent), ())]

    def _best(self, file_ids: Iterable[int], tail: Tail) -> Identity | None:
        """Of those whose content an open file has the one that was read furthest."""
        found = [
            identity
            for identity in map(self._identities.__getitem__, file_ids)
            if holds(identity, tail.descriptor)
        ]
        return max(found, key=lambda item: (item.offset, item.file_id), default=None)
