"""Parquet files: rows of predictions, labels, metrics or logs, as their columns say.

The end of such a file says what stands before it, so a file is read once it is whole. Its rows are
taken to be spread evenly over its bytes: a chunk of so many bytes stands for so many rows, which
are read from the file by their numbers, a row group in memory at a time. The offset of a record is
the number of its row, from 0.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from console.formats.framing import rejects
from console.formats.protocol import Decoded
from console.formats.typed_layout import TypedLayout, typed_layout
from console.formats.typed_rows import TypedTable, typed_records
from console.records.frames import Records, records
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults
from console.sources.units import PARQUET, is_whole

_ROWS = 50_000
"""Most rows of a chunk."""
_KEPT = 64
"""Bytes that are kept of what cannot be read."""
_UNREADABLE = (PolarsError, PanicException, OSError, ValueError)
"""What polars raises for a file that is damaged."""
_TORN = "a Parquet file without its end: it was not written to the last"
_ABOUT = {"long": "metrics, one a row", "wide": "metrics"}


class Parquet:
    """Tables with a time column: predictions, labels, metrics or logs."""

    name = "parquet"

    def recognise(self, sample: bytes, path: str) -> str | None:
        """Why the sample looks like it: how such a file begins, and what its columns tell of."""
        if not sample.startswith(PARQUET):
            return None
        try:
            with Path(path).open("rb") as file:
                if not is_whole(file.fileno()):
                    return "it begins as Parquet does, and has no end yet"
                table = _opened(file.fileno())
        except _UNREADABLE:
            return "it begins as Parquet does"
        about = _ABOUT.get(table.layout.kind, table.layout.kind)
        when = f"; `{table.layout.time}` is the time" if table.layout.time else ""
        return f"a Parquet table of {about}, {table.height:,} rows{when}"

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The rows that the bytes of a chunk stand for.

        A file that cannot be read is one reject, at its beginning; what of it cannot be read, one
        for the rows of every chunk.
        """
        if chunk.descriptor is None or chunk.cut:
            return _unread(chunk, chunk.problem or _TORN)
        if not is_whole(chunk.descriptor):
            return _unread(chunk, _TORN)
        try:
            table = _opened(chunk.descriptor)
        except _UNREADABLE as error:
            return _unread(chunk, f"a damaged Parquet file: {_first_line(error)}")
        if table.layout.problem is not None:
            return _unread(chunk, f"a Parquet file, but {table.layout.problem}")
        consumed, first, last = table.span(chunk.offset, len(chunk.data))
        return Decoded(_records(table, first, last, chunk, defaults), consumed)


@dataclass(frozen=True, slots=True)
class _Table:
    rows: pl.LazyFrame
    height: int
    size: int
    layout: TypedLayout

    def first_from(self, byte: int) -> int:
        """The first row that begins at a byte or after it."""
        return -(-min(byte, self.size) * self.height // self.size)

    def span(self, offset: int, length: int) -> tuple[int, int, int]:
        """Of some bytes: how many are consumed, and the rows (from, to) that they stand for."""
        first, last = self.first_from(offset), self.first_from(offset + length)
        if last - first <= _ROWS:
            return length, first, last
        end = max(offset + 1, (first + _ROWS) * self.size // self.height)
        return end - offset, first, self.first_from(end)


def _opened(descriptor: int) -> _Table:
    """The table of an open file. Raises what polars does."""
    rows = pl.scan_parquet(f"/dev/fd/{descriptor}", glob=False)
    layout = typed_layout(rows.collect_schema())
    height = rows.select(pl.len()).collect().item()
    return _Table(rows, height, os.fstat(descriptor).st_size, layout)


def _records(table: _Table, first: int, last: int, chunk: Chunk, defaults: Defaults) -> Records:
    if first == last:
        return records()
    try:
        rows = table.rows.select(table.layout.told).slice(first, last - first).collect()
    except _UNREADABLE as error:
        reason = f"rows {first} to {last - 1} are damaged: {_first_line(error)}"
        return records(rejects=rejects([first], [reason], [chunk.data[:_KEPT]]))
    found = typed_records(TypedTable(rows, first, table.layout), defaults, chunk.file_id)
    return records(**found)


def _unread(chunk: Chunk, reason: str) -> Decoded:
    """All of a file as one reject: the first chunk is, what follows belongs to it."""
    if chunk.offset > 0:
        return Decoded(records(), len(chunk.data))
    raw = chunk.data[:_KEPT]
    if chunk.descriptor is not None:
        raw = os.pread(chunk.descriptor, _KEPT, 0)
    return Decoded(records(rejects=rejects([0], [reason], [raw])), len(chunk.data))


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]
