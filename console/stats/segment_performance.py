"""Realised performance by segment: the sums of `performance`, for every value of every tag."""

from __future__ import annotations

import polars as pl

from console.records.frames import Schema
from console.stats import performance
from console.stats.segments import Segments

KEYS = ("model", "stage", "version", "tag", "value", "width", "start", "predicted")
CLOSED: Schema = {
    **{name: performance.CLOSED.get(name, pl.String) for name in KEYS},
    "width": pl.Int64,
    **{name: performance.CLOSED[name] for name in (*performance.SUMS, *performance.LISTS)},
}
"""Deltas and stored rows alike: `performance.CLOSED` by segment, `width` in seconds."""


def summarise(rows: pl.DataFrame, segments: Segments, width_s: float) -> pl.DataFrame:
    """The windows of matched predictions that `performance.judged` has seen. Columns `CLOSED`.

    With the `tags` of the predictions, and their `features` where those are segments.
    """
    parts = [pl.DataFrame(schema=CLOSED)]
    for (model,), own in rows.group_by(["model"], maintain_order=True):
        members = segments.of(model if isinstance(model, str) else None, own)
        if not len(members.rows):
            continue
        names = pl.DataFrame(
            list(members.names), schema={"tag": pl.String, "value": pl.String}, orient="row"
        )
        parted = pl.concat(
            [own[members.rows], names[members.segments]], how="horizontal"
        ).with_columns(pl.lit(round(width_s), dtype=pl.Int64).alias("width"))
        found = performance.sums(performance.windowed(parted, width_s), KEYS)
        parts.append(found.cast(dict(CLOSED)))  # type: ignore[arg-type]
    return pl.concat(parts)


def merge(deltas: pl.DataFrame) -> pl.DataFrame:
    """One row a key, in order of keys. Columns `CLOSED`."""
    return pl.DataFrame(schema=CLOSED) if deltas.is_empty() else performance.added(deltas, KEYS)
