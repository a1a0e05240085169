"""Records that were decoded one at a time, to frames: for formats of moderate volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from console.formats.framing import Lines
from console.formats.framing import rejects as reject_frame
from console.formats.json_body import Refused
from console.records.frames import LOGS, METRICS, TIME, Records, Schema, records
from console.sources.chunk import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every record has."""

    ts: float
    offset: int
    tags: str | None = None
    attributes: str | None = None
    model: str | None = None
    stage: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow(Row):
    """A metric."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow(Row):
    """A log record."""

    message: str
    level: str | None = None
    logger: str | None = None
    exception: str | None = None


def metric_frame(rows: Sequence[MetricRow]) -> pl.DataFrame:
    """The metrics as a frame of the schema `METRICS`."""
    return _frame(rows, METRICS)


def log_frame(rows: Sequence[LogRow]) -> pl.DataFrame:
    """The log records as a frame of the schema `LOGS`."""
    return _frame(rows, LOGS)


def _frame(rows: Sequence[Row], schema: Schema) -> pl.DataFrame:
    times = pl.Series("ts", [round(row.ts * 1e6) for row in rows], pl.Int64).cast(TIME)
    others = [
        pl.Series(name, [getattr(row, name) for row in rows], dtype)
        for name, dtype in schema.items()
        if name != "ts"
    ]
    return pl.DataFrame([times, *others]).select(list(schema))


def bundle(
    frames: Mapping[str, pl.DataFrame], refused: Sequence[Refused], lines: Lines, chunk: Chunk
) -> Records:
    """The frames, with the lines that are refused as rejects in the order of the file."""
    refused = sorted(refused, key=lambda entry: entry.line)
    rejected = reject_frame(
        [chunk.offset + int(lines.starts[entry.line]) for entry in refused],
        [entry.reason for entry in refused],
        [chunk.data[lines.starts[entry.line] : lines.ends[entry.line]] for entry in refused],
    )
    return records(**frames, rejects=rejected)
