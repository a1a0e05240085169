"""The files that are followed, through rotation, truncation and restarts. No threads, no clock.

How the engine uses it, again and again:

1. `poll(now)` looks at the files; with a `Watcher`, `poll(now, watcher.changed())`.
2. `pending()` lists the files with something to read, from which it chooses.
   A file that is new to it is given its format by `sample(file_id)` and the registry of formats,
   or is left out by `ignore(file_id, reason)`.
3. `read(file_id)` gives the next chunk, which is decoded and stored. The same transaction stores
   `after(file_id, consumed)`, and the identities that `closed()` lists.
4. When that is committed, `advance(file_id, consumed)`. After a failure nothing has moved.

What has to survive a restart is in the `Identity` of each file, closed ones included, for as long
as rows of theirs are kept: `Collection(discovery, known)` takes them back.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from console.sources.chunk import Chunk
from console.sources.discover import SourceFile
from console.sources.follow import ChangedError, Follow, Reach
from console.sources.identity import Identity, unread
from console.sources.known import Known
from console.sources.moved import copy_beside, renamed
from console.sources.tail import Tail

READ_BYTES = 4 * 1024 * 1024


class Finds(Protocol):
    """What a collection asks which files there are: a `Discovery`."""

    def find(self) -> list[SourceFile]:
        """The files that exist now."""
        ...

    def describe(self, path: Path) -> SourceFile:
        """What holds for a file, whether it exists or not."""
        ...


@dataclass(frozen=True, slots=True)
class Pending:
    """A file with something to read."""

    file_id: int
    path: Path
    source: SourceFile
    unread: int
    """Bytes after the offset."""
    quiet_s: float
    """How long it has not grown."""
    retired: bool
    """It was rotated away or deleted; this is the rest of it."""


class Collection:
    """The followed files: what is new in each, and where reading of each stands."""

    def __init__(
        self,
        discovery: Finds,
        known: Iterable[Identity] = (),
        *,
        quiet_s: float = 1.0,
        rotate_wait_s: float = 5.0,
        sweep_s: float = 1.0,
        discover_s: float = 5.0,
        open_files: int = 512,
    ) -> None:
        """Takes up where the given identities left off.

        After `quiet_s` without growth a file's open last record is closed; after `rotate_wait_s` a
        file that was rotated away is finished. Known files are looked at every `sweep_s`, new ones
        looked for every `discover_s`. At most `open_files` descriptors are held, but for files
        that were rotated away.
        """
        self._discovery = discovery
        self._known = Known(known)
        self._quiet_s = quiet_s
        self._rotate_wait_s = rotate_wait_s
        self._sweep_s = sweep_s
        self._discover_s = discover_s
        self._open_files = open_files
        self._follows: dict[int, Follow] = {}
        self._at: dict[Path, Follow] = {}
        self._keys: dict[tuple[int, int], Follow] = {}
        self._copies: dict[Path, tuple[int, float]] = {}
        self._wanted: dict[Path, SourceFile] = {}
        self._closed: list[Identity] = []
        self._notices: list[str] = []
        self._refused: dict[Path, str] = {}
        self._strange = False
        self._now = 0.0
        self._swept_at: float | None = None
        self._discovered_at: float | None = None

    # -- looking ---------------------------------------------------------------------------------

    def poll(self, now: float, changed: Iterable[Path] = ()) -> None:
        """Looks which files there are and which have grown; `changed` names some to look at now.

        Never raises for what happens to a file: that is told by `notices()`.
        """
        self._now = now
        paths = set(changed)
        self._strange = self._strange or not paths <= self._wanted.keys()
        if self._due(self._discovered_at, self._discover_s) or (
            self._strange and self._due(self._discovered_at, self._sweep_s)
        ):
            self._discover()
        elif self._due(self._swept_at, self._sweep_s):
            self._sweep()
        else:
            self._look_at_all(paths & self._wanted.keys())

    def _due(self, last: float | None, every_s: float) -> bool:
        # A clock that was set back is no reason to wait.
        return last is None or not 0 <= self._now - last < every_s

    def _discover(self) -> None:
        first = self._discovered_at is None
        self._wanted = {source.path: source for source in self._discovery.find()}
        self._discovered_at = self._now
        self._strange = False
        self._sweep()
        if first:
            self._take_up_moved()

    def _sweep(self) -> None:
        self._swept_at = self._now
        self._look_at_all(self._wanted.keys() | self._at.keys())
        held = sorted(
            (follow for follow in self._at.values() if follow.is_open),
            key=lambda follow: follow.grown_at,
        )
        for follow in held[: max(0, len(held) - self._open_files)]:
            follow.release()

    def _look_at_all(self, paths: Iterable[Path]) -> None:
        for path in sorted(paths):
            self._attempt(path)
        for follow in [follow for follow in self._follows.values() if follow.retired]:
            self._look_at_retired(follow)

    def _attempt(self, path: Path) -> None:
        try:
            self._look_at(path)
            self._refused.pop(path, None)
        except ChangedError:
            self._swept_at = None  # it was replaced this very moment
        except OSError as error:
            reason = f"{path}: {error.strerror or error}"
            if self._refused.get(path) != reason:
                self._refused[path] = reason
                self._notices.append(reason)

    def _look_at(self, path: Path) -> None:
        follow = self._at.get(path)
        try:
            status = path.stat()
        except FileNotFoundError:
            status = None
        key = (status.st_dev, status.st_ino) if status else None
        if follow is not None and key != follow.identity.key:
            follow.retire(self._now)
            del self._at[path]
            follow = None
        if follow is not None:
            if not follow.refresh(self._now):
                self._restart(follow)
        elif status is not None and path in self._wanted and stat.S_ISREG(status.st_mode):
            self._take_up(self._wanted[path], (status.st_dev, status.st_ino))

    def _look_at_retired(self, follow: Follow) -> None:
        try:
            held = follow.refresh(self._now)
        except (OSError, ChangedError):
            found = self._renamed(follow.identity)
            held = found is not None
            if found is not None:
                self._move(follow, *found)
        if not held:
            self._lose(follow, "was changed after it was rotated away")
        elif self._quiet(follow) >= self._rotate_wait_s and not follow.ready(Reach.ALL):
            self._close(follow)

    # -- which file is which ---------------------------------------------------------------------

    def _take_up(self, source: SourceFile, key: tuple[int, int]) -> None:
        """Begins to follow what is at a path, unless it is followed already."""
        following = self._keys.get(key)
        if following is not None:
            if following.retired:  # renamed to a name that is followed as well
                following.rename(source.path)
                self._at[source.path] = following
                self._known.put(following.identity)
                following.refresh(self._now)
            return
        tail = Tail(source.path)
        identity = self._recognised(source.path, tail)
        if identity is None:
            tail.close()
        else:
            self._follow(identity, source, tail)

    def _recognised(self, path: Path, tail: Tail) -> Identity | None:
        """The identity of an open file, a new one for new content; None to leave it for now."""
        same = self._known.same_file(tail)
        if same is None:
            same = self._known.rewritten(path, tail)
            old = self._follows.get(same.file_id) if same else None
            if old is not None and old.unread:
                same = None
            elif old is not None:
                self._forget(old)
        if same is None:
            same = self._known.copied(path, tail)
            if same is not None and same.file_id in self._follows:
                return None
        if same is None and self._is_growing_copy(path, tail):
            return None
        if same is None:
            return unread(self._known.new_id(path), str(path), *tail.key)
        return same.moved(str(path), *tail.key)

    def _is_growing_copy(self, path: Path, tail: Tail) -> bool:
        if not self._known.unfinished_copy(path, tail):
            self._copies.pop(path, None)
            return False
        size = tail.size
        if self._copies.get(path, (-1, 0.0))[0] != size:
            self._copies[path] = (size, self._now)
        return not self._due(self._copies[path][1], self._rotate_wait_s)

    def _follow(self, identity: Identity, source: SourceFile, tail: Tail) -> Follow:
        follow = Follow(identity, source, tail, self._now)
        self._follows[identity.file_id] = follow
        self._keys[tail.key] = follow
        self._at[source.path] = follow
        self._known.put(identity)
        follow.refresh(self._now)
        return follow

    def _restart(self, follow: Follow) -> None:
        """A file was truncated or written anew: its rest may be in a copy, and it begins again."""
        path, source = follow.path, follow.source
        del self._at[path]
        copy = copy_beside(follow.identity, self._keys)
        if copy is None:
            self._lose(follow, "was truncated")
        else:
            self._move(follow, *copy)
        tail = Tail(path)
        self._follow(unread(self._known.new_id(path), str(path), *tail.key), source, tail)

    def _move(self, follow: Follow, path: Path, tail: Tail) -> None:
        """Lets a follow go on in another file that has its content."""
        self._keys.pop(follow.identity.key, None)
        follow.rename(path, tail)
        self._keys[tail.key] = follow
        self._known.put(follow.identity)
        if path in self._wanted:
            self._at[path] = follow
        else:
            follow.retire(self._now)
        follow.refresh(self._now)

    def _take_up_moved(self) -> None:
        """Finds the rest of files that were rotated away while nobody looked."""
        for identity in self._known:
            path = Path(identity.path)
            given_up = path not in self._wanted and path.exists()
            if identity.closed or given_up or identity.file_id in self._follows:
                continue
            found = self._renamed(identity) or copy_beside(identity, self._keys)
            if found is None:
                self._notices.append(f"{path}: what was left unread of its old content is gone")
                self._retire_known(identity)
                continue
            moved = identity.moved(str(found[0]), *found[1].key)
            source = replace(self._discovery.describe(path), path=found[0])
            follow = self._follow(moved, source, found[1])
            if found[0] not in self._wanted:
                del self._at[found[0]]
                follow.retire(self._now)

    def _renamed(self, identity: Identity) -> tuple[Path, Tail] | None:
        followed = self._keys.get(identity.key)
        if followed is not None and followed.identity.file_id != identity.file_id:
            return None
        return renamed(identity)

    def _lose(self, follow: Follow, what: str) -> None:
        """Ends a file whose unread bytes, if there were any, cannot be read any more."""
        if follow.unread:
            self._notices.append(f"{follow.path}: it {what}; {follow.unread} unread bytes are lost")
        self._close(follow)

    def _close(self, follow: Follow) -> None:
        self._forget(follow)
        self._retire_known(follow.identity)

    def _retire_known(self, identity: Identity) -> None:
        closed = replace(identity, closed=True)
        self._known.put(closed)
        if identity.offset:
            self._closed.append(closed)

    def _forget(self, follow: Follow) -> None:
        follow.release()
        del self._follows[follow.identity.file_id]
        if self._keys.get(follow.identity.key) is follow:
            del self._keys[follow.identity.key]

    # -- reading ---------------------------------------------------------------------------------

    def pending(self, *, final: bool = False) -> list[Pending]:
        """The files with something to read, ordered by their paths.

        `final`: files are history and will not grow; a last line counts as it is.
        """
        return [
            Pending(
                file_id=follow.identity.file_id,
                path=follow.path,
                source=follow.source,
                unread=follow.unread,
                quiet_s=self._quiet(follow),
                retired=follow.retired,
            )
            for follow in sorted(self._follows.values(), key=lambda follow: follow.identity.path)
            if follow.ready(self._reach(follow, final=final))
        ]

    def read(
        self,
        file_id: int,
        limit: int = READ_BYTES,
        *,
        final: bool = False,
        newest_ts: float | None = None,
    ) -> Chunk | None:
        """The next lines of a file, about `limit` bytes; None if there is no whole one.

        `final` as for `pending`; `newest_ts` is the newest event time read from the file so far.
        """
        follow = self._follows[file_id]
        try:
            return follow.read(limit, self._reach(follow, final=final), newest_ts)
        except ChangedError:
            self._changed(follow)
        except OSError as error:
            self._notices.append(f"{follow.path}: {error.strerror or error}")
            follow.ignored = str(error)
        return None

    def _changed(self, follow: Follow) -> None:
        if self._at.get(follow.path) is follow:
            self._attempt(follow.path)
        else:
            self._look_at_retired(follow)

    def after(self, file_id: int, consumed: int) -> Identity:
        """What to store of a file with the first `consumed` bytes of the chunk read last."""
        return self._follows[file_id].after(consumed)

    def advance(self, file_id: int, consumed: int) -> Identity:
        """Moves on by what was stored of the chunk read last."""
        identity = self._follows[file_id].advance(consumed)
        self._known.put(identity)
        return identity

    def _quiet(self, follow: Follow) -> float:
        return max(0.0, self._now - follow.grown_at)

    def _reach(self, follow: Follow, *, final: bool) -> Reach:
        quiet_s = self._rotate_wait_s if follow.retired else self._quiet_s
        ends = follow.retired or (follow.is_archive and not follow.is_torn)
        if final or (ends and self._quiet(follow) >= quiet_s):
            return Reach.ALL
        return Reach.RECORDS if self._quiet(follow) >= self._quiet_s else Reach.LINES

    # -- asking ----------------------------------------------------------------------------------

    def sample(self, file_id: int, size: int) -> bytes:
        """The first bytes of a file, to tell its format by."""
        return self._follows[file_id].sample(size)

    def ignore(self, file_id: int, reason: str) -> None:
        """Leaves a file out from now on."""
        follow = self._follows[file_id]
        follow.ignored = reason
        if follow.is_archive:
            follow.release()  # what was unpacked takes room

    def ignored(self) -> dict[Path, str]:
        """The files that are left out, and why."""
        return {
            follow.path: follow.ignored
            for follow in self._follows.values()
            if follow.ignored is not None
        }

    def sizes(self) -> dict[int, int]:
        """Size of every followed file when it was last looked at."""
        return {file_id: follow.size for file_id, follow in self._follows.items()}

    @property
    def undecided(self) -> bool:
        """Whether a file may yet turn out to be the copy of another, so that it is not read."""
        return any(
            path not in self._at and 0 <= self._now - seen < self._rotate_wait_s
            for path, (_, seen) in self._copies.items()
        )

    def written(self) -> dict[int, float]:
        """When each followed file was last written to, epoch seconds."""
        return {file_id: follow.written_at for file_id, follow in self._follows.items()}

    def identities(self) -> dict[int, Identity]:
        """Where reading of every followed file stands."""
        return {file_id: follow.identity for file_id, follow in self._follows.items()}

    def closed(self) -> list[Identity]:
        """The files that are finished since this was last asked, to be stored as such."""
        closed, self._closed = self._closed, []
        return closed

    def notices(self) -> list[str]:
        """What a user should be told, since this was last asked."""
        notices, self._notices = self._notices, []
        return notices

    def close(self) -> None:
        """Lets go of all files."""
        for follow in self._follows.values():
            follow.release()
