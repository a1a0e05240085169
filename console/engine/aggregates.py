"""Open windows of every kind: deltas come in, whole windows go out once the watermark passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import polars as pl

from console.records.clock import naive

Merge = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of window: how wide it is, and how deltas of the same window become one."""

    width_s: float
    merge: Merge


@dataclass
class Aggregates:
    """The open windows of every kind, as the deltas that arrived for them."""

    kinds: Mapping[str, Kind]
    open: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def add(self, kind: str, deltas: pl.DataFrame) -> None:
        """Takes deltas (column `late` included); those that are late only restate the store."""
        timely = deltas.filter(~pl.col("late")).drop("late")
        if timely.height:
            self.open.setdefault(kind, []).append(timely)

    def close(self, kind: str, watermark: float) -> pl.DataFrame | None:
        """The merged windows that end at or before the watermark; they are no longer open."""
        parts = self.open.get(kind)
        if not parts:
            return None
        deltas = pl.concat(parts)
        ended = pl.col("start") + timedelta(seconds=self.kinds[kind].width_s) <= naive(watermark)
        closed = deltas.filter(ended)
        if not closed.height:
            self.open[kind] = [deltas]
            return None
        rest = deltas.filter(~ended)
        self.open[kind] = [rest] if rest.height else []
        return self.kinds[kind].merge(closed)

    def earliest(self) -> float | None:
        """The start of the oldest open window, epoch seconds."""
        starts = [
            part["start"].dt.epoch("us").min() for parts in self.open.values() for part in parts
        ]
        known = [start for start in starts if isinstance(start, int)]
        return min(known) / 1e6 if known else None
