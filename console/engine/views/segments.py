"""The predictions of a model by segment: how good they were, and how their columns looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.engine.held import HELD, still_open
from console.engine.views.figures import PARTS, Figure
from console.engine.views.performance import realised
from console.records.clock import DAY, naive
from console.stats import performance, segment_performance, segment_windows
from console.stats.segments import OTHERS
from console.store.rawrows import Among

if TYPE_CHECKING:
    from console.store.rawrows import Span
    from console.store.reader import Reader

LABELS_LATE_S = 90 * DAY
"""How long after the span its labels are looked for."""
LEAST_ROWS = 20
"""A segment of fewer labelled rows is not shown."""

Cells = tuple[NDArray[np.float64], float | None]
"""Counts by cell, and the mean of the numbers."""


def segment_figures(reader: Reader, model: str, span: Span) -> list[Figure]:
    """The figure of merit of every segment by the labels that have arrived, by tag and size.

    Before is the span of the same length before it.
    """
    start, end = span
    windows = _made(reader, model, (2 * start - end, end))
    if windows.is_empty():
        return []
    # To the parts that a course is drawn in, which are all that is looked at.
    width = round((end - start) / PARTS * 1e6)
    origin = pl.lit(naive(start))
    steps = (pl.col("predicted") - origin).dt.total_microseconds() // width * width
    coarse = windows.with_columns(
        (origin + pl.duration(microseconds=steps)).dt.cast_time_unit("us").alias("predicted")
    )
    keys = ("model", "stage", "version", "tag", "value", "predicted")
    sums = performance.added(coarse, keys)
    whole = realised(sums, None, span)
    if not whole:
        return []
    merit = whole[0].name
    found = []
    for (tag,), rows in sums.sort("tag").group_by(["tag"], maintain_order=True):
        own = _of_tag(str(tag), rows, merit, span)
        # Whoever is alone tells what the whole tells already.
        found += own if len(own) > 1 else []
    return found


def _of_tag(tag: str, rows: pl.DataFrame, merit: str, span: Span) -> list[Figure]:
    values = rows["value"].unique().sort().to_list()
    named = tuple(value for value in values if value != OTHERS)
    found = []
    for value in values:
        of_value = realised(rows.filter(pl.col("value") == value), None, span)
        figure = next((one for one in of_value if one.name == merit), None)
        if figure is None or figure.n < LEAST_ROWS:
            continue
        among = Among(tag, named, inside=False) if value == OTHERS else Among(tag, (value,))
        found.append(
            replace(
                figure,
                key=f"segment:{tag}={value}",
                name=f"{tag}={value}",
                about=f"{merit} by labels",
                among=among,
            )
        )
    return sorted(found, key=lambda one: (one.name.endswith(OTHERS), -one.n, one.name))


def labelled(reader: Reader, model: str, segment: str, span: Span) -> pl.DataFrame:
    """The labelled predictions of a segment that were made in a span: `performance.CLOSED`."""
    made = _made(reader, model, span)
    own = pl.concat_str("tag", pl.lit("="), "value") == segment
    return performance.added(made.filter(own), performance.KEYS)


def columns(reader: Reader, model: str, segment: str, span: Span) -> dict[tuple[str, str], Cells]:
    """The columns of a segment over a span, by name and role; of the layout of its newest rows."""
    windows = _seen(reader, model, span).filter(
        pl.col("start") >= naive(span[0]),
        pl.concat_str("tag", pl.lit("="), "value") == segment,
    )
    if windows.is_empty():
        return {}
    layout = windows.sort("start", "layout")["layout"][-1]
    sums = segment_windows.added(windows.filter(pl.col("layout") == layout), ("layout",))
    counts = np.array(sums["counts"][0].to_list(), dtype=np.float64)
    totals: Sequence[float] = sums["totals"][0].to_list()
    found: dict[tuple[str, str], Cells] = {}
    for part in segment_windows.columns_of(layout):
        cells = part.of(counts)
        rows = float(cells.sum())
        mean = totals[part.place] / rows if part.kind == "numeric" and rows else None
        found[part.name, part.role] = cells, mean
    return found


def names(reader: Reader, model: str, span: Span) -> set[str]:
    """Every segment that has predictions in a span, as `tag=value`."""
    fresh = _still_open(reader, "segments", model, span)
    found = {f"{tag}={value}" for tag, value in reader.segment_names(model, *span)}
    if fresh is not None:
        found |= {f"{tag}={value}" for tag, value in fresh.select("tag", "value").iter_rows()}
    return found


def _seen(reader: Reader, model: str, span: Span) -> pl.DataFrame:
    """The columns by segment over a span, of the window that is still open too."""
    whole = reader.segment_windows(model, *span, late=True)
    fresh = _still_open(reader, "segments", model, span)
    if fresh is None:
        return whole
    # Where predictions go on after the span, what is open has some that it does not ask for.
    ends = pl.col("start") + pl.duration(seconds="width") <= naive(span[1])
    if not reader.column_windows(model, span[1], span[1] + DAY).is_empty():
        fresh = fresh.filter(ends)
    return pl.concat([whole, fresh.select(whole.columns)]) if whole.height else fresh


def _still_open(reader: Reader, kind: str, model: str, span: Span) -> pl.DataFrame | None:
    """The open windows of a model that begin in a span; None if there are none."""
    fresh = still_open(reader.state(HELD), kind)
    if fresh is None:
        return None
    inside = (pl.col("start") >= naive(span[0])) & (pl.col("start") < naive(span[1]))
    own = fresh.filter((pl.col("model") == model) & inside)
    return own if own.height else None


def _made(reader: Reader, model: str, span: Span) -> pl.DataFrame:
    """The labelled predictions that were made in a span: `segment_performance.CLOSED`."""
    end = span[1] + LABELS_LATE_S
    found = reader.segment_performance(model, span[0], end, late=True)
    fresh = _still_open(reader, "segment_performance", model, (span[0], end))
    if fresh is not None:
        since = fresh.filter(pl.col("predicted") >= naive(span[0]))
        found = pl.concat([found, since.select(found.columns)]) if found.height else since
    if found.is_empty():
        return pl.DataFrame(schema=segment_performance.CLOSED)
    return found.filter(pl.col("predicted") < naive(span[1]))
