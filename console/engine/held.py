"""Windows that are stored once they are whole: until then their sums are a state of the engine.

A window by segment is wide, and nobody asks for it before it has closed: stored at every commit its
deltas would be most of what is written. Its sums lie in one state instead, which the commit of the
rows that they are of carries as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from console.engine.aggregates import Aggregates, Kind
from console.engine.codec import decode, encode

HELD = "held"
"""The name of the state."""
LAYOUT = 1
MOST_PARTS = 8
"""So many deltas of a kind are kept as they came before they are added up."""


class Held:
    """The sums of windows that are still open, by kind."""

    def __init__(self, kinds: Mapping[str, Kind], stored: bytes | None) -> None:
        """`stored` is what `state` gave when the last rows were committed."""
        self._open = Aggregates(kinds)
        known = None if stored is None else decode(stored, LAYOUT)
        for kind, sums in (known or {}).items():
            if kind in kinds and sums.height:
                self._open.open[kind] = [sums]

    def take(self, windows: dict[str, pl.DataFrame]) -> bool:
        """Takes what is in time out of deltas by kind; whether there was any.

        What is late stays: it restates windows that are stored already.
        """
        taken = False
        for kind in self._open.kinds:
            deltas = windows.pop(kind, None)
            if deltas is None:
                continue
            self._open.add(kind, deltas)
            taken = True
            if deltas["late"].any():
                windows[kind] = deltas.filter("late")
        return taken

    def release(self, watermark: float | None) -> dict[str, pl.DataFrame]:
        """The windows that end at or before the watermark, or all, to be stored; they are let go.

        Should more rows come for them, their sums are added when they are released in turn.
        """
        released = {}
        for kind in self._open.kinds:
            if watermark is not None:
                whole = self._open.close(kind, watermark)
            else:
                parts = self._open.open.pop(kind, [])
                whole = self._open.kinds[kind].merge(pl.concat(parts)) if parts else None
            if whole is not None:
                released[kind] = whole.with_columns(late=pl.lit(value=False))
        return released

    def state(self) -> bytes:
        """What a restart goes on from."""
        for kind, parts in self._open.open.items():
            if len(parts) > MOST_PARTS:
                self._open.open[kind] = [self._open.kinds[kind].merge(pl.concat(parts))]
        open_ = {kind: pl.concat(parts) for kind, parts in self._open.open.items() if parts}
        return encode(open_, LAYOUT)


def still_open(stored: bytes | None, kind: str) -> pl.DataFrame | None:
    """The sums so far of a kind's windows that are still open, to be merged, from the state."""
    known = None if stored is None else decode(stored, LAYOUT)
    return None if known is None else known.get(kind)
