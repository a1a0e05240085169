"""Drift of features, predictions and scores against what the model was validated on.

Every half hour the last 2, 8 and 24 hours of each column are compared with its baseline: the
reference file, or the first day where there is none (a whole day, so that no time of day is
favoured). Three things must hold twice running before anything is raised:

*Significance.* A p-value of the two-sample null that tolerates the floor below: Kolmogorov-Smirnov
with the floor taken off the distance, or a chi-square that is non-central by it. Benjamini and
Hochberg at `FALSE_DISCOVERIES` over all columns and pools of a model at a time.

*Size.* The floor is a shift of 0.2, 0.2 and 0.15 standard deviations for the three pools
(`comparison.FLOORS`), or 1.5 times the spread of such pools round their whole in the model's own
first day and 0.1 for what days differ, if that is more: daily waves and wander stay silent
however many rows there are.

*Persistence.* Two evaluations running. It is cleared after four without excess.

On simulated models of 20 columns with daily waves of 0.15 and wander of 0.05 standard deviations
this raises one column in 600 model-days (`tests/detectors/test_column_detectors.py`).

A pool must be that far from the model's first day as well as from its file. A column whose first
day differs from the file by `MISMATCH` is told once, as information; from then on its own first day
is the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.config.settings import Settings
from console.detectors.buckets import Bucket, Unit, gather, series_stage, steady
from console.detectors.comparison import (
    BUCKET,
    FLOORS,
    LEAST_ROWS,
    POOLS,
    compare,
    learned_floors,
)
from console.detectors.drift_track import TRACKS, Key, Track, track_of
from console.detectors.protocol import Deviation, Span, State
from console.records.clock import DAY, HOUR
from console.records.series import Series
from console.stats import columns, drift
from console.stats.counts import since
from console.stats.pinning import References

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


@dataclass(frozen=True, slots=True)
class _Pool:
    """Sums over a stretch of time, in the order of the reference's columns."""

    counts: Floats
    total: Floats
    numbers: Floats


class DriftDetector:
    """Compares pools of each column with its baseline."""

    name = "drift"
    layout = 1

    def __init__(self, settings: Settings, references: References) -> None:
        self._settings = settings
        self._references = references

    def initial(self) -> State:
        """Nothing seen yet."""
        empty = pl.DataFrame(schema=columns.CLOSED)
        return {"recent": empty, "pending": empty, "tracks": pl.DataFrame(schema=TRACKS)}

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Columns that began or ceased to differ, in order of `at`."""
        units, recent, pending = gather(
            state["recent"],
            state["pending"],
            span.columns,
            self._references,
            end=span.end,
            window=self._settings.prediction_window_s,
            width=BUCKET,
            memory=DAY,
        )
        if not units:
            return [], {**state, "recent": recent, "pending": pending}
        tracks: dict[Key, Track] = {}
        for row in state["tracks"].select(list(TRACKS)).iter_rows():
            track = Track(*row)
            tracks[track.model, track.stage, track.column, track.role] = track
        found: list[Deviation] = []
        for unit in units:
            own = [track_of(tracks, unit, column) for column in unit.columns]
            for buckets in unit.walk(BUCKET, DAY):
                found += _Evaluation(unit, own, buckets).deviations()
        rows = [
            tuple(getattr(track, name) for name in TRACKS)
            for _, track in sorted(
                tracks.items(), key=lambda item: [part or "" for part in item[0]]
            )
        ]
        return sorted(found, key=lambda d: (d.at, d.series.id)), {
            "recent": recent,
            "pending": pending,
            "tracks": pl.DataFrame(rows, schema=TRACKS, orient="row"),
        }


class _Evaluation:
    """All columns of a unit, looked at when its newest bucket is complete."""

    def __init__(self, unit: Unit, tracks: list[Track], buckets: list[Bucket]) -> None:
        self.unit = unit
        self.tracks = tracks
        self.buckets = buckets
        self.at = buckets[-1].start + BUCKET

    def deviations(self) -> list[Deviation]:
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
        if self.unit.reference.source != "file":
            return []
        sides = np.zeros((2, *self.buckets[-1].counts.shape))
        for place, (track, column) in enumerate(zip(self.tracks, self.unit.columns, strict=True)):
            sides[:, place, : column.cells] = column.counts, track.counts
        distances, p = compare(self._numeric(), sides[0], sides[1], FLOORS[-1])
        found = []
        for place in map(int, np.flatnonzero(drift.false_discovery(p, FALSE_DISCOVERIES))):
            track = self.tracks[place]
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

    def _pools(self) -> list[_Pool]:
        """Counts, sums of values and their numbers over each pool."""
        since = np.array([_counts_from(track) for track in self.tracks])
        pools = []
        for pool in POOLS:
            inside = [b for b in self.buckets if b.start >= self.at - pool - 1]
            use = [(b.start >= since).astype(np.float64) for b in inside]
            pools.append(
                _Pool(
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
        base = np.zeros(current.shape[1:])
        for place, column in enumerate(self.unit.columns):
            base[place, : column.cells] = self._baseline(place)[0]
        floors = np.array([track.floors for track in self.tracks]).T
        distances, p = compare(self._numeric(), base, current, floors)
        distances = np.minimum(distances, self._from_first_day(current))
        p = np.where((current.sum(axis=-1) >= LEAST_ROWS) & (distances > floors), p, 1.0)
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
                    ),
                    False,
                )
            )
        return result

    def _from_first_day(self, current: Floats) -> Floats:
        """Distances from the first day; infinite where that is the baseline anyway.

        What lies apart from the file alone is what the model has always been like.
        """
        own = np.zeros(current.shape[1:])
        for place, (track, column) in enumerate(zip(self.tracks, self.unit.columns, strict=True)):
            own[place, : column.cells] = track.counts
        distances, _ = compare(self._numeric(), own, current, 0.0)
        return (
            distances if self.unit.reference.source == "file" else np.full_like(distances, np.inf)
        )

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
        base, _ = self._baseline(place)
        now = (finding.counts + 0.5) / (finding.counts + 0.5).sum()
        then = (base + 0.5) / (base + 0.5).sum()
        buckets = [b for b in self.buckets if b.start >= _counts_from(self.tracks[place])]
        gains = [float(b.counts[place, : len(base)] @ np.log(now / then)) for b in buckets]
        return buckets[since(gains)].start

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
        base, mean = (
            (column.counts.astype(np.float64), _finite(column.mean))
            if from_start
            else self._baseline(place)
        )
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
        against = "its reference" if self.unit.reference.source == "file" else "its first day"
        if track.rebased and not from_start:
            against = "its first day"
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


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _counts_from(track: Track) -> float:
    """Since when buckets count: what was told before it was cleared is not told again."""
    return float("-inf") if track.cleared is None else track.cleared - CALM * BUCKET
