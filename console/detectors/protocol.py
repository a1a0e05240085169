"""The one protocol of all detectors: state in, closed windows in; deviations and new state out.

A detector never sees records. It gets a `Span`: every window that closed between two watermarks,
in event time, over all series at once. It must be

*causal*: what it says of a window depends on that window and earlier ones only;
*indifferent to batches*: two spans one after the other give the deviations and the state that one
span over both gives, so that neither a restart nor the speed of reading changes an alert;
*deterministic*, and free of clocks, files and SQL.

State is a mapping of small frames, columnar, one row a series, that the engine saves in the
transaction that carries the rows the state was computed from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import polars as pl

from console.records.series import Series
from console.stats.estimation import ESTIMATES
from console.stats.fields import CLOSED as FIELDS
from console.stats.sightings import CLOSED as SIGHTINGS
from console.stats.volumes import CLOSED as VOLUMES

State = Mapping[str, pl.DataFrame]
Severity = Literal["critical", "warning", "info"]
Phase = Literal["raised", "worse", "cleared"]


@dataclass(frozen=True)
class Span:
    """Every window that closed while the watermark went from `start` to `end` (epoch seconds).

    A window is in the span if `start < its end <= end`. Frames are sorted by the end of their
    windows; their schemas are those of the modules named.
    """

    start: float
    end: float
    metrics: pl.DataFrame
    """`stats.windows.CLOSED`: one row a series and base window."""
    logs: pl.DataFrame
    """`stats.logs.CLOSED`: lines by model, stage, level and template."""
    columns: pl.DataFrame
    """`stats.columns.CLOSED`: summaries of features, predictions and scores."""
    performance: pl.DataFrame
    """`stats.performance.CLOSED`: sums over predictions whose labels arrived."""
    events: pl.DataFrame
    """`records.frames.EVENTS`: events whose time lies in the span."""
    volumes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VOLUMES))
    """`stats.volumes.CLOSED`: what was written, by checkpoint, kind and file."""
    estimates: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ESTIMATES))
    """`stats.estimation.ESTIMATES`: what is expected of the performance of windows that closed."""
    sightings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SIGHTINGS))
    """`stats.sightings.CLOSED`: which predictions were seen, a sample."""
    fields: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FIELDS))
    """`stats.fields.CLOSED`: which fields the predictions had, and of which type."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One detector's finding on one series: that it deviates, still does but worse, or no longer.

    `(detector, series)` is its identity: between `raised` and `cleared` there is one deviation.
    """

    detector: str
    phase: Phase
    series: Series
    at: float
    """Event time at which it was found: the end of the window that decided."""
    onset: float
    """When the deviation is estimated to have begun, epoch seconds; at most `at`."""
    severity: Severity
    reason: str
    """In words, without the series' name: "above 250 for 5 min", "highest in 9 days"."""
    confidence: float = 0.5
    """0..1: how sure the detector is that this is not chance."""
    version: str | None = None
    direction: int = 0
    """1 up, -1 down, 0 neither."""
    before: float | None = None
    """Typical value before the onset, in the unit of the series."""
    after: float | None = None
    """Typical value since the onset."""
    baseline: float | None = None
    """What was expected now."""
    threshold: float | None = None
    """The value beyond which it counts as a deviation."""
    effect_size: float | None = None
    """|after - before| in units of the usual spread (standard deviations)."""
    p_value: float | None = None
    """Probability under the null that the detector's module states."""
    details: Mapping[str, str | float] = field(default_factory=dict)
    """What the message may use: `rows`, `share`, `segment`, `template_id`, `gap_s` and so on."""

    @property
    def key(self) -> tuple[str, int]:
        """The identity that one deviation keeps from `raised` to `cleared`."""
        return self.detector, self.series.id


class Detector(Protocol):
    """What a detector, built in or plugged in, offers."""

    @property
    def name(self) -> str:
        """The name that alerts show: `threshold`, `anomaly`, ..., or the plug-in's own."""
        ...

    @property
    def layout(self) -> int:
        """Version of the state's layout; a stored state of another layout is started anew."""
        ...

    def initial(self) -> State:
        """The state before the first window."""
        ...

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """What the span says, and the state after it. Deviations are in order of `at`."""
        ...
