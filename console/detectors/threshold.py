"""The user's own limits: a window mean beyond one in every window for as long as the rule says.

There is no null hypothesis here: a limit is a fact that the user states. What the detector adds is
patience, so that one limit that is crossed again and again is one deviation.

*Matching.* A rule names a series by its name, or by its label with tags
(`error_rate{client=web}`), and may name the model and the stage. A bare name means the untagged
series of a model's stage; while there is none, every tagged series of that name. From the first
window of an untagged series on, its tagged siblings are left to the other detectors.

*Raised* when every window has been beyond the limit for `hold_s`. Windows that are missing neither
help nor reset, up to a silence of `hold_s`, ten windows or three of the series' usual gaps,
whichever is longest; after a longer silence the count begins anew.

*Cleared* when every window has been inside for as long as `hold_s` and ten windows, and their
mean is three quarters of the way back from the limit to the usual level before; or when every
window has been inside, by however little, for an hour. A series that toggles about its limit
therefore does not clear in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import polars as pl

from console.config.settings import Rule, Settings
from console.detectors.limits import above_of, below_of, concerns
from console.detectors.protocol import Deviation, Phase, Span, State
from console.detectors.table import IDENTITY, Array, Column, Layout, Table, identities
from console.detectors.words import duration, number
from console.records.clock import HOUR
from console.records.series import Series
from console.stats.windows import mean

LEVEL_WINDOWS = 240
"""Memory of the usual level, in windows inside the limit."""
CALM_S = HOUR
"""After so long inside, by however little, a deviation is over."""
LEAST_CALM_WINDOWS = 10
BACK_SHARE = 0.75
"""Before that, it has to be so much of the way back from the limit to the usual level."""
SEVERITY_ORDER = {"info": 0, "warning": 1, "critical": 2}

_LAYOUT: Layout = {
    "rule": Column(-1, "int64"),
    "series": Column(-1, "int64"),
    "last": Column(np.nan),
    "gap": Column(np.nan),
    "onset": Column(np.nan),
    "raised": Column(0, "bool"),
    "calm": Column(np.nan),
    "calm_total": Column(0),
    "calm_n": Column(0),
    "level": Column(np.nan),
    "variance": Column(0),
    "level_n": Column(0),
    "after_total": Column(0),
    "after_n": Column(0),
}
_UNTAGGED = {"rule": pl.Int64, "model": pl.String, "stage": pl.String, "first": pl.Float64}


@dataclass(frozen=True, slots=True)
class _Limits:
    """The rules in columns, one cell a rule."""

    keys: Array
    above: Array
    below: Array
    hold: Array


class ThresholdDetector:
    """Rules of the settings against the means of base windows."""

    name = "threshold"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._rules = {_rule_key(rule): rule for rule in settings.rules}
        self._names = sorted({rule.series.split("{")[0] for rule in settings.rules})
        self._width = settings.window_s
        keys = sorted(self._rules)
        rules = [self._rules[key] for key in keys]
        self._limits = _Limits(
            np.array(keys, np.int64),
            np.array([_above(rule) for rule in rules], float),
            np.array([_below(rule) for rule in rules], float),
            np.array([rule.hold_s for rule in rules], float),
        )

    def initial(self) -> State:
        """No pair of rule and series yet."""
        return {
            "pairs": Table.empty(_LAYOUT).frame(),
            "series": pl.DataFrame(schema=IDENTITY),
            "untagged": pl.DataFrame(schema=_UNTAGGED),
        }

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises and clears, in order of time."""
        if span.metrics.is_empty() and not state["pairs"].height:
            return [], state
        windows = self._matching(span.metrics)
        untagged = _first_untagged(state["untagged"], windows)
        series = identities(state["series"], windows)
        judged = _not_shadowed(windows, untagged)
        table = Table.read(_LAYOUT, state["pairs"])
        found = self._forget_old_rules(table, span.start, series)
        pairs = judged.unique("key")
        table.include(pairs["key"].to_numpy())
        rows = table.rows(pairs["key"].to_numpy())
        table["rule"][rows] = pairs["rule"].to_numpy()
        table["series"][rows] = pairs["series_id"].to_numpy()
        found += self._walk(table, judged, series)
        found += self._shadowed(table, untagged, series)
        found.sort(key=lambda deviation: (deviation.at, deviation.series.id, deviation.phase))
        return found, {"pairs": table.frame(), "series": series, "untagged": untagged}

    def _matching(self, metrics: pl.DataFrame) -> pl.DataFrame:
        """Windows with the rule that concerns them, one row a pair, in order of time."""
        metrics = metrics.filter(pl.col("name").is_in(self._names))
        catalogue = metrics.select(list(IDENTITY)).unique("series_id")
        pairs = [
            (key, row["series_id"], _digest(key, row["series_id"]), _bare(rule, row["tags"]))
            for row in catalogue.iter_rows(named=True)
            for key, rule in self._rules.items()
            if concerns(rule, Series(row["model"], row["stage"], row["name"], row["tags"]))
        ]
        schema = {"rule": pl.Int64, "series_id": pl.Int64, "key": pl.Int64, "bare": pl.Boolean}
        listed = pl.DataFrame(pairs, schema=schema, orient="row")
        windows = metrics.select(
            *IDENTITY,
            (pl.col("start").dt.epoch("us") / 1e6).alias("start"),
            mean().alias("mean"),
        ).filter(pl.col("mean").is_finite())
        return windows.join(listed, on="series_id").sort("start", "key")

    def _forget_old_rules(self, t: Table, now: float, series: pl.DataFrame) -> list[Deviation]:
        """Drops what belongs to rules that are no longer set, and ends what they raised."""
        known = np.isin(t["rule"], self._limits.keys)
        if known.all():
            return []
        ended = set(t["series"][t["raised"] & ~known]) - set(t["series"][t["raised"] & known])
        t.keep(known)
        return [
            Deviation(
                detector=self.name,
                phase="cleared",
                series=_series(series, int(series_id)),
                at=now,
                onset=now,
                severity="info",
                reason="its rule is no longer in the settings",
            )
            for series_id in sorted(ended)
        ]

    def _walk(self, table: Table, windows: pl.DataFrame, series: pl.DataFrame) -> list[Deviation]:
        """Takes the windows of one start after the other through all pairs at once."""
        rows = table.rows(windows["key"].to_numpy())
        starts = windows["start"].to_numpy()
        values = windows["mean"].to_numpy()
        edges = np.flatnonzero(np.diff(starts, prepend=-np.inf, append=np.inf))
        found: list[Deviation] = []
        for begin, end in pairwise(edges):
            picked = rows[begin:end]
            raised, cleared = self._tick(table, picked, starts[begin], values[begin:end])
            at = float(starts[begin]) + self._width
            for row in raised:
                found += self._raise(table, int(row), at, series)
            for row in cleared:
                found += self._clear(table, int(row), at, series)
        return found

    def _raise(self, t: Table, row: int, at: float, series: pl.DataFrame) -> list[Deviation]:
        """`raised`; `worse` or nothing if another rule has raised the series already."""
        others = self._severities(t, row)
        t["raised"][row] = True
        if not others:
            return [self._deviation(t, row, "raised", at, series)]
        found = self._deviation(t, row, "worse", at, series)
        return [found] if SEVERITY_ORDER[found.severity] > max(others) else []

    def _clear(self, t: Table, row: int, at: float, series: pl.DataFrame) -> list[Deviation]:
        """`cleared`, unless another rule still holds the series."""
        t["raised"][row] = False
        found = [] if self._severities(t, row) else [self._deviation(t, row, "cleared", at, series)]
        t.reset(np.array([row]), "onset", "calm", "after_total", "after_n")
        return found

    def _severities(self, t: Table, row: int) -> list[int]:
        """How severe the rules are that have raised the series of a row, this row's left out."""
        raised = np.flatnonzero(t["raised"] & (t["series"] == t["series"][row]))
        return [
            SEVERITY_ORDER[self._rules[int(t["rule"][other])].severity]
            for other in raised
            if other != row
        ]

    def _tick(self, t: Table, rows: Array, start: float, values: Array) -> tuple[Array, Array]:
        """One window of each of some pairs; the rows that are raised and cleared by it."""
        rule = np.searchsorted(self._limits.keys, t["rule"][rows])
        above, below = self._limits.above[rule], self._limits.below[rule]
        hold = self._limits.hold[rule]
        beyond = (values > above) | (values < below)
        end = start + self._width
        since = start - t["last"][rows]
        gap = np.where(np.isnan(t["gap"][rows]), self._width, t["gap"][rows])
        patience = np.maximum(np.maximum(hold, 10 * self._width), 3 * gap)
        silent = since - self._width > patience
        raised = t["raised"][rows]

        lost = rows[silent & ~raised]
        t.reset(lost, "onset", "after_total", "after_n")
        t.reset(rows[silent & raised], "calm")
        t["gap"][rows] = np.where(
            np.isnan(since), np.nan, gap + 0.2 * (np.clip(since, gap / 2, gap * 2) - gap)
        )
        t["last"][rows] = start

        begins = rows[beyond & np.isnan(t["onset"][rows])]
        t["onset"][begins] = start
        t["after_total"][rows[beyond]] += values[beyond]
        t["after_n"][rows[beyond]] += 1
        t.reset(rows[beyond], "calm")
        inside = ~beyond
        quiet = inside & ~raised
        t.reset(rows[quiet], "onset", "after_total", "after_n")
        _learn(t, rows[quiet], values[quiet])
        rise = beyond & ~raised & (end - t["onset"][rows] >= hold)

        calming = rows[inside & raised]
        fresh = calming[np.isnan(t["calm"][calming])]
        t["calm"][fresh] = start
        t["calm_total"][fresh] = 0
        t["calm_n"][fresh] = 0
        t["calm_total"][calming] += values[inside & raised]
        t["calm_n"][calming] += 1
        limit = _crossed(
            t["after_total"][calming], t["after_n"][calming], above, below, inside & raised
        )
        needed = BACK_SHARE * np.abs(t["level"][calming] - limit)
        back = t["calm_total"][calming] / np.maximum(t["calm_n"][calming], 1)
        well = np.abs(back - limit) >= needed
        calm_for = end - t["calm"][calming]
        enough = np.maximum(hold[inside & raised], LEAST_CALM_WINDOWS * self._width)
        long_enough = (calm_for >= enough) & (t["calm_n"][calming] >= LEAST_CALM_WINDOWS)
        over = long_enough & (well | (calm_for >= CALM_S))
        return rows[rise], calming[over]

    def _deviation(
        self, t: Table, row: int, phase: Phase, at: float, series: pl.DataFrame
    ) -> Deviation:
        rule = self._rules[int(t["rule"][row])]
        after = float(t["after_total"][row] / max(t["after_n"][row], 1))
        high = after > _above(rule)
        limit = _above(rule) if high else _below(rule)
        level = float(t["level"][row])
        spread = float(np.sqrt(t["variance"][row]))
        beyond_for = duration(max(rule.hold_s, self._width))
        side = f"{'above' if high else 'below'} its limit {number(limit)}"
        details: dict[str, str | float] = {"hold_s": rule.hold_s}
        if phase == "cleared" and not np.isnan(t["calm"][row]):
            details["inside_since"] = float(t["calm"][row])
        if rule.message:
            details["message"] = rule.message.replace("{value}", number(after))
        return Deviation(
            detector=self.name,
            phase=phase,
            series=_series(series, int(t["series"][row])),
            at=at,
            onset=float(t["onset"][row]),
            severity=rule.severity,
            reason=f"{side} for {beyond_for}" if phase == "raised" else f"no longer {side}",
            confidence=0.95,
            direction=1 if high else -1,
            before=None if np.isnan(level) else level,
            after=after,
            baseline=None if np.isnan(level) else level,
            threshold=limit,
            effect_size=abs(after - level) / spread if spread > 0 else None,
            details=details,
        )

    def _shadowed(self, t: Table, untagged: pl.DataFrame, series: pl.DataFrame) -> list[Deviation]:
        """Ends what was raised on tagged series when an untagged one takes their place."""
        found = []
        for row in np.flatnonzero(t["raised"]):
            rule, where = int(t["rule"][row]), _series(series, int(t["series"][row]))
            if not _bare(self._rules[rule], where.tags):
                continue
            first = untagged.filter(
                pl.col("rule") == rule,
                pl.col("model").eq_missing(where.model),
                pl.col("stage").eq_missing(where.stage),
            )["first"]
            if len(first):
                found += self._clear(t, int(row), float(first[0]) + self._width, series)
        return found


def _first_untagged(known: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """When each rule first saw an untagged series of a model's stage."""
    seen = windows.filter(pl.col("tags").is_null()).select(
        "rule", "model", "stage", pl.col("start").alias("first")
    )
    firsts = pl.concat([known, seen]).group_by("rule", "model", "stage").agg(pl.col("first").min())
    return firsts.sort("rule", "model", "stage")


def _not_shadowed(windows: pl.DataFrame, untagged: pl.DataFrame) -> pl.DataFrame:
    """Windows without those of tagged series from the time on that an untagged one is known."""
    where = ["rule", "model", "stage"]
    joined = windows.join(untagged, on=where, how="left", nulls_equal=True, maintain_order="left")
    shadowed = pl.col("bare") & (pl.col("start") >= pl.col("first"))
    return joined.filter(~shadowed.fill_null(value=False))


def _bare(rule: Rule, tags: str | None) -> bool:
    """Whether a rule means a tagged series by its bare name only."""
    return tags is not None and "{" not in rule.series


def _learn(t: Table, rows: Array, values: Array) -> None:
    """Usual level and variance of windows inside the limit, exponentially forgetting."""
    t["level_n"][rows] = np.minimum(t["level_n"][rows] + 1, LEVEL_WINDOWS)
    level = np.where(np.isnan(t["level"][rows]), values, t["level"][rows])
    step = (values - level) / t["level_n"][rows]
    t["level"][rows] = level + step
    grown = (values - level) * (values - level - step)
    t["variance"][rows] += (grown - t["variance"][rows]) / t["level_n"][rows]


def _crossed(total: Array, n: Array, above: Array, below: Array, mask: Array) -> Array:
    """The limit that was crossed, of those pairs that are raised and inside."""
    after = total / np.maximum(n, 1)
    limit: Array = np.where(after > above[mask], above[mask], below[mask])
    return limit


def _above(rule: Rule) -> float:
    edge = above_of(rule)
    return np.inf if edge is None else edge


def _below(rule: Rule) -> float:
    edge = below_of(rule)
    return -np.inf if edge is None else edge


def _digest(*parts: object) -> int:
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest()) >> 1


def _rule_key(rule: Rule) -> int:
    where = (rule.series, rule.model, rule.stage)
    return _digest(*where, rule.above, rule.below, rule.outside, rule.hold_s)


def _series(series: pl.DataFrame, series_id: int) -> Series:
    row = series.row(int(series["series_id"].search_sorted(series_id)), named=True)
    return Series(row["model"], row["stage"], row["name"], row["tags"])
