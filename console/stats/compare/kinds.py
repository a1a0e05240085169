"""What kind of column two tables hold under one name, and its values as that kind.

A column that is numbers in one table and text in the other is compared as numbers if nearly all of
the text is numbers; the rest is counted as `odd`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from console.stats.compare.result import Kind
from console.stats.reference import category_text
from console.stats.twosample.cells import Floats

Family = Literal["number", "boolean", "text", "time", "nested", "nothing"]

_ALONE: dict[Family, Kind] = {
    "nothing": "other",
    "boolean": "category",
    "time": "time",
    "nested": "other",
}
_MOSTLY = 0.9
_DISTINCT_SHARE = 0.5
"""Text of which more than this share is distinct says which row it is, not what it is like."""
_LEAST_IDENTIFIERS = 30


@dataclass(frozen=True)
class Values:
    """One side of a column, as its kind."""

    rows: int
    nulls: int
    numbers: Floats | None = None
    """Finite values, ascending; of numeric columns only."""
    infinite: int = 0
    odd: int = 0
    """Text among numbers."""
    texts: pl.Series | None = None


def family(values: pl.Series) -> Family:
    """The family of types that a column belongs to."""
    dtype = values.dtype
    if dtype == pl.Null or values.null_count() == len(values):
        return "nothing"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_numeric():
        return "number"
    if dtype.is_temporal():
        return "time"
    return "nested" if dtype.is_nested() or dtype == pl.Binary else "text"


def common_kind(reference: pl.Series, current: pl.Series, *, output: bool) -> Kind | None:
    """The kind that both sides can be compared as; None if there is none.

    An `output` (prediction, score, label) that was read as text is numeric if all of it is numbers.
    """
    families = {family(reference), family(current)} - {"nothing"}
    if len(families) < 2 and not families & {"text", "number"}:
        return _ALONE[next(iter(families), "nothing")]
    if families & {"nested", "time"}:
        return None
    if "number" in families:
        return "numeric" if _numeric_enough(reference) and _numeric_enough(current) else None
    numeric = output and _share_of_numbers(reference) == 1.0 == _share_of_numbers(current)
    return "numeric" if numeric else "category"


def as_kind(values: pl.Series, kind: Kind) -> Values:
    """The values of one side."""
    rows, nulls = len(values), values.null_count()
    if kind == "numeric":
        casted = values.cast(pl.Float64, strict=False).drop_nulls()
        numbers = casted.to_numpy()
        finite = np.sort(numbers[np.isfinite(numbers)])
        not_a_number = int(np.isnan(numbers).sum())
        return Values(
            rows,
            nulls + not_a_number,
            finite,
            infinite=len(numbers) - len(finite) - not_a_number,
            odd=rows - nulls - len(numbers),
        )
    if kind in ("category", "identifier"):
        return Values(rows, nulls, texts=category_text(values.cast(pl.String)))
    return Values(rows, nulls)


def is_identifier(categories: int, rows: int) -> bool:
    """Whether so many different texts among so many rows are names rather than categories."""
    return rows >= _LEAST_IDENTIFIERS and categories > _DISTINCT_SHARE * rows


def _numeric_enough(values: pl.Series) -> bool:
    return family(values) != "text" or _share_of_numbers(values) >= _MOSTLY


def _share_of_numbers(values: pl.Series) -> float:
    present = values.drop_nulls()
    if not len(present):
        return 1.0
    return 1 - present.cast(pl.Float64, strict=False).null_count() / len(present)
