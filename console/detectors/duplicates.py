"""Predictions that are recorded twice: with the id of an earlier one, or with all that it said.

A row is a repetition if one before it, of the same version, in its window or in the two hours
before had the same id (or the same features, prediction and scores); counted in the sample that
`stats.sightings` keeps. Whenever half an hour is complete, it and the last two hours are compared
with the week before, that ended six hours ago and covers eighteen hours at least.

Null: the share of repetitions is the past's. The p-value is the larger one of two: that of a
negative-binomial count at the past's rate, and that of Student's t with the spread that the past's
half hours had beyond chance. Raised is a share that has grown by two percentage points, or to three
times and half a point, below `P_LIMIT`: a Bonferroni bound over the 5,760 looks of a month at two
lengths, ids and contents gives one false alarm in seven years of a model. Where more than `NAMED`
of the rows usually come again (ids of customers, say, or few different inputs), they do so more
often when there is more traffic, and nothing is said. It is over when half the growth is surely
lost three times running, or after three days, when it has become usual.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.config.settings import Settings
from console.detectors.buckets import SERVING, steady
from console.detectors.protocol import Deviation, Span, State
from console.detectors.raised import RAISED, Raised, raised_frame
from console.detectors.words import duration
from console.records.clock import DAY, HOUR, epoch
from console.records.frames import Schema
from console.records.series import Series
from console.stats import counts, drift, sightings
from console.stats.robust import student_p

Hashes = NDArray[np.uint64]
Kind = Literal["id", "content"]
KINDS: dict[Kind, str] = {"id": "ids", "content": "contents"}
BLOCK = HOUR / 2
HORIZON = 2 * HOUR
LENGTHS = (1, 4)
FULL = max(LENGTHS) * BLOCK
MEMORY = 7 * DAY
GAP = 6 * HOUR
KNOWN = 18 * HOUR
P_LIMIT = 2e-6
SPREAD = 0.015
LEAST_ROWS = 20
LEAST_HITS = 5
LEAST_BLOCKS = 24
LEAST_GROWTH = 0.02
LEAST_FACTOR, LEAST_SHARE = 3.0, 0.005
NAMED = 0.1
LOUD = 0.05
"""Growth in share from which it is a warning."""
CALM = 3
LASTS = 3 * DAY
BLOCKS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "kind": pl.String,
    "block": pl.Float64,
    "rows": pl.Float64,
    "hits": pl.Float64,
    "judged": pl.Boolean,
    "off": pl.Boolean,
}
"""`hits` of the sampled `rows` of half an hour are repetitions; `off` from what is usual."""
_Where = tuple[str | None, str | None]


@dataclass(slots=True)
class _Block:
    model: str | None
    stage: str | None
    kind: Kind
    block: float
    rows: float = 0.0
    hits: float = 0.0
    judged: bool = False
    off: bool = False


@dataclass(frozen=True, slots=True)
class _Finding:
    p: float
    before: float
    hits: float
    rows: float
    blocks: tuple[_Block, ...]

    @property
    def after(self) -> float:
        return self.hits / self.rows


@dataclass(slots=True)
class _Stream:
    """The half hours of one stage, by kind, oldest first."""

    blocks: dict[Kind, list[_Block]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


class DuplicatesDetector:
    """Compares the share of predictions that come again with what is usual."""

    name = "duplicates"
    layout = 2

    def __init__(self, settings: Settings) -> None:
        self._width = settings.prediction_window_s

    def initial(self) -> State:
        """Nothing seen yet."""
        return {
            "recent": pl.DataFrame(schema=sightings.CLOSED),
            "blocks": pl.DataFrame(schema=BLOCKS),
            "raised": pl.DataFrame(schema=RAISED),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Shares that have grown, or are as they were again, in order of `at`."""
        recent, blocks = state["recent"], state["blocks"]
        limit = math.floor(span.end / BLOCK) * BLOCK
        waiting = blocks.filter(~pl.col("judged"))["block"].to_list()
        if not span.sightings.is_empty():
            waiting.append(self._block(min(span.sightings["start"].to_list())))
        due = bool(waiting) and min(waiting) + BLOCK <= limit
        if span.sightings.is_empty() and not due:
            return [], state
        # The days before are read when a half hour is judged, not with every window.
        judged = pl.col("judged")
        streams = _read(blocks if due else blocks.filter(~judged))
        recent = self._count(recent, span.sightings, streams)
        if not due:
            counted = pl.concat([blocks.filter(judged), _frame(streams)])
            return [], {**state, "recent": recent, "blocks": counted}
        raised = {(row[0], row[1]): Raised(*row) for row in state["raised"].iter_rows()}
        found: list[Deviation] = []
        for where, stream in streams.items():
            found += _walk(where, stream, limit, raised)
        return sorted(found, key=lambda d: (d.at, d.series.id, d.phase)), {
            "recent": recent,
            "blocks": _frame(streams),
            "raised": raised_frame(raised.values()),
        }

    def _block(self, start: datetime) -> float:
        """The half hour that a window which begins then is counted in."""
        return math.floor((epoch(start) + self._width - 1e-3) / BLOCK) * BLOCK

    def _count(
        self, recent: pl.DataFrame, fresh: pl.DataFrame, streams: dict[_Where, _Stream]
    ) -> pl.DataFrame:
        """Counts the repetitions of new windows, and gives the windows that are still recent."""
        if fresh.is_empty():
            return recent
        both = pl.concat([recent.with_columns(_new=False), fresh.with_columns(_new=True)]).sort(
            *sightings.KEYS, nulls_last=False
        )
        for (model, stage, _), rows in both.group_by(
            ["model", "stage", "version"], maintain_order=True
        ):
            where = (_text(model), _text(stage))
            stream = streams.setdefault(where, _Stream())
            windows = list(rows.iter_rows(named=True))
            for place, window in enumerate(windows):
                if not window["_new"]:
                    continue
                start = epoch(window["start"])
                block = self._block(window["start"])
                for kind, column in KINDS.items():
                    own = np.array(window[column], dtype=np.uint64)
                    earlier = [
                        np.array(other[column], dtype=np.uint64)
                        for other in windows[:place]
                        if epoch(other["start"]) >= start - HORIZON
                    ]
                    _add(stream.blocks[kind], (*where, kind, block), *repetitions(own, earlier))
        newest = pl.col("start").max().over("model", "stage", "version")
        latest = pl.col("start").max()
        near = timedelta(seconds=HORIZON)
        kept = (pl.col("start") > newest - near) & (pl.col("start") > latest - 2 * near)
        return both.filter(kept).drop("_new")


def repetitions(own: Hashes, earlier: Sequence[Hashes]) -> tuple[int, int]:
    """Rows of a window in the common sample, and those whose key was seen before."""
    keys, rows = np.unique(own, return_counts=True)
    before = [np.unique(hashes) for hashes in earlier]
    # A list of so many rows may have been cut, and is whole up to its last hash.
    limits = [hashes[-1] for hashes in (own, *earlier) if len(hashes) >= sightings.SAMPLE]
    if limits:
        common = keys <= min(limits)
        keys, rows = keys[common], rows[common]
    seen = np.isin(keys, np.concatenate(before)) if before else np.zeros(len(keys), dtype=bool)
    return int(rows.sum()), int((rows - 1 + seen).sum())


def _add(
    blocks: list[_Block], key: tuple[str | None, str | None, Kind, float], rows: int, hits: int
) -> None:
    at = next((block for block in reversed(blocks) if block.block == key[3]), None)
    if at is None:
        at = _Block(*key)
        blocks.append(at)
        blocks.sort(key=lambda block: block.block)
    at.rows += rows
    at.hits += hits


def _walk(
    where: _Where, stream: _Stream, limit: float, raised: dict[_Where, Raised[Kind]]
) -> Iterator[Deviation]:
    """Judges the complete half hours of one stage, oldest first."""
    starts = sorted({b.block for own in stream.blocks.values() for b in own if not b.judged})
    for start in [start for start in starts if start + BLOCK <= limit]:
        past = {
            kind: [b for b in own if start - MEMORY < b.block <= start]
            for kind, own in stream.blocks.items()
        }
        for own in past.values():
            for block in own:
                block.judged = block.judged or block.block == start
        if where in raised:
            over = _over(raised[where], past, start + BLOCK)
            if over is not None:
                del raised[where]
                yield over
            continue
        findings = {kind: one for kind, own in past.items() if (one := _grown(own, start))}
        if findings:
            # A record that came twice has both in common.
            kind: Kind = "id" if "id" in findings else "content"
            onset = _onset(findings[kind])
            for own in past.values():
                for block in own:
                    block.off = block.off or block.block >= onset
            deviation = _deviation(where, kind, findings[kind], start + BLOCK, onset)
            raised[where] = Raised(
                *where,
                kind,
                deviation.at,
                onset,
                findings[kind].before,
                findings[kind].after,
                deviation.severity,
            )
            yield deviation
    for kind, own in stream.blocks.items():
        stream.blocks[kind] = [b for b in own if not b.judged or b.block > limit - MEMORY - DAY]


def _grown(blocks: Sequence[_Block], start: float) -> _Finding | None:
    """The most significant growth of the share over the newest half hours."""
    end = start + BLOCK
    usual = [b for b in blocks if not b.off and b.block < end - GAP and b.rows > 0]
    if len(usual) < LEAST_BLOCKS or usual[0].block > end - GAP - KNOWN:
        return None
    n, hits = (math.fsum(getattr(b, name) for b in usual) for name in ("rows", "hits"))
    share = (hits + 0.5) / (n + 1)
    if share > NAMED:
        return None
    # Weighed by rows, less what chance gives them.
    squares = math.fsum(b.rows * ((b.hits / b.rows - share) ** 2) for b in usual) / n
    chance = len(usual) * share * (1 - share) / n
    beyond = max(squares - chance, 0.0)
    findings = []
    for length in LENGTHS:
        newest = [b for b in blocks if b.block >= end - length * BLOCK]
        rows, own = (math.fsum(getattr(b, name) for b in newest) for name in ("rows", "hits"))
        growth = own / rows - share if rows else 0.0
        enough = growth >= LEAST_GROWTH or (
            own >= LEAST_FACTOR * share * rows and growth >= LEAST_SHARE
        )
        if rows < LEAST_ROWS or own < LEAST_HITS or not enough:
            continue
        error = math.sqrt(share * (1 - share) * (1 / rows + 1 / n) + beyond * (1 + 1 / len(usual)))
        counted = float(counts.upper_tail(own, share * rows, SPREAD + 1 / (hits + 0.5)))
        p = max(student_p(growth / error, len(usual) - 1), counted)
        if p < P_LIMIT:
            findings.append(_Finding(steady(p), steady(share), own, rows, tuple(newest)))
    return min(findings, key=lambda one: one.p, default=None)


def _onset(finding: _Finding) -> float:
    """Start of the newest run of half hours that lie beyond half the growth."""
    half = (finding.before + finding.after) / 2
    onset = finding.blocks[-1].block
    for block in reversed(finding.blocks):
        if block.rows and block.hits / block.rows < half:
            break
        onset = block.block
    return onset


def _over(raised: Raised[Kind], past: dict[Kind, list[_Block]], at: float) -> Deviation | None:
    """The end of what was raised, if this half hour brings it."""
    for own in past.values():
        for block in own:
            block.off = block.off or block.block >= at - BLOCK
    newest = [b for b in past[raised.term] if b.block >= max(raised.onset, at - FULL)]
    rows, hits = (math.fsum(getattr(b, name) for b in newest) for name in ("rows", "hits"))
    now = hits / rows if rows else raised.after
    if at - raised.raised < FULL:
        # What raised it was an extreme: a little later it is known better.
        raised.after = max(now, raised.before)
    if rows >= LEAST_ROWS:
        surely_below = drift.wilson(hits, rows, 1.0)[1] < (raised.before + raised.after) / 2
        raised.calm = raised.calm + 1 if surely_below else 0
    stays = at - raised.raised >= LASTS
    if raised.calm < CALM and not stays:
        return None
    if raised.calm < CALM:
        for own in past.values():
            for block in own:
                # What came since is usual by now, and what was before is not any more.
                block.off = block.block < raised.onset
    return Deviation(
        detector="quality",
        phase="cleared",
        series=_series((raised.model, raised.stage)),
        at=at,
        onset=raised.onset,
        severity=raised.severity,
        reason="as before again" if raised.calm >= CALM else f"has kept to {now:.1%}",
        before=raised.before,
        details={"term": "duplicates"},
    )


def _deviation(where: _Where, kind: Kind, finding: _Finding, at: float, onset: float) -> Deviation:
    low, high = drift.wilson(finding.hits, finding.rows)
    growth = finding.after - finding.before
    same = "the id" if kind == "id" else "the features, prediction and scores"
    over = duration(len(finding.blocks) * BLOCK)
    return Deviation(
        detector="quality",
        phase="raised",
        series=_series(where),
        at=at,
        onset=onset,
        severity="warning" if growth >= LOUD else "info",
        reason=f"{finding.after:.1%} of predictions over {over} came with {same} of an earlier one,"
        f" usually {finding.before:.1%}",
        confidence=float(min(0.99, 1 - finding.p**0.5)),
        direction=1,
        before=finding.before,
        after=steady(finding.after),
        baseline=finding.before,
        effect_size=steady(growth / math.sqrt(max(finding.before * (1 - finding.before), 1e-4))),
        p_value=finding.p,
        details={
            "term": "duplicates",
            "same": kind,
            "share": round(finding.after, 5),
            "share_low": round(float(low), 5),
            "share_high": round(float(high), 5),
            "rows": finding.rows,
        },
    )


def _series(where: _Where) -> Series:
    return Series(where[0], where[1] or SERVING, "duplicate_share")


def _read(blocks: pl.DataFrame) -> dict[_Where, _Stream]:
    streams: dict[_Where, _Stream] = {}
    for row in blocks.select(list(BLOCKS)).iter_rows():
        block = _Block(*row)
        stream = streams.setdefault((block.model, block.stage), _Stream())
        stream.blocks[block.kind].append(block)
    return streams


def _frame(streams: dict[_Where, _Stream]) -> pl.DataFrame:
    rows = sorted(
        (
            tuple(getattr(block, name) for name in BLOCKS)
            for stream in streams.values()
            for own in stream.blocks.values()
            for block in own
        ),
        key=lambda row: (row[0] or "", row[1] or "", row[2], row[3]),
    )
    return pl.DataFrame(rows, schema=BLOCKS, orient="row")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
