"""A stream that has fallen silent: one stage's metrics, logs, predictions or labels.

Null: the windows in which a stream is seen come at the rate at which they always came at that hour
of the week, as regularly as they always came. A silence is measured in windows that were to be
expected in it; it is raised when these are at least

    max(2.5, 1 + 20 s/m)   windows, and the silence lasts 10 minutes,

with m the mean gap between windows and s the mean absolute deviation of gaps, running means over
the last 500 gaps (those called silence left out). Of a Poisson stream s/m = 0.74, and P(none of
15.7 expected) = 1.5e-7: with 250 windows a day, once in 70 years; the margin is for rates that are
known from a single day. Regular streams have s near 0 and are called after 10 minutes or two and a
half gaps; the 10 minutes cover restarts and the few lost records of any collector. Of streams
without a beat, such as the lines of a log, it takes half an hour, and half of the rate is expected
of them in an hour of the day that was never seen: the first night is not the first evening.

The rate of an hour of the week is the mean over its last weeks (about eight) and, as one more week,
over the same hour of all days (with its neighbours, if that is less); nightly and weekend pauses
raise nothing once one was seen. Two silences in four weeks are a habit: it takes 1.5 times the
second longest.

Nothing is said of a stream before 30 gaps and two hours: it has no rhythm yet. Silence is measured
up to the end of the span, so time that no record and no clock vouches for is not silence.
A stream unseen for 14 days is taken to be gone, and forgotten.

A single metric that is missing while its stage goes on is told by `vanished`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors import vanished
from console.detectors.protocol import Deviation, Phase, Span, State
from console.detectors.table import Array, Column, Layout, Table
from console.detectors.words import duration
from console.records.clock import DAY, HOUR
from console.records.frames import Schema
from console.records.series import Series

LEAST_SILENCE_S = 600.0
LEAST_UNEVEN_S = 1800.0
EVEN = 0.3
"""Streams whose gaps scatter by less come at a beat."""
UNSEEN_SHARE = 0.5
"""So much of its usual rate is expected of others in an hour of the day that was never seen."""
LEAST_GAPS = 30
LEAST_AGE_S = 2 * HOUR
MEMORY_GAPS = 500
GONE_S = 14 * DAY
HABIT_S = 28 * DAY
FADING = 0.875
"""What a week's count is worth a week later: about the last eight count."""
KEPT_SILENCES = 8

_LAYOUT: Layout = {
    "first": Column(np.nan),
    "last": Column(np.nan),
    "gaps": Column(0, "int64"),
    "usual": Column(0),
    "scatter": Column(0),
    "hour": Column(np.nan),
    "in_hour": Column(0),
    "silence": Column(0),
    "raised": Column(0, "bool"),
    "day_weeks": Column(0, "float32", 24),
    "day_count": Column(0, "float32", 24),
    "week_weeks": Column(0, "float32", 168),
    "week_count": Column(0, "float32", 168),
    "silences": Column(0, width=KEPT_SILENCES),
    "silent_at": Column(-np.inf, width=KEPT_SILENCES),
}
_IDENTITY: Schema = {
    "key": pl.Int64,
    "model": pl.String,
    "stage": pl.String,
    "kind": pl.String,
    "name": pl.String,
}


@dataclass
class _Stream:
    """One stream and its rhythm: a row of the table, its arrays shared with it."""

    key: int
    first: float
    last: float
    """End of its newest window."""
    gaps: int
    usual: float
    scatter: float
    hour: float
    """The hour of the clock up to which everything is accounted for."""
    in_hour: float
    """Windows seen since then."""
    silence: float
    """Windows expected since `last`, before `hour`."""
    raised: bool
    day_weeks: Array
    day_count: Array
    week_weeks: Array
    week_count: Array
    silences: Array
    """Lengths of silences beyond the limit; the newest replaces the oldest."""
    silent_at: Array

    @property
    def limit(self) -> float:
        """So many expected windows without one are too many."""
        return max(2.5, 1 + 20 * self.scatter / max(self.usual, 1e-9))

    @property
    def shortest(self) -> float:
        """No shorter silence, in seconds, is raised."""
        recent = np.where(self.last - self.silent_at < HABIT_S, self.silences, 0.0)
        least = LEAST_SILENCE_S if self.even else LEAST_UNEVEN_S
        return max(least, 1.5 * float(np.sort(recent)[-2]))

    @property
    def even(self) -> bool:
        """Whether it comes at a beat, and not when there is something to say."""
        return self.scatter <= EVEN * self.usual

    @property
    def learned(self) -> bool:
        """Whether it has a rhythm."""
        return self.gaps >= LEAST_GAPS and self.last - self.first >= LEAST_AGE_S

    def rate(self, hour: float) -> float:
        """Windows a second to be expected in an hour of the clock."""
        if self.usual <= 0:
            return 0.0
        week, day = _hours(hour)
        near = [(day - 1) % 24, day, (day + 1) % 24]
        own, days = float(self.day_weeks[day]), float(self.day_weeks[near].sum())
        # How busy an hour is that was never seen, only a beat tells.
        daily = HOUR / self.usual * (1.0 if self.even else UNSEEN_SHARE)
        if own and days:
            around = float(self.day_count[near].sum()) / days
            daily = min(around, float(self.day_count[day]) / own)
        weekly = (float(self.week_count[week]) + daily) / (float(self.week_weeks[week]) + 1)
        return min(weekly / HOUR, 2 / self.usual)

    def expected(self, now: float) -> float:
        """Windows to be expected of the silence up to `now`, which lies in the current hour."""
        since = max(self.hour, self.last)
        return self.silence + (self.rate(self.hour) * (now - since) if now > since else 0.0)

    def silent_at_last(self, now: float) -> float | None:
        """When the silence became too long; None if it was not yet at `now`."""
        over = self.expected(now) - self.limit
        if not self.learned or over < 0:
            return None
        rate = self.rate(self.hour)
        reached = now - over / rate if rate > 0 else self.hour
        since = max(self.hour, self.last, reached, self.last + self.shortest)
        return since if since <= min(now, self.last + GONE_S) else None

    def close_hour(self) -> None:
        """Accounts for the current hour and goes on to the next."""
        self.silence = self.expected(self.hour + HOUR)
        week, day = _hours(self.hour)
        for weeks, counts, at in (
            (self.day_weeks, self.day_count, day),
            (self.week_weeks, self.week_count, week),
        ):
            weeks[at] = weeks[at] * FADING + 1
            counts[at] = counts[at] * FADING + self.in_hour
        self.hour += HOUR
        self.in_hour = 0.0

    def begin(self, end: float) -> None:
        """Its first window, or the first after it was given up."""
        for name, column in _LAYOUT.items():
            if column.width:
                getattr(self, name)[:] = column.fill
            else:
                setattr(self, name, np.dtype(column.dtype).type(column.fill).item())
        self.first = self.last = end
        self.hour = math.ceil(end / HOUR) * HOUR - HOUR
        self.in_hour = 1.0

    def follow(self, ends: list[float]) -> int:
        """Learns from windows for as long as the gaps are short, and says how many they were."""
        hour_end = self.hour + HOUR
        last, gaps, usual, scatter = self.last, self.gaps, self.usual, self.scatter
        count = 0
        for end in ends:
            gap = end - last
            if gap > LEAST_SILENCE_S or end > hour_end:
                break
            gaps += 1
            weight = 1 / min(gaps, MEMORY_GAPS)
            usual += weight * (gap - usual)
            scatter += weight * (abs(gap - usual) - scatter)
            last = end
            count += 1
        if count:
            self.last, self.gaps, self.usual, self.scatter = last, gaps, usual, scatter
            self.silence = 0.0
            self.in_hour += count
        return count

    def resume(self, end: float) -> None:
        """It was seen again in the window that ends at `end`."""
        while self.hour + HOUR < end:
            self.close_hour()
        gap = end - self.last
        if self.raised:
            slot = int(np.argmin(self.silent_at))
            self.silences[slot] = gap
            self.silent_at[slot] = end
            self.raised = False
        else:
            self.gaps += 1
            weight = 1 / min(self.gaps, MEMORY_GAPS)
            self.usual += weight * (gap - self.usual)
            self.scatter += weight * (abs(gap - self.usual) - self.scatter)
        self.last = end
        self.silence = 0.0
        self.in_hour += 1


class StalenessDetector:
    """Silence of every stream, by the stream's own rhythm."""

    name = "staleness"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._width = settings.window_s
        self._prediction_width = settings.prediction_window_s

    def initial(self) -> State:
        """No stream yet."""
        return {
            "streams": Table.empty(_LAYOUT).frame(),
            "names": pl.DataFrame(schema=_IDENTITY),
            **vanished.initial(),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises and clears, in order of time."""
        windows = self._windows(span)
        names = _with_new(state["names"], windows)
        table = Table.read(_LAYOUT, state["streams"])
        table.include(windows["key"].unique().to_numpy())
        ends: dict[int, list[float]] = dict(
            windows.group_by("key").agg(pl.col("end").unique().sort()).iter_rows()
        )
        streams = _read(table)
        found = [
            self._deviation(stream, where, phase, at)
            for stream, where in zip(streams, names.iter_rows(named=True), strict=True)
            for phase, at in self._walk(stream, ends.get(stream.key, []), span.end)
        ]
        _write(table, streams)
        here = span.end - table["last"] <= GONE_S
        table.keep(here)
        absences, absent = vanished.update(state, span.metrics, self._width, span.start, span.end)
        found += [self._absence(absence) for absence in absences]
        found.sort(key=lambda deviation: (deviation.at, deviation.series.id, deviation.phase))
        names = names.filter(pl.Series(here))
        return found, {"streams": table.frame(), "names": names, **absent}

    def _windows(self, span: Span) -> pl.DataFrame:
        """The windows in which streams were seen: the stream, its name, and their ends."""
        kinds = (
            ("metrics", span.metrics, self._width),
            ("logs", span.logs, self._width),
            ("predictions", span.columns, self._prediction_width),
            ("labels", span.performance, self._prediction_width),
        )
        parts = [
            frame.group_by("model", "stage", "start")
            .agg(_name(kind))
            .select(
                "model",
                "stage",
                pl.lit(kind).alias("kind"),
                "name",
                (pl.col("start").dt.epoch("us") / 1e6 + width).alias("end"),
            )
            for kind, frame, width in kinds
            if frame.height
        ]
        if not parts:
            return pl.DataFrame(schema={**_IDENTITY, "end": pl.Float64})
        rows = pl.concat(parts)
        where = rows.select("model", "stage", "kind").unique()
        keys = pl.Series("key", [_key(*row) for row in where.iter_rows()], pl.Int64)
        joined = rows.join(
            where.with_columns(keys), on=["model", "stage", "kind"], nulls_equal=True
        )
        return joined.select(*_IDENTITY, "end").sort("end", "key")

    def _walk(
        self, stream: _Stream, ends: list[float], now: float
    ) -> Iterator[tuple[Phase, float]]:
        """Takes a stream through its windows and the silences between them, up to `now`."""
        done = 0
        if ends and math.isnan(stream.last):
            stream.begin(ends[0])
            done = 1
        while done < len(ends):
            done += stream.follow(ends[done:] if done else ends)
            if done == len(ends):
                break
            # Up to the last watermark at which this window cannot have been known.
            yield from self._wait(stream, ends[done] - self._width)
            if stream.raised:
                yield "cleared", ends[done]
            if ends[done] - self._width - stream.last > GONE_S:
                stream.begin(ends[done])
            else:
                stream.resume(ends[done])
            done += 1
        yield from self._wait(stream, now)

    def _wait(self, stream: _Stream, now: float) -> Iterator[tuple[Phase, float]]:
        """Lets time pass up to `now`, in which the stream was not seen."""
        while stream.hour + HOUR < now:
            yield from self._listen(stream, stream.hour + HOUR)
            stream.close_hour()
        yield from self._listen(stream, now)

    def _listen(self, stream: _Stream, now: float) -> Iterator[tuple[Phase, float]]:
        """Raises at the very time at which the silence has become too long."""
        since = None if stream.raised else stream.silent_at_last(now)
        if since is not None:
            stream.raised = True
            yield "raised", math.ceil(since / self._width - 1e-6) * self._width
        if stream.raised and now - stream.last > GONE_S:
            stream.raised = False
            yield "cleared", stream.last + GONE_S

    def _deviation(
        self, stream: _Stream, where: dict[str, str | None], phase: Phase, at: float
    ) -> Deviation:
        gap = at - stream.last
        kind = where["kind"] or ""
        usual = f"usually every {duration(max(stream.usual, self._width))}"
        reason = f"no {kind} for {duration(gap)}, {usual}"
        return Deviation(
            detector=self.name,
            phase=phase,
            series=Series(where["model"], where["stage"], where["name"] or kind),
            at=at,
            onset=stream.last,
            severity="warning",
            reason=reason if phase == "raised" else f"{kind} are back after {duration(gap)}",
            confidence=0.9,
            direction=-1,
            threshold=stream.shortest,
            details={"gap_s": gap, "usual_gap_s": stream.usual, "stream": kind},
        )

    def _absence(self, absence: vanished.Absence) -> Deviation:
        """A deviation of a single metric; one of many tag values is no more than information."""
        gap = absence.at - absence.since
        gone = f"no values for {duration(gap)}, while its stage reports"
        return Deviation(
            detector=self.name,
            phase=absence.phase,
            series=absence.series,
            at=absence.at,
            onset=absence.since,
            severity="info" if absence.series.tags else "warning",
            reason=gone if absence.phase == "raised" else f"over after {duration(gap)}",
            confidence=0.9,
            direction=-1,
            details={"gap_s": gap, "expected": absence.expected, "stream": "metrics"},
        )


def _read(table: Table) -> list[_Stream]:
    cells = [
        list(table[name]) if column.width else table[name].tolist()
        for name, column in _LAYOUT.items()
    ]
    return [_Stream(*row) for row in zip(table.keys.tolist(), *cells, strict=True)]


def _write(table: Table, streams: list[_Stream]) -> None:
    for name, column in _LAYOUT.items():
        if not column.width:
            table[name][:] = [getattr(stream, name) for stream in streams]


def _with_new(known: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """The identities of all streams; a stream is called by the first name that it was seen with."""
    firsts = windows.group_by("key", maintain_order=True).first().select(list(_IDENTITY))
    fresh = firsts.join(known, on="key", how="anti")
    return pl.concat([known, fresh]).sort("key")


def _name(kind: str) -> pl.Expr:
    """What a stream's deviations are named after: one of its metrics, untagged if there is one."""
    if kind != "metrics":
        return pl.lit(kind).alias("name")
    return pl.col("name").sort_by(pl.col("tags").is_not_null(), "name").first()


def _key(model: str | None, stage: str | None, kind: str) -> int:
    digest = blake2b(repr((model, stage, kind)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def _hours(ts: float) -> tuple[int, int]:
    """The hour of the week (from Thursday, with which the epoch began) and of the day, UTC."""
    hours = round(ts / HOUR)
    return hours % 168, hours % 24
