"""The panes of the models: the same gauges for every model, each with its recent course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from console.engine.gauges import KINDS, GaugeKind, choose, last_of, ratio
from console.engine.snapshot import LEARNING_H, Gauge, Health, ModelPane
from console.engine.views.figures import health_of, standing, worst
from console.records.clock import DAY, HOUR, MINUTE, epoch, naive
from console.stats import drift

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.config.settings import Settings
    from console.engine.seen import ModelSeen
    from console.stats.pinning import References
    from console.store.reader import Reader

SPAN_S = 6 * HOUR
"""How far back the courses go."""
TREND = 36
"""Values of a course: one every ten minutes."""
ORDER = ("perf", "drift", "nulls", "errors", "latency", "volume")


class Panes:
    """Takes the panes from the store; what has not changed since is not asked for again."""

    def __init__(self, settings: Settings, references: References) -> None:
        self._settings = settings
        self._references = references

    def take(
        self,
        reader: Reader,
        seen: Mapping[str, ModelSeen],
        alerts: Sequence[Alert],
        now: float,
    ) -> tuple[ModelPane, ...]:
        """One pane a model, ordered by tier and name; configured models that say nothing too."""
        names = set(seen) | {model.name for model in self._settings.models}
        panes = [self._pane(name, reader, seen.get(name), alerts, now) for name in sorted(names)]
        return tuple(sorted(panes, key=lambda pane: (pane.tier, pane.name)))

    def _pane(
        self,
        name: str,
        reader: Reader,
        seen: ModelSeen | None,
        alerts: Sequence[Alert],
        now: float,
    ) -> ModelPane:
        own = [alert for alert in alerts if alert.model == name and alert.state == "open"]
        settings = self._settings.model(name)
        known_h = int(max(now - seen.first, 0.0) // HOUR) if seen else 0
        learning = known_h < LEARNING_H
        return ModelPane(
            name=name,
            version=seen.version if seen else None,
            tier=settings.tier,
            owner=settings.owner,
            health=_health(own, learning=learning),
            gauges=self._gauges(name, reader, own, now),
            open_alerts=len(own),
            last_seen=seen.last if seen else None,
            known_h=known_h if learning else None,
        )

    def at(
        self, reader: Reader, models: Sequence[ModelPane], alerts: Sequence[Alert], at: float
    ) -> tuple[ModelPane, ...]:
        """The same panes as they stood at a time: their numbers, and the alerts that were on."""
        found = []
        for model in models:
            own = standing(alerts, model.name, at)
            gauges = self._gauges(model.name, reader, own, at)
            states: list[Health] = [alert.severity for alert in own]
            found.append(replace(model, gauges=gauges, open_alerts=len(own), health=worst(states)))
        return tuple(found)

    def _gauges(
        self, name: str, reader: Reader, alerts: Sequence[Alert], now: float
    ) -> tuple[Gauge, ...]:
        """Every gauge of a model at a time, in their places."""
        gauges = {gauge.label: gauge for gauge in self._from_series(name, reader, alerts, now)}
        gauges["drift"] = self._drift(name, reader, alerts, now)
        gauges["perf"] = self._realised(name, reader, alerts, now) or gauges["perf"]
        return tuple(gauges[label] for label in ORDER)

    def _from_series(
        self, name: str, reader: Reader, alerts: Sequence[Alert], now: float
    ) -> list[Gauge]:
        series = reader.series(name).filter(pl.col("tags").is_null())
        names = series["name"].to_list()
        gauges = []
        for kind in KINDS:
            chosen = choose(kind, names)
            if chosen is None:
                gauges.append(Gauge(kind.label, None, "-"))
                continue
            series_id = series.filter(pl.col("name") == chosen)["series_id"][0]
            points = reader.points(series_id, now - SPAN_S, now + MINUTE, TREND)
            gauges.append(_gauge(kind, chosen, points, alerts, now))
        return gauges

    def _drift(self, name: str, reader: Reader, alerts: Sequence[Alert], now: float) -> Gauge:
        """The largest stability index of a feature or score over the last day."""
        reference = self._references.get(name)
        if reference is None:
            return Gauge("drift", None, "-")
        windows = reader.column_windows(name, now - DAY, now + MINUTE)
        largest, column = 0.0, None
        for (feature, role), rows in windows.group_by(["column", "role"]):
            known = reference.column(str(feature), str(role))
            if known is None:
                continue
            counts = np.sum(rows["counts"].to_list(), axis=0)
            if counts.sum() >= 100:
                index = float(drift.population_stability(known.counts, counts))
                if index > largest:
                    largest, column = index, str(feature)
        text = f"{largest:.2f}".removeprefix("0")
        return Gauge("drift", largest, text, column, (), health_of(alerts, column))

    def _realised(
        self, name: str, reader: Reader, alerts: Sequence[Alert], now: float
    ) -> Gauge | None:
        """Performance by the labels that arrived over the last day; None without labels."""
        windows = reader.performance_windows(name, now - DAY, now + MINUTE)
        by_class = pl.col("correct").is_not_null()
        rows, judged, hits, error = windows.select(
            pl.col("n").sum().cast(pl.Float64).alias("rows"),
            pl.col("n").filter(by_class).sum().cast(pl.Float64).alias("judged"),
            pl.col("correct", "absolute_error").sum().cast(pl.Float64),
        ).row(0)
        if not rows:
            return None
        if judged < rows / 2:
            series, value, of_window = "mae", error / rows, pl.col("absolute_error") / pl.col("n")
        else:
            series, value, of_window = "accuracy", hits / judged, pl.col("correct") / pl.col("n")
        recent = windows.filter(pl.col("start") >= naive(now - SPAN_S)).sort("start")
        points = [
            (epoch(start), figure)
            for start, figure in recent.select("start", of_window.alias("value")).iter_rows()
        ]
        trend, text = _course(points, now), ratio(series, value)
        return Gauge("perf", value, text, series, trend, health_of(alerts, series))


def _gauge(
    kind: GaugeKind,
    name: str,
    points: Sequence[tuple[float, float]],
    alerts: Sequence[Alert],
    now: float,
) -> Gauge:
    trend = _course(points, now)
    value = last_of(trend)
    text = "-" if value is None else kind.write(name, value)
    return Gauge(kind.label, value, text, name, trend, health_of(alerts, name))


def _course(points: Sequence[tuple[float, float]], now: float) -> tuple[float | None, ...]:
    """The last value in each of `TREND` equal parts of the span that ends now."""
    course: list[float | None] = [None] * TREND
    for ts, value in points:
        place = int((ts - (now - SPAN_S)) / SPAN_S * TREND)
        if 0 <= place < TREND:
            course[place] = value
    return tuple(course)


def _health(alerts: Sequence[Alert], *, learning: bool) -> Health:
    states: list[Health] = [
        "silent" if alert.detector == "staleness" else alert.severity for alert in alerts
    ]
    if learning:
        states.append("learning")
    return worst(states)
