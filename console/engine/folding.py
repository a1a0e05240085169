"""A metric with very many tag combinations is followed by its first ones; the others go together.

The rows keep their own tags in the store; only their windows are shared, so that a tag that begins
to carry session ids costs a bounded number of windows and detector states.
"""

from __future__ import annotations

import polars as pl

from console.records.series import Series, canonical_tags

OTHERS = canonical_tags({"_": "others"})
"""Tags of the series that stands for all that are not followed singly."""
_METRIC = ["model", "stage", "name"]
_PARTS = ["series_id", *_METRIC, "tags"]


class Folding:
    """Which series share the windows of their metric's "others"."""

    def __init__(self, series: pl.DataFrame, limit: int) -> None:
        """`series` are all that are known (series_id, model, stage, name, tags), oldest first."""
        self._limit = limit
        self._sizes = pl.DataFrame(schema={**dict.fromkeys(_METRIC, pl.String), "size": pl.UInt32})
        self._folded = pl.DataFrame(schema={"series_id": pl.Int64, "into": pl.Int64})
        self._others: set[int] = set()
        self.learn(series)

    def learn(self, new: pl.DataFrame) -> pl.DataFrame:
        """Takes series first seen; returns the series of "others" that they make necessary."""
        tagged = new.filter(pl.col("tags").is_not_null() & (pl.col("tags") != OTHERS))
        if not tagged.height:
            return new.select(_PARTS).clear()
        ranked = tagged.join(
            self._sizes, on=_METRIC, how="left", nulls_equal=True, maintain_order="left"
        ).with_columns(
            place=pl.col("size").fill_null(0)
            + pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over(_METRIC)
        )
        counts = pl.concat(
            [self._sizes, tagged.group_by(_METRIC).agg(pl.len().cast(pl.UInt32).alias("size"))]
        )
        self._sizes = counts.group_by(_METRIC).agg(pl.col("size").sum())
        beyond = ranked.filter(pl.col("place") > self._limit)
        metrics = beyond.select(_METRIC).unique(maintain_order=True)
        others = metrics.with_columns(
            pl.Series(
                "series_id",
                [
                    Series(model, stage, name, OTHERS).id
                    for model, stage, name in metrics.iter_rows()
                ],
                dtype=pl.Int64,
            ),
            pl.lit(OTHERS).alias("tags"),
        ).select(_PARTS)
        into = beyond.join(
            others.select(*_METRIC, pl.col("series_id").alias("into")),
            on=_METRIC,
            nulls_equal=True,
        )
        self._folded = pl.concat([self._folded, into.select("series_id", "into")])
        fresh = others.filter(~pl.col("series_id").is_in(list(self._others)))
        self._others.update(fresh["series_id"].to_list())
        return fresh

    def apply(self, metrics: pl.DataFrame) -> pl.DataFrame:
        """The rows with `series_id` and `tags` of the series whose windows they belong to."""
        if not self._folded.height:
            return metrics
        return (
            metrics.join(self._folded, on="series_id", how="left", maintain_order="left")
            .with_columns(
                tags=pl.when(pl.col("into").is_null()).then("tags").otherwise(pl.lit(OTHERS)),
                series_id=pl.coalesce("into", "series_id"),
            )
            .drop("into")
        )
