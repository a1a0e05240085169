"""The files that are followed, through rotation, truncation and restarts. No threads, no clock.

How the engine uses it, again and again:

1. `poll(now)` looks at the files; with a `Watcher`, `poll(now, watcher.changed())`.
2. `pending()` lists the files with something to read, from which it chooses.
   A file that is new to it is given its format by `sample(file_id)` and the registry of formats,
   or is left out by `ignore(file_id, reason)`.
3. `read(file_id)` gives the next chunk, which is decoded and stored. The same transaction stores
   `after(file_id, consumed)`, and the identities that `moved()` lists.
4. When that is committed, `advance(file_id, consumed)`. After a failure nothing has moved.

What has to survive a restart is in the `Identity` of each file, closed ones included, for as long
as rows of theirs are kept: `Collection(discovery, known)` takes them back.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from console.sources.chunk import Chunk
from console.sources.discover import SourceFile
from console.sources.follow import ChangedError, Follow, Reach
from console.sources.followed import Followed
from console.sources.identity import Identity, holds
from console.sources.known import Known
from console.sources.moved import copy_beside, renamed, rotated_since
from console.sources.pending import Finds, Pending
from console.sources.recognition import UNSEEN, Recognition, ended_by
from console.sources.tail import Tail
from console.sources.told import Gap, Told

READ_BYTES = 4 * 1024 * 1024
LOOKED_AT_PER_S = 2_000
"""So many quiet files are looked at in a second at most: of more each waits longer."""
Read = TypeVar("Read")
UNREAD = "what was left unread of the old, if anything, is lost"


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
        looked for every `discover_s`, both less often if there are thousands. At most `open_files`
        descriptors are held, but for files that were rotated away.
        """
        self._discovery = discovery
        self._known = Known(known)
        self._quiet_s = quiet_s
        self._rotate_wait_s = rotate_wait_s
        self._sweep_s = sweep_s
        self._discover_s = discover_s
        self._open_files = open_files
        self._told = Told()
        self._followed = Followed(self._known)
        self._recognition = Recognition(self._known, self._told, self._followed, rotate_wait_s)
        self._wanted: dict[Path, SourceFile] = {}
        self._moved: list[Identity] = []
        self._paused: dict[int, float] = {}
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
        if self._look_due(self._discovered_at, self._discover_s) or (
            self._strange and self._look_due(self._discovered_at, self._sweep_s)
        ):
            self._discover()
        elif self._look_due(self._swept_at, self._sweep_s):
            self._sweep()
        else:
            self._look_at_all(paths & self._wanted.keys())

    def _due(self, last: float | None, every_s: float) -> bool:
        # A clock that was set back is no reason to wait.
        return last is None or not 0 <= self._now - last < every_s

    def _look_due(self, last: float | None, every_s: float) -> bool:
        return self._due(last, max(every_s, len(self._wanted) / LOOKED_AT_PER_S))

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
        self._look_at_all(self._wanted.keys() | self._followed.at.keys())
        self._followed.bound(self._open_files)

    def _look_at_all(self, paths: Iterable[Path]) -> None:
        for path in sorted(paths):
            self._attempt(path)
        for follow in list(self._followed.retired.values()):
            self._look_at_retired(follow)

    def _attempt(self, path: Path) -> None:
        try:
            self._look_at(path)
            self._told.readable(path)
        except ChangedError:
            self._swept_at = None  # it was replaced this very moment
        except OSError as error:
            self._told.refused(path, error)

    def _look_at(self, path: Path) -> None:
        follow = self._followed.at.get(path)
        try:
            status = path.stat()
        except FileNotFoundError:
            status = None
        key = (status.st_dev, status.st_ino) if status else None
        if follow is not None and key != follow.identity.key:
            self._followed.retire(follow, path, self._now)
            if status is not None:
                self._take_up_between(follow, path)
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
        following = self._followed.keys.get(key)
        if following is not None:
            if following.retired:  # renamed to a name that is followed as well
                self._followed.rename(following, source.path, self._now)
            return
        tail = Tail(source.path)
        identity = self._recognised(source.path, tail)
        if identity is not None:
            self._follow(identity, source, tail)

    def _recognised(self, path: Path, tail: Tail) -> Identity | None:
        """Which file it is; unless that is told, the tail is closed."""
        identity = None
        try:
            identity = self._recognition.recognised(path, tail, self._now)
        finally:
            if identity is None:
                tail.close()
        return identity

    def _follow(
        self, identity: Identity, source: SourceFile, tail: Tail, *, retired: bool = False
    ) -> Follow:
        changed = identity != self._known.get(identity.file_id)
        if changed and (identity.offset or retired):
            self._moved.append(identity)
        return self._followed.add(identity, source, tail, self._now, retired=retired)

    def _restart(self, follow: Follow) -> None:
        """A file was truncated or written anew: its rest may be in a copy, and it begins again."""
        path, source, before = follow.path, follow.source, follow.identity
        del self._followed.at[path]
        tail = Tail(path)
        copy = copy_beside(before, self._followed.keys)
        if copy is not None:
            self._go_on_in_copy(follow, *copy)
        elif follow.unread:
            self._lose(follow, "was truncated or written anew")
        else:
            self._told.doubt(before, path, f"was truncated or written anew: {UNSEEN}")
            self._close(follow)
        fresh = self._recognition.anew(path, tail, None if copy else before, follow.head)
        self._follow(fresh, source, tail)

    def _go_on_in_copy(self, follow: Follow, path: Path, tail: Tail) -> None:
        self._recognition.doubt_copy(follow.identity)
        if holds(follow.identity, tail.descriptor):
            self._move(follow, path, tail)
        else:  # all that is in the copy has been read
            self._followed.forget(follow)
            self._retire_known(ended_by(follow.identity, path, tail))
            tail.close()

    def _move(self, follow: Follow, other: Path, tail: Tail) -> None:
        """Lets a follow go on in another file that has its content.

        Where that is not followed itself it keeps its path, at which a restart looks for it.
        """
        wanted = other in self._wanted
        place = other if wanted else follow.path
        self._followed.move(follow, place, tail, self._now, retired=not wanted)
        self._moved.append(follow.identity)
        follow.refresh(self._now)

    def _take_up_moved(self) -> None:
        """Finds the rest of files that were rotated away while nobody looked."""
        for identity in self._known:
            path = Path(identity.path)
            given_up = path not in self._wanted and path.exists()
            if identity.closed or given_up or identity.file_id in self._followed.by_id:
                continue
            found = self._renamed(identity) or copy_beside(identity, self._followed.keys)
            if found is None:
                self._miss(identity, path)
                continue
            other, tail = found
            if tail.key != identity.key:
                self._recognition.doubt_copy(identity)
            elif path.is_symlink() and other.parent != path.resolve().parent:
                self._told.doubt(identity, path, f"leads to another folder: {UNSEEN}")
            whole = holds(identity, tail.descriptor)
            found_as = identity if whole else ended_by(identity, other, tail)
            self._take_up_between(self._follow_gone(found_as, path, other, tail), path)

    def _miss(self, identity: Identity, path: Path) -> None:
        """Ends a file that was not found again."""
        if path in self._wanted:
            self._told.gap(identity, f"{path} has other content: {UNREAD}")
        else:  # who deletes old files does it when they have long been read
            self._told.notice(f"{path} is gone")
        self._retire_known(identity)

    def _take_up_between(self, rotated: Follow, path: Path) -> None:
        """Files that came to a path, and went, after one that was rotated away from there."""
        for other in rotated_since(path, rotated.written_ns):
            try:
                tail = Tail(other)
            except OSError as error:
                self._told.refused(other, error)
                continue
            if tail.key in self._followed.keys:
                tail.close()
                continue
            identity = self._recognised(other, tail)
            if identity is not None:
                self._follow_gone(identity, path, other, tail)

    def _follow_gone(self, identity: Identity, path: Path, other: Path, tail: Tail) -> Follow:
        """Follows a file that has gone from `path` to `other`, which may be followed as well."""
        wanted = other in self._wanted
        moved = identity.moved(str(other if wanted else path), *tail.key)
        source = replace(self._discovery.describe(path), path=Path(moved.path))
        return self._follow(moved, source, tail, retired=not wanted)

    def _renamed(self, identity: Identity) -> tuple[Path, Tail] | None:
        followed = self._followed.keys.get(identity.key)
        if followed is not None and followed.identity.file_id != identity.file_id:
            return None
        return renamed(identity)

    def _lose(self, follow: Follow, what: str) -> None:
        """Ends a file whose unread bytes, if there were any, cannot be read any more."""
        if follow.unread:
            text = f"{follow.path} {what}: {follow.unread} unread bytes are lost"
            self._told.gap(follow.identity, text)
        self._close(follow)

    def _close(self, follow: Follow) -> None:
        self._followed.forget(follow)
        self._retire_known(follow.identity)

    def _retire_known(self, identity: Identity) -> None:
        closed = replace(identity, closed=True)
        self._known.put(closed)
        if identity.offset:
            self._moved.append(closed)

    # -- reading ---------------------------------------------------------------------------------

    def pending(self, *, final: bool = False) -> list[Pending]:
        """The files with something to read, ordered by their paths.

        `final`: files are history and will not grow; a last line counts as it is.
        """
        ready = [
            follow
            for follow in self._followed
            if follow.ready(self._reach(follow, final=final)) and not self._is_paused(follow)
        ]
        return [
            Pending(
                file_id=follow.identity.file_id,
                path=follow.path,
                source=follow.source,
                unread=follow.unread,
                quiet_s=self._quiet(follow),
                retired=follow.retired,
            )
            for follow in sorted(ready, key=lambda follow: follow.identity.path)
        ]

    def _is_paused(self, follow: Follow) -> bool:
        """Whether it could not be read a moment ago."""
        paused_at = self._paused.get(follow.identity.file_id)
        return paused_at is not None and not self._due(paused_at, self._sweep_s)

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
        follow = self._followed.by_id.get(file_id)
        if follow is None:
            return None
        reach = self._reach(follow, final=final)
        return self._tried(follow, lambda: follow.read(limit, reach, newest_ts))

    def _tried(self, follow: Follow, reading: Callable[[], Read]) -> Read | None:
        """What reading of a file gives; None if it changed, or cannot be read for a while."""
        try:
            return reading()
        except ChangedError:
            self._changed(follow)
        except OSError as error:
            self._told.refused(follow.path, error)
            self._paused[follow.identity.file_id] = self._now
        return None

    def _changed(self, follow: Follow) -> None:
        if self._followed.at.get(follow.path) is follow:
            self._attempt(follow.path)
        else:
            self._look_at_retired(follow)

    def has_read(self, file_id: int, offset: int) -> bool:
        """Whether the chunk of a file that was read last, from `offset` on, can still be stored."""
        follow = self._followed.by_id.get(file_id)
        return follow is not None and follow.has_read(offset)

    def after(self, file_id: int, consumed: int) -> Identity:
        """What to store of a file with the first `consumed` bytes of the chunk read last."""
        return self._followed.by_id[file_id].after(consumed)

    def advance(self, file_id: int, consumed: int) -> Identity:
        """Moves on by what was stored of the chunk read last."""
        identity = self._followed.by_id[file_id].advance(consumed)
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
        """The first bytes of a file, to tell its format by; none if it is gone or refused."""
        follow = self._followed.by_id.get(file_id)
        return b"" if follow is None else self._tried(follow, lambda: follow.sample(size)) or b""

    def ignore(self, file_id: int, reason: str) -> None:
        """Leaves a file out from now on."""
        follow = self._followed.by_id[file_id]
        follow.ignore(reason)
        if follow.is_archive:
            follow.release()  # what was unpacked takes room

    def ignored(self) -> dict[Path, str]:
        """The files that are left out, and why."""
        follows = self._followed.by_id.values()
        return {follow.path: follow.ignored for follow in follows if follow.ignored is not None}

    def refused(self) -> dict[Path, str]:
        """The files that cannot be read for now, and why."""
        return self._told.refusals()

    @property
    def followed(self) -> Mapping[int, Follow]:
        """The files that are followed, by their ids: how large they are, and what is read."""
        return self._followed.by_id

    @property
    def undecided(self) -> bool:
        """Whether a file may yet turn out to be the copy of another, so that it is not read."""
        return self._recognition.undecided(self._followed.at, self._now)

    def moved(self) -> list[Identity]:
        """The files that were moved or finished since this was last asked, to be stored so."""
        moved, self._moved = self._moved, []
        return moved

    def notices(self) -> list[str]:
        """What a user should be told, since this was last asked."""
        return self._told.notices()

    def gaps(self) -> list[Gap]:
        """What is lost, or may be, since this was last asked, to be stored as rejects."""
        return self._told.gaps()

    def close(self) -> None:
        """Lets go of all files."""
        for follow in self._followed:
            follow.release()
