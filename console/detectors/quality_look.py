"""All columns of a model at the end of one bucket: what deviates, and what no longer does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.detectors import quality_scale
from console.detectors.buckets import Bucket, Unit, series_stage
from console.detectors.protocol import Deviation
from console.detectors.quality_track import POOLS, Term, Track, base_of, part_of
from console.detectors.words import number
from console.records.clock import DAY, HOUR
from console.records.series import Series
from console.stats import counts, drift
from console.stats.reference import ColumnReference

Floats = NDArray[np.float64]
P_LIMIT = 2e-5
SPREAD = 0.015
"""Shares differ by an eighth from hour to hour without a cause."""
LEAST_HITS = 3
LEAST_GROWTH = {"nulls": 0.02, "unseen": 0.003}
"""Growth in share that counts."""
LEAST_FACTOR = 3.0
LEAST_SHARE = {"nulls": 0.005, "unseen": 0.001}
"""A share that has grown by the factor counts from here on."""
LOUD = {"nulls": 0.05, "unseen": 0.02}
"""Growth in share from which it is a warning; below it is information."""
CONSTANT_ROWS = 20
CALM, CALM_P = HOUR, 0.001
"""So long a pool must surely be below what was raised."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One term of one column that deviates."""

    term: Term
    p: float
    pool: float
    hits: float
    rows: float
    base: float
    jump: quality_scale.Jump | None = None

    @property
    def share(self) -> float:
        """Of the rows."""
        return self.hits / self.rows


class Look:
    """All columns of a unit at the end of one bucket."""

    def __init__(
        self, unit: Unit, tracks: list[Track], buckets: list[Bucket], at: float, width: float
    ) -> None:
        self.unit = unit
        self.tracks = tracks
        self.buckets = buckets
        self.at = at
        self.width = width
        self.since = np.array([-np.inf if t.cleared is None else t.cleared for t in tracks])
        bases = [base_of(t, c, at) for t, c in zip(tracks, unit.columns, strict=True)]
        self.base_n = {term: np.array([b[term][0] for b in bases]) for term in LEAST_GROWTH}
        self.base = {term: np.array([b[term][1] for b in bases]) for term in LEAST_GROWTH}

    def deviations(self) -> list[Deviation]:
        """What is raised and cleared at the end of the bucket."""
        learned = self.unit.reference.source == "learned"
        if learned and self.at - self.tracks[0].first < DAY:
            return []
        findings = self._shares()
        for place in range(len(self.tracks)):
            other = self._constant(place) or self._unit(place)
            if other is not None and place not in findings:
                findings[place] = other
        found = []
        for place, track in enumerate(self.tracks):
            if track.raised is None:
                if place in findings:
                    found.append(self._raise(place, track, findings[place]))
                continue
            if self._calm(place, track, findings.get(place)):
                track.calm_since = track.calm_since or self.at
                if self.at - track.calm_since >= CALM:
                    found.append(self._clear(place, track))
            else:
                track.calm_since = None
        return found

    def _shares(self) -> dict[int, Finding]:
        """The most significant excess of nulls or unseen values, by column."""
        limit = P_LIMIT / (2 * max(len(self.tracks), 1))
        found: dict[int, Finding] = {}
        for pool in POOLS:
            inside = [b for b in self.buckets if b.start >= self.at - pool - 1]
            if self.buckets[0].start > self.at - pool + self.width and pool > POOLS[0]:
                continue
            rows = self._sum(inside, "n")
            for term in ("nulls", "unseen"):
                hits = self._sum(inside, term)
                base = (self.base[term] + 0.5) / (self.base_n[term] + 1)
                spread = SPREAD + 1 / (self.base[term] + 0.5)
                p = counts.upper_tail(hits, base * rows, spread)
                share = hits / np.maximum(rows, 1)
                grown = (share - base >= LEAST_GROWTH[term]) | (
                    (share >= LEAST_FACTOR * base) & (share >= LEAST_SHARE[term])
                )
                for place in np.flatnonzero((p < limit) & grown & (hits >= LEAST_HITS)):
                    column = int(place)
                    if column not in found or p[column] < found[column].p:
                        found[column] = Finding(
                            term,
                            float(p[column]),
                            pool,
                            float(hits[column]),
                            float(rows[column]),
                            float(base[column]),
                        )
        return found

    def _sum(self, buckets: list[Bucket], name: str) -> Floats:
        """The sum over buckets by column, of those after it was last cleared."""
        parts = [np.where(b.start >= self.since, getattr(b, name), 0.0) for b in buckets]
        return np.asarray(np.sum(parts, axis=0))

    def _constant(self, place: int) -> Finding | None:
        """Whether one value is all that two hours or more had to offer."""
        column = self.unit.columns[place]
        largest = column.counts.max(initial=0) / max(int(column.counts.sum()), 1)
        if column.cells < 2 or largest >= 1:
            return None
        inside = [b for b in self.buckets if b.start >= self.at - POOLS[2] - 1]
        if max(self.buckets[0].start, self.since[place]) > self.at - POOLS[2] + self.width:
            return None
        cells = np.sum([b.counts[place] for b in inside], axis=0)
        rows = float(cells.sum())
        if rows < CONSTANT_ROWS or np.count_nonzero(cells) > 1:
            return None
        low = min(b.low[place] for b in inside)
        high = max(b.high[place] for b in inside)
        if column.kind == "numeric" and low != high:
            return None
        p = float(largest**rows)
        if p >= P_LIMIT / len(self.tracks) * 1e-2:
            return None
        return Finding("constant", p, POOLS[2], rows, rows, float(largest))

    def _unit(self, place: int) -> Finding | None:
        """Whether the numbers of the newest buckets are of another unit, or sign."""
        inside = [b for b in self.buckets if b.start >= self.since[place]][-quality_scale.PARTS :]
        pool = quality_scale.PARTS * self.width
        if not inside or inside[0].start < self.at - pool - 1:
            return None
        parts = [part_of([bucket], place) for bucket in inside]
        jump = quality_scale.jump(self.tracks[place].scales, parts)
        if jump is None or jump.p >= P_LIMIT / len(self.tracks):
            return None
        rows = sum(part.numbers for part in parts)
        return Finding("unit", jump.p, pool, jump.share * rows, rows, 0.0, jump)

    def _calm(self, place: int, track: Track, finding: Finding | None) -> bool:
        if track.term == "constant":
            return self._constant(place) is None
        if track.term == "unit":
            return quality_scale.calm(track.scales, part_of(self.buckets[-1:], place))
        term = track.term or "nulls"
        if self.at - (track.raised or 0.0) <= POOLS[2]:
            # What raised it was an extreme: a little later it is known better.
            rows, hits = self._told(place, term, track.onset or 0.0)
            track.after = float(drift.wilson(hits, rows, 1.0)[0])
        if finding is not None and finding.pool <= POOLS[2]:
            return False
        usual = max(
            (self.base[term][place] + 0.5) / (self.base_n[term][place] + 1), track.before or 0.0
        )
        raised = max(track.after or 0.0, usual)
        for pool in POOLS[2:]:
            rows, hits = self._told(place, term, max(self.at - pool - 1, track.onset or 0.0))
            fewer = 1 - float(counts.upper_tail(hits + 1, raised * rows, SPREAD))
            if rows and hits / rows <= (usual + raised) / 2 and fewer <= CALM_P:
                return True
        return False

    def _told(self, place: int, term: str, begin: float) -> tuple[float, float]:
        """Rows since then, and nulls or unseen values among them."""
        inside = [b for b in self.buckets if b.start >= begin]
        rows = sum(float(b.n[place]) for b in inside)
        return rows, sum(float(getattr(b, term)[place]) for b in inside)

    def _raise(self, place: int, track: Track, finding: Finding) -> Deviation:
        column = self.unit.columns[place]
        share, jump = finding.share, finding.jump
        growth = share - finding.base
        loud = growth >= LOUD.get(finding.term, 0.0)
        track.term, track.raised, track.calm_since = finding.term, self.at, None
        track.severity = "warning" if loud else "info"
        track.before, track.after = (
            (finding.base, share) if jump is None else (jump.before, jump.after)
        )
        track.onset = self._onset(place, finding)
        low, high = drift.wilson(finding.hits, finding.rows)
        details: dict[str, str | float] = {
            "term": finding.term,
            "share": round(share, 5),
            "share_low": round(float(low), 5),
            "share_high": round(float(high), 5),
            "rows": finding.rows,
        }
        names = self._names(place)
        if finding.term == "unseen" and names:
            details["values"] = names
        if jump is not None:
            details["factor"] = jump.factor
        return Deviation(
            detector="quality",
            phase="raised",
            series=self._series(place),
            at=self.at,
            onset=track.onset,
            severity=track.severity,
            reason=_reason(column, finding, share, names),
            confidence=float(min(0.99, 1 - finding.p**0.5)),
            direction=1,
            before=track.before,
            after=track.after,
            baseline=track.before,
            effect_size=float(growth / np.sqrt(max(finding.base * (1 - finding.base), 1e-4))),
            p_value=finding.p,
            details=details,
        )

    def _clear(self, place: int, track: Track) -> Deviation:
        deviation = Deviation(
            detector="quality",
            phase="cleared",
            series=self._series(place),
            at=self.at,
            onset=track.onset if track.onset is not None else self.at,
            severity=track.severity or "info",
            reason="as before again for 2 h",
            before=track.before,
            details={"term": track.term or ""},
        )
        track.term = track.raised = track.before = track.after = None
        track.severity = track.calm_since = None
        track.cleared = self.at
        return deviation

    def _onset(self, place: int, finding: Finding) -> float:
        """The bucket since which the rows are likelier with the new share than with the old."""
        if finding.term == "constant":
            return self.at - finding.pool
        if finding.term == "unit":
            onset = self.at - finding.pool
            scales = self.tracks[place].scales
            for bucket in reversed(self.buckets):
                part = part_of([bucket], place)
                if quality_scale.calm(scales, part):
                    break
                onset = min(onset, bucket.start) if part.numbers else onset
            return onset
        then = min(max(finding.base, 1e-6), 1 - 1e-6)
        now = min(max(finding.hits / finding.rows, 1e-6), 1 - 1e-6)
        buckets = [b for b in self.buckets if b.start >= self.since[place]]
        gains = [
            float(
                getattr(b, finding.term)[place] * np.log(now / then)
                + (b.n[place] - getattr(b, finding.term)[place]) * np.log((1 - now) / (1 - then))
            )
            for b in buckets
        ]
        return buckets[counts.since(gains)].start

    def _names(self, place: int) -> str:
        names = {name for b in self.buckets for name in (b.names[place] if b.names else ())}
        return ", ".join(sorted(names)[:5]) + (", ..." if len(names) > 5 else "")

    def _series(self, place: int) -> Series:
        column = self.unit.columns[place]
        return Series(self.unit.model, series_stage(column, self.unit.stage), column.name)


def _reason(column: ColumnReference, finding: Finding, share: float, names: str) -> str:
    over = (
        f"{finding.pool / HOUR:.0f} h" if finding.pool >= HOUR else f"{finding.pool / 60:.0f} min"
    )
    if finding.term == "constant":
        return f"one value only in {finding.rows:.0f} rows of {over}"
    if finding.jump is not None:
        return f"{_jumped(finding.jump)} in {finding.rows:.0f} rows of {over}"
    if finding.term == "nulls":
        if share == 1.0:
            return f"vanished: null in all {finding.rows:.0f} rows of {over}"
        return f"{share:.1%} null in {finding.rows:.0f} rows of {over}, usually {finding.base:.1%}"
    what = "values that are no numbers" if column.kind == "numeric" else "unseen values"
    named = f" ({names})" if names else ""
    return f"{share:.1%} {what}{named} in {finding.rows:.0f} rows of {over}"


def _jumped(jump: quality_scale.Jump) -> str:
    which = "all" if jump.share >= 0.9 else f"about {jump.share:.0%}"
    if jump.factor < 0:
        return "the sign of the values has turned"
    times = f"{number(jump.factor)} times" if jump.factor > 1 else f"1/{number(1 / jump.factor)} of"
    return f"as in another unit: {which} of the values are about {times} what they were"
