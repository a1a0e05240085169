"""What the drift detector keeps of one column: its first day, its floors, whether it is raised."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from console.detectors.buckets import Unit
from console.detectors.comparison import FLOORS
from console.detectors.protocol import Severity
from console.records.frames import Schema
from console.stats.reference import ColumnReference

TRACKS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "column": pl.String,
    "role": pl.String,
    "first": pl.Float64,
    "complete": pl.Boolean,
    "counts": pl.List(pl.Float64),
    "total": pl.Float64,
    "numbers": pl.Float64,
    "floors": pl.List(pl.Float64),
    "rebased": pl.Boolean,
    "mismatch": pl.Boolean,
    "hits": pl.Int64,
    "calm": pl.Int64,
    "raised": pl.Float64,
    "onset": pl.Float64,
    "severity": pl.String,
    "before": pl.Float64,
    "cleared": pl.Float64,
}
Key = tuple[str | None, str | None, str, str]


@dataclass(slots=True)
class Track:
    """What is known of one column: its first day, its floors, whether it is raised."""

    model: str | None
    stage: str | None
    column: str
    role: str
    first: float
    complete: bool = False
    counts: list[float] = field(default_factory=list)
    total: float = 0.0
    numbers: float = 0.0
    floors: list[float] = field(default_factory=lambda: list(FLOORS))
    rebased: bool = False
    mismatch: bool = False
    """What is raised is that the first day differs from the file, nothing that came since."""
    hits: int = 0
    calm: int = 0
    raised: float | None = None
    onset: float | None = None
    severity: Severity | None = None
    before: float | None = None
    cleared: float | None = None


def track_of(tracks: dict[Key, Track], unit: Unit, column: ColumnReference) -> Track:
    """The track of a column; a new one for one that is new, or whose reference has changed."""
    key = (unit.model, unit.stage, column.name, column.role)
    track = tracks.get(key)
    if track is None or len(track.counts) not in (0, column.cells):
        first = unit.buckets[len(unit.buckets) - unit.fresh].start
        track = tracks[key] = Track(*key, first)
    return track
