"""What the performance detector keeps of one model: its baseline, and what is raised of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from console.detectors.performance_sums import Metric
from console.detectors.protocol import Severity
from console.records.frames import Schema

TRACKS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "first": pl.Float64,
    "until": pl.Float64,
    "base": pl.List(pl.Float64),
    "from_file": pl.Boolean,
    "wander": pl.Float64,
}
SLOTS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "slot": pl.Float64,
    "sums": pl.List(pl.Float64),
}
RAISED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "metric": pl.String,
    "raised": pl.Float64,
    "onset": pl.Float64,
    "before": pl.Float64,
    "after": pl.Float64,
    "severity": pl.String,
    "calm": pl.Int64,
    "ignored": pl.Float64,
    "estimated": pl.Boolean,
    "refuted": pl.Float64,
}
Key = tuple[str | None, str | None]


@dataclass(slots=True)
class Raised:
    """What is told of one metric."""

    model: str | None
    stage: str | None
    metric: Metric
    raised: float | None = None
    onset: float | None = None
    before: float | None = None
    after: float | None = None
    severity: Severity | None = None
    calm: int = 0
    ignored: float = float("-inf")
    """Predictions before it were told of already."""
    estimated: bool = False
    """What is raised is what is expected: no label has borne it out yet."""
    refuted: float | None = None
    """When labels last showed that an estimate had been wrong."""

    def close(self) -> None:
        """Forgets what was raised."""
        self.raised = self.onset = self.before = self.after = self.severity = None
        self.calm, self.estimated = 0, False


@dataclass(slots=True)
class Track:
    """One model's baseline."""

    model: str | None
    stage: str | None
    first: float
    """Slot of the first labelled prediction."""
    until: float | None = None
    """End of the first day; None while it is not known well enough."""
    base: list[float] = field(default_factory=list)
    """Sums of the reference file, or of the first day once it is known."""
    from_file: bool = False
    wander: float = 0.0
    """Standard deviation of the metric between four-hour blocks beyond chance."""


def frame(entries: Sequence[Track] | Sequence[Raised], schema: Schema) -> pl.DataFrame:
    """The entries as rows, in the order of their keys."""
    ordered = sorted(
        (tuple(getattr(entry, name) for name in schema) for entry in entries),
        key=lambda row: (row[0] or "", row[1] or "", str(row[2])),
    )
    return pl.DataFrame(ordered, schema=schema, orient="row")
