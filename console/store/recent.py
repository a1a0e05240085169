"""In which minute each recent id lies, so that a label finds its prediction without a search.

Ids come in no order that DuckDB's zone maps could use, and an index on what ingest writes costs
more than the rows. So the ids of the days that labels may reach back to are held in memory, 8 bytes
each: 53 bits of a hash and the minute of its day, sorted, in runs that are merged when they are
alike in size. A lookup is a binary search in a few dozen runs; what it finds is read from the store
by its minute, which zone maps do find, and compared in full there, so that a hash that two ids
share costs a look and nothing else. Labels that come together mostly belong to predictions that
were made together: they cost the same whatever else is stored. Only a batch of labels of all days
at once still reads all days.

A day is read from the store when it is first asked for. Of more than `LIMIT` ids the oldest days
are let go, and searched for in the store as if nothing were known of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from console.records.clock import DAY, MINUTE, naive
from console.store.arrow import fetch

if TYPE_CHECKING:
    import duckdb

LIMIT = 12_000_000
"""Most ids of one table that are held: 96 MB."""
SLACK_DAYS = 14
"""Days that are kept although nobody asks for them now: files may be read at different times."""
_MINUTES = np.uint64(2047)
"""The bits that hold the minute."""
_PER_DAY = 1440
_RATIO = 2
"""A run is merged into the one before it unless that is so many times as long."""

Codes = npt.NDArray[np.uint64]


class RecentIds:
    """The ids of one table, by minute."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._days: dict[int, list[Codes]] = {}
        self._size = 0
        self._first: int | None = None
        """Every day from this one on is known; None before anything was asked."""

    def add(self, rows: pl.DataFrame) -> None:
        """Takes rows (columns model, id, ts) that have been committed."""
        if self._first is None or not rows.height:
            return
        for day, codes in _by_day(rows):
            if day >= self._first:
                self._push(day, codes)

    def reach(self, connection: duckdb.DuckDBPyConnection, since: float) -> float:
        """Makes sure that the days from `since` on are known; the time from which on they are.

        That is later than `since` only if there are more than `LIMIT` ids.
        """
        day = int(since // DAY)
        if self._first is None or (day < self._first and self._size < LIMIT):
            self._load(connection, day)
        assert self._first is not None
        for old in [known for known in self._days if known < day - SLACK_DAYS]:
            self._drop(old)
            self._first = max(self._first, day - SLACK_DAYS)
        while self._size > LIMIT and len(self._days) > 1:
            oldest = min(self._days)
            self._drop(oldest)
            self._first = oldest + 1
        return max(since, self._first * DAY)

    def minutes(self, keys: pl.DataFrame) -> npt.NDArray[np.int64]:
        """The minutes (since 1970) in which ids like these (columns model, id) may be, sorted."""
        wanted = np.unique(_hashes(keys))
        found = [
            np.unique(minutes) + day * _PER_DAY
            for day, runs in self._days.items()
            for codes in runs
            if len(minutes := _lookup(codes, wanted))
        ]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def _load(self, connection: duckdb.DuckDBPyConnection, first: int) -> None:
        end = "" if self._first is None else " AND ts < $2"
        span = [naive(first * DAY), *([] if self._first is None else [naive(self._first * DAY)])]
        days = fetch(
            connection,
            f"SELECT DISTINCT epoch_us(ts) // 86400000000 AS day FROM {self._table}"  # noqa: S608 - ours
            f" WHERE ts >= $1{end} ORDER BY 1 DESC",
            span,
        )
        reached = first
        for (day,) in days.iter_rows():
            rows = fetch(
                connection,
                f"SELECT model, id, ts FROM {self._table}"  # noqa: S608 - our own name
                " WHERE ts >= $1 AND ts < $2 AND id IS NOT NULL",
                [naive(day * DAY), naive((day + 1) * DAY)],
            )
            for _, codes in _by_day(rows):
                self._push(day, codes)
            if self._size > LIMIT:
                reached = day
                break
        self._first = reached

    def _push(self, day: int, codes: Codes) -> None:
        runs = self._days.setdefault(day, [])
        self._size += len(codes)
        while runs and len(runs[-1]) < _RATIO * len(codes):
            codes = np.concatenate([runs.pop(), codes])
            codes.sort(kind="stable")
        runs.append(codes)

    def _drop(self, day: int) -> None:
        self._size -= sum(len(codes) for codes in self._days.pop(day))


def spans(minutes: npt.NDArray[np.int64], most: int) -> Iterable[tuple[float, float]]:
    """At most `most` spans of time (epoch seconds) that cover the minutes, leaving the widest gaps.

    One span where the gaps are less than half: going on is cheaper than beginning anew.
    """
    if not len(minutes):
        return
    gaps = np.diff(minutes)
    wide = np.sort(np.argsort(gaps, kind="stable")[::-1][: most - 1])
    cuts = wide[gaps[wide] > 1]
    if 2 * gaps[cuts].sum() < minutes[-1] - minutes[0]:
        cuts = cuts[:0]
    for part in np.split(minutes, cuts + 1):
        yield float(part[0]) * MINUTE, float(part[-1] + 1) * MINUTE


def _by_day(rows: pl.DataFrame) -> Iterable[tuple[int, Codes]]:
    """The sorted codes of rows, by the day of their time."""
    usable = rows.filter(pl.col("id").is_not_null() & pl.col("ts").is_not_null())
    minutes = usable["ts"].dt.epoch("us").to_numpy() // 60_000_000
    hashes = _hashes(usable)
    for day in np.unique(minutes // _PER_DAY).tolist():
        own = minutes // _PER_DAY == day
        codes = hashes[own] | (minutes[own] % _PER_DAY).astype(np.uint64)
        codes.sort()
        yield day, codes


def _hashes(keys: pl.DataFrame) -> Codes:
    """A hash of model and id, its lowest bits left free for the minute."""
    hashed = keys.select(pl.col("id").hash(1) ^ pl.col("model").hash(2)).to_series()
    return hashed.to_numpy() & ~_MINUTES


def _lookup(codes: Codes, wanted: Codes) -> npt.NDArray[np.int64]:
    """The minutes of the day of all codes whose hash is wanted."""
    begin = np.searchsorted(codes, wanted)
    inside = begin < len(codes)
    starts, ends = begin[inside], wanted[inside] | _MINUTES
    # On most days there is none: where its codes end is looked for on the others alone.
    hit = codes[starts] <= ends
    starts = starts[hit]
    lengths = np.searchsorted(codes, ends[hit], side="right") - starts
    places = np.repeat(starts + lengths - lengths.cumsum(), lengths) + np.arange(lengths.sum())
    minutes: npt.NDArray[np.int64] = (codes[places] & _MINUTES).astype(np.int64)
    return minutes
