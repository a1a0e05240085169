"""A metric whose number of tag combinations explodes: session ids in a tag, say.

Null: new combinations of a metric's tags come at most as fast as ever before. The statistic is the
number of combinations first seen within one hour. It is raised when that exceeds the floor (20),
five times the metric's own largest such hour, *and* the number of combinations known before the
hour began: a deploy that replaces every host renews the combinations, an explosion multiplies them.
The constants are round numbers that keep rolling restarts and a slowly growing list of customers
silent. Nothing is estimated, so there is no sample size beyond the first two hours of a metric, in
which its combinations are only learned.

It is cleared when fewer than a quarter of the floor were new within an hour, and after a day, when
so many are the usual. A metric that has more combinations than are told apart has new ones for as
long as what stands for the others is seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from console.config.settings import Settings
from console.detectors.protocol import Deviation, Phase, Span, State
from console.detectors.words import duration, number
from console.records.clock import DAY, HOUR
from console.records.frames import Schema
from console.records.series import Series, shared

FLOOR = 20
LEARN_S = 2 * HOUR
GROWTH = 5
CALM = FLOOR // 4
USUAL_S = DAY

_WHERE = ["model", "stage", "name"]
_METRICS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "name": pl.String,
    "first": pl.Float64,
    "known": pl.Int64,
    "busiest": pl.Int64,
    "hour": pl.Float64,
    "hour_n": pl.Int64,
    "onset": pl.Float64,
    "raised": pl.Float64,
    "held": pl.Float64,
    "before": pl.Int64,
    "recent": pl.List(pl.Float64),
    "recent_tags": pl.List(pl.String),
}
_SEEN: Schema = {"series_id": pl.Int64}


@dataclass
class _Metric:
    """What is known of the tag combinations of one metric."""

    model: str | None
    stage: str | None
    name: str
    first: float
    known: int = 0
    busiest: int = 0
    """Most new combinations in one hour of the clock, hours of a deviation left out."""
    hour: float = 0.0
    hour_n: int = 0
    onset: float | None = None
    raised: float | None = None
    held: float | None = None
    """When the series that stands for all others was last seen, while it is raised."""
    before: int = 0
    recent: list[float] = field(default_factory=list)
    """When the combinations of the last hour were first seen, oldest first."""
    recent_tags: list[str] = field(default_factory=list)

    def forget(self, before: float) -> None:
        """Drops what was first seen an hour before or earlier."""
        fresh = next((i for i, ts in enumerate(self.recent) if ts > before - HOUR), None)
        keep = len(self.recent) if fresh is None else fresh
        del self.recent[:keep], self.recent_tags[:keep]

    @property
    def limit(self) -> int:
        """More new combinations within an hour than these are an explosion."""
        return max(FLOOR, GROWTH * self.busiest, self.known - len(self.recent))


class CardinalityDetector:
    """New tag combinations of every metric, against its own past."""

    name = "cardinality"
    layout = 2

    def __init__(self, settings: Settings) -> None:
        self._width = settings.window_s

    def initial(self) -> State:
        """Nothing seen yet."""
        return {"metrics": pl.DataFrame(schema=_METRICS), "seen": pl.DataFrame(schema=_SEEN)}

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Raises and clears, in order of time."""
        new = self._fresh(state["seen"], span.metrics)
        if not new.height and not state["metrics"]["onset"].is_not_null().any():
            return [], state
        rows = pl.concat([new.with_columns(fresh=True), self._others(span.metrics)])
        metrics = {
            (row["model"], row["stage"], row["name"]): _Metric(**row)
            for row in state["metrics"].iter_rows(named=True)
        }
        found: list[Deviation] = []
        # What is new comes first: it may raise what the others of the same window hold.
        for row in rows.sort("seen", pl.col("fresh").not_(), "series_id").iter_rows(named=True):
            where = (row["model"], row["stage"], row["name"])
            seen = row["seen"]
            metric = metrics.get(where)
            if metric is None:
                metric = metrics[where] = _Metric(*where, first=seen)
            found += self._calmed(metric, seen)
            if row["fresh"]:
                found += self._grown(metric, seen, row["tags"])
            elif metric.onset is not None:
                metric.held = seen
        for metric in metrics.values():
            found += self._calmed(metric, span.end)
        found.sort(key=lambda deviation: (deviation.at, deviation.series.id, deviation.phase))
        listed = sorted(metrics.items(), key=lambda item: [part or "" for part in item[0]])
        return found, {
            "metrics": pl.DataFrame([vars(metric) for _, metric in listed], schema=_METRICS),
            "seen": pl.concat([state["seen"], new.select("series_id")]).sort("series_id"),
        }

    def _fresh(self, seen: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
        """Tagged series that were never seen before, with the end of their first window."""
        tagged = metrics.lazy().filter(pl.col("tags").is_not_null())
        ended = pl.col("start").dt.epoch("us") / 1e6 + self._width
        firsts = tagged.group_by("series_id", *_WHERE, "tags").agg(ended.min().alias("seen"))
        unknown = firsts.join(seen.lazy(), on="series_id", how="anti")
        return unknown.collect()

    def _others(self, metrics: pl.DataFrame) -> pl.DataFrame:
        """The windows of series that stand for many, like those of `_fresh`."""
        told = metrics["tags"].unique().drop_nulls()
        # Few are: those that cannot be are not worth a look inside.
        told = told.filter(told.str.contains('"[_*]"'))
        ended = pl.col("start").dt.epoch("us") / 1e6 + self._width
        return metrics.filter(pl.col("tags").is_in([tags for tags in told if shared(tags)])).select(
            "series_id", *_WHERE, "tags", ended.alias("seen"), pl.lit(value=False).alias("fresh")
        )

    def _grown(self, metric: _Metric, seen: float, tags: str) -> Iterator[Deviation]:
        """Counts one new combination; the deviation that it raises."""
        hour = seen // HOUR * HOUR
        if hour != metric.hour:
            if metric.onset is None:
                metric.busiest = max(metric.busiest, metric.hour_n)
            metric.hour, metric.hour_n = hour, 0
        metric.forget(seen)
        metric.hour_n += 1
        metric.known += 1
        if seen - metric.first < LEARN_S:
            return
        metric.recent.append(seen)
        metric.recent_tags.append(tags)
        if metric.onset is None and len(metric.recent) > metric.limit:
            metric.onset = metric.recent[0] - self._width
            metric.raised = seen
            metric.before = metric.known - len(metric.recent)
            yield self._deviation(metric, "raised", seen)

    def _calmed(self, metric: _Metric, now: float) -> Iterator[Deviation]:
        """Ends a deviation once it has been calm for an hour, at the time when it was."""
        if metric.onset is None or metric.raised is None or len(metric.recent) < CALM:
            return
        calm = max(metric.recent[-CALM], metric.held or 0.0) + HOUR
        # Not before the last new one: what came after a day came while it was raised.
        over = min(calm, max(metric.raised + USUAL_S, metric.recent[-CALM]))
        if over <= now:
            yield self._deviation(metric, "cleared", over)
            metric.onset = metric.raised = metric.held = None
            metric.hour_n = 0

    def _deviation(self, metric: _Metric, phase: Phase, at: float) -> Deviation:
        tag, values = _busiest_tag(metric.recent_tags)
        new = metric.known - metric.before
        assert metric.onset is not None
        took = max(at - metric.onset, self._width)
        grown = f"{number(new)} new values of tag {tag} in {duration(took)}"
        return Deviation(
            detector=self.name,
            phase=phase,
            series=Series(metric.model, metric.stage, metric.name),
            at=at,
            onset=min(metric.onset, at),
            severity="warning",
            reason=f"{grown}, {number(metric.before)} known before"
            if phase == "raised"
            else f"no more new values of tag {tag}",
            confidence=0.95,
            direction=1,
            before=float(metric.before),
            after=float(metric.known),
            baseline=float(metric.before),
            threshold=float(metric.before + FLOOR),
            details={"new_values": float(new), "tag": tag, "values_per_hour": float(values)},
        )


def _busiest_tag(listed: list[str]) -> tuple[str, int]:
    """The tag with the most distinct values, and how many."""
    values: dict[str, set[str]] = {}
    for text in listed:
        tags: dict[str, Any] = json.loads(text)
        for tag, value in tags.items():
            values.setdefault(tag, set()).add(str(value))
    if not values:
        return "", 0
    return max(((tag, len(found)) for tag, found in values.items()), key=lambda pair: pair[1])
