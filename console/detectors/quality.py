"""Data quality of features: nulls, unseen values, columns that freeze or vanish.

Nulls and unseen values are terms of their own here, not part of a distance (`detectors.drift`).
Whenever ten minutes (`Settings.prediction_window_s`) are complete, the last 10 and 30 minutes, 2
and 12 hours of each column are compared with its baseline: the reference in the first day, then
the first day and all of the column's own past since that was not raised. The prediction for a pool
is negative-binomial: a rate known from the baseline's hits, with an over-dispersion of `SPREAD` for
what varies from day to day; for unseen categories the baseline holds at least the share that is
still undiscovered (Good-Turing: what was seen once).

Raised are terms whose p-value is below `P_LIMIT` over the number of columns and terms (Bonferroni;
at 144 partly overlapping looks a day at four pools: fewer than one false alarm a month and model)
and that have grown by 2 percentage points, or to three times their share. A column is constant if
all its rows of two hours or more have one value that the reference's most frequent one makes as
improbable. Models without a reference file are judged after their first day. Nothing is raised
twice before it has been cleared: for an hour the last 2 or 12 have surely lost half the growth.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.config.settings import Settings
from console.detectors.buckets import Bucket, Unit, gather, series_stage
from console.detectors.protocol import Deviation, Severity, Span, State
from console.records.clock import DAY, HOUR
from console.records.frames import Schema
from console.records.series import Series
from console.stats import columns, counts, drift
from console.stats.pinning import References
from console.stats.reference import ColumnReference

Floats = NDArray[np.float64]
Term = Literal["nulls", "unseen", "constant"]
POOLS = (HOUR / 6, HOUR / 2, 2 * HOUR, 12 * HOUR)
MEMORY = max(POOLS)
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
LEAST_OWN = 300
"""Rows of its own past without which a column keeps the reference as its baseline."""
CALM, CALM_P = HOUR, 0.001
"""So long a pool must surely be below what was raised."""
FADING = 14 * DAY
"""Half-life of a column's own past."""
_TRACK: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "column": pl.String,
    "role": pl.String,
    "first": pl.Float64,
    "folded": pl.Float64,
    "n": pl.Float64,
    "nulls": pl.Float64,
    "unseen": pl.Float64,
    "term": pl.String,
    "raised": pl.Float64,
    "onset": pl.Float64,
    "before": pl.Float64,
    "after": pl.Float64,
    "severity": pl.String,
    "calm_since": pl.Float64,
    "cleared": pl.Float64,
}
_COUNTS = pl.List(pl.Int64)
_Key = tuple[str | None, str | None, str, str]


@dataclass(slots=True)
class _Track:
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
        self.folded = bucket.start


@dataclass(frozen=True, slots=True)
class _Finding:
    term: Term
    p: float
    pool: float
    hits: float
    rows: float
    base: float


class QualityDetector:
    """Compares shares of nulls and unseen values with the reference and the column's own past."""

    name = "quality"
    layout = 1

    def __init__(self, settings: Settings, references: References) -> None:
        self._width = settings.prediction_window_s
        self._references = references

    def initial(self) -> State:
        """Nothing seen yet."""
        empty = pl.DataFrame(schema=columns.CLOSED)
        return {"recent": empty, "pending": empty, "tracks": pl.DataFrame(schema=_TRACK)}

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Columns that began or ceased to be worse than they were, in order of `at`."""
        units, recent, pending = gather(
            state["recent"],
            state["pending"],
            span.columns,
            self._references,
            end=span.end,
            window=self._width,
            width=self._width,
            # One bucket more than is pooled: the one that has just become part of the past.
            memory=MEMORY + self._width,
        )
        if not units:
            return [], {**state, "recent": recent, "pending": pending}
        tracks: dict[_Key, _Track] = {}
        for row in state["tracks"].select(list(_TRACK)).iter_rows():
            track = _Track(*row)
            tracks[track.model, track.stage, track.column, track.role] = track
        found: list[Deviation] = []
        for unit in units:
            own = [_track(tracks, unit, column) for column in unit.columns]
            found += self._unit(unit, own)
        rows = [
            tuple(getattr(track, name) for name in _TRACK)
            for _, track in sorted(
                tracks.items(), key=lambda item: [part or "" for part in item[0]]
            )
        ]
        return sorted(found, key=lambda d: (d.at, d.series.id)), {
            "recent": _without_old_counts(recent),
            "pending": pending,
            "tracks": pl.DataFrame(rows, schema=_TRACK, orient="row"),
        }

    def _unit(self, unit: Unit, tracks: list[_Track]) -> list[Deviation]:
        found: list[Deviation] = []
        window: deque[Bucket] = deque(unit.buckets[: len(unit.buckets) - unit.fresh])
        for bucket in unit.buckets[len(unit.buckets) - unit.fresh :]:
            window.append(bucket)
            at = bucket.start + self._width
            while window[0].start < at - MEMORY - 1:
                old = window.popleft()
                for place, track in enumerate(tracks):
                    if old.start > track.folded:
                        track.fold(place, old)
            found += _Look(unit, tracks, list(window), at, self._width).deviations()
        return found


class _Look:
    """All columns of a unit at the end of one bucket."""

    def __init__(
        self, unit: Unit, tracks: list[_Track], buckets: list[Bucket], at: float, width: float
    ) -> None:
        self.unit = unit
        self.tracks = tracks
        self.buckets = buckets
        self.at = at
        self.width = width
        self.since = np.array([-np.inf if t.cleared is None else t.cleared for t in tracks])
        bases = [_base(t, c, at) for t, c in zip(tracks, unit.columns, strict=True)]
        self.base_n = {term: np.array([b[term][0] for b in bases]) for term in LEAST_GROWTH}
        self.base = {term: np.array([b[term][1] for b in bases]) for term in LEAST_GROWTH}

    def deviations(self) -> list[Deviation]:
        learned = self.unit.reference.source == "learned"
        if learned and self.at - self.tracks[0].first < DAY:
            return []
        findings = self._shares()
        for place in range(len(self.tracks)):
            constant = self._constant(place)
            if constant is not None and place not in findings:
                findings[place] = constant
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

    def _shares(self) -> dict[int, _Finding]:
        """The most significant excess of nulls or unseen values, by column."""
        limit = P_LIMIT / (2 * max(len(self.tracks), 1))
        found: dict[int, _Finding] = {}
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
                        found[column] = _Finding(
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

    def _constant(self, place: int) -> _Finding | None:
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
        return _Finding("constant", p, POOLS[2], rows, rows, float(largest))

    def _calm(self, place: int, track: _Track, finding: _Finding | None) -> bool:
        if track.term == "constant":
            return self._constant(place) is None
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

    def _raise(self, place: int, track: _Track, finding: _Finding) -> Deviation:
        column = self.unit.columns[place]
        share = finding.hits / finding.rows
        growth = share - finding.base
        loud = finding.term == "constant" or growth >= LOUD[finding.term]
        track.term, track.raised, track.calm_since = finding.term, self.at, None
        track.severity = "warning" if loud else "info"
        track.before, track.after = finding.base, share
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
            before=finding.base,
            after=share,
            baseline=finding.base,
            effect_size=float(growth / np.sqrt(max(finding.base * (1 - finding.base), 1e-4))),
            p_value=finding.p,
            details=details,
        )

    def _clear(self, place: int, track: _Track) -> Deviation:
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

    def _onset(self, place: int, finding: _Finding) -> float:
        """The bucket since which the rows are likelier with the new share than with the old."""
        if finding.term == "constant":
            return self.at - finding.pool
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


def _reason(column: ColumnReference, finding: _Finding, share: float, names: str) -> str:
    over = (
        f"{finding.pool / HOUR:.0f} h" if finding.pool >= HOUR else f"{finding.pool / 60:.0f} min"
    )
    if finding.term == "constant":
        return f"one value only in {finding.rows:.0f} rows of {over}"
    if finding.term == "nulls":
        if share == 1.0:
            return f"vanished: null in all {finding.rows:.0f} rows of {over}"
        return f"{share:.1%} null in {finding.rows:.0f} rows of {over}, usually {finding.base:.1%}"
    what = "values that are no numbers" if column.kind == "numeric" else "unseen values"
    named = f" ({names})" if names else ""
    return f"{share:.1%} {what}{named} in {finding.rows:.0f} rows of {over}"


def _without_old_counts(recent: pl.DataFrame) -> pl.DataFrame:
    """Only constant columns are told by their cells, and those by the last two hours."""
    newest = pl.col("start").max().over("model", "stage")
    young = pl.col("start") > newest - timedelta(seconds=POOLS[2])
    return recent.with_columns(pl.when(young).then("counts").otherwise(pl.lit([], _COUNTS)))


def _base(track: _Track, column: ColumnReference, at: float) -> dict[str, tuple[float, float]]:
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


def _track(tracks: dict[_Key, _Track], unit: Unit, column: ColumnReference) -> _Track:
    key = (unit.model, unit.stage, column.name, column.role)
    if key not in tracks:
        first = unit.buckets[len(unit.buckets) - unit.fresh].start
        tracks[key] = _Track(*key, first, first - 1)
    return tracks[key]
