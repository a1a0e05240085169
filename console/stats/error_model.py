"""The size of a model's errors as its inputs let expect: direct loss estimation.

An additive model over the pinned cells of all columns, fitted by ridge regression to the labelled
rows of the reference file: what each cell adds to the mean error. The mean error of any rows then
follows from their counts by cell, which every window holds: no row is looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.stats import columns
from console.stats.reference import ColumnReference

Floats = NDArray[np.float64]
TARGETS = ("absolute_error", "squared_error", "wrong")
RIDGE = 10.0
"""Rows' worth of belief that a cell adds nothing."""
MOST_ROWS = 50_000
LEAST_ROWS = 300
_ODD = 2
"""Cells of a column besides the pinned ones: nulls, and what fits no cell."""


@dataclass(frozen=True)
class ErrorModel:
    """What each cell of each column adds to the mean of the targets that the model has."""

    rows: int
    """Labelled rows that it is fitted to."""
    means: Mapping[str, float]
    spreads: Mapping[str, float]
    """Standard deviation of a row's target."""
    effects: Mapping[str, Mapping[tuple[str, str], Floats]]
    """By target and (column, role): by cell, the last two for nulls and for what fits none."""
    explained: Mapping[str, float]
    """Part of the target's variance that is told in rows that it was not fitted to, 0..1."""

    def expected(self, target: str, windows: Sequence[Mapping[str, Any]]) -> float | None:
        """The mean of a target over rows whose columns are counted in `windows`.

        `windows` are rows of `stats.columns.CLOSED` of one window; None for a target that the
        model does not have, or if they hold no rows.
        """
        if target not in self.means:
            return None
        value, some = self.means[target], False
        for window in windows:
            effect = self.effects[target].get((window["column"], window["role"]))
            cells = np.array([*window["counts"], window["nulls"], window["unseen"]], dtype=float)
            if effect is not None and len(effect) == len(cells) and cells.sum() > 0:
                value += float(cells @ effect / cells.sum())
                some = True
        return max(value, 0.0) if some else None


def fit(
    frame: pl.DataFrame,
    pinned: Sequence[ColumnReference],
    targets: Mapping[str, NDArray[np.float64]],
) -> ErrorModel | None:
    """The model of some targets (one value a row, NaN where unknown); None if rows are too few.

    Half of the rows are kept to see what the other half's model explains of them.
    """
    known = np.isfinite(np.column_stack(list(targets.values()))).all(axis=1)
    places = np.flatnonzero(known)
    if len(places) < LEAST_ROWS:
        return None
    if len(places) > MOST_ROWS:
        places = places[np.linspace(0, len(places) - 1, MOST_ROWS).astype(np.int64)]
    rows = frame[places]
    coded, starts = _coded(rows, pinned)
    values = np.column_stack([target[places] for target in targets.values()])
    centred = values - values.mean(axis=0)
    half = np.arange(len(places)) % 2 == 0
    trial = _ridge(coded[half], centred[half], starts)
    left = centred[~half] - trial[coded[~half] + np.array(starts[:-1])].sum(axis=1)
    total = ((centred[~half] - centred[~half].mean(axis=0)) ** 2).sum(axis=0)
    told = 1 - (left**2).sum(axis=0) / np.maximum(total, 1e-300)
    whole = _ridge(coded, centred, starts)
    effects: dict[str, dict[tuple[str, str], Floats]] = {}
    for place, name in enumerate(targets):
        effects[name] = {
            (column.name, column.role): whole[starts[i] : starts[i + 1], place]
            for i, column in enumerate(pinned)
        }
    return ErrorModel(
        len(places),
        dict(zip(targets, values.mean(axis=0).tolist(), strict=True)),
        dict(zip(targets, values.std(axis=0).tolist(), strict=True)),
        effects,
        dict(zip(targets, np.clip(told, 0.0, 1.0).tolist(), strict=True)),
    )


def _coded(
    rows: pl.DataFrame, pinned: Sequence[ColumnReference]
) -> tuple[NDArray[np.int64], list[int]]:
    """Every row's cells, [rows, columns], and where a column's cells begin among those of all."""
    starts = [0]
    parts = []
    for column in pinned:
        cells = columns.cells_of(rows[column.name], column).astype(np.int64)
        parts.append(np.where(cells < 0, column.cells - 1 - cells, cells))
        starts.append(starts[-1] + column.cells + _ODD)
    return np.column_stack(parts), starts


def _ridge(coded: NDArray[np.int64], targets: Floats, starts: Sequence[int]) -> Floats:
    """Effects [cells of all columns, targets], those of a column with a mean of 0 in the rows."""
    width, many = starts[-1], coded.shape[1]
    sizes = np.diff(starts)
    gram, right = np.zeros((width, width)), np.zeros((width, targets.shape[1]))
    for i in range(many):
        mine = slice(starts[i], starts[i + 1])
        for place in range(targets.shape[1]):
            right[mine, place] = np.bincount(coded[:, i], targets[:, place], sizes[i])
        for j in range(i, many):
            both = np.bincount(coded[:, i] * sizes[j] + coded[:, j], minlength=sizes[i] * sizes[j])
            block = both.reshape(sizes[i], sizes[j])
            gram[mine, starts[j] : starts[j + 1]] = block
            gram[starts[j] : starts[j + 1], mine] = block.T
    seen = gram.diagonal().copy()
    gram[np.diag_indices(width)] += RIDGE
    effects = np.linalg.solve(gram, right)
    for i in range(many):
        mine = slice(starts[i], starts[i + 1])
        effects[mine] -= (seen[mine, None] * effects[mine]).sum(axis=0) / len(coded)
    return np.asarray(effects)
