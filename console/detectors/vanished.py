"""A metric that is no longer written, while the rest of its stage goes on.

Null: a series is in a share `p` of the windows in which anything of its stage is. Having been
absent from the last `m` of these windows, it was to be expected in `p m` of them. It has vanished
when that is at least 60, it was never before absent from half as many of them in a row, and two
hours have gone by; it has to be known for 26 hours and 300 windows, so that a whole day is in
"never before". `p` of at least 0.1 is asked for: rarer series have no rhythm of this kind. Silence
of the whole stage adds nothing to `m`. Looked at on the full hour. After three days it is given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl

from console.detectors.protocol import Phase
from console.detectors.table import IDENTITY, Array, Column, Layout, Table, identities
from console.records.clock import DAY, HOUR
from console.records.series import Series

LEAST_EXPECTED = 60.0
LEAST_SHARE = 0.1
LEAST_WINDOWS = 300
LEAST_AGE_S = 26 * HOUR
LEAST_ABSENCE_S = 2 * HOUR
BEYOND_PAST = 2.0
GONE_S = 3 * DAY

_SERIES: Layout = {
    "stage": Column(0, "int64"),
    "first": Column(np.nan),
    "last": Column(np.nan),
    "n": Column(0, "int64"),
    "first_at": Column(0, "int64"),
    "last_at": Column(0, "int64"),
    "longest": Column(0, "int64"),
    "raised": Column(0, "bool"),
}
_STAGES: Layout = {"windows": Column(0, "int64")}
State = Mapping[str, pl.DataFrame]
_Found = tuple[Phase, int, float, float, float]
"""Phase, row, at, since, expected."""


@dataclass(frozen=True, slots=True)
class Absence:
    """A series that vanished, or is no longer absent."""

    phase: Phase
    series: Series
    at: float
    since: float
    """End of the last window with it."""
    expected: float
    """Windows in which it was to be expected since then."""


def initial() -> State:
    """No series yet."""
    return {
        "series": Table.empty(_SERIES).frame(),
        "stages": Table.empty(_STAGES).frame(),
        "identity": pl.DataFrame(schema=IDENTITY),
    }


def update(
    state: State, metrics: pl.DataFrame, width_s: float, begin: float, end: float
) -> tuple[list[Absence], State]:
    """What the windows that end in (begin, end] say, in order of time, and the state after them."""
    identity = identities(state["identity"], metrics)
    series = Table.read(_SERIES, state["series"])
    stages = Table.read(_STAGES, state["stages"])
    ids = metrics["series_id"].to_numpy()
    _include(series, stages, metrics)
    rows = series.rows(ids)
    where = stages.rows(series["stage"])
    ends = metrics["start"].dt.epoch("us").to_numpy() / 1e6 + width_s
    hours = np.arange(np.floor(begin / HOUR) + 1, np.floor(end / HOUR) + 1) * HOUR
    clock = np.unique(np.concatenate([ends, hours]))
    starts = np.searchsorted(ends, clock)
    stops = np.searchsorted(ends, clock, side="right")
    found: list[_Found] = []
    for at, start, stop in zip(clock.tolist(), starts, stops, strict=True):
        if stop > start:
            found += _present(series, stages, where, rows[start:stop], at)
        if at % HOUR == 0:
            found += _absent(series, stages, where, at)
    said = [_named(absence, identity) for absence in found]
    kept = series["n"] > 0
    series.keep(kept)
    return said, {
        "series": series.frame(),
        "stages": stages.frame(),
        "identity": identity.filter(pl.Series(kept)),
    }


def _include(series: Table, stages: Table, metrics: pl.DataFrame) -> None:
    fresh = metrics.unique("series_id").filter(
        ~pl.col("series_id").is_in(pl.Series(series.keys).implode())
    )
    if fresh.is_empty():
        return
    keys = np.array([_key(*row) for row in fresh.select("model", "stage").iter_rows()], np.int64)
    series.include(fresh["series_id"].to_numpy())
    series["stage"][series.rows(fresh["series_id"].to_numpy())] = keys
    stages.include(np.unique(keys))


def _present(t: Table, stages: Table, where: Array, rows: Array, at: float) -> list[_Found]:
    """Takes down the series that were there in one window."""
    places = np.unique(where[rows])
    stages["windows"][places] += 1
    now = stages["windows"][where[rows]]
    back = [_absence(t, "cleared", row, at, now[i]) for i, row in _raised(t, rows)]
    t["raised"][rows] = False
    fresh = rows[t["n"][rows] == 0]
    t["first"][fresh] = at
    t["first_at"][fresh] = stages["windows"][where[fresh]]
    t["last_at"][fresh] = t["first_at"][fresh]
    t["longest"][rows] = np.maximum(t["longest"][rows], now - t["last_at"][rows])
    t["last_at"][rows] = now
    t["last"][rows] = at
    t["n"][rows] += 1
    return back


def _raised(t: Table, rows: Array) -> list[tuple[int, int]]:
    return [(int(i), int(rows[i])) for i in np.flatnonzero(t["raised"][rows])]


def _absent(t: Table, stages: Table, where: Array, at: float) -> list[_Found]:
    """Looks for series that have vanished, and gives up those that stay away."""
    now = stages["windows"][where]
    missed = now - t["last_at"]
    share = _share(t)
    vanished = (
        ~t["raised"]
        & (t["n"] >= LEAST_WINDOWS)
        & (t["last"] - t["first"] >= LEAST_AGE_S)
        & (at - t["last"] >= LEAST_ABSENCE_S)
        & (share >= LEAST_SHARE)
        & (share * missed >= LEAST_EXPECTED)
        & (missed > BEYOND_PAST * t["longest"])
    )
    rows = np.flatnonzero(vanished)
    found = [_absence(t, "raised", int(row), at, now[row]) for row in rows]
    t["raised"][rows] = True
    gone = np.flatnonzero((t["n"] > 0) & (at - t["last"] > GONE_S))
    found += [_absence(t, "cleared", int(row), at, now[row]) for row in gone if t["raised"][row]]
    t.reset(gone, *(name for name in _SERIES if name != "stage"))
    return found


def _share(t: Table) -> Array:
    """The share of its stage's windows in which each series was, from its first to its last."""
    share: Array = t["n"] / np.maximum(t["last_at"] - t["first_at"] + 1, 1)
    return share


def _absence(t: Table, phase: Phase, row: int, at: float, now: int) -> _Found:
    expected = float(_share(t)[row] * (now - t["last_at"][row]))
    return phase, row, at, float(t["last"][row]), expected


def _named(found: _Found, identity: pl.DataFrame) -> Absence:
    phase, place, at, since, expected = found
    row = identity.row(place, named=True)
    series = Series(row["model"], row["stage"], row["name"], row["tags"])
    return Absence(phase, series, at, since, expected)


def _key(model: str | None, stage: str | None) -> int:
    digest = blake2b(repr((model, stage)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
