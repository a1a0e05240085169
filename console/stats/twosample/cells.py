"""Two samples as counts in the same cells, by the rules of the tools that have one.

A distance of binned values is only comparable with another tool's if the bins are that tool's too.
Sources: evidently 0.7 `stattests/utils.py`, nannyml 0.13 `drift/univariate/methods.py`, frouros 0.9
`batch/distance_based/base.py`; the rules were measured against the installed packages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Compat = Literal["scipy", "evidently", "nannyml", "deepchecks", "frouros"]
"""Whose definition: `scipy` is ours, too, where scipy has none."""

DECILES = 10
_MOST_BINS = 1_000_000
_VALUES_ARE_CELLS = 20
"""Evidently: a numeric reference of at most this many distinct values has a cell for each."""
_FEW_VALUES, _FEW_SHARE = 50, 0.1
"""NannyML: as many distinct values, and at most this share of the rows, are categories."""


@dataclass(frozen=True)
class Cells:
    """Counts of two samples in the same cells, shape (cells,) each.

    `reference_n` and `current_n` are what shares are taken of: values outside all cells count.
    """

    reference: Floats
    current: Floats
    reference_n: float
    current_n: float

    @property
    def shares(self) -> tuple[Floats, Floats]:
        """Both samples as shares of their rows; NaN for an empty sample."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (
                self.reference / np.float64(self.reference_n),
                self.current / np.float64(self.current_n),
            )


def of_counts(reference: Floats, current: Floats) -> Cells:
    """Cells that hold all rows."""
    return Cells(reference, current, float(reference.sum()), float(current.sum()))


def of_categories(reference: pl.Series, current: pl.Series) -> tuple[list[str], Cells]:
    """The categories of both samples (nulls left out), most frequent in the reference first."""
    ours, theirs = (
        values.drop_nulls().cast(pl.String).alias("value").value_counts(name=name)
        for values, name in ((reference, "reference"), (current, "current"))
    )
    both = (
        ours.join(theirs, on="value", how="full", coalesce=True)
        .fill_null(0)
        .sort(["reference", "current", "value"], descending=[True, True, False])
    )
    counts = both.select(pl.col("reference", "current").cast(pl.Float64)).to_numpy()
    return both["value"].to_list(), of_counts(counts[:, 0], counts[:, 1])


def of_numbers(reference: Floats, current: Floats, compat: Compat = "scipy") -> Cells:
    """Finite numbers in the bins that a tool would make of them; no sample may be empty.

    scipy (ours): the deciles of the reference, the outer bins open. evidently: Sturges' bins of
    both together, or a cell for each value. nannyml: Doane's bins of the reference, one more cell
    for what lies outside. deepchecks and frouros: 10 equal bins of both together.
    """
    match compat:
        case "scipy":
            return _quantiles(reference, current)
        case "evidently":
            if len(np.unique(reference)) <= _VALUES_ARE_CELLS:
                return of_values(reference, current)
            return _within(reference, current, _edges(np.concatenate([reference, current])))
        case "nannyml":
            return _doane(reference, current)
    both = np.concatenate([reference, current])
    return _within(reference, current, np.histogram_bin_edges(both, bins=10))


def of_distinct_values(reference: Floats, current: Floats) -> Cells:
    """Sturges' bins of the distinct values of both: what Evidently's Hellinger distance uses."""
    values = np.unique(np.concatenate([reference, current]))
    return _within(reference, current, _edges(values))


def of_values(reference: Floats, current: Floats) -> Cells:
    """A cell for every value of either sample."""
    values, places = np.unique(np.concatenate([reference, current]), return_inverse=True)
    ours, theirs = places[: len(reference)], places[len(reference) :]
    return of_counts(
        np.bincount(ours, minlength=len(values)).astype(np.float64),
        np.bincount(theirs, minlength=len(values)).astype(np.float64),
    )


def smoothed(reference: Floats, current: Floats, points: int = 10) -> tuple[Floats, Floats]:
    """Shares between `points` equally spaced points, from interpolated histograms of each sample.

    What frouros' Jensen-Shannon and Kullback-Leibler are computed from: 9 cells for 10 points.
    Raises ValueError where the histogram would have millions of bins.
    """
    low = min(reference.min(), current.min())
    high = max(reference.max(), current.max())
    grid = np.linspace(low, high, points)
    first, second = (np.diff(_smooth_cdf(values, grid)) for values in (reference, current))
    return first, second


def _smooth_cdf(values: Floats, grid: Floats) -> Floats:
    quarters = np.quantile(values, [0.25, 0.75])
    width = 2 * float(quarters[1] - quarters[0]) / len(values) ** (1 / 3)
    if width > 0 and float(np.ptp(values)) / width > _MOST_BINS:
        raise ValueError("the values lie too far apart for bins of equal width")
    counts, edges = np.histogram(values, bins="auto")
    cumulated = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
    return np.asarray(np.interp(grid, edges, cumulated), dtype=np.float64)


def _quantiles(reference: Floats, current: Floats) -> Cells:
    inner = np.unique(
        np.quantile(reference, np.arange(1, DECILES) / DECILES, method="inverted_cdf")
    )
    counts = [
        np.bincount(np.searchsorted(inner, values, side="left"), minlength=len(inner) + 1)
        for values in (reference, current)
    ]
    return of_counts(counts[0].astype(np.float64), counts[1].astype(np.float64))


def _doane(reference: Floats, current: Floats) -> Cells:
    distinct = len(np.unique(reference))
    if distinct <= _FEW_VALUES and distinct / len(reference) <= _FEW_SHARE:
        return of_values(reference, current)
    inside = _within(reference, current, np.histogram_bin_edges(reference, bins="doane"))
    outside = inside.current_n - inside.current.sum()
    return of_counts(np.append(inside.reference, 0.0), np.append(inside.current, outside))


def _within(reference: Floats, current: Floats, edges: Floats) -> Cells:
    """Counts in numpy's half-open bins, the last one closed."""
    return Cells(
        np.histogram(reference, bins=edges)[0].astype(np.float64),
        np.histogram(current, bins=edges)[0].astype(np.float64),
        float(len(reference)),
        float(len(current)),
    )


def _edges(values: Floats) -> Floats:
    return np.histogram_bin_edges(values, bins="sturges")
