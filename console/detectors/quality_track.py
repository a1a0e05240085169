"""What the detector of quality knows of one column: its own past, and what is raised of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from console.detectors import quality_scale
from console.detectors.buckets import Bucket, Unit
from console.detectors.protocol import Severity
from console.records.clock import DAY, HOUR
from console.records.frames import Schema
from console.stats.reference import ColumnReference

Term = Literal["nulls", "unseen", "constant", "unit"]
POOLS = (HOUR / 6, HOUR / 2, 2 * HOUR, 12 * HOUR)
MEMORY = max(POOLS)
LEAST_OWN = 300
"""Rows of its own past without which a column keeps the reference as its baseline."""
FADING = 14 * DAY
"""Half-life of a column's own past."""
TRACKS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "column": pl.String,
    "role": pl.String,
    "first": pl.Float64,
    "folded": pl.Float64,
    "n": pl.Float64,
    "nulls": pl.Float64,
    "unseen": pl.Float64,
    "scales": pl.List(pl.Float64),
    "term": pl.String,
    "raised": pl.Float64,
    "onset": pl.Float64,
    "before": pl.Float64,
    "after": pl.Float64,
    "severity": pl.String,
    "calm_since": pl.Float64,
    "cleared": pl.Float64,
}
Key = tuple[str | None, str | None, str, str]


@dataclass(slots=True)
class Track:
    """What is known of one column: its own past, and what is raised of it."""

    model: str | None
    stage: str | None
    column: str
    role: str
    first: float
    folded: float
    n: float = 0.0
    nulls: float = 0.0
    unseen: float = 0.0
    scales: list[float] = field(default_factory=lambda: [0.0] * quality_scale.WIDTH)
    """Of the numbers of past buckets, as `quality_scale.folded` adds them up."""
    term: Term | None = None
    raised: float | None = None
    onset: float | None = None
    before: float | None = None
    after: float | None = None
    severity: Severity | None = None
    """The last onset is kept when it is cleared."""
    calm_since: float | None = None
    cleared: float | None = None

    def fold(self, place: int, bucket: Bucket) -> None:
        """Adds a bucket to the past, unless the column deviated in it."""
        fade = 0.5 ** (max(bucket.start - self.folded, 0.0) / FADING)
        over = np.inf if self.raised is not None else (self.cleared or -np.inf)
        first_day = bucket.start < self.first + DAY
        taken = first_day or self.onset is None or not self.onset <= bucket.start < over
        self.n = self.n * fade + (bucket.n[place] if taken else 0.0)
        self.nulls = self.nulls * fade + (bucket.nulls[place] if taken else 0.0)
        self.unseen = self.unseen * fade + (bucket.unseen[place] if taken else 0.0)
        part = part_of([bucket], place) if taken else None
        self.scales = quality_scale.folded(self.scales, part, fade)
        self.folded = bucket.start


def part_of(buckets: list[Bucket], place: int) -> quality_scale.Part:
    """The numbers of a column in some buckets."""
    return quality_scale.Part(
        sum(float(b.numbers[place]) for b in buckets),
        sum(float(b.total[place]) for b in buckets),
        sum(float(b.squares[place]) for b in buckets),
    )


def base_of(track: Track, column: ColumnReference, at: float) -> dict[str, tuple[float, float]]:
    """Rows of the baseline, and nulls or unseen values among them."""
    n = track.n + column.n
    unseen = track.unseen + column.unseen + column.singletons
    both = {"nulls": (n, track.nulls + column.nulls), "unseen": (n, unseen)}
    if at < track.first + DAY + MEMORY or track.n < LEAST_OWN:
        return both
    # What the reference never saw still counts for unseen, unless the stream itself has known it.
    known = track.unseen * n > unseen * track.n
    return {
        "nulls": (track.n, track.nulls),
        "unseen": (track.n, track.unseen) if known else both["unseen"],
    }


def track_of(tracks: dict[Key, Track], unit: Unit, column: ColumnReference) -> Track:
    """The track of a column, begun with the first new bucket if there is none."""
    key = (unit.model, unit.stage, column.name, column.role)
    if key not in tracks:
        first = unit.buckets[len(unit.buckets) - unit.fresh].start
        tracks[key] = Track(*key, first, first - 1)
    return tracks[key]
