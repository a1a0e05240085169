"""Fields of predictions that appear, disappear or change their type.

Half hours of at least `LEAST_ROWS` predictions with features (fewer are added to the next) are held
against what the fields of their version have been: the least and the largest share of rows that
carried the field, and the type that its values had. In the first day of a model that is learned.

*New* is a field that at most 1 % of rows carried and half of them do; *gone* one that eight tenths
always carried and at most 1 % do; of another *type* one whose values were of one type in all but
1 % of rows and in half of them are of another. These are facts rather than statistics: a share that
jumps so far in two half hours running has a p-value below 1e-9 for independent rows, so what is
allowed for is dependence, by a day's least and largest shares. Optional fields, which come and go,
never pass from one limit to the other.

A version that brings the change with its first rows is an event, told as information. A version
whose rows change while it runs has degraded: that is raised by the detector of quality, after two
half hours, and is over when the fields are as before, or after a day, when that is the schema.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from console.config.settings import Settings
from console.detectors.buckets import SERVING
from console.detectors.protocol import Deviation, Phase, Severity, Span, State
from console.detectors.schema_fields import ANEW, Changes, Seen, Track, changes_of, seen_in
from console.records.clock import DAY, HOUR, naive
from console.records.frames import Schema
from console.records.series import Series
from console.stats import fields

BLOCK = HOUR / 2
LEAST_ROWS = 20
CONFIRM = 2
YOUNG_S = HOUR
"""A version's own schema is learned so long; until then it is held against the version before."""
LASTS_S, EVENT_S = DAY, HOUR
NAMES = 5
"""So many fields are named in a reason."""
TRACKS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "field": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "type": pl.String,
}
"""Least and largest share of rows that carry the field; its one type, `MIXED` if it has several,
null while it has no value, `ANEW` if it is to be learned anew."""
MOST_VERSIONS = 20
"""So many versions of a stage are remembered beside the newest."""
VERSIONS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "first": pl.Float64,
    "last": pl.Float64,
    "suspected": pl.List(pl.String),
    "since": pl.Float64,
    "times": pl.Int64,
}
HELD: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "field": pl.String,
    "share": pl.Float64,
    "main": pl.String,
    "main_share": pl.Float64,
}
"""The newest half hour, to be learned when the next one bears it out: in it a change may begin."""
RAISED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "phase": pl.String,
    "changes": pl.List(pl.String),
    "raised": pl.Float64,
    "onset": pl.Float64,
    "severity": pl.String,
}
_Key = tuple[str | None, str | None, str | None]


@dataclass(slots=True)
class _Version:
    model: str | None
    stage: str | None
    version: str | None
    first: float
    last: float
    suspected: list[str]
    since: float
    times: int


@dataclass(slots=True)
class _Raised:
    model: str | None
    stage: str | None
    version: str | None
    phase: str
    """`event` or `quality`: who tells it."""
    changes: list[str]
    raised: float
    onset: float
    severity: Severity


class SchemaDetector:
    """Compares the fields of predictions with those of their version so far."""

    name = "schema"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._width = settings.prediction_window_s

    def initial(self) -> State:
        """Nothing seen yet."""
        return {
            "pending": pl.DataFrame(schema=fields.CLOSED),
            "tracks": pl.DataFrame(schema=TRACKS),
            "versions": pl.DataFrame(schema=VERSIONS),
            "held": pl.DataFrame(schema=HELD),
            "raised": pl.DataFrame(schema=RAISED),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Changes of fields, and their ends, in order of `at`."""
        limit = math.floor(span.end / BLOCK) * BLOCK
        pending = pl.concat([state["pending"], span.fields]) if span.fields.height else (
            state["pending"]
        )  # fmt: skip
        ready = pl.col("start") + timedelta(seconds=self._width) <= naive(limit)
        due = state["raised"].height or not pending.filter(ready).is_empty()
        if not due:
            return [], {**state, "pending": pending}
        schema = _Schema(state)
        found = list(schema.walk(pending.filter(ready), self._width, limit))
        return sorted(found, key=lambda d: (d.at, d.detector, d.series.id, d.phase)), {
            "pending": pl.concat([schema.rest, pending.filter(~ready)]),
            **schema.state(),
        }


class _Schema:
    """What is known of all fields."""

    def __init__(self, state: State) -> None:
        self._tracks: dict[_Key, dict[str, Track]] = {}
        for model, stage, version, name, *track in state["tracks"].iter_rows():
            self._tracks.setdefault((model, stage, version), {})[name] = Track(*track)
        self._versions = {
            (row[0], row[1], row[2]): _Version(*row) for row in state["versions"].iter_rows()
        }
        self._held: dict[_Key, dict[str, Seen]] = {}
        for model, stage, version, name, *seen in state["held"].iter_rows():
            self._held.setdefault((model, stage, version), {})[name] = Seen(*seen)
        self._raised = [_Raised(*row) for row in state["raised"].iter_rows()]
        self.rest = pl.DataFrame(schema=fields.CLOSED)
        """Windows of half hours with too few rows, to be judged with the next."""

    def state(self) -> dict[str, pl.DataFrame]:
        """What is known, as frames."""
        tracks = [
            (*key, name, track.low, track.high, track.type)
            for key, own in sorted(self._tracks.items(), key=lambda item: _order(item[0]))
            for name, track in sorted(own.items())
        ]
        held = [
            (*key, name, one.share, one.main, one.main_share)
            for key, own in sorted(self._held.items(), key=lambda item: _order(item[0]))
            for name, one in sorted(own.items())
        ]
        versions = [
            tuple(getattr(one, name) for name in VERSIONS)
            for _, one in sorted(self._versions.items(), key=lambda item: _order(item[0]))
        ]
        raised = [tuple(getattr(one, name) for name in RAISED) for one in self._raised]
        return {
            "tracks": pl.DataFrame(tracks, schema=TRACKS, orient="row"),
            "versions": pl.DataFrame(versions, schema=VERSIONS, orient="row"),
            "held": pl.DataFrame(held, schema=HELD, orient="row"),
            "raised": pl.DataFrame(raised, schema=RAISED, orient="row"),
        }

    def walk(self, windows: pl.DataFrame, width: float, limit: float) -> Iterator[Deviation]:
        """Judges half hours that are complete, oldest first."""
        ends = pl.col("start").dt.epoch("us") / 1e6 + width
        blocks = windows.with_columns(
            (((ends - 1e-3) / BLOCK).floor() * BLOCK).alias("block")
        ).sort("block", *fields.KEYS, nulls_last=False)
        waiting: dict[_Key, pl.DataFrame] = {}
        for (block,), rows in blocks.group_by(["block"], maintain_order=True):
            start = float(str(block))
            yield from self._end(start)
            for (model, stage, version), own in rows.group_by(
                ["model", "stage", "version"], maintain_order=True
            ):
                key = (_text(model), _text(stage), _text(version))
                young = pl.col("start") > naive(start - DAY)
                before = waiting.pop(key, self.rest.clear()).filter(young)
                both = pl.concat([before, own.select(list(fields.CLOSED))])
                total = int(both.filter(pl.col("field").is_null())["n"].sum())
                if total < LEAST_ROWS:
                    waiting[key] = both
                else:
                    yield from self._judge(key, start, seen_in(both, total), total)
        yield from self._end(limit)
        if waiting:
            young = pl.col("start") > naive(limit - DAY)
            self.rest = pl.concat(waiting.values()).filter(young)

    def _judge(
        self, key: _Key, start: float, seen: Mapping[str, Seen], rows: int
    ) -> Iterator[Deviation]:
        at = start + BLOCK
        own = self._versions.get(key)
        siblings = [
            one for other, one in self._versions.items() if other[:2] == key[:2] and other != key
        ]
        begun = min([one.first for one in siblings] + [own.first if own else start])
        if own is None:
            own = self._versions[key] = _Version(*key, start, start, [], start, 0)
            parent = max(siblings, key=lambda one: (one.last, one.first), default=None)
            before = self._tracks.get((*key[:2], parent.version), {}) if parent else {}
            changes = changes_of(before, seen) if start >= begun + DAY else {}
            self._tracks[key] = {
                name: Track(track.low, track.high, track.type) for name, track in before.items()
            } | {name: Track(0.0, 1.0, ANEW) for name in changes}
            self._learn(key, seen)
            self._forget(siblings)
            if changes:
                yield from self._raise(_Raised(*key, "event", [], at, start, "info"), changes, rows)
            return
        own.last = start
        learning = start < own.first + YOUNG_S if siblings else start < own.first + DAY
        changes = {} if learning else changes_of(self._tracks[key], seen)
        standing = next((r for r in self._raised if _of(r) == key and r.phase == "quality"), None)
        if standing is not None:
            told = set(standing.changes)
            if not told & changes.keys():
                self._raised.remove(standing)
                yield _deviation(standing, "cleared", at, "the fields are as before again")
                return
            changes = {name: said for name, said in changes.items() if name not in told}
        if changes and standing is None:
            if own.times and set(own.suspected) & changes.keys():
                own.times += 1
            else:
                own.since, own.times = start, 1
            own.suspected = sorted(changes)
            self._held.pop(key, None)
            if own.times >= CONFIRM:
                grave = any(not said.endswith("new") for said in changes.values())
                severity: Severity = "warning" if grave else "info"
                raised = _Raised(*key, "quality", [], at, own.since, severity)
                yield from self._raise(raised, changes, rows)
                own.suspected, own.times = [], 0
            return
        own.suspected, own.times = [], 0
        if standing is None:
            self._take(key, seen, learning=learning)

    def _take(self, key: _Key, seen: Mapping[str, Seen], *, learning: bool) -> None:
        """Learns what was seen, or what was seen before it and is borne out by it."""
        if learning:
            self._learn(key, seen)
            return
        # A half hour in which a change begins would make it usual: it waits for the next one.
        if key in self._held:
            self._learn(key, self._held[key])
        self._held[key] = dict(seen)

    def _learn(self, key: _Key, seen: Mapping[str, Seen]) -> None:
        """Takes what was seen for usual."""
        tracks = self._tracks.setdefault(key, {})
        known = bool(tracks)
        for name in [name for name, track in tracks.items() if track.type == ANEW]:
            del tracks[name]
            if name in seen:
                tracks[name] = Track(seen[name].share, seen[name].share, seen[name].type)
        for name, one in seen.items():
            if name in tracks:
                tracks[name].widen(one)
            else:
                # What is seen later for the first time was not there before.
                tracks[name] = Track(0.0 if known else one.share, one.share, one.type)
        for name, track in tracks.items():
            if name not in seen:
                track.low = 0.0

    def _forget(self, siblings: list[_Version]) -> None:
        """Lets the version go that has been gone for longest, if there are too many."""
        if len(siblings) >= MOST_VERSIONS:
            oldest = min(siblings, key=lambda one: (one.last, one.first, one.version or ""))
            key = (oldest.model, oldest.stage, oldest.version)
            del self._versions[key], self._tracks[key]
            self._held.pop(key, None)

    def _raise(self, raised: _Raised, changes: Changes, rows: int) -> Iterator[Deviation]:
        """Tells changes; what the stage was told of another version before is over with that."""
        where = (raised.model, raised.stage, raised.phase)
        for one in [r for r in self._raised if (r.model, r.stage, r.phase) == where]:
            self._raised.remove(one)
            yield _deviation(one, "cleared", raised.raised, "told of another version by now")
        raised.changes = sorted(changes)
        self._raised.append(raised)
        said = [changes[name] for name in raised.changes]
        more = f"; and {len(said) - NAMES} more fields" if len(said) > NAMES else ""
        listed = "; ".join(said[:NAMES]) + more
        version = f" of version {raised.version}" if raised.version is not None else ""
        reason = f"{listed}, in {rows} rows{version}, whose fields were others before"
        if raised.phase == "event":
            reason = f"version {raised.version} brings other fields: {listed}"
        yield _deviation(raised, "raised", raised.raised, reason, rows=rows)

    def _end(self, now: float) -> Iterator[Deviation]:
        """What has become the schema by then."""
        for one in list(self._raised):
            lasts = EVENT_S if one.phase == "event" else LASTS_S
            if one.raised + lasts > now:
                continue
            self._raised.remove(one)
            tracks = self._tracks.get(_of(one), {})
            if one.phase == "quality":
                # They are learned anew, as they are by now.
                for name in one.changes:
                    tracks[name] = Track(0.0, 1.0, ANEW)
            yield _deviation(one, "cleared", one.raised + lasts, "these are the fields by now")


def _deviation(
    raised: _Raised, phase: Phase, at: float, reason: str, *, rows: int = 0
) -> Deviation:
    return Deviation(
        detector=raised.phase,
        phase=phase,
        series=Series(raised.model, raised.stage or SERVING, "schema"),
        at=at,
        onset=raised.onset,
        severity=raised.severity,
        reason=reason,
        confidence=0.95,
        version=raised.version,
        details={
            "term": "schema",
            "fields": ", ".join(raised.changes[:NAMES]),
            **({"rows": rows} if rows else {}),
            **({"version": raised.version} if raised.version is not None else {}),
        },
    )


def _of(raised: _Raised) -> _Key:
    return raised.model, raised.stage, raised.version


def _order(key: _Key) -> list[str]:
    return [part or "" for part in key]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
