"""One model over a span: the same figures in the same places for every model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from console.alerts.alert import Alert
from console.config.settings import Settings
from console.engine.gauges import KINDS, GaugeKind
from console.engine.views.columns import ColumnFigure, column_figures
from console.engine.views.figures import PARTS, Figure, Point, health_of, standing
from console.engine.views.performance import estimated, realised
from console.engine.views.quality import quality_figures
from console.engine.views.segments import LABELS_LATE_S, segment_figures
from console.records.clock import epoch
from console.records.series import tag_text

if TYPE_CHECKING:
    from console.stats.pinning import References
    from console.store.rawrows import Span
    from console.store.reader import Reader

Group = Literal["perf", "nulls", "errors", "latency", "volume", "other"]
GROUPS: tuple[Group, ...] = ("volume", "latency", "errors", "nulls", "other")
"""The order of the metrics that are no figures of merit."""


@dataclass(frozen=True, slots=True)
class VersionFigure:
    """One version of a model, as far as it ran in the span."""

    version: str
    first: float
    last: float
    records: int
    merit: str | None = None
    """Name of the figure of merit that is known of it."""
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What the view of one model shows."""

    model: str
    start: float
    end: float
    performance: tuple[Figure, ...]
    columns: tuple[ColumnFigure, ...]
    metrics: tuple[Figure, ...]
    versions: tuple[VersionFigure, ...]
    segments: tuple[Figure, ...]
    reference: str | None
    """What the columns are compared with: `file` or `learned`; None while it is being learned."""


def model_answer(
    reader: Reader,
    references: References,
    alerts: Sequence[Alert],
    model: str,
    span: Span,
    *,
    window_s: float = Settings().prediction_window_s,
) -> ModelAnswer:
    """Looks at a model over a span, against the span of the same length before it.

    `window_s` is the width of windows of predictions.
    """
    start, end = span
    width = end - start
    own = standing(alerts, model, end)
    reference = references.get(model)
    windows = reader.performance_windows(model, start - width, end + LABELS_LATE_S)
    merits = [
        replace(figure, health=health_of(own, figure.name))
        for figure in (
            *realised(windows, reference.performance if reference else None, span),
            *estimated(reader.estimated_windows(model, start - width, end), span),
        )
    ]
    series = _series(reader, own, model, span)
    columns = (
        column_figures(reader.column_windows(model, start, end), reference, own, start, end)
        if reference
        else []
    )
    return ModelAnswer(
        model=model,
        start=start,
        end=end,
        performance=(*merits, *(f for group, f in series if group == "perf")),
        columns=tuple(columns),
        metrics=(
            *quality_figures(reader, own, model, span, window_s),
            *(f for wanted in GROUPS for group, f in series if group == wanted),
        ),
        versions=tuple(_versions(reader, windows, model, start, end)),
        segments=(
            *segment_figures(reader, model, span),
            *(f for group, f in series if group == "segment"),
        ),
        reference=reference.source if reference else None,
    )


def group_of(name: str) -> GaugeKind | None:
    """Which gauge of a model a series would fill; None for none."""
    for kind in KINDS:
        if any(re.search(pattern, name.lower()) for pattern in kind.patterns):
            return kind
    return None


def _series(
    reader: Reader, alerts: Sequence[Alert], model: str, span: Span
) -> list[tuple[str, Figure]]:
    """Every metric with its group, `segment` for one with tags, by stage and name."""
    start, end = span
    names = reader.series(model)
    width = end - start
    courses = reader.courses(model, start - width, end, 2 * PARTS)
    found = {int(str(key)): rows for (key,), rows in courses.group_by(["series_id"])}
    figures = []
    for series_id, _, stage, name, tags in names.iter_rows():
        rows = found.get(series_id)
        if rows is None:
            continue
        kind = group_of(name)
        group = "segment" if tags else kind.label if kind else "other"
        label = f"{name}{{{tag_text(tags)}}}" if tags else name
        figure = _figure(series_id, rows, span)
        health = health_of(alerts, label)
        figures.append((group, replace(figure, name=label, about=stage or "", health=health)))
    return figures


def _figure(series_id: int, rows: pl.DataFrame, span: Span) -> Figure:
    """The numbers of a series; its name comes later."""
    start, end = span
    inside, before = rows.filter(pl.col("part") >= PARTS), rows.filter(pl.col("part") < PARTS)
    width = (end - start) / PARTS
    points = tuple(
        Point(start + (part - PARTS + 0.5) * width, mean, low, high)
        for part, mean, low, high in inside.select("part", "mean", "low", "high").iter_rows()
    )
    return Figure(
        key=f"series:{series_id}",
        name="",
        about="",
        value=_mean(inside),
        now=inside["last"][-1] if inside.height else None,
        before=_mean(before),
        n=int(inside["n"].sum()),
        points=points,
        series_id=series_id,
    )


def _mean(rows: pl.DataFrame) -> float | None:
    n = float(rows["n"].sum())
    return float((rows["mean"] * rows["n"]).sum()) / n if n else None


def _versions(
    reader: Reader, windows: pl.DataFrame, model: str, start: float, end: float
) -> list[VersionFigure]:
    """The versions that ran in the span, the newest first, each with its figure of merit."""
    counted = reader.version_counts(start, end, PARTS).filter(pl.col("model") == model)
    seen = counted.group_by("version").agg(
        pl.col("first").min(), pl.col("last").max(), pl.col("n").sum()
    )
    found = []
    for version, first, last, n in seen.iter_rows():
        merits = realised(windows.filter(pl.col("version") == version), None, (start, end))
        best = merits[0] if merits else None
        found.append(
            VersionFigure(
                version=version,
                first=epoch(first),
                last=epoch(last),
                records=n,
                merit=best.name if best else None,
                value=best.value if best else None,
                low=best.low if best else None,
                high=best.high if best else None,
            )
        )
    return sorted(found, key=lambda entry: (-entry.first, entry.version))
