"""One column over a span: both distributions, cell by cell, and what each cell adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from console.detectors.comparison import compare
from console.engine.views.columns import summed
from console.stats import drift
from console.stats.reference import OTHER, ColumnReference
from console.store.rawrows import Cell, Span

if TYPE_CHECKING:
    from console.stats.pinning import References
    from console.store.reader import Reader

ColumnKey = tuple[str, str]
"""Name and role."""


@dataclass(frozen=True, slots=True)
class CellFigure:
    """One bin or category of a column."""

    name: str
    reference: int
    current: int
    share_before: float
    share: float
    adds: float
    """Its term of the population stability index; 0 for values that are in no cell."""
    values: Cell
    """Which values it holds, to ask for their rows."""


@dataclass(frozen=True, slots=True)
class ColumnAnswer:
    """What the view of one column shows."""

    model: str
    name: str
    role: str
    kind: str
    start: float
    end: float
    n_before: int
    n: int
    shift: float
    p: float
    stability: float
    cells: tuple[CellFigure, ...]
    """In the order of the values, then nulls and values of no cell."""


def column_answer(
    reader: Reader,
    references: References,
    model: str,
    wanted: ColumnKey,
    span: Span,
) -> ColumnAnswer | None:
    """Looks at a column over a span; None where the model has no such reference."""
    (name, role), (start, end) = wanted, span
    reference = references.get(model)
    column = reference.column(name, role) if reference else None
    if column is None:
        return None
    windows = reader.column_windows(model, start, end).filter(
        (pl.col("column") == name) & (pl.col("role") == role)
    )
    counts = summed(column, windows)
    n, nulls, unseen = (int(windows[part].sum()) for part in ("n", "nulls", "unseen"))
    shift, p = compare(column.kind == "numeric", column.counts, counts, 0.0)
    return ColumnAnswer(
        model=model,
        name=name,
        role=role,
        kind=column.kind,
        start=start,
        end=end,
        n_before=column.n,
        n=n,
        shift=float(shift),
        p=float(p),
        stability=float(drift.population_stability(column.counts, counts)) if counts.sum() else 0.0,
        cells=(
            *_cells(column, counts),
            *_beside("null", Cell(null=True), (column.nulls, column.n), (nulls, n)),
            *_beside("unseen", _strangers(column), (column.unseen, column.n), (unseen, n)),
        ),
    )


def _cells(column: ColumnReference, counts: np.ndarray) -> list[CellFigure]:
    before, now = drift.shares(column.counts), drift.shares(counts)
    terms = _terms(column.counts, counts)
    return [
        CellFigure(
            name=column.cell_name(place),
            reference=int(column.counts[place]),
            current=int(counts[place]),
            share_before=float(np.nan_to_num(before[place])),
            share=float(np.nan_to_num(now[place])),
            adds=float(terms[place]),
            values=_values(column, place),
        )
        for place in range(column.cells)
    ]


def _terms(reference: np.ndarray, current: np.ndarray) -> np.ndarray:
    """What each cell adds to `stats.drift.population_stability`."""
    if not reference.sum() or not current.sum():
        return np.zeros(len(reference))
    p, q = drift.shares(reference), drift.shares(current)
    p, q = (np.where(side == 0, drift.ZERO_SHARE, side) for side in (p, q))
    return np.asarray((p - q) * np.log(p / q))


def _values(column: ColumnReference, place: int) -> Cell:
    if column.kind == "category":
        if column.cell_name(place) == OTHER and place == len(column.categories):
            return Cell(beside=column.categories)
        return Cell(category=column.categories[place])
    edges = column.edges
    return Cell(
        above=float(edges[place - 1]) if place > 0 else None,
        upto=float(edges[place]) if place < len(edges) else None,
    )


def _strangers(column: ColumnReference) -> Cell:
    return Cell(odd=True) if column.kind == "numeric" else Cell(beside=column.categories)


def _beside(
    name: str, values: Cell, before: tuple[int, int], now: tuple[int, int]
) -> list[CellFigure]:
    """Values that are in no cell, if there are or were any; counts are of how many rows."""
    if not before[0] and not now[0]:
        return []
    shares = [count / max(rows, 1) for count, rows in (before, now)]
    return [CellFigure(name, before[0], now[0], shares[0], shares[1], 0.0, values)]
