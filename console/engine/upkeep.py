"""The store's housekeeping, piece by piece between two steps of the walk.

A round forgets what is older than `[retention]` wants it, adds up the deltas of closed windows, and
sees that the store does not outgrow its size. Each turn is one short transaction, so that reading
never waits long. "Older" is reckoned from the watermark, the event time that has been reached: the
wall clock would delete replayed history as soon as it is read.

Nothing that detectors or alerts look back on is touched by these ages at their defaults: they read
windows of days and rows of hours, and their own memory lies in their states.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.engine.summaries import kept_kinds, kinds
from console.records.clock import DAY, HOUR, iso
from console.store.retention import KINDS, RAW

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.store.database import Store

ROUND_S = 300.0
"""Wall time from the end of a round to the next."""
BUSY_S = 1.0
"""Least wall time between two pieces while there are lines to read."""
ROWS_KEPT_S = 6 * HOUR
WINDOWS_KEPT_S = 14 * DAY
"""However full the store is, so much is kept: what the evidence of an alert looks back on."""
ROOM = 0.95
"""A store that is too large is brought to this part of its size, not to delete in every round."""
_ATTEMPTS = 4


class Upkeep:
    """Retention and compaction of one store."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._retention = settings.retention
        every = {**kinds(settings), **kept_kinds(settings)}
        self._widths = {kind: shape.width_s for kind, shape in every.items()}
        self._store = store
        self._pieces: Iterator[None] | None = None
        self._next = float("-inf")
        self.notice: str | None = None
        """What the user should know of the store's size."""

    @property
    def busy(self) -> bool:
        """A round is under way."""
        return self._pieces is not None

    def turn(self, watermark: float | None, now: float, *, idle: bool) -> None:
        """One piece, if it is time; `now` is monotonic, `idle` if there is nothing to read.

        Raises StoreError.
        """
        if watermark is None or now < self._next:
            return
        if self._pieces is None:
            self._pieces = self._round(watermark)
        try:
            next(self._pieces)
        except StopIteration:
            self._pieces = None
            self._next = now + ROUND_S
        else:
            self._next = now if idle else now + BUSY_S

    def _round(self, watermark: float) -> Iterator[None]:
        forgotten = 0
        for kind, tables in KINDS.items():
            age: float | None = getattr(self._retention, f"{kind}_s")
            for table in tables if age is not None else ():
                more = True
                while more and age is not None:
                    gone, more = self._store.maintenance.forget(table, watermark - age)
                    forgotten += gone
                    yield
        for kind, width in self._widths.items():
            more = True
            while more:
                more = self._store.maintenance.compact(kind, watermark, width).more
                yield
        if forgotten:
            # Until then their blocks are not free for the next rows.
            self._store.checkpoint()
            yield
        yield from self._shrink(watermark)

    def _shrink(self, watermark: float) -> Iterator[None]:
        """Deletes the oldest hours of a store that is too large: rows, then windows."""
        size = self._retention.size
        self.notice = None
        if size is None or self._store.maintenance.usage().used <= size:
            return
        self._store.checkpoint()
        for _ in range(_ATTEMPTS):
            used = self._store.maintenance.usage().used
            if used <= size:
                return
            excess = used - round(ROOM * size)
            for tables, kept in ((RAW, ROWS_KEPT_S), (KINDS["windows"], WINDOWS_KEPT_S)):
                before = self._store.maintenance.cut(tables, excess, watermark - kept)
                if before is not None:
                    yield from self._forget(tables, before)
                    break
            else:
                self.notice = (
                    f"the store is larger than its {_size(size)} although little is left to delete:"
                    f" raise size in [retention]"
                )
                return
            self.notice = (
                f"the store had reached its {_size(size)}: rows before {iso(before)} are deleted"
            )

    def _forget(self, tables: tuple[str, ...], before: float) -> Iterator[None]:
        for table in tables:
            more = True
            while more:
                _, more = self._store.maintenance.forget(table, before)
                yield
        self._store.checkpoint()
        yield


def _size(count: int) -> str:
    for unit, step in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if count >= step:
            return f"{count / step:.3g} {unit}"
    return f"{count} bytes"
