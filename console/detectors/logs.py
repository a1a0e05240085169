"""Log lines that were not there before: new templates, and old ones far above their own past.

Both are one question, asked of lines of level WARNING or worse whenever five minutes are complete:
how probable are so many lines of this template in the last 10 minutes, hour or 6 hours, given all
that came before those? The past gives a negative-binomial prediction (a Poisson rate known from N
lines in T hours, over-dispersed by the learned spread of its hourly counts, scaled up with the
traffic of the stage). A template that is new has N = 0, and its probability is multiplied by the
number of rare templates that are still to be expected (Good-Turing: one more than were seen once).

A new template is raised below `NEW_P` (`NEW_ERROR_P` for errors), an old one below `RATE_P` and
above `RATIO` times its past: with 100 templates of WARNING or worse the latter is, at 864 partly
overlapping looks a day each, less than one false alarm in 10 days were the model right. Silence
follows for templates of a (model, stage) that is known for less than a day.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import polars as pl

from console.config.settings import Settings
from console.detectors.protocol import Deviation, Severity, Span, State
from console.records.clock import DAY, HOUR, naive
from console.records.frames import TIME, Schema
from console.records.levels import AT_LEAST_WARNING, LEVELS
from console.records.series import Series

BUCKET = 300.0
"""Grid of looks, seconds."""
POOLS = (600.0, HOUR, 6 * HOUR)
LEARNING = DAY
NEW_P, NEW_ERROR_P, RATE_P = 1e-4, 1e-3, 1e-6
RATIO = 3.0
LEAST = 5
"""An old template needs this many lines in the pool."""
QUIET = 2 * HOUR
"""So long it must be back to at most twice its past before it is cleared."""
MEMORY = 7 * DAY
"""Half-life of the past."""
BUSIEST = 3.0
"""More traffic than usual excuses at most so many times more lines."""
_RECENT = max(POOLS)
"""What is younger is not yet part of the past."""

_PENDING: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "level": pl.String,
    "template_id": pl.String,
    "start": TIME,
    "n": pl.Int64,
}
_RATE: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "template_id": pl.String,
    "level": pl.String,
    "first": pl.Float64,
    "seen": pl.Int64,
    "starts": pl.List(pl.Float64),
    "counts": pl.List(pl.Int64),
    "folded": pl.Float64,
    "total": pl.Float64,
    "squares": pl.Float64,
    "raised": pl.Float64,
    "onset": pl.Float64,
    "before": pl.Float64,
    "severity": pl.String,
    "name": pl.String,
    "told": pl.Boolean,
}
_DONE: Schema = {"done": pl.Float64}
_MILD = ""
"""Template id under which the milder lines of a stage are counted: its traffic."""
_Key = tuple[str | None, str | None, str]


@dataclass(slots=True)
class _Rate:
    """What is known of one template: its recent windows, and sums over the hours before."""

    model: str | None
    stage: str | None
    template_id: str
    level: str | None
    first: float
    seen: int = 0
    starts: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    folded: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    raised: float | None = None
    onset: float | None = None
    before: float | None = None
    severity: Severity | None = None
    name: str | None = None
    told: bool = False
    """Was raised before: it is no longer new."""

    def add(self, start: float, n: int, level: str | None) -> None:
        self.seen += n
        if _badness(level) > _badness(self.level):
            self.level = level
        self.starts.append(start)
        self.counts.append(n)

    def since(self, start: float) -> int:
        return sum(n for at, n in zip(self.starts, self.counts, strict=True) if at >= start)

    def fold(self, until: float) -> None:
        """Moves what is older than `until` (a full hour) to the sums, hour by hour.

        While it is raised the past stays as it was: every hour counts as an average one.
        """
        if until <= self.folded:
            return
        fade = 0.5 ** ((until - self.folded) / MEMORY)
        mean = self.before or 0.0
        hours: dict[int, int] = {}
        kept = 0
        for at, n in zip(self.starts, self.counts, strict=True):
            if at >= until:
                break
            hours[int(at // HOUR)] = hours.get(int(at // HOUR), 0) + n
            kept += 1
        del self.starts[:kept], self.counts[:kept]
        passed = (until - self.folded) / HOUR
        self.total *= fade
        self.squares *= fade
        if self.raised is not None:
            self.total += mean * passed
            self.squares += mean * (1 + mean) * passed
        else:
            self.total += sum(hours.values())
            self.squares += sum(n * n for n in hours.values())
        self.folded = until


class LogsDetector:
    """Finds new and unusually frequent log templates of level WARNING or worse."""

    name = "logs"
    layout = 1

    def __init__(self, settings: Settings, templates: Mapping[str, str]) -> None:
        self._width = settings.window_s
        self._templates = templates
        """Template id to the text that names it; read when a template is raised."""

    def initial(self) -> State:
        """Nothing seen yet."""
        return {
            "pending": pl.DataFrame(schema=_PENDING),
            "rates": pl.DataFrame(schema=_RATE),
            "done": pl.DataFrame({"done": [float("-inf")]}, schema=_DONE),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Deviations of the templates' rates, in order of `at`."""
        pending = pl.concat([state["pending"], _prepared(span.logs)])
        end = math.floor(span.end / BUCKET) * BUCKET
        done = state["done"]["done"][0]
        if end <= done or (pending.is_empty() and state["rates"].is_empty()):
            return [], {**state, "pending": pending}
        # A window belongs to the bucket in which it ends: that is complete once `end` is reached.
        ready = pl.col("start") + timedelta(seconds=self._width) <= naive(end)
        rates = _restore(state["rates"])
        buckets: dict[float, list[tuple[float, _Key, str | None, int]]] = {}
        for model, stage, level, template_id, start, n in (
            pending.filter(ready)
            .with_columns(pl.col("start").dt.epoch("us") / 1e6)
            .sort("start", "model", "stage", "template_id", "level")
            .iter_rows()
        ):
            bucket = math.ceil((start + self._width) / BUCKET) * BUCKET
            buckets.setdefault(bucket, []).append((start, (model, stage, template_id), level, n))
        found: list[Deviation] = []
        for at in self._looks(buckets, rates, done, end):
            found += self._look(at, buckets.get(at, []), rates)
        return found, {
            "pending": pending.filter(~ready),
            "rates": _store(rates.values()),
            "done": pl.DataFrame({"done": [end]}, schema=_DONE),
        }

    def _looks(
        self,
        buckets: Mapping[float, object],
        rates: Mapping[_Key, _Rate],
        done: float,
        end: float,
    ) -> Iterable[float]:
        """The times to look at: where there are lines, and, while anything may end, all."""
        times = sorted(buckets)
        at = done if math.isfinite(done) else (times[0] - BUCKET if times else end)
        waiting = iter([*times, math.inf])
        following = next(waiting)
        while True:
            active = any(rate.raised is not None for rate in rates.values())
            step = at + BUCKET if active else max(at + BUCKET, following)
            if step > end:
                return
            at = step
            while following <= at:
                following = next(waiting)
            yield at

    def _look(
        self,
        at: float,
        lines: list[tuple[float, _Key, str | None, int]],
        rates: dict[_Key, _Rate],
    ) -> list[Deviation]:
        touched: set[_Key] = set()
        for start, key, level, n in lines:
            if key not in rates:
                rates[key] = _Rate(*key, level, start, folded=math.floor(start / HOUR) * HOUR)
            rates[key].add(start, n, level)
            if key[2] != _MILD:
                touched.add(key)
        active = [key for key, rate in rates.items() if rate.raised is not None]
        found = []
        for key in sorted({*touched, *active}, key=_order):
            deviation = self._judge(at, rates[key], rates)
            if deviation is not None:
                found.append(deviation)
        return found

    def _judge(self, at: float, rate: _Rate, rates: Mapping[_Key, _Rate]) -> Deviation | None:
        until = math.floor((at - _RECENT) / HOUR) * HOUR
        rate.fold(until)
        stage = [
            other
            for (model, name, _), other in rates.items()
            if model == rate.model and name == rate.stage
        ]
        born = min(other.first for other in stage)
        if at - born < LEARNING:
            return None
        exposure = _exposure(until - born)
        per_hour = (rate.total + 0.5) / exposure
        if rate.raised is not None:
            usual = (rate.before or 0.0) * QUIET / HOUR
            if rate.since(at - QUIET) > 2 * usual or at - rate.raised < QUIET:
                return None
            return self._cleared(at, rate)
        if rate.first >= until and not rate.told:
            self._inherit(rate, stage)
        new = rate.first >= until and not rate.told
        spread = _spread(rate, exposure)
        rare = 1 + sum(1 for other in stage if other.seen == 1 and other is not rate)
        best: tuple[float, float, int] | None = None
        for pool in POOLS:
            n = rate.since(at - pool)
            busy = _traffic(stage, at, pool, until, born)
            expected = per_hour * busy * pool / HOUR
            p = _tail(n, expected, spread + 1 / (rate.total + 0.5))
            if new:
                limit = NEW_ERROR_P if _badness(rate.level) >= _badness("ERROR") else NEW_P
                if n < 2 or p * rare > limit:
                    continue
                p *= rare
            elif n < LEAST or p > RATE_P or n < RATIO * expected:
                continue
            if best is None or p < best[0]:
                best = (p, pool, n)
        return None if best is None else self._raised(at, rate, per_hour, new=new, best=best)

    def _inherit(self, rate: _Rate, stage: Iterable[_Rate]) -> None:
        """Gives a template that generalises known ones their past: it is not new."""
        name = self._templates.get(rate.template_id, "")
        if "<*>" not in name:
            return
        covered = re.compile(re.escape(name).replace(re.escape("<*>"), r"\S*"))
        for known in stage:
            text = self._templates.get(known.template_id, "")
            if known.first < rate.first and covered.fullmatch(text):
                rate.first = known.first
                rate.total += known.total
                rate.squares += known.squares

    def _raised(
        self, at: float, rate: _Rate, per_hour: float, *, new: bool, best: tuple[float, float, int]
    ) -> Deviation:
        p, pool, n = best
        after = n * HOUR / pool
        serious = _badness(rate.level) >= _badness("ERROR")
        rate.severity = "warning" if serious or new or after > 2 * RATIO * per_hour else "info"
        rate.name = self._templates.get(rate.template_id, rate.template_id)
        rate.onset = rate.first if new else _onset(rate, per_hour, at)
        rate.before = 0.0 if new else per_hour
        rate.raised = at
        lines = f"{n} lines in {_duration(pool)}"
        return self._deviation(
            at,
            rate,
            "raised",
            f"new {rate.level} line, {lines}"
            if new
            else f"{lines}, {after / per_hour:.0f} times its usual rate",
            after=after,
            p=p,
            effect=(after - rate.before) / math.sqrt(max(per_hour, 0.1)),
        )

    def _cleared(self, at: float, rate: _Rate) -> Deviation:
        deviation = self._deviation(
            at, rate, "cleared", f"back to its usual rate for {_duration(QUIET)}", after=None
        )
        rate.raised = rate.onset = rate.before = rate.severity = rate.name = None
        # What was told is neither told again nor part of what is usual.
        rate.starts, rate.counts, rate.told = [], [], True
        return deviation

    def _deviation(
        self,
        at: float,
        rate: _Rate,
        phase: Literal["raised", "cleared"],
        reason: str,
        *,
        after: float | None,
        p: float | None = None,
        effect: float | None = None,
    ) -> Deviation:
        details: dict[str, str | float] = {
            "template_id": rate.template_id,
            "level": rate.level or "",
            "n": rate.since(at - _RECENT),
            "per_hour_before": round(rate.before or 0.0, 3),
        }
        return Deviation(
            detector=self.name,
            phase=phase,
            series=Series(rate.model, rate.stage, rate.name or rate.template_id),
            at=at,
            onset=min(rate.onset if rate.onset is not None else at, at),
            severity=rate.severity or "warning",
            reason=reason,
            confidence=0.5 if p is None else min(0.99, 1 - math.sqrt(p)),
            direction=1 if phase == "raised" else 0,
            before=rate.before,
            after=after,
            baseline=rate.before,
            effect_size=effect,
            p_value=p,
            details=details,
        )


def _prepared(logs: pl.DataFrame) -> pl.DataFrame:
    """Lines of WARNING or worse by template; all others of a stage together, as its traffic."""
    serious = pl.col("level").is_in(AT_LEAST_WARNING).fill_null(value=False)
    return (
        logs.with_columns(
            pl.when(serious).then("template_id").otherwise(pl.lit(_MILD)).alias("template_id"),
            pl.when(serious).then("level").alias("level"),
            pl.col("n").cast(pl.Int64),
        )
        .group_by("model", "stage", "level", "template_id", "start")
        .agg(pl.col("n").sum())
        .select(list(_PENDING))
    )


def _restore(frame: pl.DataFrame) -> dict[_Key, _Rate]:
    rates = (_Rate(*row) for row in frame.select(list(_RATE)).iter_rows())
    return {(rate.model, rate.stage, rate.template_id): rate for rate in rates}


def _store(rates: Iterable[_Rate]) -> pl.DataFrame:
    ordered = sorted(rates, key=lambda r: _order((r.model, r.stage, r.template_id)))
    return pl.DataFrame(
        [tuple(getattr(rate, name) for name in _RATE) for rate in ordered],
        schema=_RATE,
        orient="row",
    )


def _order(key: _Key) -> tuple[str, str, str]:
    return key[0] or "", key[1] or "", key[2]


def _badness(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


def _exposure(age: float) -> float:
    """Hours of the past that count, those long ago for less."""
    faded: float = 0.5 ** (age / MEMORY)
    return max(MEMORY / math.log(2) * (1 - faded) / HOUR, 1.0)


def _spread(rate: _Rate, exposure: float) -> float:
    """Over-dispersion of hourly counts: variance = mean + spread mean².

    Shrunk towards a half, which ten lines weigh as much as.
    """
    mean = rate.total / exposure
    if mean <= 0:
        return 0.5
    seen = max((rate.squares / exposure - mean**2 - mean) / mean**2, 0.0)
    return (seen * rate.total + 0.5 * 10) / (rate.total + 10)


def _tail(n: int, expected: float, spread: float) -> float:
    """P(X >= n) of a negative-binomial count with this mean and over-dispersion."""
    if n <= 0:
        return 1.0
    from scipy import special

    size = 1 / spread
    tail: float = special.betainc(n, size, expected / (expected + size))
    return float(tail)


def _traffic(stage: list[_Rate], at: float, pool: float, until: float, born: float) -> float:
    """How many times busier the stage is than usual, by its milder lines: 1 to `BUSIEST`."""
    for rate in stage:
        if rate.template_id == _MILD:
            rate.fold(until)
            usual = rate.total / _exposure(until - born) * pool / HOUR
            if usual >= 10:
                return min(max(rate.since(at - pool) / usual, 1.0), BUSIEST)
    return 1.0


def _onset(rate: _Rate, per_hour: float, at: float) -> float:
    """The line since which the rate is most clearly above its past (Poisson likelihood)."""
    best, onset, n = 0.0, at, 0
    for start, count in zip(reversed(rate.starts), reversed(rate.counts), strict=True):
        n += count
        expected = per_hour * max(at - start, BUCKET) / HOUR
        gain = n * math.log(n / expected) - (n - expected) if n > expected else 0.0
        if gain > best:
            best, onset = gain, start
    return onset


def _duration(seconds: float) -> str:
    return f"{seconds / HOUR:.0f} h" if seconds >= HOUR else f"{seconds / 60:.0f} min"
