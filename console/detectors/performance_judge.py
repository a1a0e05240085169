"""One model's predictions, judged half hour by half hour: by their labels, and before they come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from console.detectors.buckets import SERVING, steady
from console.detectors.performance_loss import (
    Loss,
    Record,
    compared,
    expected_loss,
    record,
    unlabelled,
    worst,
)
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
    expected_by_slot,
    from_totals,
    gain_of,
    metrics_of,
    wander_of,
)
from console.detectors.performance_track import Key, Raised, Track
from console.detectors.protocol import Deviation, Severity
from console.records.clock import DAY, HOUR
from console.records.series import Series
from console.stats.counts import since
from console.stats.drift import normal_sf
from console.stats.metrics import Estimate
from console.stats.pinning import References

KEPT = 7 * DAY
GRAVE = 5.0
"""So many floors are critical."""
CALM_POOLS, CALM = (16, 32, 64), 4
DISTRUST = 7 * DAY
"""For so long estimates raise nothing after labels have refuted one."""
_Slots = dict[float, Floats]


@dataclass(frozen=True)
class _Side:
    """By what predictions are judged: their labels, or what is expected of them."""

    slots: Mapping[float, Floats]
    past: Record | None = None
    """What estimates were worth so far; None of labels."""

    @property
    def estimated(self) -> bool:
        """Whether it is what is expected."""
        return self.past is not None


class Judge:
    """Looks at one model whenever half an hour of arrivals or of predictions is complete."""

    def __init__(
        self,
        key: Key,
        tracks: dict[Key, Track],
        raised: dict[tuple[str | None, str | None, str], Raised],
        references: References,
        *,
        slots: _Slots,
        expected: _Slots,
    ) -> None:
        self.key = key
        self.tracks = tracks
        self.raised = raised
        self.slots = slots
        """Sums over labelled predictions by the time that they were made."""
        self.expected = expected
        """Sums that were expected, likewise."""
        reference = references.get(key[0])
        self.file = from_totals(reference.performance if reference is not None else {})
        self.at = 0.0

    def walk(self, rows: pl.DataFrame, estimates: pl.DataFrame, width: float) -> list[Deviation]:
        """What arrivals (`performance.CLOSED`) and estimates (`ESTIMATES`) say, in turn."""
        looks = _looks(rows, width), _looks(estimates, width)
        found: list[Deviation] = []
        for look in sorted({*looks[0], *looks[1]}):
            self.at = look
            if look in looks[1]:
                _add(self.expected, expected_by_slot(looks[1][look]))
            if look in looks[0]:
                _add(self.slots, by_slot(looks[0][look]))
                found += self._look()
            found += self._look_ahead()
        return found

    def _entry(self, metric: Metric) -> Raised:
        return self.raised.setdefault((*self.key, metric), Raised(*self.key, metric))

    def _look(self) -> list[Deviation]:
        track = self.tracks.get(self.key)
        if track is None:
            track = self.tracks[self.key] = Track(*self.key, min(self.slots))
        found = []
        if track.until is None:
            if not self._learn(track):
                return []
            found = self._against_file(track)
        base = np.array(track.base)
        start = -math.inf if track.from_file else track.until or 0.0
        for metric in metrics_of(base):
            deviation = self._judge(track, self._entry(metric), base, start)
            if deviation is not None:
                found.append(deviation)
        return found

    def _learn(self, track: Track) -> bool:
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

    def _against_file(self, track: Track) -> list[Deviation]:
        """Makes the reference file the baseline; unless the first day is worse: then tells so once.

        The first day then stays the baseline: what is known must not hide how it gets worse.
        """
        own = np.array(track.base)
        if self.file[N] < LEAST_BASELINE:
            return []
        track.from_file, track.base = True, self.file.tolist()
        slots = sorted(s for s in self.slots if track.until is None or s < track.until)
        found = []
        for metric in metrics_of(self.file):
            usual, now = estimate(metric, self.file), estimate(metric, own)
            if usual is None or now is None:
                continue
            loss = compared(metric, usual, now, 0.0, slots)
            if loss.counts:
                entry = self._entry(metric)
                entry.raised, entry.onset, entry.before = self.at, track.first, usual.value
                entry.after, entry.severity, entry.estimated = now.value, "warning", False
                found.append(self._deviation(entry, "raised", loss, _Side(self.slots)))
        if found:
            track.from_file, track.base = False, own.tolist()
        return found

    def _judge(self, track: Track, entry: Raised, base: Floats, start: float) -> Deviation | None:
        """What labels say of one metric."""
        usual = estimate(entry.metric, base)
        ordered = [s for s in sorted(self.slots) if s >= max(start, entry.ignored)]
        if usual is None or not ordered:
            return None
        side = _Side(self.slots)
        if self._told(entry) and self._calm(entry, self.slots, ordered):
            return self._cleared(entry, ordered, side)
        best = worst(entry.metric, usual, self.slots, ordered, track.wander)
        if best is None:
            return None
        severity: Severity = "critical" if best.loss >= GRAVE * best.floor else "warning"
        told = entry.raised is not None and not entry.estimated
        if told and not (severity == "critical" and entry.severity == "warning"):
            return None
        if entry.estimated and best.slots[-1] < (entry.onset or 0.0):
            return None  # of predictions made before what was estimated
        phase: Literal["raised", "worse"] = "raised" if entry.raised is None else "worse"
        if entry.raised is None:
            entry.onset = min(self._onset(usual, best, self.slots, ordered), self.at)
            entry.before, entry.raised = usual.value, self.at
        entry.after = best.now.value
        entry.severity, entry.calm, entry.estimated = severity, 0, False
        return self._deviation(entry, phase, best, side)

    def _look_ahead(self) -> list[Deviation]:
        """What is expected of predictions that wait for their labels."""
        track = self.tracks.get(self.key)
        known = track is not None and track.until is not None
        base = np.array(track.base) if track is not None and known else self.file
        if base[N] < LEAST_BASELINE:
            return []
        wander = track.wander if track is not None else 0.0
        against_file = track is None or not known or track.from_file
        waiting = unlabelled(self.expected, self.slots)
        found = []
        for metric in metrics_of(base):
            usual, entry = estimate(metric, base), self._entry(metric)
            if usual is None or (entry.raised is not None and not entry.estimated):
                continue
            deviation = self._expect(entry, usual, waiting, wander, against_file=against_file)
            if deviation is not None:
                found.append(deviation)
        return found

    def _expect(
        self,
        entry: Raised,
        usual: Estimate,
        waiting: list[float],
        wander: float,
        *,
        against_file: bool,
    ) -> Deviation | None:
        side = _Side(self.expected, record(entry.metric, self.expected, self.slots))
        if entry.raised is not None:
            if self._told(entry) or not self._calm(entry, self.expected, waiting):
                return None
            return self._cleared(entry, waiting, side)
        trusted = entry.refuted is None or self.at - entry.refuted >= DISTRUST
        ordered = [s for s in waiting if s >= entry.ignored]
        if not trusted or not ordered or side.past is None:
            return None
        best = expected_loss(
            entry.metric, usual, self.expected, ordered, wander=wander, past=side.past
        )
        if best is None:
            return None
        entry.onset = min(self._onset(usual, best, self.expected, ordered), self.at)
        entry.before, entry.after, entry.raised = usual.value, best.now.value, self.at
        entry.severity, entry.calm, entry.estimated = "warning", 0, True
        return self._deviation(entry, "raised", best, side, from_file=against_file)

    def _told(self, entry: Raised) -> bool:
        """Whether it is for labels to say if what is raised is over."""
        if entry.raised is None or not entry.estimated:
            return entry.raised is not None
        onset = entry.onset or 0.0
        told = sum(float(s[N]) for slot, s in self.slots.items() if slot >= onset)
        return told >= LEAST_ROWS

    def _calm(self, entry: Raised, slots: Mapping[float, Floats], ordered: list[float]) -> bool:
        """Whether the newest predictions lie surely on the better side of half of the loss."""
        half = ((entry.before or 0.0) + (entry.after or 0.0)) / 2
        # What was made before the onset was good already.
        ordered = [s for s in ordered if s >= (entry.onset or 0.0)]
        newest = (_newest(entry.metric, slots, ordered, size) for size in CALM_POOLS)
        calm = any(
            now is not None and now.n >= LEAST_ROWS and _better(entry.metric, now, half)
            for now in newest
        )
        entry.calm = entry.calm + 1 if calm else 0
        return entry.calm >= CALM

    def _cleared(self, entry: Raised, ordered: list[float], side: _Side) -> Deviation:
        refuted = entry.estimated and not side.estimated
        reason = "as good as before again"
        if refuted and entry.after is not None:
            entry.refuted = self.at
            reason = (
                f"labels do not bear out the {entry.after:.3f} that was estimated; "
                "estimates raise nothing for a week"
            )
        elif side.estimated:
            reason = "estimated to be as good as before again, before labels have come"
        deviation = Deviation(
            detector="performance",
            phase="cleared",
            series=self._series(entry.metric),
            at=self.at,
            onset=entry.onset if entry.onset is not None else self.at,
            severity=entry.severity or "warning",
            reason=reason,
            before=None if entry.before is None else steady(entry.before),
        )
        entry.ignored = ordered[-1] - CALM_POOLS[0] * SLOT
        entry.close()
        return deviation

    def _onset(
        self, usual: Estimate, loss: Loss, slots: Mapping[float, Floats], ordered: list[float]
    ) -> float:
        """The predictions since which the metric is likelier as it is now than as it was."""
        gain = gain_of(loss.metric, usual, loss.now)
        return ordered[since([gain(slots[slot]) for slot in ordered])]

    def _deviation(
        self,
        entry: Raised,
        phase: Literal["raised", "worse"],
        loss: Loss,
        side: _Side,
        *,
        from_file: bool | None = None,
    ) -> Deviation:
        metric, usual, now = entry.metric, loss.usual, loss.now
        track = self.tracks.get(self.key)
        p = float(normal_sf(loss.z))
        worse = 1.0 if metric == "mae" else -1.0
        pooled = np.sum([side.slots[s] for s in loss.slots], axis=0)
        if from_file is None:
            from_file = track is None or track.from_file
        wander = track.wander if track is not None else 0.0
        spread = math.hypot(wander, usual.error * math.sqrt(usual.n / 200))
        return Deviation(
            detector="performance",
            phase=phase,
            series=self._series(metric),
            at=self.at,
            onset=entry.onset if entry.onset is not None else self.at,
            severity=entry.severity or "warning",
            reason=_reason(loss, side, "its reference" if from_file else "its first day"),
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
                **(
                    {"known_by": "estimate"}
                    if side.estimated
                    else {
                        "known_by": "labels",
                        "label_delay_s": round(float(pooled[DELAY] / max(pooled[N], 1))),
                    }
                ),
            },
        )

    def _series(self, metric: Metric) -> Series:
        return Series(self.key[0], self.key[1] or SERVING, metric)


def _reason(loss: Loss, side: _Side, against: str) -> str:
    now = loss.now
    hours = (loss.slots[-1] + SLOT - loss.slots[0]) / HOUR
    figure = f"{now.value:.3f} (95 % {now.low:.3f} to {now.high:.3f})"
    usual = f"{loss.usual.value:.3f} in {against}"
    if not side.estimated:
        return f"{figure} over {now.n} labelled predictions of {hours:.0f} h, {usual}"
    said = (
        f"estimated at {figure} over {now.n} predictions of {hours:.0f} h without labels, {usual}"
    )
    if side.past is not None and side.past.n:
        said += f"; estimates were off by {abs(side.past.gap):.3f} over {side.past.n} labels so far"
    return said


def _looks(rows: pl.DataFrame, width: float) -> dict[float, pl.DataFrame]:
    """The rows by the time at which the half hour is complete in which their window ends."""
    end = (pl.col("start").dt.epoch("us") / 1e6 + width) / SLOT
    parts = rows.with_columns((end.ceil() * SLOT).alias("_look")).partition_by(
        "_look", as_dict=True, include_key=False
    )
    return {float(look): part for (look,), part in parts.items()}


def _add(slots: _Slots, more: Mapping[float, Floats]) -> None:
    """Adds sums slot by slot, and forgets slots that have become too old."""
    for slot, vector in more.items():
        slots[slot] = slots.get(slot, np.zeros(WIDTH)) + vector
    newest = max(slots)
    for slot in [s for s in slots if s <= newest - KEPT]:
        del slots[slot]


def _newest(
    metric: Metric, slots: Mapping[float, Floats], ordered: list[float], size: int
) -> Estimate | None:
    inside = [s for s in ordered if s > ordered[-1] - size * SLOT]
    return estimate(metric, np.sum([slots[s] for s in inside], axis=0)) if inside else None


def _better(metric: Metric, now: Estimate, half: float) -> bool:
    """Whether it is better than this by its standard error."""
    return now.value + now.error < half if metric == "mae" else now.value - now.error > half
