"""A series that goes on, but with one and the same value, though it always varied.

*Null*: a series repeats its value from one window to the next as often as it always did (share
`r`). *Statistic*: the length `m` of the run of windows with the newest value. It is frozen when

- `r^m` is below `RARE`, and the run has lasted for half an hour and thirty windows;
- it is three times as long as any run before;
- the series has been known for a day and 300 windows, in which at most `OFTEN` repeated.

Constant and quantised series, which repeat often, are therefore never frozen; nor is a series that
is 0, since nothing to count is a count. It is over with the first other value. Deviations are those
of `staleness`: values that are not renewed.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors.protocol import Deviation, Phase, Span, State
from console.detectors.table import IDENTITY, Array, Column, Layout, Table, identities
from console.detectors.words import duration, number
from console.records.clock import DAY
from console.records.series import Series

RARE = 1e-12
OFTEN = 0.3
LEAST_WINDOWS, LEAST_AGE_S = 300, DAY
LEAST_RUN, LEAST_RUN_S = 30, 1800.0
BEYOND_PAST = 3

_LAYOUT: Layout = {
    "first": Column(np.nan),
    "value": Column(np.nan),
    "n": Column(0, "int64"),
    "repeats": Column(0, "int64"),
    "run": Column(0, "int64"),
    "since": Column(np.nan),
    "longest": Column(0, "int64"),
    "raised": Column(0, "bool"),
}


class FrozenDetector:
    """Values that no longer change."""

    name = "frozen"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._width = settings.window_s

    def initial(self) -> State:
        """No series yet."""
        return {
            "series": Table.empty(_LAYOUT).frame(),
            "identity": pl.DataFrame(schema=IDENTITY),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises and clears, in order of time."""
        if span.metrics.is_empty():
            return [], state
        windows = span.metrics.select(
            "series_id",
            (pl.col("start").dt.epoch("us") / 1e6 + self._width).alias("end"),
            "last",
            (pl.col("low") == pl.col("high")).alias("still"),
        )
        identity = identities(state["identity"], span.metrics)
        table = Table.read(_LAYOUT, state["series"])
        table.include(windows["series_id"].unique().to_numpy())
        found = self._walk(table, windows.sort("end", "series_id"), identity)
        return found, {"series": table.frame(), "identity": identity}

    def _walk(self, t: Table, windows: pl.DataFrame, identity: pl.DataFrame) -> list[Deviation]:
        rows = t.rows(windows["series_id"].to_numpy())
        ends, values = windows["end"].to_numpy(), windows["last"].to_numpy()
        still = windows["still"].to_numpy()
        clock = np.unique(ends)
        begins = np.searchsorted(ends, clock)
        stops = np.searchsorted(ends, clock, side="right")
        found: list[Deviation] = []
        for end, begin, stop in zip(clock.tolist(), begins, stops, strict=True):
            part = slice(begin, stop)
            changed = _take(t, rows[part], values[part], still[part], end)
            found += [self._deviation(t, row, phase, end, identity) for phase, row in changed]
        return found

    def _deviation(
        self, t: Table, row: int, phase: Phase, at: float, identity: pl.DataFrame
    ) -> Deviation:
        place = identity.row(int(identity["series_id"].search_sorted(int(t.keys[row]))))
        since, value = float(t["since"][row]), float(t["value"][row])
        lasted = duration(at - since)
        share = _share(t, row)
        if phase == "cleared":
            t["since"][row] = at
        return Deviation(
            detector="staleness",
            phase=phase,
            series=Series(*place[1:]),
            at=at,
            onset=since,
            severity="warning",
            reason=f"stuck at {number(value)} for {lasted}, though it changed in "
            f"{100 * (1 - share):.0f} % of its windows"
            if phase == "raised"
            else f"changes again after {lasted}",
            confidence=0.9,
            after=value,
            details={"stream": "metrics", "frozen": value, "run": float(t["run"][row])},
        )


def _take(
    t: Table, rows: Array, values: Array, still: Array, end: float
) -> list[tuple[Phase, int]]:
    """Takes in one window of some series; which are frozen by it, and which no longer."""
    fresh = t["n"][rows] == 0
    t["first"][rows[fresh]] = end
    same = still & (values == t["value"][rows])
    thawed = rows[~same & t["raised"][rows]]
    said: list[tuple[Phase, int]] = [("cleared", int(row)) for row in thawed]
    # What was frozen was not the series: it counts neither as windows nor as a run.
    counted = ~t["raised"][rows]
    t["n"][rows] += counted
    t["repeats"][rows] += same & counted
    ended = rows[~same & counted]
    t["longest"][ended] = np.maximum(t["longest"][ended], t["run"][ended])
    t["run"][rows] = np.where(same, t["run"][rows] + 1, 0)
    t["since"][ended] = end
    t["value"][rows] = values
    frozen = (
        counted
        & same
        & (values != 0)
        & (t["run"][rows] >= np.maximum(LEAST_RUN, BEYOND_PAST * t["longest"][rows]))
        & (end - t["since"][rows] >= LEAST_RUN_S)
        & (t["n"][rows] - t["run"][rows] >= LEAST_WINDOWS)
        & (t["since"][rows] - t["first"][rows] >= LEAST_AGE_S)
    )
    for row in rows[frozen].tolist():
        share = _share(t, row)
        if share <= OFTEN and t["run"][row] * math.log(share) < math.log(RARE):
            t["raised"][row] = True
            t["n"][row] -= t["run"][row]
            t["repeats"][row] -= t["run"][row]
            said.append(("raised", row))
    t["raised"][thawed] = False
    return said


def _share(t: Table, row: int) -> float:
    """The share of windows that repeated the value before, the run at the end left out."""
    run = 0 if t["raised"][row] else int(t["run"][row])
    return float((t["repeats"][row] - run + 1) / (t["n"][row] - run + 2))
