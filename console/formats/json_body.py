"""JSON lines to one table: what polars can read, and the lines that it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from console.formats.framing import Lines
from console.formats.json_keys import KNOWN, inferred, read, read_usual, texts, typed
from console.formats.json_text import NotARecord, normalised
from console.records.frames import Schema

ROW = "\x00row"
BACKSLASH = "\x00backslash"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SAMPLE = 64
_BRACE, _BLANKS = ord("{"), b" \t\r\x00"


@dataclass(frozen=True)
class Refused:
    """A line that holds no record."""

    line: int
    reason: str


@dataclass(frozen=True)
class Body:
    """Lines that hold one JSON object each, and which line of the chunk each of them is."""

    lines: Lines
    numbers: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True)
class Table:
    """The objects of a body as columns.

    A row an object, with its place in the body (`ROW`) and whether its line holds a backslash
    (`BACKSLASH`): what polars renders of the nested values of such a line is not JSON.
    """

    frame: pl.DataFrame
    keys: dict[str, pl.DataType] | None
    """Every key of the objects with the type that polars infers; None: not looked for."""
    body: Body


def table(lines: Lines) -> tuple[Table, list[Refused]]:
    """The objects of some lines, and the lines that are refused. Blank lines are left out."""
    body, refused = _clean(lines)
    found = _attempt(body)
    if found is None:
        body, more = _gather(lines, body.numbers, body.numbers)
        refused += more
        found = _attempt(body)
    if found is None:
        unread = set(_unreadable(body, 0, len(body)))
        refused += [Refused(int(body.numbers[row]), "not readable as JSON") for row in unread]
        kept = np.array([row not in unread for row in range(len(body))], np.bool_)
        body, _ = _gather(lines, body.numbers[kept], body.numbers[kept])
        found = _attempt(body)
    if found is None:
        refused += [Refused(int(number), "not readable as JSON") for number in body.numbers]
        body, found = _join([], []), Table(pl.DataFrame(), {}, body)
    return found, refused


def _clean(lines: Lines) -> tuple[Body, list[Refused]]:
    """The lines that look like objects, the odd ones (blank, indented, escaped) one at a time."""
    first = lines.first_bytes()
    odd = first != _BRACE
    if b"\\ud" in lines.data or b"\\uD" in lines.data:
        odd |= np.fromiter((_SURROGATE.search(line) is not None for line in _each(lines)), np.bool_)
    numbers = np.arange(len(lines))
    if not odd.any():
        return Body(lines, numbers), []
    return _gather(lines, numbers, np.flatnonzero(odd))


def _gather(
    lines: Lines, numbers: npt.NDArray[np.int64], doubtful: npt.NDArray[np.int64]
) -> tuple[Body, list[Refused]]:
    """The given lines, the doubtful of them brought to strict JSON, refused or (blank) dropped."""
    check = set(doubtful.tolist())
    kept: list[bytes] = []
    kept_numbers: list[int] = []
    refused: list[Refused] = []
    for number in numbers.tolist():
        line = lines[number]
        if number in check:
            line = line.strip(_BLANKS)
            if not line:
                continue
            try:
                line = normalised(line)
            except NotARecord as error:
                refused.append(Refused(number, str(error)))
                continue
        kept.append(line)
        kept_numbers.append(number)
    return _join(kept, kept_numbers), refused


def _join(lines: list[bytes], numbers: list[int]) -> Body:
    lengths = np.array([len(line) for line in lines], np.int64)
    ends = np.cumsum(lengths + 1) - 1
    joined = Lines(b"\n".join([*lines, b""]), ends - lengths, ends)
    return Body(joined, np.array(numbers, np.int64))


def _each(lines: Lines) -> Iterable[bytes]:
    return (lines[number] for number in range(len(lines)))


def _attempt(body: Body) -> Table | None:
    """The table of a body; None if any of its lines cannot be read."""
    if len(body) == 0:
        return Table(pl.DataFrame(), {}, body)
    data, sample = body.lines.data, _sample(body)
    frame = read_usual(data, sample)
    keys: dict[str, pl.DataType] | None = None
    if frame is not None and frame.height == len(body):
        keys = dict.fromkeys(frame.columns, pl.String())
    else:
        keys = inferred(data, sample)
        schemas: list[Schema] = [dict.fromkeys(KNOWN, pl.String())]
        if keys is not None:
            schemas = [typed(keys), texts(keys)]
        frame = next((found for each in schemas if (found := _read(body, each)) is not None), None)
    if frame is None:
        return None
    backslashes = pl.Series(BACKSLASH, body.lines.holding(ord("\\")))
    return Table(frame.with_row_index(ROW).with_columns(backslashes), keys, body)


def _sample(body: Body) -> bytes:
    step = max(1, len(body) // _SAMPLE)
    return b"\n".join(body.lines[row] for row in range(0, len(body), step))


def _read(body: Body, schema: Schema) -> pl.DataFrame | None:
    frame = read(body.lines.data, schema)
    return frame if frame is not None and frame.height == len(body) else None


def _unreadable(body: Body, start: int, end: int) -> list[int]:
    """Rows that polars refuses although the standard library takes them, by halving."""
    lines = [body.lines[row] for row in range(start, end)]
    part = _join(lines, list(range(len(lines))))
    if _read(part, {"ts": pl.String}) is not None:
        return []
    if end - start == 1:
        return [start]
    middle = (start + end) // 2
    return [*_unreadable(body, start, middle), *_unreadable(body, middle, end)]
