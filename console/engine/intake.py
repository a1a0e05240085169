"""The next lines of the files that lag most in event time, decoded.

In a backlog the lines of the next step are read and decoded in a thread of their own while those of
this one are written: parsing and writing both leave the interpreter to others. The thread has the
files to itself meanwhile, and has ended before the step has.

A backlog is read oldest first, not newest first: a detector judges a window by those before it, so
windows have to close in the order of event time, and what closes in another order would have to be
judged again. The newest lines come soon all the same: a step reads of every file that lags as much,
no file runs ahead of the others by more than `AHEAD_S`, and `progress` tells how far it is.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.clockshift import Shifts
from console.engine.lateness import newest_before
from console.engine.snapshot import Progress
from console.engine.watermark import FileClock
from console.formats.framing import rejects
from console.records.clock import HOUR, Clock
from console.records.frames import records
from console.sources.collection import Collection
from console.sources.discover import Discovery
from console.sources.identity import Identity
from console.sources.leftout import LeftOut
from console.sources.pending import Pending
from console.sources.told import Gap
from console.sources.watch import Watcher
from console.store.commit import FileState

if TYPE_CHECKING:
    import polars as pl

    from console.config.settings import Settings
    from console.formats.protocol import Format
    from console.formats.registry import Detection
    from console.records.frames import Records

READ_BYTES = 1 << 20
"""Most that is read of one of many files at once; of few files more, so that they fill a step."""
FIRST_BYTES = 1 << 16
"""Most that is read of a file whose place in time is not known yet."""
FORMATS_AT_ONCE = 64
"""So many new files are told by their content before some are read: a folder may have thousands."""
STEP_BYTES = 6 << 20
"""Most that is read in one step: a transaction of some tenths of a second."""
BACKLOG_BYTES = 1 << 20
"""With more than this to read, the next step is read while this one is written."""
AHEAD_S = 6 * HOUR
"""How far, in event time, a file may be read ahead of the one that lags most."""
HOLD_S = 2.0
"""How long, in wall time, a file that was written to holds time back for its next line."""
QUIET_S = 0.15
"""How long a file must be quiet before its open last record counts as whole."""
LIVE_S = 600.0
"""Files are live if a record was at most this old when it was read."""
TOLD = 5
"""So many of the newest notices are kept."""
LISTED = 500
"""So many of the files that are not followed for their names are listed."""
RATE_S = 5.0
"""Over how many seconds the rate of rows is told."""


@dataclass(frozen=True)
class Reading:
    """What one file gave in one step."""

    start: int
    """Where reading of the file stood before these rows."""
    state: FileState
    """The file as it is after these rows."""
    records: Records
    consumed: int
    """Bytes that the records account for."""
    clocks: pl.DataFrame
    """(offset, clock): the newest event time of the file before each record."""
    is_gap: bool = False
    """Nothing was read: its one record, a reject, tells what cannot be read any more."""


class Intake:
    """The files: which there are, where reading stands, what comes next."""

    def __init__(
        self, paths: Sequence[Path], settings: Settings, known: Iterable[FileState], clock: Clock
    ) -> None:
        self._clock = clock
        self._states = {state.file_id: state for state in known}
        references = [model.reference for model in settings.models if model.reference is not None]
        self._discovery = Discovery(
            paths, settings.sources, exclude=references, stages=settings.stages
        )
        self._collection = Collection(
            self._discovery, [_identity(state) for state in self._states.values()], quiet_s=QUIET_S
        )
        self._formats: dict[int, Format] = {}
        self._formless: dict[int, Detection] = {}
        self._listed: tuple[LeftOut, ...] = ()
        self._watcher: Watcher | None = None
        self._waiting: list[Pending] = []
        self._unasked: set[int] = set()
        self._moved: list[FileState] = []
        self._gaps: list[Reading] = []
        self._ahead: list[Reading] = []
        self._reader = ThreadPoolExecutor(1, "read-ahead")
        self._reading: Future[list[Reading]] | None = None
        self._live = False
        self._rates: deque[tuple[float, int]] = deque(maxlen=1000)
        self._told: deque[str] = deque(maxlen=TOLD)
        self._shifts = Shifts()

    def close(self) -> None:
        """Lets go of the files, and of the watch over them."""
        self._reader.shutdown()
        if self._watcher is not None:
            self._watcher.stop()
        self._collection.close()

    def watch(self) -> None:
        """Has changes of files told at once from now on, where the system can."""
        self._watcher = Watcher(self._discovery.folders())
        if self._watcher.notice is not None:
            self._told.append(self._watcher.notice)

    def wait(self, longest_s: float) -> None:
        """Waits until a file changes, `wake` is called, or it is time to look again."""
        if self._watcher is not None:
            open_ends = any(not self._is_read(file_id) for file_id in self._collection.followed)
            self._watcher.wait(min(longest_s, QUIET_S / 2) if open_ends else longest_s)

    def wake(self) -> None:
        """Ends a `wait`; from any thread."""
        if self._watcher is not None:
            self._watcher.wake()

    def look(self, *, final: bool = False) -> None:
        """Looks which files have something to read. `final`: they are history, and whole."""
        changed = self._watcher.changed() if self._watcher is not None else ()
        self._collection.poll(self._clock(), changed)
        self._told.extend(self._collection.notices())
        self._gaps += [self._gap(gap) for gap in self._collection.gaps()]
        self._moved += [
            _stored(identity, self._states.get(identity.file_id))
            for identity in self._collection.moved()
        ]
        self._waiting = self._decodable(self._collection.pending(final=final))
        self._listed = tuple(self._not_decoded())

    def _decodable(self, pending: Iterable[Pending]) -> list[Pending]:
        """Those whose format is known; of the others some are asked, but all if there is no other.

        Until all were asked, the others hold the watermark: they may be older than what is read.
        """
        found: list[Pending] = []
        asked, self._unasked = 0, set()
        for file in sorted(pending, key=lambda file: file.file_id in self._formless):
            is_new = file.file_id not in self._formats
            if is_new and asked >= FORMATS_AT_ONCE and found:
                if file.file_id not in self._formless:
                    self._unasked.add(file.file_id)
                continue
            asked += is_new
            if self._format(file) is not None:
                found.append(file)
        return found

    def left_out(self) -> tuple[LeftOut, ...]:
        """The files that are not followed, and why; looks into folders; from any thread."""
        listed = {entry.file: entry for entry in self._listed}
        broken = [LeftOut(str(path), why) for path, why in self._discovery.broken()]
        passed = list(islice(self._discovery.passed_over(), LISTED + 1))
        if len(passed) > LISTED:
            passed[LISTED:] = [LeftOut("…", f"there are more: {LISTED} of them are listed")]
        for entry in (*broken, *passed):
            listed.setdefault(entry.file, entry)
        return tuple(sorted(listed.values(), key=lambda entry: entry.file))

    def _not_decoded(self) -> Iterable[LeftOut]:
        for refused, why in self._collection.refused().items():
            yield LeftOut(str(refused), why.lower(), "make it readable")
        for file_id, follow in self._collection.followed.items():
            if follow.ignored is None and file_id in self._formats:
                continue
            state, found = self._states.get(file_id), self._formless.get(file_id)
            path = follow.identity.path
            if follow.ignored is not None:
                yield LeftOut(path, follow.ignored, found.mend if found else None)
            elif state is None or state.format is None:
                so_far = "empty" if found is None else found.reason.removesuffix(" yet")
                yield LeftOut(path, f"{so_far} so far", "append whole lines to it")

    def clocks(self, *, hold: bool) -> list[FileClock]:
        """How far each file has come in event time. `hold`: those just read from may go on."""
        waiting = {file.file_id for file in self._waiting}
        listed = [FileClock(-math.inf, holding=True) for key in waiting if not self._newest(key)]
        if self._unasked or (hold and self._collection.undecided):
            listed.append(FileClock(-math.inf, holding=True))
        now = self._clock()
        for file_id, follow in self._collection.followed.items():
            newest = self._newest(file_id)
            if newest is not None:
                fresh = 0 <= now - follow.written_at < HOLD_S
                listed.append(FileClock(newest, file_id in waiting or (hold and fresh)))
        return listed

    def newest(self) -> float | None:
        """The newest event time of all files, those that are gone included."""
        times = [state.newest_ts for state in self._states.values() if state.newest_ts is not None]
        return max(times, default=None)

    def now(self) -> float:
        """The wall clock."""
        return self._clock()

    def live_now(self) -> float | None:
        """The wall clock if the files are written while we look; None while it is history."""
        return self._clock() if self._live else None

    def read(self, *, final: bool = False, most: int = STEP_BYTES) -> list[Reading]:
        """The next lines of the files that lag most, about `most` bytes in all."""
        ahead, self._ahead = self._ahead, []
        if self._gaps:  # of files that were read ahead, too: what is told of them goes first
            return [*self._gaps, *self._next(final=final, most=most)]
        if ahead and len(self._storable(ahead)) == len(ahead):
            return ahead
        return self._next(final=final, most=most)

    def read_ahead(self, *, final: bool, most: int) -> None:
        """Begins to read what the next step will ask for, if there is much of it left.

        Until `end_reading_ahead` nothing else may be asked of the files.
        """
        if self.is_behind():
            self._reading = self._reader.submit(self._next, final=final, most=most)

    def is_behind(self) -> bool:
        """Whether there is so much left to read that the next step follows at once."""
        followed = self._collection.followed
        waiting = [followed[file.file_id] for file in self._waiting if file.file_id in followed]
        left = sum(max(0, follow.size - follow.identity.offset) for follow in waiting)
        return left > BACKLOG_BYTES

    def end_reading_ahead(self) -> None:
        """Waits for what was begun."""
        if self._reading is not None:
            reading, self._reading = self._reading, None
            self._ahead = reading.result()

    def _next(self, *, final: bool, most: int) -> list[Reading]:
        places = {file.file_id: self._newest(file.file_id) or -math.inf for file in self._waiting}
        order = sorted(self._waiting, key=lambda file: (places[file.file_id], str(file.path)))
        readings: list[Reading] = []
        size = 0
        share = max(READ_BYTES, most // max(1, len(order)))
        for file in order:
            place, least = places[file.file_id], places[order[0].file_id]
            if size >= most or (math.isfinite(least) and place > least + AHEAD_S):
                break
            reading = self._read(file, min(share, most), final=final)
            if reading is not None:
                readings.append(reading)
                size += reading.consumed
        # What one file turns out to be may end the following of another.
        return self._storable(readings)

    def _storable(self, readings: Sequence[Reading]) -> list[Reading]:
        has_read = self._collection.has_read
        return [reading for reading in readings if has_read(reading.state.file_id, reading.start)]

    def states(self, readings: Sequence[Reading]) -> tuple[FileState, ...]:
        """The files as they are once these readings are stored, those that moved included."""
        return (*self._moved, *(reading.state for reading in readings))

    def advance(self, readings: Sequence[Reading]) -> None:
        """The readings are being stored: goes on behind them."""
        now = self._clock()
        for state in self.states(readings):
            self._states[state.file_id] = state
        self._moved, self._gaps = [], []
        for reading in readings:
            if reading.is_gap:
                continue
            self._collection.advance(reading.state.file_id, reading.consumed)
            newest = reading.state.newest_ts
            if newest is not None and abs(now - newest) <= LIVE_S:
                self._live = True
            if newest is not None and reading.state.offset >= reading.state.size:
                self._shifts.see(reading.state.file_id, reading.state.path, newest, now)
        rows = sum(reading.records.height for reading in readings)
        if rows:
            self._rates.append((now, rows))

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the files, the newest last."""
        left_out = [f"{path}: not followed: {why}" for path, why in self._left_out().items()]
        watching = () if self._watcher is None else self._watcher.notices()
        return (*self._told, *watching, *self._shifts.notices[:TOLD], *left_out[:TOLD])

    def progress(self) -> Progress:
        """How far reading has come."""
        listed = self._collection.followed.items()
        sizes = {key: follow.size for key, follow in listed}
        offsets = {key: follow.identity.offset for key, follow in listed}
        followed = [key for key in sizes if key in self._formats]
        unread = [key for key in followed if offsets[key] < sizes[key]]
        lagging = [newest for key in unread if (newest := self._newest(key)) is not None]
        now = self._clock()
        reached = now if self._live else (self.newest() or 0.0)
        recent = sum(rows for at, rows in self._rates if 0 <= now - at <= RATE_S)
        return Progress(
            files=len(followed),
            bytes_read=sum(min(offsets[key], sizes[key]) for key in followed),
            bytes_total=sum(sizes[key] for key in (*followed, *(self._unasked & sizes.keys()))),
            rows=sum(state.rows for state in self._states.values()),
            rejects=sum(state.rejects for state in self._states.values()),
            rows_per_second=recent / RATE_S,
            behind_s=max(0.0, reached - min(lagging)) if lagging else 0.0,
        )

    def _newest(self, file_id: int) -> float | None:
        state = self._states.get(file_id)
        return None if state is None else state.newest_ts

    def _is_read(self, file_id: int) -> bool:
        follow = self._collection.followed[file_id]
        return file_id not in self._formats or follow.identity.offset >= follow.size

    def _left_out(self) -> dict[Path, str]:
        return self._collection.ignored()

    def _format(self, file: Pending) -> Format | None:
        """The format of a file by its first bytes; None if it has none, or not yet."""
        known = self._formats.get(file.file_id)
        if known is None:
            # Where nothing is new, what was stored is shown without waiting for all the formats.
            from console.formats.registry import SAMPLE, detect

            sample = self._collection.sample(file.file_id, SAMPLE)
            detection = detect(sample, str(file.path), file.source.format)
            self._formless[file.file_id] = detection
            if detection.format is not None:
                self._formats[file.file_id] = known = detection.format
            elif detection.settled:
                self._collection.ignore(file.file_id, detection.reason)
        return known

    def _read(self, file: Pending, most: int, *, final: bool) -> Reading | None:
        newest = self._newest(file.file_id)
        follow = self._collection.followed.get(file.file_id)
        if follow is None:  # found to be another file since the last look
            return None
        start = follow.identity.offset
        limit = FIRST_BYTES if newest is None else most
        chunk = self._collection.read(file.file_id, limit, final=final, newest_ts=newest)
        form = self._formats[file.file_id]
        if chunk is None:
            return None
        defaults = file.source.defaults_for(form.name)
        decoded = form.decode(chunk, defaults)
        clocks, newest = newest_before(decoded.records, newest, self._clock())
        identity = self._collection.after(file.file_id, decoded.consumed)
        before = self._states.get(file.file_id)
        rejected = decoded.records.rejects.height
        state = _stored(
            identity,
            before,
            size=follow.size,
            format=form.name,
            model=defaults.model,
            stage=defaults.stage,
            newest_ts=newest,
            rows=(before.rows if before else 0) + decoded.records.height - rejected,
            rejects=(before.rejects if before else 0) + rejected,
        )
        return Reading(start, state, decoded.records, decoded.consumed, clocks)

    def _gap(self, gap: Gap) -> Reading:
        """What cannot be read any more, as a reject at the place where reading stopped."""
        before = self._states.get(gap.identity.file_id)
        state = _stored(gap.identity, before, rejects=(before.rejects if before else 0) + 1)
        self._states[state.file_id] = state
        told = records(rejects=rejects([state.offset], [gap.reason], [b""]))
        clocks, _ = newest_before(told, None, self._clock())
        return Reading(state.offset, state, told, 0, clocks, is_gap=True)


def _identity(state: FileState) -> Identity:
    return Identity(
        state.file_id,
        state.path,
        state.device,
        state.inode,
        state.fingerprint,
        state.fingerprint_size,
        state.offset,
        state.guard,
        state.closed,
        state.marks,
    )


def _stored(identity: Identity, before: FileState | None, **changes: object) -> FileState:
    """The state of a file, from what is known of its content, and from what is stored of it."""
    known = before or FileState(
        identity.file_id, identity.path, 0, 0, b"", 0, 0, b"", 0, None, None, None, None, 0, 0
    )
    return known.moved(
        path=identity.path,
        device=identity.device,
        inode=identity.inode,
        fingerprint=identity.fingerprint,
        fingerprint_size=identity.fingerprint_size,
        offset=identity.offset,
        guard=identity.guard,
        closed=identity.closed,
        marks=identity.marks,
        **changes,
    )
