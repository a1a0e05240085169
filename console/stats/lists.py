"""Groups of rows with lists of counts, counted and added up cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Places = NDArray[np.int64]


def grouped(rows: pl.DataFrame, keys: Sequence[str]) -> tuple[pl.DataFrame, Places]:
    """The groups of equal keys (nulls are equal), sorted, and the group's place of every row."""
    groups = rows.select(keys).unique().sort(keys).with_row_index("_group")
    joined = rows.select(keys).join(
        groups, on=list(keys), how="left", nulls_equal=True, maintain_order="left"
    )
    return groups.drop("_group"), joined["_group"].to_numpy().astype(np.int64)


def counted(
    groups: Places,
    cells: pl.Series,
    size: int,
    width: int,
    some: NDArray[np.bool_] | None = None,
) -> pl.Series:
    """Rows by cell for each of `size` groups, lists of `width`; empty for a group without a cell.

    `cells` are 0..width-1, null for a row that is in none. `some` says instead which groups have a
    list.
    """
    present = cells.is_not_null().to_numpy()
    places = groups[present]
    flat = np.bincount(
        places * width + cells.drop_nulls().to_numpy().astype(np.int64), minlength=size * width
    )
    own = np.bincount(places, minlength=size) > 0
    return _lists(flat.reshape(size, width), own if some is None else some, pl.Int64())


def totalled(
    groups: Places, cells: pl.Series, values: pl.Series, size: int, width: int
) -> pl.Series:
    """Sums of values by cell for each of `size` groups; empty for a group without a cell."""
    present = cells.is_not_null().to_numpy()
    places = groups[present]
    flat = np.bincount(
        places * width + cells.drop_nulls().to_numpy().astype(np.int64),
        weights=values.filter(pl.Series(present)).to_numpy(),
        minlength=size * width,
    )
    return _lists(flat.reshape(size, width), np.bincount(places, minlength=size) > 0, pl.Float64())


def added(lists: pl.Series, groups: Places, size: int) -> pl.Series:
    """The lists of each of `size` groups summed cell by cell; shorter ones count as zeros."""
    lengths = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    width = int(lengths.max(initial=0))
    rows = np.repeat(np.arange(len(lengths)), lengths)
    cells = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    flat = lists.explode(empty_as_null=False).drop_nulls().to_numpy()
    sums = np.zeros((size, width), dtype=flat.dtype if len(flat) else np.float64)
    np.add.at(sums, (groups[rows], cells), flat)
    some = np.bincount(groups[lengths > 0], minlength=size) > 0
    inner = lists.dtype.inner if isinstance(lists.dtype, pl.List) else None
    return _lists(sums, some, inner)


def _lists(rows: np.ndarray, some: np.ndarray, inner: object) -> pl.Series:
    kind = pl.List(inner)  # type: ignore[arg-type]
    if not rows.size:
        return pl.Series([[] for _ in rows], dtype=kind)
    every = pl.Series(rows).arr.to_list().cast(kind)
    nothing = pl.Series([[]], dtype=kind).new_from_index(0, len(every))
    return every if some.all() else every.zip_with(pl.Series(some), nothing)
