"""How well a model did over a span: by the labels that arrived, and as estimated without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from console.engine.views.figures import PARTS, Figure, Point
from console.records.clock import epoch, naive
from console.stats import metrics, performance
from console.stats.metrics import Estimate
from console.store.rawrows import Span

Sums = Mapping[str, Any]
LEAST_POINT = 5
"""Labelled rows that a point of a course is worth showing from."""
ORDER = (
    "auc", "accuracy", "f1", "precision", "recall", "average_precision", "mae", "rmse", "mape",
    "r2", "bias", "ndcg", "mrr", "map", "log_loss", "brier", "calibration_error",
)  # fmt: skip
"""Which figures there are, the most telling first."""
_LISTS = (*performance.HISTOGRAMS, "score_totals")


def realised(windows: pl.DataFrame, reference: Sums | None, span: Span) -> list[Figure]:
    """The figures of the predictions made in a span, by the labels that have arrived.

    Before is the reference file where it has labels, else the span of the same length before.
    `windows` are of `stats.performance.CLOSED`.
    """
    return _figures(windows.rename({"predicted": "_made"}), reference, span, "by labels")


def estimated(windows: pl.DataFrame, span: Span) -> list[Figure]:
    """The figures that were expected of the predictions made in a span, before labels came.

    `windows` are of `stats.estimation.ESTIMATES`. The intervals are those of sampling alone.
    """
    return _figures(windows.rename({"start": "_made"}), None, span, "estimated")


def _figures(windows: pl.DataFrame, reference: Sums | None, span: Span, about: str) -> list[Figure]:
    start, end = span
    made = windows.filter(
        (pl.col("_made") >= naive(2 * start - end)) & (pl.col("_made") < naive(end))
    )
    inside = made.filter(pl.col("_made") >= naive(start))
    if inside.is_empty():
        return []
    now = metrics.of_sums(added(inside.to_dicts()))
    earlier = reference or added(made.filter(pl.col("_made") < naive(start)).to_dicts())
    before = metrics.of_sums(earlier)
    parts = _parts(inside, span)
    return [
        _figure(name, about, now[name], before.get(name), parts) for name in ORDER if name in now
    ]


def _figure(
    name: str,
    about: str,
    value: Estimate,
    before: Estimate | None,
    parts: Sequence[tuple[float, Mapping[str, Estimate]]],
) -> Figure:
    points = [
        Point(ts, found[name].value, found[name].low, found[name].high)
        for ts, found in parts
        if name in found and found[name].n >= LEAST_POINT
    ]
    return Figure(
        key=f"{about}:{name}",
        name=name,
        about=about,
        value=value.value,
        now=points[-1].value if points else None,
        before=before.value if before else None,
        low=value.low,
        high=value.high,
        n=value.n,
        points=tuple(points),
    )


def _parts(windows: pl.DataFrame, span: Span) -> list[tuple[float, Mapping[str, Estimate]]]:
    """Figures by equal part of the span, each at its middle."""
    start, end = span
    width = (end - start) / PARTS
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in windows.iter_rows(named=True):
        rows.setdefault(int((epoch(row["_made"]) - start) / width), []).append(row)
    return [
        (start + (part + 0.5) * width, metrics.of_sums(added(rows[part]))) for part in sorted(rows)
    ]


def added(rows: Sequence[Mapping[str, Any]]) -> Sums:
    """The sums of windows together; a sum that has a meaning for none of them is null."""
    sums: dict[str, Any] = {}
    for name in rows[0] if rows else ():
        seen = [row[name] for row in rows if row[name] is not None]
        if name in _LISTS:
            lists = [listed for listed in seen if listed]
            sums[name] = np.sum(lists, axis=0).tolist() if lists else None
        elif name in performance.SUMS:
            sums[name] = sum(seen) if seen else None
    return sums
