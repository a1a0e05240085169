"""Windows of columns, gathered to buckets of a fixed grid, with the recent ones at hand.

What the detectors of drift and of data quality share. A bucket is complete when the watermark has
passed its end, so that it does not matter how the stream was cut into spans.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.clock import epoch, naive
from console.stats import columns
from console.stats.pinning import References
from console.stats.reference import ColumnReference, ModelReference

Floats = NDArray[np.float64]
_FIELDS = {
    "n": 0.0,
    "nulls": 0.0,
    "unseen": 0.0,
    "total": float("nan"),
    "squares": float("nan"),
    "low": float("inf"),
    "high": float("-inf"),
}
"""What is taken from a window as it is, and what stands for none."""
FEATURES = "features"
SERVING = "serving"


@dataclass(frozen=True)
class Bucket:
    """All columns of a model in one stretch of time; arrays are in the order of the reference."""

    start: float
    n: Floats
    nulls: Floats
    unseen: Floats
    total: Floats
    squares: Floats
    numbers: Floats
    """How many rows `total` and `squares` are of."""
    low: Floats
    high: Floats
    counts: Floats
    """[columns, cells], filled up with zeros."""
    names: tuple[tuple[str, ...], ...]
    """Unseen values by column."""


@dataclass(frozen=True)
class Unit:
    """What is judged together: the columns of one model, as predicted in one stage."""

    model: str | None
    stage: str | None
    reference: ModelReference
    buckets: tuple[Bucket, ...]
    """Oldest first; those that are new are the last `fresh`."""
    fresh: int

    @property
    def columns(self) -> tuple[ColumnReference, ...]:
        """The columns that the arrays are in the order of."""
        return self.reference.columns

    def walk(self, width: float, memory: float) -> Iterator[list[Bucket]]:
        """For every new bucket the buckets of the last `memory` seconds, itself the last."""
        recent: deque[Bucket] = deque()
        for place, bucket in enumerate(self.buckets):
            recent.append(bucket)
            while recent[0].start <= bucket.start - memory + width / 2:
                recent.popleft()
            if place >= len(self.buckets) - self.fresh:
                yield list(recent)


def series_stage(column: ColumnReference, stage: str | None) -> str:
    """The stage that a column's series belongs to: features have their own."""
    return FEATURES if column.role == "feature" else stage or SERVING


def gather(
    recent: pl.DataFrame,
    pending: pl.DataFrame,
    windows: pl.DataFrame,
    references: References,
    *,
    end: float,
    window: float,
    width: float,
    memory: float,
) -> tuple[list[Unit], pl.DataFrame, pl.DataFrame]:
    """The units with complete new buckets, and the recent and pending windows to go on from.

    All frames are of `stats.columns.CLOSED`; `recent` holds buckets of `width` seconds, the others
    windows of `window` seconds. A window belongs to the bucket in which it ends, so that a bucket
    is complete when the watermark has passed its end, whatever the two widths.
    """
    waiting = pl.concat([pending, windows])
    limit = math.floor(end / width) * width
    ends = pl.col("start") + timedelta(seconds=window)
    complete = ends <= naive(limit)
    ready = waiting.filter(complete)
    if ready.is_empty():
        return [], recent, waiting
    fresh = columns.merge(
        ready.with_columns(
            pl.lit(None, dtype=pl.String).alias("version"),
            _floor(ends - timedelta(microseconds=1), width).alias("start"),
        )
    )
    rows = pl.concat([recent, fresh]).sort("model", "stage", "start")
    first_fresh = fresh.group_by("model", "stage").agg(pl.col("start").min().alias("_fresh"))
    rows = rows.join(first_fresh, on=["model", "stage"], how="left", nulls_equal=True)
    units = []
    for (model, stage), own in rows.filter(pl.col("_fresh").is_not_null()).group_by(
        ["model", "stage"], maintain_order=True
    ):
        reference = references.get(_text(model))
        if reference is not None:
            units.append(_unit(_text(model), _text(stage), reference, own))
    newest = pl.col("start").max().over("model", "stage")
    kept = rows.filter(pl.col("start") > newest - timedelta(seconds=memory)).drop("_fresh")
    return units, kept, waiting.filter(~complete)


def _unit(
    model: str | None, stage: str | None, reference: ModelReference, rows: pl.DataFrame
) -> Unit:
    fresh_from = rows["_fresh"][0]
    places = {(c.name, c.role): i for i, c in enumerate(reference.columns)}
    keys = list(zip(rows["column"].to_list(), rows["role"].to_list(), strict=True))
    # A column that the reference does not have (it was another one then) is left out.
    rows = rows.filter(pl.Series([key in places for key in keys], dtype=pl.Boolean))
    column = np.array([places[key] for key in keys if key in places], dtype=np.int64)
    starts = rows["start"].unique().sort()
    time = starts.search_sorted(rows["start"], side="left").to_numpy()
    shape = (len(starts), len(reference.columns))
    arrays = {}
    for name, missing in _FIELDS.items():
        arrays[name] = np.full(shape, missing)
        arrays[name][time, column] = rows[name].cast(pl.Float64).fill_null(missing).to_numpy()
    cells = [c.cells for c in reference.columns]
    counts = np.zeros((*shape, max(cells, default=1)))
    lengths = rows["counts"].list.len().to_numpy().astype(np.int64)
    usable = lengths == np.array(cells)[column]
    row = np.repeat(np.arange(len(lengths)), lengths)
    cell = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    fits = usable[row]
    flat = rows["counts"].explode(empty_as_null=False).to_numpy()
    counts[time[row[fits]], column[row[fits]], cell[fits]] = flat[fits]
    names: list[list[tuple[str, ...]]] = [[()] * shape[1] for _ in range(shape[0])]
    odd = rows["unseen_names"].list.len().to_numpy() > 0
    for place in np.flatnonzero(odd):
        names[time[place]][column[place]] = tuple(rows["unseen_names"][int(place)])
    numbers = np.where(np.isnan(arrays["total"]), 0.0, counts.sum(axis=-1))
    buckets = tuple(
        Bucket(
            epoch(start),
            n=arrays["n"][at],
            nulls=arrays["nulls"][at],
            unseen=arrays["unseen"][at],
            total=np.nan_to_num(arrays["total"][at]),
            squares=np.nan_to_num(arrays["squares"][at]),
            numbers=numbers[at],
            low=arrays["low"][at],
            high=arrays["high"][at],
            counts=counts[at],
            names=tuple(names[at]),
        )
        for at, start in enumerate(starts.to_list())
    )
    return Unit(model, stage, reference, buckets, int((starts >= fresh_from).sum()))


def steady(value: float) -> float:
    """The value to ten digits: sums of floats differ in the last ones with the order of batches."""
    return float(f"{value:.10g}")


def _floor(time: pl.Expr, width: float) -> pl.Expr:
    step = round(width * 1e6)
    return pl.from_epoch(time.dt.epoch("us") // step * step, time_unit="us")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
