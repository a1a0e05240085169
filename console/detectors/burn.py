"""Error budgets that burn too fast: the user's objectives, each over a long and a short window.

An objective says which share of events has to be good over a period (30 days, say); the rest is the
budget. How fast it burns is the share of bad events over a window, divided by the budget: at 1 it
lasts for just the period. As in Google's Site Reliability Workbook (2018, chapter 5), three pairs
of windows are watched; both of a pair must burn faster than what spends, within the long one,

- 2 % of the period's budget in an hour (14.4 times for 30 days), and still in the last 5 minutes:
  critical;
- 5 % in six hours (6 times), and still in the last half hour: critical;
- 10 % in three days (once), and still in the last six hours: a warning.

There is no null hypothesis here; but of counted events `LEAST_BAD` must be bad in the long window,
so that a single one in a quiet night is no alarm, and a window must be half filled to be judged.

*Cleared* when no short window has burned so fast for half an hour. Series whose names end in
`_total` are counters, of which the increase counts. A bare name means the untagged series, while
there is none all tagged ones together. The deviations are those of a limit of the user's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby

import numpy as np
import polars as pl

from console.config.settings import Objective, Settings
from console.detectors.protocol import Deviation, Phase, Severity, Span, State
from console.detectors.table import Array, Column, Layout, Table
from console.detectors.words import duration, number
from console.records.frames import Schema
from console.records.series import Series

BUCKET_S = 300.0
RING = 864
"""Three days of buckets."""
LEAST_BAD = 3.0
CALM = 6
"""Buckets without a fast burn until it is over."""
_NONE, _WARNING, _CRITICAL = 0, 1, 2
_SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows in buckets, and the share of the budget that the long one must not spend."""

    long: int
    short: int
    share: float
    level: int


PAIRS = (
    Pair(12, 1, 0.02, _CRITICAL),
    Pair(72, 6, 0.05, _CRITICAL),
    Pair(864, 72, 0.10, _WARNING),
)

_LAYOUT: Layout = {
    "bucket": Column(-1, "int64"),
    "bad": Column(0, "float64", RING),
    "all": Column(0, "float64", RING),
    "level": Column(0, "int8"),
    "onset": Column(np.nan),
    "calm": Column(0, "int64"),
}
_WHERE: Schema = {"key": pl.Int64, "objective": pl.Int64, "model": pl.String, "stage": pl.String}
_PENDING: Schema = {**_WHERE, "start": pl.Float64, "bad": pl.Float64, "all": pl.Float64}
_COUNTERS: Schema = {"series_id": pl.Int64, "before": pl.Float64}
_UNTAGGED: Schema = {"role": pl.String, **_WHERE}
ROLES = ("good", "bad", "total", "good_ratio", "bad_ratio")


class BurnDetector:
    """The user's objectives against what was good and bad."""

    name = "burn"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._objectives = {_digest(repr(one)): one for one in settings.objectives}
        self._width = settings.window_s

    def initial(self) -> State:
        """Nothing counted yet."""
        return {
            "budgets": Table.empty(_LAYOUT).frame(),
            "where": pl.DataFrame(schema=_WHERE),
            "pending": pl.DataFrame(schema=_PENDING),
            "counters": pl.DataFrame(schema=_COUNTERS),
            "untagged": pl.DataFrame(schema=_UNTAGGED),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises, worsens and clears, in order of time."""
        if not self._objectives:
            return [], state
        matched = self._matched(span.metrics)
        if matched.is_empty() and state["pending"].is_empty():
            return [], state
        amounts, counters = _amounts(matched, state["counters"])
        untagged = _untagged(state["untagged"], matched)
        waiting = pl.concat([state["pending"], self._events(amounts, untagged)])
        end = math.floor(span.end / BUCKET_S) * BUCKET_S
        ready = pl.col("start") + self._width <= end
        where = pl.concat([state["where"], waiting.select(list(_WHERE))]).unique("key").sort("key")
        table = Table.read(_LAYOUT, state["budgets"])
        found = self._walk(table, waiting.filter(ready), where)
        return found, {
            "budgets": table.frame(),
            "where": where,
            "pending": waiting.filter(~ready),
            "counters": counters,
            "untagged": untagged,
        }

    def _matched(self, metrics: pl.DataFrame) -> pl.DataFrame:
        """The windows that some objective counts: its key, the role, and whether tagged."""
        catalogue = metrics.select("series_id", "model", "stage", "name", "tags").unique(
            "series_id"
        )
        listed = [
            (row[0], _digest(key, row[1], row[2]), key, role, row[4] is not None and bare)
            for row in catalogue.iter_rows()
            for key, one in self._objectives.items()
            for role in ROLES
            if (bare := _concerns(one, role, Series(*row[1:]))) is not None
        ]
        schema = {
            "series_id": pl.Int64,
            "key": pl.Int64,
            "objective": pl.Int64,
            "role": pl.String,
            "tagged": pl.Boolean,
        }
        pairs = pl.DataFrame(listed, schema=schema, orient="row")
        windows = metrics.select(
            "series_id",
            "model",
            "stage",
            pl.col("name").str.ends_with("_total").alias("counter"),
            (pl.col("start").dt.epoch("us") / 1e6).alias("start"),
            "n",
            "total",
            "last",
        )
        return windows.join(pairs, on="series_id").sort("start", "key", "role", "series_id")

    def _events(self, amounts: pl.DataFrame, untagged: pl.DataFrame) -> pl.DataFrame:
        """Bad and all events by objective, place and window."""
        known = untagged.select("key", "role", pl.lit(value=True).alias("shadowed"))
        counted = amounts.join(known, on=["key", "role"], how="left").filter(
            ~(pl.col("tagged") & pl.col("shadowed").fill_null(value=False))
        )
        if counted.is_empty():
            return pl.DataFrame(schema=_PENDING)
        sums = (
            counted.group_by(*_WHERE, "start", "role", maintain_order=True)
            .agg(pl.col("amount").sum(), pl.len().alias("series"))
            .pivot("role", index=[*_WHERE, "start"], values=["amount", "series"])
        )
        # One role pivots to columns of its own name, several to prefixed ones.
        missing = [
            pl.lit(None, pl.Float64).alias(f"amount_{role}")
            for role in ROLES
            if f"amount_{role}" not in sums.columns
        ]
        sums = sums.with_columns(missing)
        amount = {role: pl.col(f"amount_{role}") for role in ROLES}
        bad = pl.coalesce(amount["bad"], amount["total"] - amount["good"])
        whole = pl.coalesce(amount["total"], amount["good"] + amount["bad"])
        shares = [
            pl.col(f"series_{role}") for role in ROLES[3:] if f"series_{role}" in sums.columns
        ]
        size = pl.coalesce(*shares, pl.lit(1)).cast(pl.Float64)
        share = pl.coalesce(amount["bad_ratio"], size - amount["good_ratio"])
        return (
            sums.with_columns(
                pl.coalesce(bad, share).alias("bad"),
                pl.when(share.is_not_null()).then(size).otherwise(whole).alias("all"),
            )
            # Not more than all can be bad, whatever the counts say.
            .with_columns(pl.min_horizontal("bad", "all").clip(lower_bound=0).alias("bad"))
            .filter(pl.col("bad").is_finite() & pl.col("all").is_finite())
            .select(list(_PENDING))
        )

    def _walk(self, t: Table, events: pl.DataFrame, where: pl.DataFrame) -> list[Deviation]:
        """Takes all budgets through the buckets that are over, in order of time."""
        bucket = (pl.col("start") / BUCKET_S).floor().cast(pl.Int64).alias("bucket")
        sums = (
            events.sort("start", "key")
            .group_by(bucket, "key", maintain_order=True)
            .agg(pl.col("bad").sum(), pl.col("all").sum())
            .sort("bucket", "key")
        )
        t.include(sums["key"].to_numpy())
        found: list[Deviation] = []
        for number_, rows in groupby(sums.iter_rows(), key=lambda row: int(row[0])):
            for _, key, bad, whole in rows:
                row = int(t.rows(np.array([key]))[0])
                _enter(t, row, number_, bad, whole)
                place = where.row(int(where["key"].search_sorted(key)), named=True)
                objective = self._objectives.get(place["objective"])
                if objective is not None:
                    series = Series(place["model"], place["stage"], objective.shown)
                    found += self._judge(t, row, objective, series)
        return found

    def _judge(self, t: Table, row: int, objective: Objective, series: Series) -> list[Deviation]:
        order = (int(t["bucket"][row]) + 1 + np.arange(RING)) % RING
        bad, whole = t["bad"][row, order], t["all"][row, order]
        budget = 1 - objective.objective
        level, burning, fastest, rate = _NONE, False, PAIRS[0], 0.0
        for pair in PAIRS:
            limit = pair.share * objective.period_s / (pair.long * BUCKET_S)
            short = _rate(bad, whole, pair.short, budget)
            long = _rate(bad, whole, pair.long, budget)
            burning |= short >= limit
            few = not objective.ratio and bad[-pair.long :].sum() < LEAST_BAD
            if short >= limit and long >= limit and not few and pair.level > level:
                level, fastest, rate = pair.level, pair, long
        t["calm"][row] = 0 if burning else t["calm"][row] + 1
        before = int(t["level"][row])
        now = (int(t["bucket"][row]) + 1) * BUCKET_S
        if level > before:
            if not before:
                t["onset"][row] = now - _burning_for(bad, whole, fastest, budget) * BUCKET_S
            t["level"][row] = level
            phase: Phase = "worse" if before else "raised"
            return [
                self._deviation(t, row, phase, objective, series=series, pair=fastest, rate=rate)
            ]
        if before and t["calm"][row] >= CALM:
            cleared = self._deviation(
                t, row, "cleared", objective, series=series, pair=fastest, rate=rate
            )
            t.reset(np.array([row]), "level", "onset", "calm")
            return [cleared]
        return []

    def _deviation(
        self,
        t: Table,
        row: int,
        phase: Phase,
        objective: Objective,
        *,
        series: Series,
        pair: Pair,
        rate: float,
    ) -> Deviation:
        budget = 1 - objective.objective
        spent = rate * pair.long * BUCKET_S / objective.period_s
        over = duration(pair.long * BUCKET_S)
        after = rate * budget
        details: dict[str, str | float] = {"burn_rate": rate, "spent": spent}
        if objective.message:
            details["message"] = objective.message.replace("{value}", number(100 * after) + " %")
        good = objective.good_ratio is not None
        return Deviation(
            detector="threshold",
            phase=phase,
            series=series,
            at=(int(t["bucket"][row]) + 1) * BUCKET_S,
            onset=float(t["onset"][row]),
            severity=_SEVERITIES[int(t["level"][row])],
            reason=f"burns its error budget of {number(100 * budget)} % {number(rate)} times too "
            f"fast: {number(100 * after)} % bad over {over}, "
            f"{number(100 * spent)} % of the budget of {duration(objective.period_s)}"
            if phase != "cleared"
            else f"no longer burns its error budget of {number(100 * budget)} %",
            confidence=0.95,
            direction=-1 if good else 1,
            after=1 - after if good else after,
            threshold=objective.objective if good else budget,
            details=details,
        )


def _concerns(objective: Objective, role: str, series: Series) -> bool | None:
    """Whether an objective means a series by its bare name in a role; None: not at all."""
    name = getattr(objective, role)
    fits = (
        name is not None
        and name in (series.name, series.label)
        and objective.model in (None, series.model)
        and objective.stage in (None, series.stage)
    )
    return "{" not in name if fits else None


def _amounts(matched: pl.DataFrame, before: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The windows with what they count, and the last values of counters.

    Of counters the increase since the window before (after a reset: since 0), of ratios the mean,
    of everything else the sum.
    """
    joined = matched.join(before, on="series_id", how="left").sort(
        "series_id", "key", "role", "start"
    )
    earlier = pl.col("last").shift(1).over("series_id", "key", "role").fill_null(pl.col("before"))
    risen = pl.col("last") - earlier
    increase = pl.when(risen >= 0).then(risen).otherwise(pl.col("last"))
    amount = (
        pl.when(pl.col("role").str.ends_with("ratio"))
        .then(pl.col("total") / pl.col("n"))
        .when(pl.col("counter"))
        .then(pl.when(earlier.is_null()).then(0.0).otherwise(increase))
        .otherwise(pl.col("total"))
    )
    amounts = joined.with_columns(amount.alias("amount")).sort("start", "key", "role", "series_id")
    newest = (
        matched.filter("counter").group_by("series_id").agg(pl.col("last").last().alias("before"))
    )
    kept = before.join(newest, on="series_id", how="anti")
    return amounts, pl.concat([kept, newest]).sort("series_id")


def _untagged(known: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """The roles of which there is an untagged series, or one that is named with its tags."""
    seen = matched.filter(~pl.col("tagged")).select(list(_UNTAGGED))
    return pl.concat([known, seen]).unique().sort("key", "role")


def _enter(t: Table, row: int, bucket: int, bad: float, whole: float) -> None:
    last = int(t["bucket"][row])
    for missed in range(max(last + 1, bucket - RING + 1), bucket) if last >= 0 else ():
        t["bad"][row, missed % RING] = t["all"][row, missed % RING] = 0
    t["bad"][row, bucket % RING], t["all"][row, bucket % RING] = bad, whole
    t["bucket"][row] = bucket


def _rate(bad: Array, whole: Array, size: int, budget: float) -> float:
    """How fast the budget burned over the last buckets; 0 while fewer than half are known."""
    total = float(whole[-size:].sum())
    if total <= 0 or (whole[-size:] > 0).sum() < size / 2:
        return 0.0
    return float(bad[-size:].sum()) / total / budget


def _burning_for(bad: Array, whole: Array, pair: Pair, budget: float) -> int:
    """Buckets since the burn began: the stretch up to now in which most was spent beyond one."""
    window = slice(-pair.long, None)
    beyond = bad[window] - 2 * budget * whole[window]
    return int(beyond[::-1].cumsum().argmax()) + 1


def _digest(*parts: object) -> int:
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest()) >> 1
