"""Which rows an alert's number was computed of, and how: found by computing it anew.

A detector says when it spoke and what it had counted; how far back it looked is one of few spans.
The recipe is the first that gives the alert's number to six digits. Some numbers cannot come out to
the digit: an anomaly's has the usual hour of the day taken out, and what came late was not yet
there when a detector spoke. There the rows must come within two percent, and the bundle says so. A
number that no recipe gives is said to be the detector's own estimate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product
from typing import Any

import polars as pl

from console.bundle.reproduce import TOLERANCE, number
from console.bundle.subject import MOST_LINES, MOST_ROWS, Subject
from console.config.settings import Settings
from console.records.clock import DAY, HOUR, MINUTE, naive
from console.records.redaction import Redactor

Recipe = dict[str, Any]
MOST_WINDOWS = 240
STEP_S = 5 * MINUTE
"""Detectors count in steps of this many seconds, or multiples."""
ANOMALY_STEPS = 3
"""An anomaly's level is the median of so many steps (`detectors.baseline`)."""
STEPS_S = (5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, DAY)
REPORT_PART_S = 10 * MINUTE
"""A report on an event compares parts of so many seconds (`alerts.reports`)."""
NEAR = 0.02
SEASON = "the alert's number has the usual hour of the day taken out"
EDGES = "rows that came late, or lie at the edge of a window, were summed otherwise"
ESTIMATED = "it is the detector's own estimate, which no sum over these rows gives"
CUT = "there are more rows around the onset than a bundle takes"
GONE = "the rows that it was computed of are no longer in the store"


def recipe_of(
    subject: Subject, rows: pl.DataFrame, settings: Settings, redactor: Redactor
) -> Recipe:
    """How the number after the onset comes of the rows.

    `statistic` is None, with `why`, where it does not.
    """
    told = subject.alert.evidence.after
    if told is None:
        return {"statistic": None, "number": None, "why": "it has no number"}
    for recipe in _candidates(subject, rows, settings, redactor):
        found = number(_within(rows, recipe), recipe)
        if found is not None and math.isclose(found, told, rel_tol=TOLERANCE, abs_tol=1e-9):
            return {**recipe, "number": told}
    near = [
        (abs(found / told - 1), place, recipe)
        for place, recipe in enumerate(_natural(subject))
        if told and (found := number(_within(rows, recipe), recipe)) is not None
    ]
    off, _, recipe = min(near, default=(math.inf, 0, {}), key=lambda one: one[:2])
    if off <= NEAR:
        why = SEASON if subject.deviation.detector == "anomaly" else EDGES
        return {**recipe, "number": told, "tolerance": NEAR, "why": why}
    cut = rows.height >= (MOST_LINES if subject.kind == "lines" else MOST_ROWS)
    why = GONE if rows.is_empty() else CUT if cut else ESTIMATED
    return {"statistic": None, "number": told, "why": why}


def _within(rows: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """The rows of a recipe's span, of rows in order of time: hundreds of spans are tried."""
    first, last = (
        rows["ts"].search_sorted(datetime.fromisoformat(recipe[name]), side="left")
        for name in ("start", "end")
    )
    return rows[first:last]


def _natural(subject: Subject) -> Iterator[Recipe]:
    """What a detector is known to compute, for numbers that do not come out to the digit."""
    deviation = subject.deviation
    pool = deviation.details.get("pool_h")
    if deviation.detector == "anomaly":
        yield from _steps(subject)
    elif deviation.detector == "event":
        yield _report(subject)
    elif subject.kind == "column" and isinstance(pool, int | float):
        yield _recipe("mean", deviation.at - pool * HOUR, deviation.at)


def _candidates(
    subject: Subject, rows: pl.DataFrame, settings: Settings, redactor: Redactor
) -> Iterator[Recipe]:
    if subject.deviation.detector == "event":
        yield _report(subject)
        return
    match subject.kind:
        case "metric":
            yield from _of_metric(subject, settings)
        case "lines":
            yield from _of_lines(subject)
        case "column":
            yield from _of_column(subject, redactor)
        case "performance":
            yield from _of_performance(subject, rows, settings)
    yield from _of_silence(subject, settings)


def _of_metric(subject: Subject, settings: Settings) -> Iterator[Recipe]:
    """A statistic of the windows that had closed when the detector spoke."""
    deviation, width = subject.deviation, settings.window_s
    limits: Mapping[str, float | None] = {}
    if deviation.detector == "threshold":
        side = "above" if deviation.direction > 0 else "below"
        limits = {side: deviation.threshold}
        yield _recipe("mean of windows", deviation.onset, deviation.at, window_s=width, **limits)
    if deviation.detector == "anomaly":
        yield from _steps(subject)
    names = ("mean of windows", "median of windows", "geometric mean of windows")
    step = max(width, MINUTE)
    for windows in range(1, MOST_WINDOWS):
        start = deviation.at - windows * step
        if start < subject.start - step:
            break
        for name in names:
            yield _recipe(name, start, deviation.at, window_s=width, **limits)


def _report(subject: Subject) -> Recipe:
    """The level after an event: the mean of the parts since it."""
    span = (subject.deviation.onset, subject.deviation.at)
    return _recipe("mean of windows", *span, window_s=REPORT_PART_S)


def _steps(subject: Subject) -> Iterator[Recipe]:
    """The level of an anomaly: the median of its last steps, which is one of them."""
    at = subject.deviation.at
    for step in STEPS_S:
        yield _recipe("median of windows", at - ANOMALY_STEPS * step, at, window_s=step)
        for back in range(ANOMALY_STEPS):
            end = at - back * step
            yield _recipe("geometric mean of windows", end - step, end, window_s=MINUTE)


def _of_lines(subject: Subject) -> Iterator[Recipe]:
    at = subject.deviation.at
    for steps in range(1, 25 * 12):
        yield _recipe("lines per hour", at - steps * STEP_S, at)


def _of_column(subject: Subject, redactor: Redactor) -> Iterator[Recipe]:
    deviation, details = subject.deviation, subject.deviation.details
    pool = details.get("pool_h")
    pools = [pool * HOUR] if isinstance(pool, int | float) else []
    pools += [steps * STEP_S for steps in range(1, 25 * 12)]
    cell = details.get("cell")
    category = redactor.text(cell) if isinstance(cell, str) else None
    for seconds in pools:
        start, end = deviation.at - seconds, deviation.at
        if details.get("term") == "nulls":
            yield _recipe("share", start, end, category=None)
        elif details.get("term") is None:
            yield _recipe("mean", start, end)
            if category is not None:
                yield _recipe("share", start, end, category=category)


def _of_performance(subject: Subject, rows: pl.DataFrame, settings: Settings) -> Iterator[Recipe]:
    """The metric over as many labelled predictions as the detector had counted."""
    deviation = subject.deviation
    wanted = deviation.details.get("rows")
    if not isinstance(wanted, int | float):
        return
    model = settings.model(deviation.series.model)
    labelled = rows.filter(pl.col("label").is_not_null())
    labelled = labelled.filter(pl.col("labelled_ts") < naive(deviation.at))
    width = round(settings.prediction_window_s)
    windows = labelled.group_by(pl.col("ts").dt.epoch("s") // width * width).len().sort("ts").rows()
    for first, last in product(range(len(windows)), repeat=2):
        if first <= last and sum(n for _, n in windows[first : last + 1]) == wanted:
            yield _recipe(
                deviation.series.name,
                windows[first][0],
                windows[last][0] + width,
                known_by=_text(deviation.at),
                positive=model.positive or "1",
            )


def _of_silence(subject: Subject, settings: Settings) -> Iterator[Recipe]:
    """The median count of the slices of the chart, or whether anything was heard."""
    points, onset = subject.alert.evidence.points, subject.deviation.onset
    later = [ts for ts, _ in points if ts >= onset]
    if len(points) >= 2 and later:
        width = points[1][0] - points[0][0]
        end = later[0] + len(later) * width
        yield _recipe(
            "median of counts",
            later[0],
            end,
            window_s=settings.window_s,
            slice_s=width,
            slices=len(later),
        )
    yield _recipe("seen", onset, max(subject.deviation.at, onset + 1.0))


def _recipe(statistic: str, start: float, end: float, **more: Any) -> Recipe:
    return {"statistic": statistic, "start": _text(start), "end": _text(end), **more}


def _text(ts: float) -> str:
    """Naive UTC, as the columns of the bundle hold it."""
    moment: datetime = naive(ts)
    return moment.isoformat()
