"""States of detectors as bytes: a mapping of polars frames in Arrow IPC, framed by JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import polars as pl


def encode(state: Mapping[str, pl.DataFrame], layout: int) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    parts = {name: _frame_bytes(frame) for name, frame in sorted(state.items())}
    head = json.dumps(
        {"layout": layout, "frames": [[name, len(data)] for name, data in parts.items()]}
    ).encode()
    return len(head).to_bytes(4, "big") + head + b"".join(parts.values())


def decode(data: bytes, layout: int) -> dict[str, pl.DataFrame] | None:
    """The state that `encode` wrote; None if it is of another layout and has to begin anew."""
    start = 4 + int.from_bytes(data[:4], "big")
    head = json.loads(data[4:start])
    if head["layout"] != layout:
        return None
    state = {}
    for name, size in head["frames"]:
        state[name] = pl.read_ipc(io.BytesIO(data[start : start + size]))
        start += size
    return state


def _frame_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="lz4")
    return buffer.getvalue()
