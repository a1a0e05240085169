"""What fields a stretch of predictions has, and how they differ from what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

FEW, HALF, NEARLY_ALL = 0.01, 0.5, 0.8
MIXED, ANEW = "mixed", "anew"
Changes = dict[str, str]
"""What is said of a field, by its name."""


@dataclass(slots=True)
class Track:
    """What one field has been: least and largest share of rows that carry it, and its type."""

    low: float
    high: float
    type: str | None

    def widen(self, seen: Seen) -> None:
        """Takes what was seen for usual."""
        self.low, self.high = min(self.low, seen.share), max(self.high, seen.share)
        if self.type is None:
            self.type = seen.type
        elif seen.type not in (None, self.type):
            self.type = MIXED


@dataclass(frozen=True, slots=True)
class Seen:
    """One field in a half hour."""

    share: float
    main: str | None
    """The most frequent type of its values; None without values."""
    main_share: float

    @property
    def type(self) -> str | None:
        """Its one type; `MIXED` of several, None without values."""
        if self.main is None:
            return None
        return self.main if self.main_share >= 1 - FEW else MIXED


def seen_in(windows: pl.DataFrame, rows: int) -> dict[str, Seen]:
    """The fields of some windows with so many rows."""
    counted: dict[str, dict[str, int]] = {}
    for name, kind, n in (
        windows.filter(pl.col("field").is_not_null())
        .group_by("field", "type")
        .agg(pl.col("n").sum())
        .sort("field", "type")
        .iter_rows()
    ):
        counted.setdefault(name, {})[kind] = n
    seen = {}
    for name, types in counted.items():
        values = {kind: n for kind, n in types.items() if kind != "null"}
        main = max(sorted(values), key=lambda kind: values[kind], default=None)
        share = values[main] / sum(values.values()) if main else 0.0
        seen[name] = Seen(sum(types.values()) / rows, main, share)
    return seen


def changes_of(tracks: Mapping[str, Track], seen: Mapping[str, Seen]) -> Changes:
    """What is said of the fields that are not as they were."""
    said: Changes = {}
    for name, one in seen.items():
        track = tracks.get(name)
        if (track is None or track.high <= FEW) and one.share >= HALF:
            said[name] = f"{name} is new"
            continue
        of_one = track is not None and track.type not in (None, MIXED, ANEW, one.main)
        if track is not None and of_one and one.main is not None and one.main_share >= HALF:
            said[name] = f"{name} was {track.type}, is {one.main}"
    for name, track in tracks.items():
        now = seen[name].share if name in seen else 0.0
        if track.low >= NEARLY_ALL and now <= FEW and track.type != ANEW:
            said[name] = f"{name} is gone"
    return said
