"""The course of a series over time, whatever it is made of: metrics, columns, labels, log lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

import polars as pl

from console.alerts.history import History
from console.alerts.quantity import quantity, words
from console.detectors.protocol import Deviation
from console.records.clock import epoch

Points = tuple[tuple[float, float], ...]

MOST_POINTS = 240
LOG_SLICES = 12
"""How many counts draw the course of a log template."""
Row = Mapping[str, Any]


def course(deviation: Deviation, history: History, start: float, end: float) -> Points:
    """At most 240 points of a deviation's series in `[start, end)`, oldest first.

    A series without stored metric windows is drawn from what it is made of: the summaries of its
    column, realised performance, the lines of its template, the count of predictions. At the very
    least the typical values before and after the onset are given, where the detector told them, and
    1 and 0 for what was heard and is silent.
    """
    series = deviation.series
    points = _finite(history.points(series.id, start, end, MOST_POINTS))
    if not points and series.model is not None:
        points = _finite(_made(deviation, series.model, history, start, end))
    if points:
        return points[-MOST_POINTS:]
    if quantity(deviation) == "staleness":
        return ((deviation.onset, 1.0), (deviation.at, 0.0))
    ends = ((deviation.onset, deviation.before), (deviation.at, deviation.after))
    return tuple((ts, value) for ts, value in ends if value is not None)


def by_version(
    deviation: Deviation, history: History, start: float, end: float
) -> dict[str, Points]:
    """The same course in `[start, end)` version by version, window by window."""
    series = deviation.series
    stored = history.version_points(series.id, start, end)
    if stored.height:
        return {
            str(version): _finite((epoch(ts), mean) for _, ts, mean in rows.iter_rows())
            for (version,), rows in stored.group_by("version", maintain_order=True)
        }
    if series.model is None or "template_id" in deviation.details:
        return {}
    performs = quantity(deviation) == "performance"
    read = history.performance_windows if performs else history.column_windows
    frame = read(series.model, start, end).filter(pl.col("version").is_not_null())
    return {
        str(version): _by_window(rows, _performance(series.name))
        if performs
        else _column(deviation, rows)
        for (version,), rows in frame.group_by("version", maintain_order=True)
    }


def _finite(points: Iterable[tuple[float, float]]) -> Points:
    return tuple((ts, value) for ts, value in points if math.isfinite(value))


def _made(deviation: Deviation, model: str, history: History, start: float, end: float) -> Points:
    template_id = deviation.details.get("template_id")
    kind = quantity(deviation)
    stage, stream = deviation.series.stage, deviation.details.get("stream")
    if isinstance(template_id, str):
        return _lines(history, model, start, end, template_id=template_id)
    if stream == "logs":
        return _lines(history, model, start, end, stage=stage)
    if stream == "predictions":
        kind = "traffic"
    if kind == "performance":
        frame = history.performance_windows(model, start, end)
        return _by_window(frame, _performance(deviation.series.name))
    if kind == "traffic":
        frame = history.volumes(model, start, end, (end - start) / MOST_POINTS)
        return _by_window(frame, lambda row: row["n"])
    return _column(deviation, history.column_windows(model, start, end))


def _lines(
    history: History,
    model: str,
    start: float,
    end: float,
    *,
    stage: str | None = None,
    template_id: str | None = None,
) -> Points:
    """Lines of a template, or of all of a stage, in equal slices."""
    width = (end - start) / LOG_SLICES
    edges = [start + width * number for number in range(LOG_SLICES + 1)]
    counts = [
        (low, history.template_counts(model, stage, low, high)) for low, high in pairwise(edges)
    ]
    wanted = pl.lit(value=True) if template_id is None else pl.col("template_id") == template_id
    return tuple((ts, float(frame.filter(wanted)["n"].sum())) for ts, frame in counts)


def _column(deviation: Deviation, frame: pl.DataFrame) -> Points:
    name = column_of(deviation, frame["column"].unique().to_list())
    if name is None:
        return ()
    rows = frame.filter(pl.col("column") == name)
    term = deviation.details.get("term")
    if term in {"nulls", "unseen"}:
        value = _share(str(term), "n")
    else:
        value = _mean if rows["kind"][0] == "numeric" else _share("unseen", "n")
    return _by_window(rows, value)


def column_of(deviation: Deviation, columns: Iterable[str]) -> str | None:
    """Which of some columns a deviation is about: the one it names, the longest of several."""
    told = deviation.details.get("column")
    known = sorted(set(columns), key=lambda name: (-len(name), name))
    if told in known:
        return str(told)
    name = deviation.series.name
    said = set(words(name))
    for column in known:
        if name == column or f"({column})" in name:
            return column
    return next((c for c in known if words(c) and set(words(c)) <= said), None)


def _performance(name: str) -> Callable[[Row], float | None]:
    said = set(words(name))
    return next((value for word, value in PERFORMANCE.items() if word in said), _CORRECT)


def _share(part: str, whole: str) -> Callable[[Row], float | None]:
    return lambda row: _ratio(row[part], row[whole])


def _root(part: str) -> Callable[[Row], float | None]:
    def value(row: Row) -> float | None:
        squared = _ratio(row[part], row["n"])
        return None if squared is None else math.sqrt(squared)

    return value


def _part(hit: str, missed: str) -> Callable[[Row], float | None]:
    return lambda row: _ratio(row[hit], None if row[missed] is None else row[hit] + row[missed])


def _f1(row: Row) -> float | None:
    hit, wrong, missed = (row[k] for k in ("true_positive", "false_positive", "false_negative"))
    return None if hit is None else _ratio(2 * hit, 2 * hit + wrong + missed)


def _mean(row: Row) -> float | None:
    return _ratio(row["total"], row["n"] - row["nulls"])


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


_CORRECT = _share("correct", "n")
PERFORMANCE: dict[str, Callable[[Row], float | None]] = {
    "precision": _part("true_positive", "false_positive"),
    "recall": _part("true_positive", "false_negative"),
    "f1": _f1,
    "brier": _share("brier", "n"),
    "mae": _share("absolute_error", "n"),
    "rmse": _root("squared_error"),
    "mse": _share("squared_error", "n"),
}
"""How a metric is made of the sums of `stats.performance`; accuracy where none is named."""
SUMMED = (
    *("n", "nulls", "unseen", "total", "correct", "true_positive", "false_positive"),
    *("false_negative", "absolute_error", "squared_error", "brier"),
)


def _by_window(frame: pl.DataFrame, value: Callable[[Row], float | None]) -> Points:
    """One point a window over all versions, windows taken together if there are too many."""
    if frame.is_empty():
        return ()
    sums = [name for name in SUMMED if name in frame.columns]
    windows = frame.group_by("start").agg(_sum(name) for name in sums).sort("start")
    size = math.ceil(windows.height / MOST_POINTS)
    if size > 1:
        windows = (
            windows.with_row_index("number")
            .group_by(pl.col("number") // size, maintain_order=True)
            .agg(pl.col("start").first(), *(_sum(name) for name in sums))
        )
    valued = ((row["start"], value(row)) for row in windows.iter_rows(named=True))
    return tuple((epoch(start), float(number)) for start, number in valued if number is not None)


def _sum(name: str) -> pl.Expr:
    """A sum that is null where nothing was ever counted."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
