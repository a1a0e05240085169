"""A checkpoint that writes far more, or far less, than it ever did: and what that costs.

Null: what a stream (the logs of a stage, say) writes within an hour stays, within a factor of four,
inside what it wrote at that time of day in the last week, an hour sooner or later allowed for. The
statistic is the bytes of its lines in the last hour, looked at when a window ends. It is raised
when three windows running are

*a flood*: above four times the most of those hours, 1.5 times the most of any hour of eight days,
and a megabyte an hour (in the first week, when no weekend is known: four times the most of any);
*a drop*: below a quarter of the least of those hours, in a stream that is known for a week, usually
writes 100 kB an hour, and was seen in every window of the hour. Silence is `staleness`' to tell.

The factor is what a flood costs, not what chance would bring about: seasons, campaigns and retries
stay below it, a logger that was left at DEBUG does not. Nothing is said in the first 26 hours.

Hours of a deviation are not learned. It is cleared after an hour inside half the limit; after a
day, when the new volume is the usual one; and six hours after the stream was last seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

import polars as pl

from console.config.settings import Settings
from console.detectors.protocol import Deviation, Phase, Span, State
from console.records.clock import DAY, HOUR
from console.records.frames import Schema
from console.records.series import Series
from console.stats.costs import size

FACTOR = 4.0
ANY_HOUR = 1.5
RUNNING = 3
LEAST_FLOOD = 1e6
LEAST_USUAL = 1e5
LEARN_HOURS = 26
WEEK_HOURS = 7 * 24 + 2
RING = 8 * 24
CALM_S = HOUR
USUAL_S = DAY
GONE_S = 6 * HOUR

_STREAMS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "kind": pl.String,
    "hour": pl.Int64,
    "in_hour": pl.Float64,
    "known": pl.Int64,
    "hours": pl.List(pl.Float64),
    "ends": pl.List(pl.Float64),
    "sizes": pl.List(pl.Float64),
    "running": pl.Int64,
    "raised": pl.Float64,
    "direction": pl.Int64,
    "onset": pl.Float64,
    "usual": pl.Float64,
    "limit": pl.Float64,
    "calm": pl.Float64,
}


@dataclass
class _Stream:
    """What one kind of record of one checkpoint wrote."""

    model: str | None
    stage: str | None
    kind: str
    hour: int
    """The hour of the clock (since 1970) that is being added up."""
    in_hour: float = 0.0
    known: int = 0
    """Hours since its first whole one."""
    hours: list[float | None] = field(default_factory=lambda: [None] * RING)
    """Bytes of the last `RING` hours, at their number modulo that; None where not known."""
    ends: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    """The windows of the last hour."""
    running: int = 0
    """Windows running beyond the limit, negative below it."""
    raised: float | None = None
    direction: int = 0
    onset: float = 0.0
    usual: float = 0.0
    limit: float = 0.0
    calm: float | None = None
    """Since when it has been inside half the limit."""

    def take(self, end: float, size: float, width: float) -> None:
        """Goes on to a window, and accounts for the hours before it."""
        hour = int((end - width) // HOUR)
        if hour - self.hour > RING:
            # Nothing that was known is of these days.
            self.hours, self.known, self.hour, self.in_hour = [None] * RING, 0, hour, 0.0
        while self.hour < hour:
            whole = self.known > 0 and self.raised is None
            self.hours[self.hour % RING] = self.in_hour if whole else None
            self.known += 1
            self.hour += 1
            self.in_hour = 0.0
        self.in_hour += size
        fresh = next((i for i, at in enumerate(self.ends) if at > end - HOUR), len(self.ends))
        self.ends = [*self.ends[fresh:], end]
        self.sizes = [*self.sizes[fresh:], size]

    @property
    def rate(self) -> float:
        """Bytes of the last hour."""
        return math.fsum(self.sizes)

    def usually(self) -> list[float]:
        """Bytes of the hours about this time of day, up to a week ago."""
        near = (self.hour - 24 * days + shift for days in range(1, 8) for shift in (-1, 0, 1))
        return [size for hour in near if (size := self.hours[hour % RING]) is not None]

    def limits(self) -> tuple[float, float, float]:
        """The usual bytes of an hour at this time, and the most and the least that are unusual."""
        listed = self.usually()
        ever = [size for size in self.hours if size is not None]
        if self.known < LEARN_HOURS or len(listed) < 2 or not any(ever):
            return 0.0, math.inf, -math.inf
        usual = median(listed)
        if self.known < WEEK_HOURS:
            return usual, max(FACTOR * max(ever), LEAST_FLOOD), -math.inf
        most = max(FACTOR * max(listed), ANY_HOUR * max(ever), LEAST_FLOOD)
        return usual, most, min(listed) / FACTOR if usual >= LEAST_USUAL else -math.inf


class VolumeDetector:
    """The bytes of every stream, against what it wrote at that time of day."""

    name = "volume"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._width = settings.prediction_window_s

    def initial(self) -> State:
        """Nothing seen yet."""
        return {"streams": pl.DataFrame(schema=_STREAMS)}

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises and clears, in order of time."""
        raised = state["streams"]["raised"].is_not_null().any()
        if span.volumes.is_empty() and not raised:
            return [], state
        streams = {
            (row["model"], row["stage"], row["kind"]): _Stream(**row)
            for row in state["streams"].iter_rows(named=True)
        }
        found: list[Deviation] = []
        windows = (
            span.volumes.group_by("start", "model", "stage", "kind")
            .agg(pl.col("bytes").sum())
            .sort("start", "model", "stage", "kind")
            .select((pl.col("start").dt.epoch("us") / 1e6), "model", "stage", "kind", "bytes")
        )
        for start, model, stage, kind, count in windows.iter_rows():
            where, end = (model, stage, kind), start + self._width
            stream = streams.setdefault(where, _Stream(*where, hour=int(start // HOUR)))
            found += self._gone(stream, end - self._width)
            stream.take(end, float(count), self._width)
            found += self._judge(stream, end)
        for stream in streams.values():
            found += self._gone(stream, span.end)
        found.sort(key=lambda deviation: (deviation.at, deviation.series.id, deviation.phase))
        rows = sorted(streams.items(), key=lambda item: [part or "" for part in item[0]])
        listed = [vars(stream) for _, stream in rows]
        return found, {"streams": pl.DataFrame(listed, schema=_STREAMS)}

    def _gone(self, stream: _Stream, now: float) -> Iterator[Deviation]:
        """Ends the deviation of a stream that was not seen for long."""
        if stream.raised is not None and now >= stream.ends[-1] + GONE_S:
            yield self._deviation(stream, "cleared", stream.ends[-1] + GONE_S)
            stream.raised, stream.running = None, 0

    def _judge(self, stream: _Stream, end: float) -> Iterator[Deviation]:
        if stream.raised is not None:
            yield from self._go_on(stream, end)
            return
        usual, most, least = stream.limits()
        whole = len(stream.ends) >= round(HOUR / self._width)
        if stream.rate > most:
            stream.running = max(stream.running, 0) + 1
        elif stream.rate < least and whole:
            stream.running = min(stream.running, 0) - 1
        else:
            stream.running = 0
        if abs(stream.running) < RUNNING:
            return
        stream.direction = 1 if stream.running > 0 else -1
        stream.raised, stream.calm, stream.running = end, None, 0
        stream.usual, stream.limit = usual, most if stream.direction > 0 else least
        stream.onset = self._onset(stream)
        yield self._deviation(stream, "raised", end)

    def _onset(self, stream: _Stream) -> float:
        """The first window of the last hour that is beyond the limit by itself."""
        part = stream.limit * self._width / HOUR
        beyond = [
            end
            for end, size in zip(stream.ends, stream.sizes, strict=True)
            if (size - part) * stream.direction > 0
        ]
        return beyond[0] - self._width if beyond else stream.ends[-1] - HOUR

    def _go_on(self, stream: _Stream, end: float) -> Iterator[Deviation]:
        assert stream.raised is not None
        calm = 2 * stream.rate < stream.limit if stream.direction > 0 else (
            stream.rate > 2 * stream.limit
        )  # fmt: skip
        if not calm:
            stream.calm = None
        elif stream.calm is None:
            stream.calm = end
        rested = stream.calm is not None and end - stream.calm >= CALM_S
        if rested or end - stream.raised >= USUAL_S:
            yield self._deviation(stream, "cleared", end)
            stream.raised = stream.calm = None

    def _deviation(self, stream: _Stream, phase: Phase, at: float) -> Deviation:
        now, before = stream.rate, stream.usual
        times = now / before if before > 0 else math.inf
        per_day = f"{size(24 * now)} a day at this rate; was {size(24 * before)}"
        if phase == "cleared":
            reason = f"{stream.kind} are back at {size(24 * now)} a day"
            if at >= stream.ends[-1] + GONE_S:
                reason = f"no {stream.kind} any more"
            elif at - (stream.raised or at) >= USUAL_S:
                reason = f"{stream.kind} have kept to {size(24 * now)} a day"
        else:
            reason = f"{stream.kind} {per_day}"
        return Deviation(
            detector=self.name,
            phase=phase,
            series=Series(stream.model, stream.stage, stream.kind),
            at=at,
            onset=min(stream.onset, at),
            severity="warning",
            reason=reason,
            confidence=0.9,
            direction=stream.direction,
            before=before,
            after=now,
            baseline=before,
            threshold=stream.limit,
            details={"bytes_per_day": 24 * now, "usual_per_day": 24 * before,
                     "times": min(times, 1e6)},
        )  # fmt: skip
