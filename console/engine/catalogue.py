"""Which series there are, and which of them each row of metrics belongs to.

A metric with very many tag combinations is followed by its first ones; the others go together. Rows
of those keep their own tags in the store, but share one series, so that a tag that begins to carry
session ids costs a bounded number of series, windows and detector states.
"""

from __future__ import annotations

import polars as pl

from console.records.frames import Schema
from console.records.series import Series, canonical_tags

OTHERS = canonical_tags({"_": "others"})
"""Tags of the series that stands for all that are not followed singly."""
SERIES: Schema = {
    "series_id": pl.Int64,
    "model": pl.String,
    "stage": pl.String,
    "name": pl.String,
    "tags": pl.String,
}
_METRIC = ["model", "stage", "name"]
_PARTS = [*_METRIC, "tags"]


class Catalogue:
    """The series of a store, held in memory: at most `limit` tagged ones of each metric."""

    def __init__(self, series: pl.DataFrame, limit: int) -> None:
        """`series` (columns `SERIES`) are all that are stored, oldest first."""
        self._limit = limit
        self._followed = pl.DataFrame(schema=SERIES)
        self._others = pl.DataFrame(schema=SERIES)
        self._sizes = pl.DataFrame(schema={**dict.fromkeys(_METRIC, pl.String), "size": pl.UInt32})
        stored = series.select(list(SERIES))
        shared = (pl.col("tags") == OTHERS).fill_null(value=False)
        self._others = stored.filter(shared)
        self._admit(stored.filter(~shared))

    def identify(self, metrics: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows with the series that they belong to, and the series that are new (`SERIES`).

        `metrics` has the columns model, stage, name, tags. Rows gain `series_id`, and `own_tags`:
        the tags of a row whose series is that of "others", whose `tags` become those of that
        series; null for all other rows.
        """
        found = self._joined(metrics)
        strangers = found.filter(pl.col("series_id").is_null())
        new = self._followed.clear()
        if strangers.height:
            full = self._sizes.filter(pl.col("size") >= self._limit).select(_METRIC)
            lost = strangers.select(_PARTS).filter(pl.col("tags").is_not_null())
            if lost.join(full, on=_METRIC, how="semi", nulls_equal=True).height < strangers.height:
                new = self._admit(_named(strangers.select(_PARTS).unique(maintain_order=True)))
                found = self._joined(metrics)
        own = pl.col("series_id").is_null()
        if not found["series_id"].has_nulls():
            return found.with_columns(pl.lit(None, pl.String).alias("own_tags")), new
        metric = found.filter(own).select(_METRIC).unique(maintain_order=True)
        missing = metric.join(self._others, on=_METRIC, how="anti", nulls_equal=True)
        if missing.height:
            others = _named(missing.with_columns(pl.lit(OTHERS).alias("tags")))
            self._others = pl.concat([self._others, others])
            new = pl.concat([new, others])
        shared = self._others.select(*_METRIC, pl.col("series_id").alias("shared"))
        joined = found.join(shared, on=_METRIC, how="left", nulls_equal=True, maintain_order="left")
        return joined.with_columns(
            pl.coalesce("series_id", "shared").alias("series_id"),
            pl.when(own).then("tags").alias("own_tags"),
            pl.when(own).then(pl.lit(OTHERS)).otherwise("tags").alias("tags"),
        ).drop("shared"), new

    def _admit(self, series: pl.DataFrame) -> pl.DataFrame:
        """Follows the given series as far as their metrics have room; returns those."""
        tagged = pl.col("tags").is_not_null()
        places = series.join(
            self._sizes, on=_METRIC, how="left", nulls_equal=True, maintain_order="left"
        ).select(pl.col("size").fill_null(0) + tagged.cast(pl.UInt32).cum_sum().over(_METRIC))
        room = places.to_series() <= self._limit
        followed = series["tags"].is_null() | (room & (series["tags"] != OTHERS))
        admitted = series.filter(followed)
        self._followed = pl.concat([self._followed, admitted])
        counts = (
            admitted.filter(tagged).group_by(_METRIC).agg(pl.len().cast(pl.UInt32).alias("size"))
        )
        self._sizes = pl.concat([self._sizes, counts]).group_by(_METRIC).agg(pl.col("size").sum())
        return admitted

    def _joined(self, metrics: pl.DataFrame) -> pl.DataFrame:
        return metrics.join(
            self._followed, on=_PARTS, how="left", nulls_equal=True, maintain_order="left"
        )


def _named(parts: pl.DataFrame) -> pl.DataFrame:
    ids = [Series(*row).id for row in parts.select(_PARTS).iter_rows()]
    return parts.select(pl.Series("series_id", ids, dtype=pl.Int64), *_PARTS)
