"""The files that are followed now, found by their identity, by their path, by device and inode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from console.sources.discover import SourceFile
from console.sources.follow import Follow
from console.sources.identity import Identity
from console.sources.known import Known
from console.sources.tail import Tail


class Followed:
    """Keeps the three ways to a file in step."""

    def __init__(self, known: Known) -> None:
        """Whatever changes is entered in `known`."""
        self._known = known
        self.by_id: dict[int, Follow] = {}
        self.at: dict[Path, Follow] = {}
        """Those that a followed path leads to; the others are retired."""
        self.keys: dict[tuple[int, int], Follow] = {}
        """By device and inode."""
        self.retired: dict[int, Follow] = {}
        """Those that no followed path leads to any more: few, among however many files."""

    def __iter__(self) -> Iterator[Follow]:
        return iter(list(self.by_id.values()))

    def add(
        self,
        identity: Identity,
        source: SourceFile,
        tail: Tail,
        now: float,
        *,
        retired: bool = False,
    ) -> Follow:
        """Begins to follow an open file at its path; `retired`: it has gone from there."""
        before = self.by_id.get(identity.file_id)
        if before is not None:
            self.forget(before)
        follow = Follow(identity, source, tail, now)
        self.by_id[identity.file_id] = follow
        self.keys[tail.key] = follow
        self._known.put(identity)
        if retired:
            self._retire(follow, now)
        else:
            self.at[follow.path] = follow
        follow.refresh(now)
        return follow

    def retire(self, follow: Follow, path: Path, now: float) -> None:
        """No followed path leads to it any more: `path` does not."""
        del self.at[path]
        self._retire(follow, now)

    def rename(self, follow: Follow, path: Path, now: float) -> None:
        """It came to another path that is followed as well."""
        follow.rename(path)
        self.retired.pop(follow.identity.file_id, None)
        self.at[path] = follow
        self._known.put(follow.identity)
        follow.refresh(now)

    def move(self, follow: Follow, path: Path, tail: Tail, now: float, *, retired: bool) -> None:
        """Lets a follow go on in another file that has its content; it is of `path` then."""
        self.keys.pop(follow.identity.key, None)
        follow.rename(path, tail)
        self.retired.pop(follow.identity.file_id, None)
        self.keys[tail.key] = follow
        self._known.put(follow.identity)
        if retired:
            self._retire(follow, now)
        else:
            self.at[path] = follow

    def forget(self, follow: Follow) -> None:
        """Lets go of a file."""
        follow.release()
        del self.by_id[follow.identity.file_id]
        self.retired.pop(follow.identity.file_id, None)
        if self.keys.get(follow.identity.key) is follow:
            del self.keys[follow.identity.key]

    def bound(self, most: int) -> None:
        """Lets go of the descriptors beyond `most`: of files that are read, quiet longest, first.

        What is unread of a file that goes away can only be read while its descriptor is held.
        """
        held = sorted(
            (follow for follow in self.at.values() if follow.is_open),
            key=lambda follow: (follow.unread > 0, follow.grown_at),
        )
        for follow in held[: max(0, len(held) - most)]:
            follow.release()

    def _retire(self, follow: Follow, now: float) -> None:
        follow.retire(now)
        self.retired[follow.identity.file_id] = follow
