"""What the pools of a column are held against, where it is not its reference: its own past.

A model's `baseline` in console.toml is `previous` (the stretch of the same length just before),
`hour` (the same hours of the seven days before), `weekday` (the same hours of that day in the three
weeks before), `rolling SPAN` (the span that ends a day ago) or `version NAME` (all rows of that
version). Each is a sum of buckets or of windows that are kept anyway: no row is looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.config.settings import ModelSettings
from console.detectors.buckets import Bucket
from console.records.clock import DAY
from console.records.frames import TIME
from console.stats import columns
from console.stats.reference import ModelReference

Floats = NDArray[np.float64]
DAYS, WEEKS = 7, 3


@dataclass(frozen=True, slots=True)
class Side:
    """Sums over a stretch of time, in the order of the reference's columns."""

    counts: Floats
    """[columns, cells]"""
    total: Floats
    numbers: Floats

    @property
    def rows(self) -> float:
        """Rows of the column that has most."""
        return float(self.counts.sum(axis=-1).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a model is measured from."""

    kind: str
    """`reference`, `previous`, `hour`, `weekday`, `rolling` or `version`."""
    span: float = 0.0
    """Of `rolling`, in seconds."""
    version: str = ""

    @property
    def memory(self) -> float:
        """How far back buckets are needed, seconds."""
        return {
            "previous": 2 * DAY,
            "hour": (DAYS + 1) * DAY,
            "weekday": (7 * WEEKS + 1) * DAY,
            "rolling": self.span + DAY,
        }.get(self.kind, DAY)

    def words(self) -> str:
        """How a message names it."""
        return {
            "previous": "the stretch before",
            "hour": f"the same hours of the {DAYS} days before",
            "weekday": f"the same hours of that day in the {WEEKS} weeks before",
            "rolling": f"the {self.span / DAY:.3g} days before",
            "version": f"version {self.version}",
        }.get(self.kind, "its reference")

    def stretches(self, at: float, pool: float) -> list[tuple[float, float]]:
        """The stretches [start, end) that a pool of so many seconds up to `at` is held against."""
        if self.kind == "previous":
            return [(at - 2 * pool, at - pool)]
        if self.kind == "hour":
            return [(at - pool - day * DAY, at - day * DAY) for day in range(1, DAYS + 1)]
        if self.kind == "weekday":
            return [(at - pool - 7 * w * DAY, at - 7 * w * DAY) for w in range(1, WEEKS + 1)]
        return [(at - DAY - self.span, at - DAY)]

    def side(self, buckets: Sequence[Bucket], at: float, pool: float) -> Side:
        """The sums of the past that a pool is held against."""
        stretches = self.stretches(at, pool)
        inside = [b for b in buckets if any(a - 1 <= b.start < e - 1 for a, e in stretches)]
        if not inside:
            empty = buckets[-1]
            zeros = np.zeros_like(empty.total)
            return Side(np.zeros_like(empty.counts), zeros, zeros)
        return Side(
            np.sum([b.counts for b in inside], axis=0),
            np.sum([b.total for b in inside], axis=0),
            np.sum([b.numbers for b in inside], axis=0),
        )


def baseline_of(model: ModelSettings) -> Baseline:
    """The baseline that the settings name (`config.values.baseline` has read it)."""
    kind, _, rest = model.baseline.partition(" ")
    if kind == "rolling":
        return Baseline(kind, span=float(rest))
    return Baseline(kind, version=rest)


def of_version(windows: pl.DataFrame, wanted: Mapping[str, str]) -> pl.DataFrame:
    """The windows (`columns.CLOSED`) of the versions that models are held against, by model."""
    mine = [(pl.col("model") == m) & (pl.col("version") == v) for m, v in wanted.items()]
    return windows.filter(pl.any_horizontal(pl.lit(value=False), *mine))


def as_one(known: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """All windows taken together, one row a column; `known` is what this gave before."""
    if windows.is_empty():
        return known
    whole = windows.with_columns(pl.lit(0, dtype=pl.Int64).cast(TIME).alias("start"))
    return columns.merge(pl.concat([known, whole]))


def version_side(
    known: pl.DataFrame, reference: ModelReference, stage: str | None, width: int
) -> Side:
    """The sums of the version that a model is held against; counts [columns, `width`]."""
    counts = np.zeros((len(reference.columns), width))
    total, numbers = (np.zeros(len(reference.columns)) for _ in range(2))
    places = {(c.name, c.role): i for i, c in enumerate(reference.columns)}
    mine = known.filter(
        pl.col("model").eq_missing(pl.lit(reference.model, dtype=pl.String)),
        pl.col("stage").eq_missing(pl.lit(stage, dtype=pl.String)),
    )
    for row in mine.iter_rows(named=True):
        place = places.get((row["column"], row["role"]))
        if place is not None and len(row["counts"]) == reference.columns[place].cells:
            counts[place, : len(row["counts"])] = row["counts"]
            if row["total"] is not None:
                total[place], numbers[place] = row["total"], sum(row["counts"])
    return Side(counts, total, numbers)
