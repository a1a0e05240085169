"""The time of day of many series at once: profiles of 48 half hours, learned day by day."""

from __future__ import annotations

import numpy as np

from console.detectors.table import Array
from console.records.clock import DAY

BINS = 48
BIN_S = DAY / BINS
LONGEST_STEP_S = DAY / 12
"""Slower series have no time of day."""
SMOOTH = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9
"""Weights over neighbouring bins: two and a half hours."""
SHARP_DAYS = 4
"""After so many days half of what is sharper than the smooth profile is believed."""
MEMORY_DAYS = 10


def at(profiles: Array, ts: Array) -> Array:
    """Profiles (series, 48) at one time each, between the middles of the half hours."""
    place = ts % DAY / BIN_S - 0.5
    low = np.floor(place).astype(int)
    share = place - low
    rows = np.arange(len(profiles))
    before: Array = profiles[rows, low % BINS]
    after: Array = profiles[rows, (low + 1) % BINS]
    mixed: Array = before * (1 - share) + after * share
    return mixed


def fill(days: Array) -> Array:
    """Days of half-hour means (series, 48) with their gaps (NaN) bridged round the clock."""
    filled = days.copy()
    for row in np.flatnonzero(np.isnan(days).any(axis=1)):
        known = np.flatnonzero(~np.isnan(days[row]))
        if len(known):
            filled[row] = np.interp(np.arange(BINS), known, days[row, known], period=BINS)
    return filled


def smooth(profiles: Array) -> Array:
    """Profiles averaged over neighbouring half hours."""
    reach = len(SMOOTH) // 2
    summed: Array = sum(
        weight * np.roll(profiles, shift, axis=1)
        for weight, shift in zip(SMOOTH, range(-reach, reach + 1), strict=True)
    )
    return summed


def believed(raw: Array, days: Array) -> Array:
    """The part of raw profiles that so many days of evidence bear: smooth at first, then sharp."""
    calm = smooth(raw)
    mixed: Array = calm + trust(days)[:, None] * (raw - calm)
    return mixed


def trust(days: Array) -> Array:
    """The share of what is sharper than smooth that is believed after so many days."""
    share: Array = days / (days + SHARP_DAYS)
    return share


def learn(raw: Array, days: Array, day: Array) -> Array:
    """Raw profiles after one more day; `day` are its half-hour means, gaps filled.

    Only the shape is learned: the day's mean is its level, and no part of the profile.
    """
    shape = day - day.mean(axis=1, keepdims=True)
    weight = (1 / np.minimum(days + 1, MEMORY_DAYS))[:, None]
    learned: Array = raw + weight * (shape - raw)
    return learned
