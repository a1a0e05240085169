"""What labels said in two hours of their arrival, and how late they were: sums that add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.detectors.buckets import steady
from console.records.clock import HOUR
from console.records.frames import Schema

Floats = NDArray[np.float64]
BLOCK = 2 * HOUR
DELAYS = 64
_PER_OCTAVE = 4
_SHORTEST = HOUR / 6
"""Delays are counted in cells of a quarter octave, from ten minutes on."""
BLOCKS: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "block": pl.Float64,
    "n": pl.Float64,
    "classed": pl.Float64,
    "positive": pl.Float64,
    "measured": pl.Float64,
    "total": pl.Float64,
    "squares": pl.Float64,
    "delays": pl.List(pl.Float64),
    "judged": pl.Boolean,
    "off": pl.List(pl.String),
}
"""A row a model, stage and block (its start, epoch seconds): `n` predictions whose labels arrived;
`positive` of those `classed` as positive or not; sums of the labels of those `measured` by number;
counts by delay; whether it was `judged`, and the terms that were `off` in it."""
KEY = ("model", "stage", "block")
SUMS = ("n", "classed", "positive", "measured", "total", "squares")


@dataclass(slots=True)
class Block:
    """One row of `BLOCKS`."""

    model: str | None
    stage: str | None
    block: float
    n: float = 0.0
    classed: float = 0.0
    positive: float = 0.0
    measured: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    delays: list[float] = field(default_factory=lambda: [0.0] * DELAYS)
    judged: bool = False
    off: list[str] = field(default_factory=list)

    @property
    def numeric(self) -> bool:
        """Whether its labels are numbers rather than classes."""
        return self.measured > self.classed

    @property
    def delay(self) -> float:
        """Median delay in seconds."""
        reached = np.cumsum(self.delays)
        cell = int(np.searchsorted(reached, reached[-1] / 2))
        return _SHORTEST * math.pow(2.0, (cell + 0.5) / _PER_OCTAVE)


@dataclass(frozen=True, slots=True)
class Level:
    """Mean of the labels of some blocks: a share of classes, or of numbers their mean."""

    n: float
    mean: float
    variance: float
    """Of one label."""


def added(blocks: pl.DataFrame, performance: pl.DataFrame, width: float) -> pl.DataFrame:
    """The blocks with windows (`performance.CLOSED`, `width` seconds) that closed since."""
    if performance.is_empty():
        return blocks
    end = pl.col("start").dt.epoch("us") / 1e6 + width
    late = (end - pl.col("predicted").dt.epoch("us") / 1e6).clip(_SHORTEST)
    cell = ((late / _SHORTEST).log(2) * _PER_OCTAVE).floor().clip(0, DELAYS - 1).cast(pl.Int64)
    scored = pl.col("positive_scores").list.sum().fill_null(0)
    others = pl.col("negative_scores").list.sum().fill_null(0)
    of_scores = scored + others > 0
    rows = performance.select(
        "model",
        "stage",
        (((end - 1e-3) / BLOCK).floor() * BLOCK).alias("block"),
        pl.col("n").cast(pl.Float64),
        pl.when(of_scores).then(scored + others).otherwise("judged").alias("classed"),
        pl.when(of_scores)
        .then(scored)
        .otherwise(pl.col("true_positive") + pl.col("false_negative"))
        .alias("positive"),
        "measured",
        pl.col("label_total").alias("total"),
        pl.col("label_squares").alias("squares"),
        cell.alias("cell"),
    ).with_columns(pl.col(*SUMS).cast(pl.Float64).fill_null(0.0))
    known = {(b.model, b.stage, b.block): b for b in read(blocks)}
    for *key, n, classed, positive, measured, total, squares, cell_of in rows.select(
        *KEY, *SUMS, "cell"
    ).iter_rows():
        model, stage, start = key
        block = known.get((model, stage, start))
        if block is None:
            block = Block(model, stage, start)
            known[model, stage, start] = block
        block.n += n
        block.classed += classed
        block.positive += positive
        block.measured += measured
        block.total += total
        block.squares += squares
        block.delays[cell_of] += n
    return frame(list(known.values()))


def read(blocks: pl.DataFrame) -> list[Block]:
    """The rows of a frame of `BLOCKS`."""
    return [Block(*row) for row in blocks.select(list(BLOCKS)).iter_rows()]


def frame(blocks: Sequence[Block]) -> pl.DataFrame:
    """Blocks as rows, in the order of their keys."""
    rows = sorted(
        (tuple(getattr(block, name) for name in BLOCKS) for block in blocks),
        key=lambda row: (row[0] or "", row[1] or "", row[2]),
    )
    return pl.DataFrame(rows, schema=BLOCKS, orient="row")


def level(blocks: Sequence[Block]) -> Level | None:
    """What the labels say together; None if they say nothing that has a mean."""
    classed = math.fsum(block.classed for block in blocks)
    measured = math.fsum(block.measured for block in blocks)
    if classed and classed >= measured:
        share = math.fsum(block.positive for block in blocks) / classed
        return Level(classed, share, share * (1 - share))
    if not measured:
        return None
    mean = steady(math.fsum(block.total for block in blocks) / measured)
    square = math.fsum(block.squares for block in blocks) / measured
    return Level(measured, mean, steady(max(square - mean**2, 0.0)))
