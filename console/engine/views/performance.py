"""How well a model did over a span, by the labels that arrived: figures with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from console.engine.views.figures import PARTS, Figure, Point
from console.records.clock import epoch, naive
from console.stats import metrics, performance
from console.stats.metrics import Estimate

Sums = Mapping[str, Any]
LEAST_POINT = 5
"""Labelled rows that a point of a course is worth showing from."""


def _accuracy(sums: Sums) -> Estimate | None:
    if sums.get("correct") is None:
        return None
    return metrics.accuracy(sums["correct"], sums["n"])


def _of_class(sums: Sums) -> tuple[float, float, float] | None:
    """Hits, false positives and misses where there is a positive class."""
    hits, extra, missed = (
        sums.get(name) for name in ("true_positive", "false_positive", "false_negative")
    )
    if hits is None or extra is None or missed is None or hits + missed == 0:
        return None
    return float(hits), float(extra), float(missed)


def _precision(sums: Sums) -> Estimate | None:
    found = _of_class(sums)
    return metrics.precision(found[0], found[1]) if found else None


def _recall(sums: Sums) -> Estimate | None:
    found = _of_class(sums)
    return metrics.recall(found[0], found[2]) if found else None


def _f1(sums: Sums) -> Estimate | None:
    found = _of_class(sums)
    return metrics.f1(*found) if found else None


def _auc(sums: Sums) -> Estimate | None:
    positive, negative = sums.get("positive_scores"), sums.get("negative_scores")
    return metrics.auc(positive, negative) if positive and negative else None


def _mae(sums: Sums) -> Estimate | None:
    if sums.get("absolute_error") is None:
        return None
    return metrics.mean_absolute_error(sums["absolute_error"], sums["squared_error"], sums["n"])


FIGURES: tuple[tuple[str, Callable[[Sums], Estimate | None]], ...] = (
    ("auc", _auc),
    ("accuracy", _accuracy),
    ("f1", _f1),
    ("precision", _precision),
    ("recall", _recall),
    ("mae", _mae),
)
"""Name and formula, the most telling first."""


def realised(
    windows: pl.DataFrame, reference: Sums | None, start: float, end: float, span_before: float
) -> list[Figure]:
    """The figures of the predictions made in [start, end), each against the span before it.

    `windows` are of `stats.performance.CLOSED`; `reference` are the sums of the reference file,
    which stand for what was before where it has labels.
    """
    made = windows.with_columns(
        pl.col("predicted").ge(naive(start)).alias("_inside"),
    ).filter(
        (pl.col("predicted") >= naive(start - span_before)) & (pl.col("predicted") < naive(end))
    )
    inside = made.filter("_inside")
    now, before = _total(inside), reference or _total(made.filter(~pl.col("_inside")))
    parts = _parts(inside, start, end)
    found = []
    for name, formula in FIGURES:
        value = formula(now) if now else None
        if value is None:
            continue
        earlier = formula(before) if before else None
        points = [
            Point(ts, point.value, point.low, point.high)
            for ts, sums in parts
            if (point := formula(sums)) is not None and point.n >= LEAST_POINT
        ]
        found.append(
            Figure(
                key=f"labels:{name}",
                name=name,
                about="by labels",
                value=value.value,
                now=points[-1].value if points else None,
                before=earlier.value if earlier else None,
                low=value.low,
                high=value.high,
                n=value.n,
                points=tuple(points),
            )
        )
    return found


def _total(windows: pl.DataFrame) -> Sums | None:
    return _added(windows.to_dicts()) if windows.height else None


def _parts(windows: pl.DataFrame, start: float, end: float) -> list[tuple[float, Sums]]:
    """Sums by equal part of the span, each at its middle."""
    width = (end - start) / PARTS
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in windows.iter_rows(named=True):
        rows.setdefault(int((epoch(row["predicted"]) - start) / width), []).append(row)
    return [(start + (part + 0.5) * width, _added(rows[part])) for part in sorted(rows)]


def _added(rows: Sequence[Mapping[str, Any]]) -> Sums:
    sums: dict[str, Any] = {}
    for name in performance.SUMS:
        seen = [row[name] for row in rows if row[name] is not None]
        sums[name] = sum(seen) if seen else None
    for name in performance.HISTOGRAMS:
        lists = [row[name] for row in rows if row[name]]
        sums[name] = np.sum(lists, axis=0).tolist() if lists else None
    return sums
