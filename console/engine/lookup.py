"""Rows of a table by the texts that tell them apart, found many at once.

They are found by one number, the hash of their texts, many times as fast as by several texts. The
texts of what was found are compared all the same; should two rows ever have the same hash, they are
found by the texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from console.records.frames import Schema


class Lookup:
    """A table that only grows."""

    def __init__(self, schema: Schema, keys: Sequence[str]) -> None:
        """`keys` are columns of texts, or null, that no two rows have in common."""
        self.rows = pl.DataFrame(schema=schema)
        """The table, in the order in which rows came."""
        self._keys = list(keys)
        self._places = pl.DataFrame(schema={"hash": pl.UInt64, "place": pl.UInt32})
        self._clash = False

    def add(self, rows: pl.DataFrame) -> None:
        """Adds rows that are not there yet."""
        if not rows.height:
            return
        first = self.rows.height
        places = pl.int_range(first, first + rows.height, dtype=pl.UInt32, eager=True)
        added = pl.DataFrame({"hash": self._hashes(rows), "place": places})
        self.rows = pl.concat([self.rows, rows]).rechunk()
        self._places = pl.concat([self._places, added]).rechunk()
        self._clash = self._clash or self._places["hash"].n_unique() < self._places.height

    def places(self, rows: pl.DataFrame) -> pl.Series:
        """Where in the table each of `rows` is (UInt32), null for what is not there."""
        if not self._clash:
            hashes = self._hashes(rows).alias("hash").to_frame()
            found = hashes.join(self._places, on="hash", how="left", maintain_order="left")
            if self._is_of(rows, found["place"]):
                return found["place"]
        return rows.select(self._keys).join(
            self.rows.select(self._keys).with_row_index("place"),
            on=self._keys,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )["place"]

    def _is_of(self, rows: pl.DataFrame, places: pl.Series) -> bool:
        """Whether what is at the places has the keys of the rows."""
        found = self.rows.select(pl.col(self._keys).gather(places).name.suffix("_found"))
        both = rows.select(self._keys).hstack(found)
        same = [pl.col(key).eq_missing(pl.col(f"{key}_found")) for key in self._keys]
        return bool(both.select((pl.all_horizontal(same) | places.is_null()).all()).item())

    def _hashes(self, rows: pl.DataFrame) -> pl.Series:
        parts = [pl.col(key).hash(seed) for seed, key in enumerate(self._keys)]
        none = pl.lit(0, pl.UInt64)
        return rows.select(pl.fold(none, lambda left, right: left ^ right, parts)).to_series()
