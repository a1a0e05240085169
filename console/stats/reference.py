"""The pinned reference of a model: what each of its columns looked like when all was well.

It comes from the file that `console.toml` names, or from the first 1,000 predictions that are
seen: their number is fixed, so that it does not depend on how the stream is cut, and they are not
counted a second time in a window. Bins and categories are pinned with it, so that the counts of
every later window can be added and compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.records.frames import Schema

if TYPE_CHECKING:
    from console.stats.error_model import ErrorModel

Role = Literal["feature", "prediction", "score"]
Kind = Literal["numeric", "category"]

BINS = 24
"""Quantile bins of a numeric column: fine enough for Kolmogorov-Smirnov, small enough to keep."""
DISTINCT = 32
"""A numeric column of at most this many values gets a bin for each of them."""
CATEGORIES = 100
"""Categories that are counted singly; a column with more has an open vocabulary."""
OTHER = "(other)"
"""Name of the cell of an open vocabulary that holds all that is not counted singly."""
_NO_NUMBER = float("nan"), float("nan")


@dataclass(frozen=True)
class ColumnReference:
    """The pinned bins of one column, and what the reference held in them."""

    name: str
    role: Role
    kind: Kind
    edges: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Inner edges, ascending: bin i holds edges[i-1] < x <= edges[i]; the outer bins are open."""
    categories: tuple[str, ...] = ()
    open: bool = False
    """More than `CATEGORIES` categories: one more cell counts all others, none is unseen."""
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    n: int = 0
    nulls: int = 0
    unseen: int = 0
    """Values of the reference that fit no cell: infinite ones, text among numbers."""
    singletons: int = 0
    """Categories that occur once: their share is what new ones are to be expected (Good-Turing)."""
    mean: float = float("nan")
    std: float = float("nan")

    @property
    def cells(self) -> int:
        """Length of every `counts` of this column."""
        if self.kind == "numeric":
            return len(self.edges) + 1
        return len(self.categories) + int(self.open)

    def cell_name(self, cell: int) -> str:
        """How a message names a cell: the category, or the bin's range."""
        if self.kind == "category":
            return self.categories[cell] if cell < len(self.categories) else OTHER
        if len(self.edges) == 0:
            return "any"
        if cell == 0:
            return f"<= {self.edges[0]:.4g}"
        if cell == len(self.edges):
            return f"> {self.edges[-1]:.4g}"
        return f"{self.edges[cell - 1]:.4g}..{self.edges[cell]:.4g}"


@dataclass(frozen=True)
class ModelReference:
    """The pinned reference of one model."""

    model: str | None
    source: Literal["file", "learned"]
    columns: tuple[ColumnReference, ...]
    digest: str = ""
    """Of the file it was read from: another one is another reference."""
    performance: Mapping[str, float | list[int]] = field(default_factory=dict)
    """Sums of `stats.performance` over the labelled rows of the file; empty without labels."""
    errors: ErrorModel | None = None
    """How large errors are by the cells of the columns; None without labels, or with scores."""

    def column(self, name: str, role: str) -> ColumnReference | None:
        """The reference of one column."""
        for entry in self.columns:
            if entry.name == name and entry.role == role:
                return entry
        return None

    @property
    def features(self) -> tuple[ColumnReference, ...]:
        """The columns that are features."""
        return tuple(entry for entry in self.columns if entry.role == "feature")


def describe(name: str, role: Role, values: pl.Series) -> ColumnReference:
    """The reference of one column from its raw values, of whatever type they are."""
    if values.dtype == pl.Boolean:
        return _categories(name, role, boolean_text(values))
    if values.dtype.is_numeric():
        return _numbers(name, role, values.cast(pl.Float64))
    text = values.cast(pl.String, strict=False)
    present = text.drop_nulls()
    numbers = present.cast(pl.Float64, strict=False)
    if len(present) and role != "feature" and numbers.null_count() == 0:
        return _numbers(name, role, text.cast(pl.Float64, strict=False))
    return _categories(name, role, category_text(text))


def boolean_text(values: pl.Series) -> pl.Series:
    """Booleans as the texts `true` and `false`."""
    return values.cast(pl.String)


def category_text(values: pl.Series) -> pl.Series:
    """Texts with the booleans of other languages written as JSON does."""
    return values.replace({"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"})


def _numbers(name: str, role: Role, values: pl.Series) -> ColumnReference:
    present = values.drop_nulls().to_numpy()
    finite = np.sort(present[np.isfinite(present)])
    distinct = np.unique(finite)
    if len(distinct) <= DISTINCT:
        edges = (distinct[1:] + distinct[:-1]) / 2 if len(distinct) > 1 else distinct[:0]
    else:
        inner = np.quantile(finite, np.arange(1, BINS) / BINS, method="inverted_cdf")
        edges = np.unique(inner)
        edges = edges[edges < distinct[-1]]
    with np.errstate(over="ignore", invalid="ignore"):  # numbers may be as large as they can
        mean, std = (float(finite.mean()), float(finite.std())) if len(finite) else _NO_NUMBER
    counts = np.bincount(np.searchsorted(edges, finite, side="left"), minlength=len(edges) + 1)
    return ColumnReference(
        name=name,
        role=role,
        kind="numeric",
        edges=edges.astype(np.float64),
        counts=counts.astype(np.int64),
        n=len(values),
        nulls=values.null_count(),
        unseen=len(present) - len(finite),
        mean=mean if np.isfinite(mean) else float("nan"),
        std=std if np.isfinite(std) else float("nan"),
    )


def _categories(name: str, role: Role, values: pl.Series) -> ColumnReference:
    seen = (
        values.drop_nulls()
        .alias("value")
        .value_counts()
        .sort(["count", "value"], descending=[True, False])
    )
    top = seen.head(CATEGORIES)
    counts = top["count"].to_list()
    beyond = seen.height > CATEGORIES
    if beyond:
        counts.append(int(seen["count"][CATEGORIES:].sum()))
    return ColumnReference(
        name=name,
        role=role,
        kind="category",
        categories=tuple(top["value"].to_list()),
        open=beyond,
        counts=np.array(counts, dtype=np.int64),
        n=len(values),
        nulls=values.null_count(),
        singletons=int((seen["count"] == 1).sum()),
    )


COLUMN_STATE: Schema = {
    "model": pl.String,
    "source": pl.String,
    "digest": pl.String,
    "name": pl.String,
    "role": pl.String,
    "kind": pl.String,
    "edges": pl.List(pl.Float64),
    "categories": pl.List(pl.String),
    "open": pl.Boolean,
    "counts": pl.List(pl.Int64),
    "n": pl.Int64,
    "nulls": pl.Int64,
    "unseen": pl.Int64,
    "singletons": pl.Int64,
    "mean": pl.Float64,
    "std": pl.Float64,
}
"""Schema of pinned columns as they are stored, one row a column."""


def to_frame(references: Iterable[ModelReference]) -> pl.DataFrame:
    """Pinned references as a frame of `COLUMN_STATE`; a model without columns is left out."""
    rows = [
        {
            "model": reference.model,
            "source": reference.source,
            "digest": reference.digest,
            "name": column.name,
            "role": column.role,
            "kind": column.kind,
            "edges": column.edges.tolist(),
            "categories": list(column.categories),
            "open": column.open,
            "counts": column.counts.tolist(),
            "n": column.n,
            "nulls": column.nulls,
            "unseen": column.unseen,
            "singletons": column.singletons,
            "mean": column.mean,
            "std": column.std,
        }
        for reference in references
        for column in reference.columns
    ]
    return pl.DataFrame(rows, schema=COLUMN_STATE)


def from_frame(frame: pl.DataFrame) -> list[ModelReference]:
    """The references that `to_frame` stored."""
    columns: dict[str | None, list[ColumnReference]] = {}
    heads: dict[str | None, tuple[Literal["file", "learned"], str]] = {}
    for row in frame.iter_rows(named=True):
        heads[row["model"]] = (row["source"], row["digest"])
        columns.setdefault(row["model"], []).append(
            ColumnReference(
                name=row["name"],
                role=row["role"],
                kind=row["kind"],
                edges=np.array(row["edges"], dtype=np.float64),
                categories=tuple(row["categories"]),
                open=row["open"],
                counts=np.array(row["counts"], dtype=np.int64),
                n=row["n"],
                nulls=row["nulls"],
                unseen=row["unseen"],
                singletons=row["singletons"],
                mean=row["mean"],
                std=row["std"],
            )
        )
    return [
        ModelReference(model, heads[model][0], tuple(entries), heads[model][1])
        for model, entries in columns.items()
    ]
