"""Columnar state: numpy columns with one row a key, kept between spans as a polars frame.

Rows stand in the order of their keys, so that equal contents are equal frames whatever the order in
which the keys were first seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[Any]
KEY = "key"
IDENTITY: dict[str, type[pl.DataType]] = {
    "series_id": pl.Int64,
    "model": pl.String,
    "stage": pl.String,
    "name": pl.String,
    "tags": pl.String,
}
"""Schema of the frame that tells what the keys of a table stand for."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a new row holds, as which type, and how many values (0: a single one)."""

    fill: float
    dtype: str = "float64"
    width: int = 0

    def new(self, size: int) -> Array:
        """Cells of `size` new rows."""
        shape = (size, self.width) if self.width else (size,)
        return np.full(shape, self.fill, dtype=self.dtype)


Layout = Mapping[str, Column]


class Table:
    """Numpy columns by name, one row a key."""

    def __init__(self, layout: Layout, keys: Array, columns: dict[str, Array]) -> None:
        self.layout = layout
        self.keys = keys
        self.columns = columns

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def empty(cls, layout: Layout) -> Table:
        """No rows."""
        columns = {name: column.new(0) for name, column in layout.items()}
        return cls(layout, np.empty(0, np.int64), columns)

    @classmethod
    def read(cls, layout: Layout, frame: pl.DataFrame) -> Table:
        """A table of its own memory, from what `frame` gave.

        A column that the frame lacks is as in new rows: what was stored before a version added it
        goes on.
        """
        if frame.is_empty():
            return cls.empty(layout)
        columns = {
            name: np.array(frame[name].to_numpy(), dtype=column.dtype)
            if name in frame.columns
            else column.new(frame.height)
            for name, column in layout.items()
        }
        return cls(layout, frame[KEY].to_numpy().copy(), columns)

    def frame(self) -> pl.DataFrame:
        """The table as a polars frame: `key`, and a column each."""
        schema = self.schema(self.layout)
        return pl.DataFrame({KEY: self.keys, **self.columns}, schema=schema)

    @staticmethod
    def schema(layout: Layout) -> pl.Schema:
        """The types of `frame`."""
        types: dict[str, pl.DataType] = {KEY: pl.Int64()}
        for name, column in layout.items():
            inner = _TYPES[column.dtype]
            types[name] = pl.Array(inner, column.width) if column.width else inner
        return pl.Schema(types)

    def rows(self, keys: Array) -> Array:
        """Where keys stand; each must be in the table."""
        found: Array = np.searchsorted(self.keys, keys)
        return found

    def include(self, keys: Array) -> None:
        """Adds rows for those keys that the table does not have."""
        fresh = np.setdiff1d(keys, self.keys)
        if len(fresh):
            self._rearrange(np.concatenate([self.keys, fresh]), len(fresh))

    def keep(self, mask: Array) -> None:
        """Drops the rows outside of a mask."""
        self.keys = self.keys[mask]
        self.columns = {name: values[mask] for name, values in self.columns.items()}

    def reset(self, rows: Array, *names: str) -> None:
        """Makes the cells of rows new again: those of the columns named, else all."""
        for name in names or self.layout:
            self.columns[name][rows] = self.layout[name].fill

    def _rearrange(self, keys: Array, fresh: int) -> None:
        order = np.argsort(keys, kind="stable")
        self.keys = keys[order]
        self.columns = {
            name: np.concatenate([values, self.layout[name].new(fresh)])[order]
            for name, values in self.columns.items()
        }


_TYPES: dict[str, pl.DataType] = {
    "float64": pl.Float64(),
    "float32": pl.Float32(),
    "int64": pl.Int64(),
    "int32": pl.Int32(),
    "int8": pl.Int8(),
    "bool": pl.Boolean(),
}


def identities(known: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """The identity of every series in either frame, in the order of their ids."""
    fresh = seen.lazy().select(list(IDENTITY)).unique("series_id").collect()
    fresh = fresh.join(known, on="series_id", how="anti")
    return pl.concat([known, fresh]).sort("series_id") if fresh.height else known
