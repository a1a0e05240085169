"""Which series there are: the number that stands for a series in every row of it."""

from __future__ import annotations

import polars as pl

from console.records.frames import Schema
from console.records.series import Series

SERIES: Schema = {
    "series_id": pl.Int64,
    "model": pl.String,
    "stage": pl.String,
    "name": pl.String,
    "tags": pl.String,
}
_PARTS = ["model", "stage", "name", "tags"]


class Catalogue:
    """The series of a store, held in memory; changed by a transaction when it commits."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame.select(list(SERIES))

    @property
    def frame(self) -> pl.DataFrame:
        """The series, columns `SERIES`, in the order in which they were first seen."""
        return self._frame

    def identify(self, metrics: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows with their `series_id`, and the series that were not known (`SERIES`).

        `metrics` has the columns model, stage, name, tags. Changes nothing.
        """
        if "series_id" in metrics.columns:
            return metrics, self.unknown(metrics)
        found = _joined(metrics, self._frame)
        strangers = found.filter(pl.col("series_id").is_null())
        if not strangers.height:
            return found, self._frame.clear()
        parts = strangers.select(_PARTS).unique(maintain_order=True)
        new = parts.select(
            pl.Series("series_id", [Series(*row).id for row in parts.iter_rows()], dtype=pl.Int64),
            *_PARTS,
        )
        return _joined(metrics, pl.concat([self._frame, new])), new

    def unknown(self, series: pl.DataFrame) -> pl.DataFrame:
        """Those of the given series (columns `SERIES`) that are not in the catalogue, each once."""
        named = series.select(list(SERIES)).unique("series_id", keep="first", maintain_order=True)
        return named.join(self._frame, on="series_id", how="anti", maintain_order="left")

    def extended(self, new: pl.DataFrame) -> Catalogue:
        """A catalogue that knows `new` as well."""
        return Catalogue(pl.concat([self._frame, self.unknown(new)])) if new.height else self


def _joined(metrics: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    return metrics.join(series, on=_PARTS, how="left", nulls_equal=True, maintain_order="left")
