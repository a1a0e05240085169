"""Which segment carries what has changed in a column of two tables: values of another column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from console.stats.alone import moved_alone
from console.stats.carriers import Carrier, Moments, Sides, carrier
from console.stats.compare.result import Column
from console.stats.segments import MOST_VALUES, OTHERS

TAGS = "tags"
CELLS = 32
"""By so many quantiles, or categories, segments are held against themselves."""
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Division:
    """The rows of two tables by the values of one column; a row without a value is in none."""

    names: tuple[str, ...]
    """The most frequent values of both tables, and the remainder if there are more."""
    reference: Places
    current: Places
    """Place in `names` of every row's, -1 for none."""


def known(frame: pl.DataFrame, name: str) -> pl.Series | None:
    """The values of a column, or of a tag of that name, as texts; None if there is none."""
    if name in frame.columns and not frame.schema[name].is_nested():
        return frame[name].cast(pl.String)
    tags = frame.schema.get(TAGS)
    if isinstance(tags, pl.Struct) and name in {field.name for field in tags.fields}:
        return frame[TAGS].struct.field(name).cast(pl.String)
    return None


def columns_of(frame: pl.DataFrame) -> list[str]:
    """The columns and tags of few values, by which rows can be divided."""
    tags = frame.schema.get(TAGS)
    names = [field.name for field in tags.fields] if isinstance(tags, pl.Struct) else []
    found = []
    for name in [*names, *(name for name in frame.columns if name not in names)]:
        values = known(frame, name)
        if values is not None and 2 <= values.n_unique() <= MOST_VALUES:
            found.append(name)
    return found


def divided(
    reference: pl.DataFrame, current: pl.DataFrame, by: Sequence[str]
) -> dict[str, Division]:
    """The rows of both tables by each of some columns; without those that a table lacks."""
    found = {}
    for name in by:
        sides = known(reference, name), known(current, name)
        if sides[0] is None or sides[1] is None:
            continue
        both = pl.concat([side.alias("value") for side in sides if side is not None])
        counts = both.drop_nulls().value_counts().sort(["count", "value"], descending=[True, False])
        named = counts["value"].head(MOST_VALUES).to_list()
        rest = [OTHERS] if counts.height > MOST_VALUES else []
        places = [_places(side, named) for side in sides if side is not None]
        found[name] = Division((*named, *rest), places[0], places[1])
    return found


def carried(
    column: Column, reference: pl.Series, current: pl.Series, by: Mapping[str, Division]
) -> Carrier | None:
    """The segment that carries the drift of a column, or its nulls; None if none stands out."""
    own = {name: division for name, division in by.items() if name != column.name}
    said = {finding.what for finding in column.alerts}
    alone: Callable[[Carrier], bool] | None = None
    if "drift" in said and column.kind in ("numeric", "category"):
        numeric = column.kind == "numeric"
        sides = _moved(reference, current, numeric=numeric)
        cells = _cells(reference, current, numeric=numeric)

        def alone(one: Carrier) -> bool:
            division = own[one.tag]
            before, after = (
                _table(places, side, len(division.names))
                for places, side in zip((division.reference, division.current), cells, strict=True)
            )
            return moved_alone(before, after, division.names.index(one.value), numeric=numeric)

    elif "nulls" in said:
        sides = [side.is_null().to_numpy().astype(np.float64) for side in (reference, current)]
    else:
        return None
    tags = {name: _segments(division, sides) for name, division in own.items()}
    return carrier(tags, (OTHERS,), alone)


def _places(values: pl.Series, named: list[str]) -> Places:
    found = values.replace_strict(
        pl.Series(named, dtype=pl.String),
        pl.Series(range(len(named)), dtype=pl.Int64),
        default=len(named),
        return_dtype=pl.Int64,
    ).to_numpy(writable=True)
    found[values.is_null().to_numpy()] = -1
    return found


def _moved(reference: pl.Series, current: pl.Series, *, numeric: bool) -> list[NDArray[np.float64]]:
    """1 for values where the distribution has gained or lost, 0 for others, NaN for none.

    Of numbers those up to the point where the distribution functions lie farthest apart, of
    categories those that have gained.
    """
    if not numeric:
        texts = [side.cast(pl.String) for side in (reference, current)]
        shares = [dict(t.drop_nulls().value_counts(normalize=True).iter_rows()) for t in texts]
        gained = [name for name, share in shares[1].items() if share > shares[0].get(name, 0.0)]
        inside = [text.is_in(gained).cast(pl.Float64) for text in texts]
        return [side.fill_null(float("nan")).to_numpy() for side in inside]
    numbers = [side.cast(pl.Float64, strict=False) for side in (reference, current)]
    values = [side.fill_null(float("nan")).to_numpy() for side in numbers]
    kept = [np.sort(side[np.isfinite(side)]) for side in values]
    points = np.concatenate(kept)
    gap = [np.searchsorted(side, points, side="right") / max(len(side), 1) for side in kept]
    edge = points[int(np.argmax(np.abs(gap[1] - gap[0])))]
    return [np.where(np.isfinite(side), side <= edge, np.nan) for side in values]


def _cells(reference: pl.Series, current: pl.Series, *, numeric: bool) -> list[Places]:
    """The cell of every value among `CELLS` of equal size, or among categories; -1 for none."""
    if not numeric:
        texts = [side.cast(pl.String) for side in (reference, current)]
        names = pl.concat([text.alias("value") for text in texts]).drop_nulls()
        named = names.value_counts().sort(["count", "value"], descending=[True, False])["value"]
        return [_places(text, named.head(CELLS).to_list()) for text in texts]
    numbers = [side.cast(pl.Float64, strict=False) for side in (reference, current)]
    values = [side.fill_null(float("nan")).to_numpy() for side in numbers]
    finite = np.concatenate([side[np.isfinite(side)] for side in values])
    edges = np.unique(np.quantile(finite, np.arange(1, CELLS) / CELLS))
    return [np.where(np.isfinite(side), np.searchsorted(edges, side), -1) for side in values]


def _table(places: Places, cells: Places, size: int) -> NDArray[np.float64]:
    """Counts by segment and cell."""
    told = (places >= 0) & (cells >= 0)
    flat = np.bincount(places[told] * (CELLS + 1) + cells[told], minlength=size * (CELLS + 1))
    return flat.reshape(size, CELLS + 1).astype(np.float64)


def _segments(division: Division, sides: Sequence[NDArray[np.float64]]) -> dict[str, Sides]:
    moments = []
    for places, values in zip((division.reference, division.current), sides, strict=True):
        told = (places >= 0) & ~np.isnan(values)
        size = len(division.names)
        n = np.bincount(places[told], minlength=size)
        hits = np.bincount(places[told], values[told], minlength=size)
        moments.append([Moments(*row) for row in zip(n.tolist(), hits, hits, strict=True)])
    return {
        name: Sides(before, after)
        for name, before, after in zip(division.names, *moments, strict=True)
    }
