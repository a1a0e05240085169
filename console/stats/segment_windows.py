"""Windows of a model's columns by segment: counts in the pinned cells, all columns in one row.

A row holds every column of one segment over half an hour, so that a model of some segments costs
no more rows than it has columns. Rows add up: over time, over versions, and over the segments of
one tag to the windows of all predictions that carry it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.frames import TIME, Schema
from console.stats import lists
from console.stats.columns import LARGEST, NULL, UNSEEN, Cut
from console.stats.segments import Members, Segments

GRID_S = 1800.0
"""About how wide a window is: that of drift's buckets."""
KEYS = ("model", "stage", "version", "tag", "value", "layout", "width", "start")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "tag": pl.String,
    "value": pl.String,
    "layout": pl.String,
    "width": pl.Int64,
    "start": TIME,
    "n": pl.Int64,
    "counts": pl.List(pl.Int64),
    "totals": pl.List(pl.Float64),
}
"""Deltas and stored rows alike.

`width` in seconds; `n` rows; `layout` tells the columns that `counts` and `totals` are of
(`columns_of`): `counts` holds each column's cells, then its unseen values and its nulls, `totals`
the sum of each column's numbers of at most 1e150.
"""
_ROW = pl.List(pl.Int64)


@dataclass(frozen=True, slots=True)
class Part:
    """Where a column lies in `counts` and `totals`."""

    name: str
    role: str
    kind: str
    place: int
    """In `totals`."""
    first: int
    """Of its cells in `counts`."""
    cells: int

    def of(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Its cells, along the last axis."""
        return counts[..., self.first : self.first + self.cells]

    def unseen(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many values fit no cell."""
        return np.asarray(counts[..., self.first + self.cells])

    def nulls(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """How many rows have no value."""
        return np.asarray(counts[..., self.first + self.cells + 1])


def width_of(prediction_window_s: float) -> float:
    """How wide the windows are: whole windows of predictions, about half an hour of them."""
    return prediction_window_s * max(round(GRID_S / prediction_window_s), 1)


def summarise(cuts: Sequence[Cut], segments: Segments, width_s: float) -> pl.DataFrame:
    """The windows of rows whose cells are known, by segment. Columns `CLOSED`."""
    parts = [pl.DataFrame(schema=CLOSED)]
    for cut in cuts:
        members = segments.of(cut.reference.model, cut.rows)
        if len(members.rows):
            parts.append(_of_model(cut, members, width_s))
    return pl.concat(parts)


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a key, in order of keys. Columns `CLOSED`."""
    return added(deltas, KEYS)


def added(deltas: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The sums by some of the keys, `layout` among them: columns keys, n, counts, totals."""
    groups, places = lists.grouped(deltas, keys)
    if groups.height == deltas.height:
        return deltas.select(*keys, "n", "counts", "totals").sort(keys)
    counted = np.zeros(groups.height, dtype=np.int64)
    np.add.at(counted, places, deltas["n"].to_numpy())
    return groups.with_columns(
        pl.Series("n", counted),
        lists.added(deltas["counts"], places, groups.height).cast(_ROW).alias("counts"),
        lists.added(deltas["totals"], places, groups.height)
        .cast(pl.List(pl.Float64))
        .alias("totals"),
    )


@lru_cache(maxsize=64)
def columns_of(layout: str) -> tuple[Part, ...]:
    """The columns of a row, in their order."""
    found: list[Part] = []
    first = 0
    for place, (name, role, kind, cells) in enumerate(json.loads(layout)):
        found.append(Part(name, role, kind, place, first, cells))
        first += cells + 2
    return tuple(found)


def _layout(cut: Cut) -> str:
    columns = [(c.name, c.role, c.kind, c.cells) for c in cut.reference.columns]
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":"))


def _of_model(cut: Cut, members: Members, width_s: float) -> pl.DataFrame:
    width = round(width_s * 1e6)
    pairs = cut.rows.select(
        "stage",
        "version",
        pl.from_epoch(pl.col("ts").dt.epoch("us") // width * width, time_unit="us").alias("start"),
    )[members.rows].with_columns(pl.Series("_segment", members.segments))
    groups, places = lists.grouped(pairs, ("stage", "version", "start", "_segment"))
    tags, values = zip(*(members.names[place] for place in groups["_segment"]), strict=True)
    layout = _layout(cut)
    parts = columns_of(layout)
    size = groups.height
    counts = np.zeros((size, sum(part.cells + 2 for part in parts)), dtype=np.int64)
    totals = np.zeros((size, len(parts)))
    for part, cells, numbers in zip(parts, cut.cells, cut.numbers, strict=True):
        wide = part.cells + 2
        own = np.where(cells == UNSEEN, part.cells, np.where(cells == NULL, wide - 1, cells))
        flat = np.bincount(places * wide + own[members.rows], minlength=size * wide)
        counts[:, part.first : part.first + wide] = flat.reshape(size, wide)
        if part.kind == "numeric":
            kept = np.where(np.abs(numbers) <= LARGEST, numbers, 0.0)
            totals[:, part.place] = np.bincount(places, kept[members.rows], minlength=size)
    return groups.select(
        pl.lit(cut.reference.model, dtype=pl.String).alias("model"),
        "stage",
        "version",
        pl.Series("tag", tags, dtype=pl.String),
        pl.Series("value", values, dtype=pl.String),
        pl.lit(layout).alias("layout"),
        pl.lit(round(width_s), dtype=pl.Int64).alias("width"),
        "start",
        pl.Series("n", np.bincount(places, minlength=size)),
        pl.Series("counts", counts).arr.to_list(),
        pl.Series("totals", totals).arr.to_list(),
    ).select(list(CLOSED))
