"""One model's columns held against what they are measured from, half hour by half hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.detectors.buckets import Bucket, Unit, series_stage, steady
from console.detectors.comparison import (
    BUCKET,
    FLOORS,
    LEAST_ROWS,
    POOLS,
    compare,
    learned_floors,
)
from console.detectors.drift_baseline import (
    Baseline,
    Side,
    version_side,
)
from console.detectors.drift_track import Track
from console.detectors.protocol import Deviation
from console.records.clock import DAY, HOUR
from console.records.series import Series
from console.stats import drift
from console.stats.counts import since

Floats = NDArray[np.float64]
FALSE_DISCOVERIES = 0.001
LEASTTRACKS = 300
PERSISTENCE = 2
CALM = 4
MISMATCH = 0.25
"""Least difference of the first day from its reference file that is told, standard deviations."""
LOUD = 0.25
"""A shift of this many standard deviations is a warning, a smaller one information."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """One column's excess in its most telling pool."""

    pool: float
    p: float
    distance: float
    floor: float
    counts: Floats
    total: float
    numbers: float
    base: Floats
    """What it was held against, by cell."""
    mean: float | None


class Evaluation:
    """All columns of a unit, looked at when its newest bucket is complete."""

    def __init__(
        self,
        unit: Unit,
        tracks: list[Track],
        buckets: list[Bucket],
        baseline: Baseline,
        versions: pl.DataFrame,
    ) -> None:
        self.unit = unit
        self.tracks = tracks
        self.at = buckets[-1].start + BUCKET
        self.past = buckets
        """As far back as the baseline needs."""
        self.buckets = [b for b in buckets if b.start > buckets[-1].start - DAY + BUCKET / 2]
        """Of the last day."""
        self.baseline = baseline
        self.versions = versions

    def deviations(self) -> list[Deviation]:
        """What the newest bucket makes of each column."""
        found: list[Deviation] = []
        if not self.tracks[0].complete:
            if not self._learn():
                return []
            found = self._compare_first_day()
        findings = self._findings()
        for place, (track, finding) in enumerate(zip(self.tracks, findings, strict=True)):
            deviation = self._step(place, track, finding)
            if deviation is not None:
                found.append(deviation)
        return found

    def _learn(self) -> bool:
        """Adds the newest bucket to the first day; whether that makes it complete, with floors."""
        newest = self.buckets[-1]
        for place, track in enumerate(self.tracks):
            cells = self.unit.columns[place].cells
            row = newest.counts[place, :cells]
            track.counts = (np.array(track.counts) + row).tolist() if track.counts else row.tolist()
            track.total += float(newest.total[place])
            track.numbers += float(newest.numbers[place])
        rows = max(sum(track.counts) for track in self.tracks)
        if self.at - self.tracks[0].first < DAY or rows < LEASTTRACKS:
            return False
        for place, track in enumerate(self.tracks):
            track.complete = True
            column = self.unit.columns[place]
            grid = range(round((newest.start - self.buckets[0].start) / BUCKET) + 1)
            held = {round((b.start - newest.start) / BUCKET): b for b in self.buckets}
            none = np.zeros(column.cells)
            track.floors = learned_floors(
                column,
                [
                    held[-back].counts[place, : column.cells] if -back in held else none
                    for back in reversed(grid)
                ],
            )
        return True

    def _compare_first_day(self) -> list[Deviation]:
        """Tells once of columns that differ from their reference file from the first day on."""
        if self.unit.reference.source != "file" or self.baseline.kind != "reference":
            return []
        sides = np.zeros((2, *self.buckets[-1].counts.shape))
        for place, (track, column) in enumerate(zip(self.tracks, self.unit.columns, strict=True)):
            sides[:, place, : column.cells] = column.counts, track.counts
        distances, p = compare(self._numeric(), sides[0], sides[1], FLOORS[-1])
        found = []
        for place in map(int, np.flatnonzero(drift.false_discovery(p, FALSE_DISCOVERIES))):
            track, column = self.tracks[place], self.unit.columns[place]
            if distances[place] < MISMATCH:
                continue
            track.rebased = True
            track.mismatch = True
            track.raised, track.onset, track.severity = self.at, track.first, "info"
            finding = _Finding(
                self.at - track.first,
                float(p[place]),
                float(distances[place]),
                FLOORS[-1],
                np.array(track.counts),
                track.total,
                track.numbers,
                column.counts.astype(np.float64),
                _finite(column.mean),
            )
            found.append(self._raised(place, track, finding, "raised", from_start=True))
        return found

    def _numeric(self) -> NDArray[np.bool_]:
        return np.array([column.kind == "numeric" for column in self.unit.columns])

    def _baseline(self, place: int) -> tuple[Floats, float | None]:
        """Counts and mean of what the column is compared with."""
        column, track = self.unit.columns[place], self.tracks[place]
        if self.unit.reference.source == "file" and not track.rebased:
            return column.counts.astype(np.float64), _finite(column.mean)
        own = np.array(track.counts)
        if own.sum() >= column.counts.sum() or self.unit.reference.source == "file":
            return own, track.total / track.numbers if track.numbers else None
        return own + column.counts, _finite(column.mean)

    def _pools(self) -> list[Side]:
        """Counts, sums of values and their numbers over each pool."""
        since = np.array([_counts_from(track) for track in self.tracks])
        pools = []
        for pool in POOLS:
            inside = [b for b in self.buckets if b.start >= self.at - pool - 1]
            use = [(b.start >= since).astype(np.float64) for b in inside]
            pools.append(
                Side(
                    np.sum(
                        [b.counts * u[:, None] for b, u in zip(inside, use, strict=True)], axis=0
                    ),
                    np.sum([b.total * u for b, u in zip(inside, use, strict=True)], axis=0),
                    np.sum([b.numbers * u for b, u in zip(inside, use, strict=True)], axis=0),
                )
            )
        return pools

    def _findings(self) -> list[tuple[_Finding | None, bool]]:
        """By column: its significant excess if any, and whether it is calm."""
        pools = self._pools()
        current = np.stack([pool.counts for pool in pools])
        bases = self._bases(current)
        base = np.stack([side.counts for side in bases])
        floors = np.array([track.floors for track in self.tracks]).T
        distances, p = compare(self._numeric(), base, current, floors)
        distances = np.minimum(distances, self._from_first_day(current))
        least = 1 if self.baseline.kind == "reference" else LEAST_ROWS
        enough = (current.sum(axis=-1) >= LEAST_ROWS) & (base.sum(axis=-1) >= least)
        p = np.where(enough & (distances > floors), p, 1.0)
        rejected = drift.false_discovery(p.ravel(), FALSE_DISCOVERIES).reshape(p.shape)
        result: list[tuple[_Finding | None, bool]] = []
        for place, track in enumerate(self.tracks):
            calm = bool((distances[:2, place] <= np.array(track.floors[:2])).all())
            if not rejected[:, place].any():
                result.append((None, calm))
                continue
            best = int(np.argmin(np.where(rejected[:, place], p[:, place], 2.0)))
            chosen = pools[best]
            result.append(
                (
                    _Finding(
                        POOLS[best],
                        float(p[best, place]),
                        float(distances[best, place]),
                        track.floors[best],
                        chosen.counts[place, : self.unit.columns[place].cells],
                        float(chosen.total[place]),
                        float(chosen.numbers[place]),
                        bases[best].counts[place, : self.unit.columns[place].cells],
                        _mean(bases[best], place),
                    ),
                    False,
                )
            )
        return result

    def _bases(self, current: Floats) -> list[Side]:
        """What each pool is held against."""
        kind = self.baseline.kind
        if kind == "version":
            width = current.shape[-1]
            own = version_side(self.versions, self.unit.reference, self.unit.stage, width)
            return [own] * len(POOLS)
        if kind != "reference":
            return [self.baseline.side(self.past, self.at, pool) for pool in POOLS]
        counts = np.zeros(current.shape[1:])
        means = np.full(len(self.tracks), np.nan)
        for place, column in enumerate(self.unit.columns):
            counts[place, : column.cells], mean = self._baseline(place)
            means[place] = np.nan if mean is None else mean
        return [Side(counts, means, np.ones(len(self.tracks)))] * len(POOLS)

    def _from_first_day(self, current: Floats) -> Floats:
        """Distances from the first day; infinite where that is the baseline anyway.

        What lies apart from the file alone is what the model has always been like.
        """
        own = np.zeros(current.shape[1:])
        for place, (track, column) in enumerate(zip(self.tracks, self.unit.columns, strict=True)):
            own[place, : column.cells] = track.counts
        distances, _ = compare(self._numeric(), own, current, 0.0)
        return distances if self._has_file() else np.full_like(distances, np.inf)

    def _has_file(self) -> bool:
        return self.unit.reference.source == "file" and self.baseline.kind == "reference"

    def _step(
        self, place: int, track: Track, judged: tuple[_Finding | None, bool]
    ) -> Deviation | None:
        finding, calm = judged
        track.hits = track.hits + 1 if finding is not None else 0
        track.calm = track.calm + 1 if calm else 0
        told = track.raised is not None and not track.mismatch
        if not told:
            if finding is None or track.hits < PERSISTENCE:
                return None
            phase: Literal["raised", "worse"] = "raised" if track.raised is None else "worse"
            track.raised, track.mismatch = self.at, False
            track.onset = self._onset(place, finding)
            track.severity = "warning" if finding.distance >= LOUD else "info"
            return self._raised(place, track, finding, phase)
        if finding is not None and track.severity == "info" and finding.distance >= LOUD:
            track.severity = "warning"
            return self._raised(place, track, finding, "worse")
        if track.calm < CALM:
            return None
        deviation = Deviation(
            detector="drift",
            phase="cleared",
            series=self._series(place),
            at=self.at,
            onset=track.onset if track.onset is not None else self.at,
            severity=track.severity or "info",
            reason="distributed as before again for 2 h",
            before=track.before,
        )
        track.raised = track.onset = track.severity = track.before = None
        track.cleared = self.at
        return deviation

    def _onset(self, place: int, finding: _Finding) -> float:
        """The bucket since which the rows are likelier as they are now than as they were."""
        base = finding.base
        now = (finding.counts + 0.5) / (finding.counts + 0.5).sum()
        then = (base + 0.5) / (base + 0.5).sum()
        buckets = [b for b in self.buckets if b.start >= _counts_from(self.tracks[place])]
        gains = [float(b.counts[place, : len(base)] @ np.log(now / then)) for b in buckets]
        return buckets[since(gains)].start

    def _against(self, track: Track, *, from_start: bool) -> str:
        if self.baseline.kind != "reference":
            return self.baseline.words()
        file = self.unit.reference.source == "file" and (from_start or not track.rebased)
        return "its reference" if file else "its first day"

    def _series(self, place: int) -> Series:
        column = self.unit.columns[place]
        return Series(self.unit.model, series_stage(column, self.unit.stage), column.name)

    def _raised(
        self,
        place: int,
        track: Track,
        finding: _Finding,
        phase: Literal["raised", "worse"],
        *,
        from_start: bool = False,
    ) -> Deviation:
        column = self.unit.columns[place]
        base, mean = finding.base, finding.mean
        then, now = drift.shares(base), drift.shares(finding.counts)
        cell = int(np.argmax(np.abs(now - then)))
        rows = int(finding.counts.sum())
        details: dict[str, str | float] = {
            "rows": rows,
            "pool_h": round(finding.pool / HOUR, 1),
            "cell": column.cell_name(cell),
            "cell_before": round(float(then[cell]), 4),
            "cell_after": round(float(now[cell]), 4),
        }
        shift = None
        before, after = float(then[cell]), float(now[cell])
        if column.kind == "numeric" and mean is not None and finding.numbers:
            before, after = steady(mean), steady(finding.total / finding.numbers)
            shift = (after - before) / column.std if column.std > 0 else None
        if shift is not None:
            details["shift_sigma"] = round(shift, 3)
        track.before = before
        against = self._against(track, from_start=from_start)
        size = (
            f"shifted by {shift:+.2f} standard deviations"
            if shift is not None and abs(shift) >= finding.floor
            else f"distributed differently ({column.cell_name(cell)}: "
            f"{then[cell]:.1%} to {now[cell]:.1%})"
        )
        return Deviation(
            detector="drift",
            phase=phase,
            series=self._series(place),
            at=self.at,
            onset=min(track.onset if track.onset is not None else self.at, self.at),
            severity=track.severity or "info",
            reason=f"{size} against {against}, {rows} rows in {finding.pool / HOUR:.0f} h"
            + (", from the first day on" if from_start else ""),
            confidence=float(min(0.99, 1 - finding.p**0.5)),
            direction=int(np.sign(after - before)),
            before=before,
            after=after,
            baseline=before,
            effect_size=max(abs(shift or 0.0), finding.distance),
            p_value=finding.p,
            details=details,
        )


def _mean(side: Side, place: int) -> float | None:
    return _finite(float(side.total[place] / side.numbers[place])) if side.numbers[place] else None


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _counts_from(track: Track) -> float:
    """Since when buckets count: what was told before it was cleared is not told again."""
    return float("-inf") if track.cleared is None else track.cleared - CALM * BUCKET
