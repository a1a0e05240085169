"""Realised performance: whether a model has become worse, once labels tell.

Labels arrive hours after the predictions they judge. Whenever half an hour of arrivals is complete,
the predictions of the newest 2, 4, 8, 16, 32 and 64 hours that have labels are compared with the
reference's labelled rows, or with the model's own first day of predictions: accuracy, and the area
under the ROC curve where there are scores of two classes; mean absolute error of a regression.

A metric is raised if it is worse by its floor (2 points of accuracy or AUC, a tenth of the error)
and if chance does not explain that half the floor is passed: z beyond `Z_LIMIT`, with the sampling
error of both sides and the spread of the first day's four-hour blocks. The limit is a Bonferroni
bound over the 1,440 looks of a month at 6 pools: at most one false alarm in 20 months of a model
and metric, fewer since the looks overlap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors.buckets import SERVING, steady
from console.detectors.performance_sums import (
    DELAY,
    LEAST_BASELINE,
    LEAST_ROWS,
    SLOT,
    WIDTH,
    Floats,
    Metric,
    N,
    by_slot,
    estimate,
    from_totals,
    gain_of,
    loss_of,
    metrics_of,
    wander_of,
)
from console.detectors.protocol import Deviation, Severity, Span, State
from console.records.clock import DAY, HOUR, naive
from console.records.frames import Schema
from console.records.series import Series
from console.stats import performance
from console.stats.counts import since
from console.stats.drift import normal_sf
from console.stats.metrics import Estimate
from console.stats.pinning import References

POOLS = (4, 8, 16, 32, 64, 128)
"""Slots of predictions that are pooled, the newest ones."""
A_DAY = 48
"""Pools of so many slots hold every time of day alike: no wander is to be allowed for."""
KEPT = 7 * DAY
ALPHA = 0.05 / (1440 * len(POOLS))
Z_LIMIT = 4.39
"""The z that a normal variable exceeds with probability `ALPHA`."""
FLOOR = {"accuracy": 0.02, "auc": 0.02, "mae": 0.1}
"""Least loss: absolute, of an error relative to the baseline."""
GRAVE = 5.0
"""So many floors are critical."""
CALM_POOLS, CALM = (16, 32, 64), 4
_TRACK: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "first": pl.Float64,
    "until": pl.Float64,
    "base": pl.List(pl.Float64),
    "from_file": pl.Boolean,
    "wander": pl.Float64,
}
_SLOTS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "slot": pl.Float64,
    "sums": pl.List(pl.Float64),
}
_RAISED: Schema = {
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
}


@dataclass(slots=True)
class _Raised:
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


@dataclass(slots=True)
class _Track:
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


@dataclass(frozen=True, slots=True)
class _Loss:
    """A metric of some slots against what is usual."""

    usual: Estimate
    now: Estimate
    floor: float
    loss: float
    z: float
    slots: list[float]

    @property
    def counts(self) -> bool:
        """Whether it is both large and certain enough."""
        return self.loss >= self.floor and self.z >= Z_LIMIT


class PerformanceDetector:
    """Compares labelled predictions with the reference's, or with the first day's."""

    name = "performance"
    layout = 1

    def __init__(self, settings: Settings, references: References) -> None:
        self._width = settings.prediction_window_s
        self._references = references

    def initial(self) -> State:
        """Nothing seen yet."""
        return {
            "pending": pl.DataFrame(schema=performance.CLOSED),
            "slots": pl.DataFrame(schema=_SLOTS),
            "tracks": pl.DataFrame(schema=_TRACK),
            "raised": pl.DataFrame(schema=_RAISED),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Metrics that have become worse, or are as they were again, in order of `at`."""
        waiting = pl.concat([state["pending"], span.performance])
        limit = math.floor(span.end / SLOT) * SLOT
        # An arrival window belongs to the half hour in which it ends.
        complete = pl.col("start") + timedelta(seconds=self._width) <= naive(limit)
        ready = waiting.filter(complete)
        if ready.is_empty():
            return [], {**state, "pending": waiting}
        tracks = {
            (row[0], row[1]): _Track(*row)
            for row in state["tracks"].select(list(_TRACK)).iter_rows()
        }
        raised = {
            (row[0], row[1], row[2]): _Raised(*row)
            for row in state["raised"].select(list(_RAISED)).iter_rows()
        }
        found: list[Deviation] = []
        kept = state["slots"]
        for (model, stage), rows in ready.group_by(["model", "stage"], maintain_order=True):
            key = (_text(model), _text(stage))
            mine = pl.col("model").eq_missing(pl.lit(key[0])) & pl.col("stage").eq_missing(
                pl.lit(key[1])
            )
            slots = {
                row[0]: np.array(row[1])
                for row in kept.filter(mine).select("slot", "sums").iter_rows()
            }
            judge = _Judge(key, tracks, raised, self._references, slots)
            found += judge.walk(rows, self._width)
            sums = [(*key, slot, judge.slots[slot].tolist()) for slot in sorted(judge.slots)]
            kept = pl.concat([kept.filter(~mine), pl.DataFrame(sums, schema=_SLOTS, orient="row")])
        return sorted(found, key=lambda d: (d.at, d.series.id)), {
            "pending": waiting.filter(~complete),
            "slots": kept.sort("model", "stage", "slot"),
            "tracks": _frame(list(tracks.values()), _TRACK),
            "raised": _frame(list(raised.values()), _RAISED),
        }


class _Judge:
    """One model's labelled predictions, looked at arrival by arrival."""

    def __init__(
        self,
        key: tuple[str | None, str | None],
        tracks: dict[tuple[str | None, str | None], _Track],
        raised: dict[tuple[str | None, str | None, str], _Raised],
        references: References,
        slots: dict[float, Floats],
    ) -> None:
        self.key = key
        self.tracks = tracks
        self.raised = raised
        self.slots = slots
        reference = references.get(key[0])
        self.file = reference.performance if reference is not None else {}
        self.at = 0.0

    def walk(self, rows: pl.DataFrame, width: float) -> list[Deviation]:
        """What the arrivals say, half hour by half hour."""
        end = (pl.col("start").dt.epoch("us") / 1e6 + width) / SLOT
        found: list[Deviation] = []
        for (look,), own in (
            rows.with_columns(end.ceil().alias("_look"))
            .sort("_look")
            .group_by(["_look"], maintain_order=True)
        ):
            self.at = float(str(look)) * SLOT
            for slot, vector in by_slot(own.drop("_look")).items():
                self.slots[slot] = self.slots.get(slot, np.zeros(WIDTH)) + vector
            newest = max(self.slots)
            for slot in [s for s in self.slots if s <= newest - KEPT]:
                del self.slots[slot]
            found += self._look()
        return found

    def _look(self) -> list[Deviation]:
        track = self.tracks.get(self.key)
        if track is None:
            track = self.tracks[self.key] = _Track(*self.key, min(self.slots))
        found = []
        if track.until is None:
            if not self._learn(track):
                return []
            found = self._against_file(track)
        base = np.array(track.base)
        start = -math.inf if track.from_file else track.until or 0.0
        for metric in metrics_of(base):
            entry = self.raised.setdefault((*self.key, metric), _Raised(*self.key, metric))
            deviation = self._judge(track, entry, base, start)
            if deviation is not None:
                found.append(deviation)
        return found

    def _learn(self, track: _Track) -> bool:
        """Whether the first day is known by now: a day and enough labels."""
        ordered = sorted(self.slots)
        if ordered[-1] - track.first < DAY:
            return False
        first_day = [slot for slot in ordered if slot < track.first + DAY]
        rows = sum(self.slots[slot][N] for slot in ordered[:-1])
        if rows < LEAST_BASELINE:
            return False
        inside = list(first_day)
        while sum(self.slots[slot][N] for slot in inside) < LEAST_BASELINE:
            inside.append(ordered[len(inside)])
        track.until = inside[-1] + SLOT
        total = np.sum([self.slots[slot] for slot in inside], axis=0)
        track.wander = wander_of([self.slots[slot] for slot in inside], total)
        track.base = total.tolist()
        return True

    def _against_file(self, track: _Track) -> list[Deviation]:
        """Makes the reference file the baseline; unless the first day is worse: then tells so once.

        The first day then stays the baseline: what is known must not hide how it gets worse.
        """
        file, own = from_totals(self.file), np.array(track.base)
        if file[N] < LEAST_BASELINE:
            return []
        track.from_file, track.base = True, file.tolist()
        slots = sorted(s for s in self.slots if track.until is None or s < track.until)
        found = []
        for metric in metrics_of(file):
            usual, now = estimate(metric, file), estimate(metric, own)
            if usual is None or now is None:
                continue
            loss = _compared(metric, usual, now, 0.0, slots)
            if loss.counts:
                entry = self.raised.setdefault((*self.key, metric), _Raised(*self.key, metric))
                entry.raised, entry.onset, entry.before = self.at, track.first, usual.value
                entry.after, entry.severity = now.value, "warning"
                found.append(self._deviation(entry, "raised", track, loss))
        if found:
            track.from_file, track.base = False, own.tolist()
        return found

    def _judge(self, track: _Track, entry: _Raised, base: Floats, start: float) -> Deviation | None:
        metric = entry.metric
        usual = estimate(metric, base)
        if usual is None:
            return None
        ordered = [s for s in sorted(self.slots) if s >= max(start, entry.ignored)]
        if not ordered:
            return None
        if entry.raised is not None and self._calm(entry, ordered):
            return self._cleared(entry, ordered)
        best: _Loss | None = None
        for size in POOLS:
            slots = [s for s in ordered if s > ordered[-1] - size * SLOT]
            pooled = np.sum([self.slots[s] for s in slots], axis=0)
            now = estimate(metric, pooled)
            if now is None or now.n < LEAST_ROWS:
                continue
            loss = _compared(metric, usual, now, track.wander if size < A_DAY else 0.0, slots)
            if loss.counts and (best is None or loss.z > best.z):
                best = loss
        if best is None:
            return None
        severity: Severity = "critical" if best.loss >= GRAVE * best.floor else "warning"
        if entry.raised is not None and not (
            severity == "critical" and entry.severity == "warning"
        ):
            return None
        phase: Literal["raised", "worse"] = "raised" if entry.raised is None else "worse"
        if entry.raised is None:
            entry.onset = min(self._onset(metric, usual, best.now, ordered), self.at)
            entry.before, entry.raised = usual.value, self.at
        entry.after = best.now.value
        entry.severity, entry.calm = severity, 0
        return self._deviation(entry, phase, track, best)

    def _calm(self, entry: _Raised, ordered: list[float]) -> bool:
        """Whether the newest predictions lie surely on the better side of half of the loss."""
        half = ((entry.before or 0.0) + (entry.after or 0.0)) / 2
        # What was made before the onset was good already.
        ordered = [s for s in ordered if s >= (entry.onset or 0.0)]
        calm = any(
            now is not None and now.n >= LEAST_ROWS and _better(entry.metric, now, half)
            for now in (self._newest(entry.metric, ordered, size) for size in CALM_POOLS)
        )
        entry.calm = entry.calm + 1 if calm else 0
        return entry.calm >= CALM

    def _newest(self, metric: Metric, ordered: list[float], size: int) -> Estimate | None:
        slots = [s for s in ordered if s > ordered[-1] - size * SLOT]
        if not slots:
            return None
        return estimate(metric, np.sum([self.slots[s] for s in slots], axis=0))

    def _cleared(self, entry: _Raised, ordered: list[float]) -> Deviation:
        deviation = Deviation(
            detector="performance",
            phase="cleared",
            series=self._series(entry.metric),
            at=self.at,
            onset=entry.onset if entry.onset is not None else self.at,
            severity=entry.severity or "warning",
            reason="as good as before again",
            before=None if entry.before is None else steady(entry.before),
        )
        entry.ignored = ordered[-1] - CALM_POOLS[0] * SLOT
        entry.raised = entry.onset = entry.before = entry.after = entry.severity = None
        entry.calm = 0
        return deviation

    def _onset(self, metric: Metric, usual: Estimate, now: Estimate, ordered: list[float]) -> float:
        """The predictions since which the metric is likelier as it is now than as it was."""
        gain = gain_of(metric, usual, now)
        return ordered[since([gain(self.slots[slot]) for slot in ordered])]

    def _deviation(
        self,
        entry: _Raised,
        phase: Literal["raised", "worse"],
        track: _Track,
        loss: _Loss,
    ) -> Deviation:
        metric, usual, now, slots = entry.metric, loss.usual, loss.now, loss.slots
        p = float(normal_sf(loss.z))
        worse = 1.0 if metric == "mae" else -1.0
        pooled = np.sum([self.slots[s] for s in slots], axis=0)
        hours = (slots[-1] + SLOT - slots[0]) / HOUR
        against = "its reference" if track.from_file else "its first day"
        spread = math.hypot(track.wander, usual.error * math.sqrt(usual.n / 200))
        return Deviation(
            detector="performance",
            phase=phase,
            series=self._series(metric),
            at=self.at,
            onset=entry.onset if entry.onset is not None else self.at,
            severity=entry.severity or "warning",
            reason=f"{now.value:.3f} (95 % {now.low:.3f} to {now.high:.3f}) over {now.n} labelled "
            f"predictions of {hours:.0f} h, {usual.value:.3f} in {against}",
            confidence=steady(min(0.99, 1 - p)),
            direction=int(worse),
            before=steady(usual.value),
            after=steady(now.value),
            baseline=steady(usual.value),
            threshold=steady(usual.value + worse * loss.floor),
            effect_size=steady(abs(now.value - usual.value) / max(spread, 1e-9)),
            p_value=steady(p),
            details={
                "rows": float(now.n),
                "low": round(now.low, 5),
                "high": round(now.high, 5),
                "label_delay_s": round(float(pooled[DELAY] / max(pooled[N], 1))),
            },
        )

    def _series(self, metric: Metric) -> Series:
        return Series(self.key[0], self.key[1] or SERVING, metric)


def _better(metric: Metric, now: Estimate, half: float) -> bool:
    """Whether it is better than this by its standard error."""
    return now.value + now.error < half if metric == "mae" else now.value - now.error > half


def _compared(
    metric: Metric, usual: Estimate, now: Estimate, wander: float, slots: list[float]
) -> _Loss:
    floor = FLOOR[metric] * (usual.value if metric == "mae" else 1.0)
    loss = loss_of(metric, usual, now)
    z = (loss - floor / 2) / max(math.hypot(usual.error, now.error, wander), 1e-9)
    return _Loss(usual, now, floor, loss, z, slots)


def _frame(entries: list[_Track] | list[_Raised], schema: Schema) -> pl.DataFrame:
    ordered = sorted(
        (tuple(getattr(entry, name) for name in schema) for entry in entries),
        key=lambda row: (row[0] or "", row[1] or "", str(row[2])),
    )
    return pl.DataFrame(ordered, schema=schema, orient="row")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
