"""Which series there are, and which of them each row of metrics belongs to.

A metric with very many tag combinations is followed by its first ones. What comes later shares
series: a tag that has taken many values by then (a request's id, say) is told no more, so that
`{"client":"web","request":"7f3a"}` goes to `{"client":"web","request":"*"}`, and what is too much
even so goes to the metric's "others". Rows keep their own tags in the store, but a tag that
explodes costs a bounded number of series, windows and detector states, and hides no other tag.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict

import polars as pl

from console.engine.lookup import Lookup
from console.records.frames import Schema
from console.records.series import Series, canonical_tags

OTHERS = canonical_tags({"_": "others"})
"""Tags of the series that stands for all of a metric that are not followed otherwise."""
ANY = "*"
"""Stands for the value of a tag that has too many."""
SERIES: Schema = {
    "series_id": pl.Int64,
    "model": pl.String,
    "stage": pl.String,
    "name": pl.String,
    "tags": pl.String,
}
_METRIC = ["model", "stage", "name"]
_PARTS = [*_METRIC, "tags"]
_TEXTS: Schema = dict.fromkeys(_METRIC, pl.String)
_SCALAR = r'(?:"(?:[^"\\]|\\.)*"|[^",{}\[\]]+)'
_PLAIN_SCALAR = r'(?:"[^"]*"|[^",{}\[\]]+)'
"""Of tags without escapes, in which a quoted key with its colon can be nothing but a key."""
_MANY = 2
"""A tag has many values if they are more than the limit divided by this."""


class Catalogue:
    """The series of a store, held in memory; a bounded number of each metric.

    At most `limit` with their own tags, and as many that share some.
    """

    def __init__(self, series: pl.DataFrame, limit: int) -> None:
        """`series` (columns `SERIES`) are all that are stored, oldest first."""
        self._limit = limit
        self._followed = Lookup(SERIES, _PARTS)
        self._own = pl.DataFrame(schema={**_TEXTS, "size": pl.UInt32})
        self._shared = pl.DataFrame(schema={**_TEXTS, "size": pl.UInt32})
        self._full = Lookup({**_TEXTS, "keys": pl.String}, _METRIC)
        """The metrics that have no room left, and the tags of theirs that have many values."""
        stored = series.select(list(SERIES))
        self._admit(stored)
        later = stored.join(self._followed.rows, on="series_id", how="anti", maintain_order="left")
        self._shared = _counted(self._shared, later.filter(pl.col("tags") != OTHERS))
        self._followed.add(later)

    def identify(self, metrics: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows with the series that they belong to, and the series that are new (`SERIES`).

        `metrics` has the columns model, stage, name, tags. Rows gain `series_id`, and `own_tags`:
        the tags of a row whose series is shared, whose `tags` become those of that series; null
        for all other rows.
        """
        ids = self._ids(metrics)
        own = pl.Series("own_tags", [None], pl.String).new_from_index(0, metrics.height)
        if not ids.has_nulls():
            return metrics.with_columns(ids, own), _NONE
        places = ids.is_null().arg_true()
        strangers = metrics.select(_PARTS)[places]
        full = self._full.places(strangers)
        new = _NONE
        if (full.is_null() | strangers["tags"].is_null()).any():
            new = self._admit(strangers)
            ids = self._ids(metrics)
            places = ids.is_null().arg_true()
            if not len(places):
                return metrics.with_columns(ids, own), new
            strangers = metrics.select(_PARTS)[places]
            full = self._full.places(strangers)
        rest = self._sharing(strangers, self._full.rows["keys"].gather(full))
        shared, more = self._ids(rest), _NONE
        if shared.has_nulls():
            more = self._admit_shared(rest.filter(shared.is_null()))
            others = pl.when(self._ids(rest).is_null()).then(pl.lit(OTHERS)).otherwise("tags")
            rest = rest.with_columns(others.alias("tags"))
            shared = self._ids(rest)
        return metrics.with_columns(
            ids.scatter(places, shared),
            metrics["tags"].scatter(places, rest["tags"]),
            own.scatter(places, metrics["tags"].gather(places)),
        ), pl.concat([new, more])

    def _ids(self, rows: pl.DataFrame) -> pl.Series:
        return self._followed.rows["series_id"].gather(self._followed.places(rows))

    def _admit(self, series: pl.DataFrame) -> pl.DataFrame:
        """Follows series with their own tags as far as their metrics have room; returns those."""
        parts = series.unique(_PARTS, keep="first", maintain_order=True)
        tagged = (pl.col("tags").is_not_null() & (pl.col("tags") != OTHERS)).fill_null(value=False)
        place = parts.join(
            self._own, on=_METRIC, how="left", nulls_equal=True, maintain_order="left"
        ).select(pl.col("size").fill_null(0) + tagged.cast(pl.UInt32).cum_sum().over(_METRIC))
        room = place.to_series() <= self._limit
        admitted = _named(parts.filter(pl.col("tags").is_null() | (tagged & room)))
        self._followed.add(admitted)
        counted = admitted.filter(tagged)
        before = self._own.filter(pl.col("size") >= self._limit)
        self._own = _counted(self._own, counted)
        full = self._own.filter(pl.col("size") >= self._limit)
        self._explode(full.join(before, on=_METRIC, how="anti", nulls_equal=True))
        return admitted

    def _explode(self, metrics: pl.DataFrame) -> None:
        """Finds the tags of metrics that have just become full that have many values."""
        followed = self._followed.rows.filter(pl.col("tags").is_not_null())
        rows = followed.join(metrics.select(_METRIC), on=_METRIC, how="semi", nulls_equal=True)
        found: list[tuple[str | None, str | None, str, str | None]] = []
        for (model, stage, name), group in rows.group_by(_METRIC, maintain_order=True):
            values: dict[str, set[str]] = defaultdict(set)
            for text in group["tags"].head(self._limit):
                for key, value in json.loads(text).items():
                    values[key].add(str(value))
            many = sorted(key for key, of in values.items() if len(of) * _MANY > self._limit)
            found.append(
                (_text(model), _text(stage), str(name), json.dumps(many) if many else None)
            )
        self._full.add(pl.DataFrame(found, schema=self._full.rows.schema, orient="row"))

    @staticmethod
    def _sharing(rows: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
        """The rows with the tags of the series that they may share.

        `keys` (JSON list, or null) are the tags of each row's metric that have many values.
        """
        joined = rows.with_columns(keys)
        escaped = joined["tags"].str.contains("\\", literal=True).any()
        text = pl.col("tags")
        for many in keys.drop_nulls().unique(maintain_order=True):
            told = pl.col("tags")
            for key in json.loads(many):
                quoted = json.dumps(key, ensure_ascii=False)
                any_value = f'{quoted.replace("$", "$$")}:"{ANY}"'
                if escaped:
                    pattern = f"([{{,]){re.escape(quoted)}:{_SCALAR}"
                    told = told.str.replace(pattern, f"${{1}}{any_value}")
                else:
                    told = told.str.replace(f"{re.escape(quoted)}:{_PLAIN_SCALAR}", any_value)
            text = pl.when(pl.col("keys") == many).then(told).otherwise(text)
        others = pl.when(text == pl.col("tags")).then(pl.lit(OTHERS)).otherwise(text)
        return joined.select(*_METRIC, others.alias("tags"))

    def _admit_shared(self, series: pl.DataFrame) -> pl.DataFrame:
        """Follows shared series as far as their metrics have room, "others" always."""
        parts = series.unique(maintain_order=True)
        told = pl.col("tags") != OTHERS
        place = parts.join(
            self._shared, on=_METRIC, how="left", nulls_equal=True, maintain_order="left"
        ).select(pl.col("size").fill_null(0) + told.cast(pl.UInt32).cum_sum().over(_METRIC))
        room = place.to_series() <= self._limit
        crowded = parts.filter(told & ~room).select(_METRIC).unique(maintain_order=True)
        others = crowded.with_columns(pl.lit(OTHERS).alias("tags"))
        wanted = pl.concat([parts.filter(~told | room), others]).unique(maintain_order=True)
        admitted = _named(wanted.filter(self._ids(wanted).is_null()))
        self._followed.add(admitted)
        self._shared = _counted(self._shared, admitted.filter(told))
        return admitted


_NONE = pl.DataFrame(schema=SERIES)


def _counted(sizes: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    counts = series.group_by(_METRIC).agg(pl.len().cast(pl.UInt32).alias("size"))
    return pl.concat([sizes, counts]).group_by(_METRIC).agg(pl.col("size").sum())


def _named(parts: pl.DataFrame) -> pl.DataFrame:
    ids = [Series(*row).id for row in parts.select(_PARTS).iter_rows()]
    return parts.select(pl.Series("series_id", ids, dtype=pl.Int64), *_PARTS)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
