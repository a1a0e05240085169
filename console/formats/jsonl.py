"""The native format: JSON Lines, one record a line (contracts §1)."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from console.formats.framing import BOM, Lines, piece, split, without_mark
from console.formats.framing import rejects as reject_frame
from console.formats.json_body import table as read_table
from console.formats.json_kinds import SHARED
from console.formats.json_plain import plain_metrics
from console.formats.json_records import by_kind
from console.formats.protocol import Decoded
from console.records.frames import Records, records
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

_LOOKED_AT = 20


class JsonLines:
    """JSON Lines of metrics, logs, events, predictions and labels."""

    name = "jsonl"

    def recognise(self, sample: bytes, path: str) -> str | None:
        """Why the sample looks like JSON Lines: most of its first lines are JSON objects.

        A `.json` file is more often a document than a log, so one of its objects must have a time.
        """
        lines, _ = split(sample.removeprefix(BOM), final=b"\n" not in sample)
        texts = [text for index in range(len(lines)) if (text := lines[index].strip(b" \t\r\x00"))]
        looked_at = min(len(texts), _LOOKED_AT)
        objects = [entry for text in texts[:looked_at] if (entry := _object(text)) is not None]
        found = len(objects)
        if found == 0 or found * 2 < looked_at:
            return None
        if path.endswith(".json") and not any(
            set(SHARED["ts"]) & entry.keys() for entry in objects
        ):
            return None
        return f"{found} of its first {looked_at} lines are JSON objects"

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The records of a chunk of JSON Lines."""
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        lines, consumed = split(without_mark(chunk), final=chunk.final)
        return Decoded(_records(lines, chunk, defaults), consumed)


def _records(lines: Lines, chunk: Chunk, defaults: Defaults) -> Records:
    metrics = plain_metrics(lines, chunk.offset, defaults)
    if metrics is not None:
        return records(metrics=metrics)
    found, refused = read_table(lines)
    frames: dict[str, pl.DataFrame] = {}
    if len(found.body):
        offsets = chunk.offset + lines.starts[found.body.numbers]
        frames, more = by_kind(found, offsets, defaults)
        refused += more
    if refused:
        refused.sort(key=lambda entry: entry.line)
        frames["rejects"] = reject_frame(
            [chunk.offset + int(lines.starts[entry.line]) for entry in refused],
            [entry.reason for entry in refused],
            [chunk.data[lines.starts[entry.line] : lines.ends[entry.line]] for entry in refused],
        )
    return records(**frames)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
