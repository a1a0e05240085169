"""Lines of CSV to columns of cells, and which lines are no row of the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats.csv_layout import PADDING, Layout, split_row
from console.formats.framing import Lines, split
from console.formats.json_body import Refused
from console.records.frames import Schema

_QUOTE = ord('"')
_SLACK = 8
"""Bytes that may pad a header line where it is repeated."""
_NOTHING = ("", "nan", "NaN", "null", "NULL", "<NA>")
"""Cells that hold nothing whatever their column; `none` and `NA` may be names."""


@dataclass(frozen=True)
class Cells:
    """The rows of some lines: cells as texts without padding, null where they hold no value."""

    frame: pl.DataFrame
    """One String column a place, named `cell(place)`."""
    numbers: npt.NDArray[np.int64]
    """Which line each row is."""


def cell(place: int) -> str:
    """The name of the column of cells at a place."""
    return f"c{place}"


def read_cells(lines: Lines, layout: Layout) -> tuple[Cells, list[Refused]]:
    """The rows of some lines. Blank lines and repeated headers are left out, in silence."""
    lines = _as_utf8(lines)
    width = len(layout.names)
    separator = ord(layout.separator)
    places = np.flatnonzero(np.frombuffer(lines.data, np.uint8) == separator)
    counts = np.bincount(np.searchsorted(lines.ends, places, side="right"), minlength=len(lines))
    plain = (counts[: len(lines)] == width - 1) & ~lines.holding(_QUOTE)
    header = _headers(lines, layout)
    plain &= ~header
    frame = _vectorised(lines, plain, layout)
    numbers = np.flatnonzero(plain)
    rows, row_numbers, refused = _one_by_one(lines, np.flatnonzero(~plain & ~header), layout)
    if rows:
        others = pl.DataFrame(rows, schema=_schema(width), orient="row")
        numbers = np.concatenate([numbers, np.array(row_numbers, np.int64)])
        order = np.argsort(numbers, kind="stable")
        frame, numbers = pl.concat([frame, others])[order], numbers[order]
    return Cells(_tidy(frame), numbers), refused


def _schema(width: int) -> Schema:
    return {cell(place): pl.String for place in range(width)}


def _as_utf8(lines: Lines) -> Lines:
    """The same lines, bytes that are no UTF-8 escaped."""
    try:
        lines.data.decode()
    except UnicodeDecodeError:
        ended = lines.data.endswith(b"\n")
        return split(lines.data.decode(errors="backslashreplace").encode(), final=not ended)[0]
    return lines


def _headers(lines: Lines, layout: Layout) -> npt.NDArray[np.bool_]:
    """Which lines are the header: the first, and where a program that began anew repeated it."""
    first, lengths = lines.first_bytes(), lines.ends - lines.starts
    length = len(layout.header)
    alike = (lengths >= length) & (lengths <= length + _SLACK)
    alike &= np.isin(first, np.frombuffer(layout.header[:1] + b" \t\x00", np.uint8))
    for number in np.flatnonzero(alike).tolist():
        alike[number] = lines[number].strip(PADDING.encode()) == layout.header
    return alike


def _vectorised(lines: Lines, plain: npt.NDArray[np.bool_], layout: Layout) -> pl.DataFrame:
    """The cells of lines that hold no quotes and the right number of separators."""
    schema = _schema(len(layout.names))
    chosen = np.flatnonzero(plain).tolist()
    if len(chosen) == 0:
        return pl.DataFrame(schema=schema)
    data = lines.data
    if len(chosen) < len(lines):
        data = b"\n".join([*(lines[number] for number in chosen), b""])
    frame = pl.read_csv(
        data, has_header=False, separator=layout.separator, quote_char=None, schema=schema
    )
    if frame.height == len(chosen):
        return frame
    rows = [lines[number].decode().split(layout.separator) for number in chosen]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _one_by_one(
    lines: Lines, chosen: npt.NDArray[np.int64], layout: Layout
) -> tuple[list[list[str]], list[int], list[Refused]]:
    rows: list[list[str]] = []
    numbers: list[int] = []
    refused: list[Refused] = []
    for number in chosen.tolist():
        line, width = lines[number], len(layout.names)
        if not line.strip(PADDING.encode()):
            continue
        row = split_row(line, layout.separator)
        if row is None:
            refused.append(Refused(number, "its quotes are not closed on the line"))
        elif len(row) != width:
            refused.append(Refused(number, f"it has {len(row)} fields, the header {width}"))
        else:
            rows.append(row)
            numbers.append(number)
    return rows, numbers, refused


def _tidy(frame: pl.DataFrame) -> pl.DataFrame:
    stripped = pl.all().str.strip_chars(PADDING)
    frame = frame.select(stripped)
    return frame.select(pl.when(~pl.all().is_in(_NOTHING)).then(pl.all()))
