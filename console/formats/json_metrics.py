"""Metric records to rows: one a name, whether a record gives one value or an object of them."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from console.formats.json_attributes import Originals
from console.formats.json_body import ROW
from console.formats.json_kinds import VALUE

_PLACE = "\x00place"
_SHOWN = 3
_VALUES: dict[str, type[pl.DataType]] = {
    _PLACE: pl.UInt32,
    "name": pl.String,
    "value": pl.Float64,
}


def metric_rows(
    built: pl.DataFrame, part: pl.DataFrame, originals: Originals
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """One row for every number of some metric records, and what of them is refused.

    `built` has the common columns of the rows of `part`, and their `name`. Rows are in the order
    of the file, those of one record in the order of their names. A null is no value: it is passed
    over, and a record without any value is refused.
    """
    single = built.with_columns(part[VALUE].alias("value")).filter(
        pl.col("name").is_not_null() & pl.col("value").is_not_null()
    )
    if "metrics" not in part.columns or part["metrics"].null_count() == part.height:
        return single, []
    refused: list[tuple[int, str]] = []
    if isinstance(part.schema["metrics"], pl.Struct):
        values = _unpivoted(part)
    else:
        values, refused = _read(part, originals)
    exploded = built.drop("name")[values[_PLACE]].hstack(values.select("name", "value"))
    rows = pl.concat([single, exploded.select(single.columns)])
    rows = rows.sort(ROW, "name", maintain_order=True)
    told = {row for row, _ in refused}
    asked = part.filter(pl.col("metrics").is_not_null())[ROW]
    empty = asked.filter(~asked.is_in(rows[ROW].unique().implode()))
    refused += [(row, "no metric has a value") for row in empty if row not in told]
    return rows, refused


def _unpivoted(part: pl.DataFrame) -> pl.DataFrame:
    """The numbers of a column of objects: the row's place, name and value."""
    wide = part["metrics"].struct.unnest()
    places = pl.Series(_PLACE, range(part.height), pl.UInt32)
    held = [
        pl.DataFrame({_PLACE: places, "name": pl.Series([name]).new_from_index(0, part.height)})
        .with_columns(wide[name].alias("value"))
        .filter(pl.col("value").is_not_null())
        for name in wide.columns
    ]
    return pl.concat(held).select(list(_VALUES))


def _read(part: pl.DataFrame, originals: Originals) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The numbers of objects of which some hold other things, read one line at a time."""
    rows: list[tuple[int, str, float]] = []
    refused: list[tuple[int, str]] = []
    given = part.select(ROW, pl.col("metrics").is_not_null().alias("given"))
    for place, (row, asked) in enumerate(given.iter_rows()):
        if not asked:
            continue
        metrics = originals.read(row).get("metrics")
        if not isinstance(metrics, dict):
            refused.append((row, "metrics is not an object of numbers"))
            continue
        numbers = {name: _number(value) for name, value in metrics.items() if value is not None}
        rows += [(place, name, number) for name, number in numbers.items() if number is not None]
        wrong = [f"{name}: {metrics[name]}" for name, number in numbers.items() if number is None]
        if wrong:
            more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
            refused.append((row, f"not a number: {', '.join(wrong[:_SHOWN])}{more}"))
    return pl.DataFrame(rows, schema=_VALUES, orient="row"), refused


def _number(value: Any) -> float | None:
    """A finite number, or the text of one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
