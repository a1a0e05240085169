"""Windows of a model's columns: features, predictions and scores, counted in pinned bins.

A window is a tumbling span of event time of one (model, stage, version, column). Its summary is
sums and counts over the cells of the pinned reference, so that windows add up to longer ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.frames import TIME, Schema
from console.stats import features
from console.stats.reference import ColumnReference, ModelReference, category_text

if TYPE_CHECKING:
    from console.stats.pinning import References

KEYS = ("model", "stage", "version", "column", "role", "kind", "start")
CLOSED: Schema = {
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "column": pl.String,
    "role": pl.String,
    "kind": pl.String,
    "start": TIME,
    "n": pl.Int64,
    "nulls": pl.Int64,
    "unseen": pl.Int64,
    "unseen_names": pl.List(pl.String),
    "total": pl.Float64,
    "squares": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "counts": pl.List(pl.Int64),
}
"""Closed windows, deltas and stored rows alike.

`n` rows of which `nulls` are null and `unseen` fit no cell of the reference (a new category, text
or an infinite value among numbers), `unseen_names` at most 20 of those, sorted; `total`, `squares`,
`low`, `high` of numbers of at most 1e150, null without any; `counts` by cell, of equal length for
one column.
"""
UNSEEN_NAMES = 20
_NAME_LENGTH = 80
NULL, UNSEEN = -1, -2
"""In place of a cell: no value, and one that fits no cell."""
LARGEST = 1e150
"""Greatest number that is added up: larger ones have a cell, but no square."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The rows of one model with the cell that each value falls into, column by column."""

    reference: ModelReference
    rows: pl.DataFrame
    values: tuple[pl.Series, ...]
    cells: tuple[NDArray[np.int64], ...]
    numbers: tuple[NDArray[np.float64], ...]
    """NaN where a value is no number."""


def cuts(predictions: pl.DataFrame, references: References) -> list[Cut]:
    """The cells of predictions (`records.frames.PREDICTIONS`), model by model."""
    found = []
    for (model,), rows in predictions.group_by(["model"], maintain_order=True):
        reference = references.get(model if isinstance(model, str) else None)
        if reference is None:
            continue
        decoded = features.decode(rows["features"], [c.name for c in reference.features])
        values = tuple(
            decoded[column.name] if column.role == "feature" else rows[column.role]
            for column in reference.columns
        )
        placed = [_placed(v, c) for v, c in zip(values, reference.columns, strict=True)]
        cells, numbers = tuple(p[0] for p in placed), tuple(p[1] for p in placed)
        found.append(Cut(reference, rows, values, cells, numbers))
    return found


def summarise(predictions: pl.DataFrame, references: References, width_s: float) -> pl.DataFrame:
    """The windows of these predictions, by the references pinned for their models.

    `predictions` are of `records.frames.PREDICTIONS`; rows of a model without a reference are
    left out. Columns `CLOSED`.
    """
    return counted(cuts(predictions, references), width_s)


def counted(found: list[Cut], width_s: float) -> pl.DataFrame:
    """The windows of rows whose cells are known. Columns `CLOSED`."""
    parts = [pl.DataFrame(schema=CLOSED)]
    for cut in found:
        parts += _model_windows(cut, width_s)
    return pl.concat(parts)


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a column and window, in order of keys. Columns `CLOSED`."""
    if deltas.is_empty():
        return pl.DataFrame(schema=CLOSED)
    keyed = deltas.select(list(CLOSED))
    # Nearly always every key comes once: then there is nothing to add up.
    if keyed.select(pl.struct(KEYS).is_duplicated().any()).item():
        keyed = _added(keyed)
    return keyed.sort(KEYS)


def _added(keyed: pl.DataFrame) -> pl.DataFrame:
    sums = keyed.group_by(KEYS).agg(
        pl.col("n", "nulls", "unseen").sum(),
        pl.col("unseen_names").explode(empty_as_null=False).unique().sort().head(UNSEEN_NAMES),
        # An empty sum is null, not 0, so that no numbers stay no numbers.
        pl.when(pl.col("total").count() > 0).then(pl.col("total").sum()).alias("total"),
        pl.when(pl.col("squares").count() > 0).then(pl.col("squares").sum()).alias("squares"),
        pl.col("low").min(),
        pl.col("high").max(),
    )
    cells = (
        keyed.select(*KEYS, "counts", pl.int_ranges(pl.col("counts").list.len()).alias("cell"))
        .explode("counts", "cell", empty_as_null=False)
        .group_by(*KEYS, "cell")
        .agg(pl.col("counts").sum())
        .sort("cell")
        .group_by(KEYS)
        .agg("counts")
    )
    joined = sums.join(cells, on=KEYS, how="left", nulls_equal=True)
    empty = pl.lit([], dtype=pl.List(pl.Int64))
    return joined.with_columns(pl.col("counts").fill_null(empty)).select(list(CLOSED))


def _model_windows(cut: Cut, width_s: float) -> list[pl.DataFrame]:
    width = round(width_s * 1e6)
    groups = cut.rows.select(
        "stage",
        "version",
        pl.from_epoch(pl.col("ts").dt.epoch("us") // width * width, time_unit="us").alias("start"),
    )
    keys = groups.unique(maintain_order=True).with_row_index("group")
    places = (
        groups.join(
            keys,
            on=["stage", "version", "start"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )["group"]
        .to_numpy()
        .astype(np.int64)
    )
    parts = []
    for place, column in enumerate(cut.reference.columns):
        summary = _column_windows(cut, place, places, keys.height)
        parts.append(
            pl.concat([keys, summary], how="horizontal")
            .with_columns(
                pl.lit(cut.reference.model, dtype=pl.String).alias("model"),
                pl.lit(column.name).alias("column"),
                pl.lit(column.role).alias("role"),
                pl.lit(column.kind).alias("kind"),
            )
            .select(list(CLOSED))
        )
    return parts


def _column_windows(cut: Cut, place: int, places: np.ndarray, groups: int) -> pl.DataFrame:
    column, cells, numbers = cut.reference.columns[place], cut.cells[place], cut.numbers[place]
    finite = np.abs(numbers) <= LARGEST
    where, kept = places[finite], numbers[finite]
    low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
    np.minimum.at(low, where, kept)
    np.maximum.at(high, where, kept)
    some = np.bincount(where, minlength=groups) > 0
    inside = cells >= 0
    flat = np.bincount(
        places[inside] * column.cells + cells[inside], minlength=groups * column.cells
    )
    return pl.DataFrame(
        {
            "n": np.bincount(places, minlength=groups),
            "nulls": np.bincount(places[cells == NULL], minlength=groups),
            "unseen": np.bincount(places[cells == UNSEEN], minlength=groups),
            "unseen_names": _names(cut.values[place], cells, places, groups),
            "total": np.where(some, np.bincount(where, kept, minlength=groups), np.nan),
            "squares": np.where(some, np.bincount(where, kept**2, minlength=groups), np.nan),
            "low": np.where(some, low, np.nan),
            "high": np.where(some, high, np.nan),
            "counts": flat.reshape(groups, column.cells).tolist(),
        },
        schema={name: CLOSED[name] for name in list(CLOSED)[7:]},
    ).with_columns(pl.col("total", "squares", "low", "high").fill_nan(None))


def _placed(
    values: pl.Series, column: ColumnReference
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The cell of every value, and its number."""
    if column.kind == "numeric":
        return _numeric_cells(values, column)
    return _category_cells(values, column), np.full(len(values), np.nan)


def cells_of(values: pl.Series, column: ColumnReference) -> np.ndarray:
    """The cell of every value: -1 for null, -2 for one that fits none."""
    if column.kind == "numeric":
        return _numeric_cells(values, column)[0]
    return _category_cells(values, column)


def _numeric_cells(values: pl.Series, column: ColumnReference) -> tuple[np.ndarray, np.ndarray]:
    numbers = values.cast(pl.Float64, strict=False).to_numpy()
    absent = values.is_null().to_numpy()
    cells = np.searchsorted(column.edges, numbers, side="left")
    cells[~np.isfinite(numbers)] = UNSEEN
    cells[absent] = NULL
    return cells, numbers


def _category_cells(values: pl.Series, column: ColumnReference) -> np.ndarray:
    text = category_text(values.cast(pl.String))
    index = pl.Series(range(len(column.categories)), dtype=pl.Int64)
    rest = len(column.categories) if column.open else UNSEEN
    cells = text.replace_strict(
        pl.Series(column.categories, dtype=pl.String), index, default=rest, return_dtype=pl.Int64
    ).to_numpy(writable=True)
    cells[text.is_null().to_numpy()] = NULL
    return cells


def _names(
    values: pl.Series, cells: np.ndarray, places: np.ndarray, groups: int
) -> list[list[str]]:
    names: list[list[str]] = [[] for _ in range(groups)]
    odd = cells == UNSEEN
    if odd.any():
        seen = pl.DataFrame(
            {"group": places[odd], "name": values.filter(pl.Series(odd)).cast(pl.String)}
        ).with_columns(pl.col("name").str.head(_NAME_LENGTH))
        for (group,), found in seen.group_by(["group"]):
            distinct = found["name"].unique().sort().head(UNSEEN_NAMES)
            names[int(str(group))] = distinct.to_list()
    return names
