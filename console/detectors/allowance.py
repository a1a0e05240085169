"""How far a series may be away for reasons that are known: its weeks, and its sharp days."""

from __future__ import annotations

import numpy as np

from console.detectors import baseline, season, weekly
from console.detectors.baseline import Reading
from console.detectors.table import Array, Table
from console.records.clock import DAY

SHARP = np.array([1.0, 1.0, 1.0, 0.35])
"""How much of what is sharp in the time of day is left in each statistic."""


def allowed(t: Table, reading: Reading) -> Array:
    """(rows, 4): what each statistic may be away beyond its limit; remembers this step's."""
    rows = reading.rows
    ts = (reading.index + 0.5) * t["width"][rows]
    spread = _known_spread(t, reading)
    scores = reading.distance / spread
    young = ~baseline.week_known(t, rows)
    found = weekly.allowance(t, rows, ts, scores, young) * spread
    found += _unbelieved(t, rows, ts, reading.distance)
    weekly.remember(t, rows, ts, np.where(reading.known, scores, np.nan))
    return found


def _known_spread(t: Table, reading: Reading) -> Array:
    """(rows, 4): the spread without what is granted to a young series."""
    rows = reading.rows
    more = np.where(
        baseline.week_known(t, rows), 0.0, baseline.YOUNG_SWING**2 - baseline.KNOWN_SWING**2
    )
    granted = more * t["swing"][rows] ** 2
    spread: Array = np.sqrt(np.maximum(reading.spread**2 - granted[:, None], 1e-300))
    return spread


def _unbelieved(t: Table, rows: Array, ts: Array, distance: Array) -> Array:
    """How far each statistic (rows, 4) may be away, since the time of day is sharper than believed.

    A few days bear a smooth profile only, and half hours no sharper one. What was sharp in the past
    days beyond their noise, within half an hour and on the side of the statistic, is no news.
    """
    days = t["days"][rows]
    trust = season.trust(days)[:, None]
    sharp = (t["shape"][rows] - t["profile"][rows]) / (1 - trust)
    taken = season.at(trust * sharp, ts)[:, None]
    place = (ts % DAY / season.BIN_S).astype(int)
    near = (place[:, None] + np.array([-1, 0, 1])) % season.BINS
    beside = sharp[np.arange(len(rows))[:, None], near] - taken
    side = np.where(distance > 0, beside.max(axis=1)[:, None], -beside.min(axis=1)[:, None])
    chance = 2 * np.sqrt(t["single"][rows] / np.clip(days, 1, season.MEMORY_DAYS))
    daily = (t["width"][rows] <= season.LONGEST_STEP_S)[:, None]
    allowed: Array = daily * SHARP * np.maximum(side - chance[:, None], 0)
    return allowed
