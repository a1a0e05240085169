"""The rows of all files of one step side by side, so that many small files cost as a large one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from console.engine.lateness import late
from console.records.frames import Records, joined, placed
from console.stats import volumes

if TYPE_CHECKING:
    from console.engine.aggregates import Kind
    from console.engine.intake import Reading

_JUDGED = {
    "metrics": ("metrics",),
    "logs": ("logs",),
    "predictions": ("columns", "scores"),
    "labels": ("performance",),
}
"""The kinds of windows by whose width a row of each kind of record is judged late."""


@dataclass(frozen=True)
class Gathered:
    """What the files of one step gave, in the order in which they were read."""

    records: Records
    """`records.frames.placed`."""
    late: Mapping[str, pl.Series]
    """By kind of window, whether each row is too late for its own (Boolean `late`)."""
    written: pl.DataFrame
    """As `volumes.lines`, with `late`."""
    newest: float
    """The newest event time of these files so far, epoch seconds; 0 if there is none."""


def gathered(
    readings: Sequence[Reading],
    kinds: Mapping[str, Kind],
    lateness_s: float,
    watermark: float,
) -> Gathered:
    """The rows of the readings, at least one; each is judged by the clock of its own file."""
    verdicts: dict[str, list[pl.Series]] = {}
    parts: list[Records] = []
    written: list[pl.DataFrame] = []
    for reading in readings:

        def judged(kind: str, rows: pl.DataFrame, reading: Reading = reading) -> pl.Series:
            return late(rows, reading.clocks, kinds[kind].width_s, lateness_s, watermark)

        records = placed(reading.records, reading.state.file_id)
        parts.append(records)
        for name, windows in _JUDGED.items():
            rows: pl.DataFrame = getattr(records, name)
            for kind in windows if rows.height else ():
                verdicts.setdefault(kind, []).append(judged(kind, rows))
        lines = volumes.lines(reading.records, reading.state.file_id, reading.state.offset)
        written.append(lines.with_columns(judged("volumes", lines)))
    return Gathered(
        joined(parts),
        {kind: pl.concat(listed, rechunk=True) for kind, listed in verdicts.items()},
        pl.concat(written, rechunk=True),
        max(reading.state.newest_ts or 0.0 for reading in readings),
    )
