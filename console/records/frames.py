"""Schemas of decoded records, and the bundle of frames that a decoder returns.

Every arrow of the house carries these frames. Times are `Datetime("us")` without a zone and always
UTC: DuckDB stores them as TIMESTAMP, and no reader has to guess. Free-form objects (`tags`,
`attributes`, `features`, `scores`) are JSON texts; `tags` are canonical (sorted keys, no spaces,
null for none), so that equal tags are equal texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import polars as pl

TIME = pl.Datetime("us")
Schema = dict[str, "pl.DataType | type[pl.DataType]"]

_COMMON: Schema = {
    "ts": TIME,
    "model": pl.String,
    "stage": pl.String,
    "version": pl.String,
    "tags": pl.String,
    "attributes": pl.String,
    "offset": pl.Int64,
}
METRICS: Schema = {**_COMMON, "name": pl.String, "value": pl.Float64}
LOGS: Schema = {
    **_COMMON,
    "level": pl.String,
    "logger": pl.String,
    "message": pl.String,
    "exception": pl.String,
}
EVENTS: Schema = {
    **_COMMON,
    "end_ts": TIME,
    "type": pl.String,
    "title": pl.String,
    "id": pl.String,
    "planned": pl.Boolean,
}
PREDICTIONS: Schema = {
    **_COMMON,
    "id": pl.String,
    "features": pl.String,
    "prediction": pl.String,
    "score": pl.Float64,
    "scores": pl.String,
}
LABELS: Schema = {**_COMMON, "id": pl.String, "label": pl.String}
REJECTS: Schema = {"offset": pl.Int64, "reason": pl.String, "raw": pl.Binary}
"""What could not be decoded: the byte at which it begins, why, and the bytes themselves."""


@dataclass(frozen=True)
class Records:
    """Decoded records by kind, each frame in the order of the file and of its own schema."""

    metrics: pl.DataFrame
    logs: pl.DataFrame
    events: pl.DataFrame
    predictions: pl.DataFrame
    labels: pl.DataFrame
    rejects: pl.DataFrame

    @property
    def height(self) -> int:
        """Number of rows of all kinds, rejects included."""
        return sum(frame.height for _, frame in self.items())

    def items(self) -> Iterable[tuple[str, pl.DataFrame]]:
        """The frames with the names of their fields."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]


SCHEMAS: dict[str, Schema] = {
    "metrics": METRICS,
    "logs": LOGS,
    "events": EVENTS,
    "predictions": PREDICTIONS,
    "labels": LABELS,
    "rejects": REJECTS,
}
"""Schema of every field of `Records`."""


_NONE = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}


def records(**frames: pl.DataFrame) -> Records:
    """A bundle of the given frames, the others empty, each brought to its schema's order."""
    return Records(
        **{
            name: frames[name].select(list(schema)) if name in frames else _NONE[name]
            for name, schema in SCHEMAS.items()
        }
    )


def concat(parts: Iterable[Records]) -> Records:
    """The rows of several bundles in one, in the order given."""
    listed = list(parts)
    if len(listed) == 1:
        return listed[0]
    return records(
        **{name: pl.concat([getattr(part, name) for part in listed]) for name in SCHEMAS if listed}
    )


def placed(records: Records, file_id: int) -> Records:
    """The rows with the file that they are of: every frame that has any gains `file_id` (Int64).

    Rejects gain `ts` (`TIME`), the newest of what was read with them: they have none of their own.
    """
    place = pl.lit(file_id, dtype=pl.Int64).alias("file_id")
    found = {
        name: frame.with_columns(place) if frame.height else frame
        for name, frame in records.items()
    }
    if records.rejects.height:
        times = [frame["ts"].max() for name, frame in found.items() if name != "rejects"]
        newest = max((time for time in times if isinstance(time, datetime)), default=None)
        ts = pl.lit(newest, dtype=TIME).alias("ts")
        found["rejects"] = found["rejects"].with_columns(ts)
    return Records(**found)


def joined(parts: Sequence[Records]) -> Records:
    """The rows of several bundles, at least one, with all the columns that these have in common."""
    if len(parts) == 1:
        return parts[0]
    found = {}
    for name, none in parts[0].items():
        frames = [frame for part in parts if (frame := getattr(part, name)).height]
        found[name] = pl.concat(frames, rechunk=True) if frames else none
    return Records(**found)
