"""Which content an open file has: one that was read already, the copy of one, or a new one."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from console.sources.followed import Followed
from console.sources.identity import Identity, cut_back, still_has, unread
from console.sources.known import Known, lies_there
from console.sources.tail import Tail
from console.sources.told import Told

UNSEEN = "what was written in between, if anything, is lost"


class Recognition:
    """Goes by what is known of every content, and waits for copies that are still being made."""

    def __init__(self, known: Known, told: Told, followed: Followed, copy_wait_s: float) -> None:
        """A copy is taken for whole when it has not grown for `copy_wait_s`."""
        self._known = known
        self._told = told
        self._followed = followed
        self._copy_wait_s = copy_wait_s
        self._copies: dict[Path, tuple[int, float]] = {}

    def recognised(self, path: Path, tail: Tail, now: float) -> Identity | None:
        """The identity of an open file, a new one for new content; None to leave it for now."""
        same = self._known.same_file(tail) or self._rewritten(path, tail)
        if same is not None:
            return same.moved(str(path), *tail.key)
        copied = self._known.copied(path, tail)
        if copied is not None and copied.file_id not in self._followed.by_id:
            self.doubt_copy(copied)
            return copied.moved(str(path), *tail.key)
        growing = copied is None and self._is_growing_copy(path, tail, now)
        if copied is not None or growing or self._may_be_of_unread(path, tail):
            return None
        part = self._known.part(path, tail)
        if part is None:
            return self.anew(path, tail, self._known.in_place(path, tail))
        if part.file_id in self._followed.by_id:
            return None
        self.doubt_copy(part)
        return ended_by(part, path, tail)

    def doubt_copy(self, original: Identity) -> None:
        """Says what a rotation that copies and truncates may lose, if this was one."""
        if lies_there(original):
            path = Path(original.path)
            self._told.doubt(original, path, f"was copied and truncated: {UNSEEN}")

    def anew(self, path: Path, tail: Tail, before: Identity | None, head: bytes = b"") -> Identity:
        """The identity of other content than `before`; of a file that was cut back, what is left.

        `head` is the first bytes that were read of it, as far as they are remembered.
        """
        file_id = self._known.new_id(path)
        kept = 0 if before is None else still_has(before, tail.descriptor, head)
        if before is None or kept == 0:
            return unread(file_id, str(path), *tail.key)
        self._told.doubt(before, path, "was cut back: some lines of its end may be stored twice")
        return cut_back(before, file_id, tail.descriptor, kept).moved(str(path), *tail.key)

    def undecided(self, followed: Container[Path], now: float) -> bool:
        """Whether a file may yet turn out to be the copy of another, so that it is not read."""
        return any(
            path not in followed and 0 <= now - seen < self._copy_wait_s
            for path, (_, seen) in self._copies.items()
        )

    def _rewritten(self, path: Path, tail: Tail) -> Identity | None:
        """The identity whose content another file at its path has, what is unread of it too."""
        same = self._known.rewritten(path, tail)
        old = self._followed.by_id.get(same.file_id) if same else None
        return None if old is not None and not old.goes_on_in(tail) else same

    def _may_be_of_unread(self, path: Path, tail: Tail) -> bool:
        """Whether it may be what a rotated file was packed to that has not been read at all yet."""
        return any(
            follow.identity.offset == 0
            and path.parent == follow.path.parent
            and path.name.startswith(follow.path.name)
            and follow.begins_like(tail)
            for follow in self._followed.retired.values()
        )

    def _is_growing_copy(self, path: Path, tail: Tail, now: float) -> bool:
        if not self._known.unfinished_copy(path, tail):
            self._copies.pop(path, None)
            return False
        size = tail.size
        if self._copies.get(path, (-1, 0.0))[0] != size:
            self._copies[path] = (size, now)
        return 0 <= now - self._copies[path][1] < self._copy_wait_s


def ended_by(identity: Identity, path: Path, tail: Tail) -> Identity:
    """An identity as its copy is that was made before the last lines of it were read."""
    return cut_back(identity, identity.file_id, tail.descriptor, tail.size).moved(
        str(path), *tail.key
    )
