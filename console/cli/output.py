"""Data on standard output: one JSON document, CSV, or a table for people."""

from __future__ import annotations

import csv
import json
import math
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from console.config.document import printable


def print_json(document: Any) -> None:
    """Prints one JSON document; on a terminal in ASCII, so that nothing in it is obeyed."""
    text = json.dumps(plain(document), indent=1, ensure_ascii=sys.stdout.isatty(), allow_nan=False)
    print(text)


def print_csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Prints a heading and rows as CSV; nothing is an empty field."""
    safe = printable if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([safe(name) for name in head])
    writer.writerows([["" if cell is None else safe(text(cell)) for cell in row] for row in rows])


def print_table(
    head: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[int] = ()
) -> None:
    """Prints a table, a row a line; columns in `right` are aligned to the right.

    On a terminal the last column is cut where the line would be too long.
    """
    cells = [[printable("" if cell is None else text(cell)) for cell in row] for row in rows]
    table = [[printable(name) for name in head], *cells]
    widths = [max(width(row[column]) for row in table) for column in range(len(head))]
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for number, row in enumerate(table):
        padded = [
            f"{' ' * (widths[i] - width(cell))}{cell}"
            if i in right
            else f"{cell}{' ' * (widths[i] - width(cell))}"
            for i, cell in enumerate(row)
        ]
        print(cut("  ".join(padded).rstrip(), room))
        if number == 0:
            print(cut("  ".join("-" * size for size in widths), room))


def width(line: str) -> int:
    """The cells that a printable text takes on a terminal."""
    if line.isascii():
        return len(line)
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in line
    )


def cut(line: str, room: int) -> str:
    """The text, or as much of it as fits with a mark that something is missing."""
    if width(line) <= room:
        return line
    while line and width(line) > room - 1:
        line = line[:-1]
    return f"{line}…"


def text(cell: Any) -> str:
    """A value as a cell shows it: times in ISO 8601, objects as JSON."""
    value = plain(cell)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def plain(value: Any) -> Any:
    """What JSON can say of a value that the store holds; what is not finite is null."""
    match value:
        case None | bool() | int() | str():
            return value
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float() | Decimal():
            return _number(value)
    return _written(value)


def _number(value: float | Decimal) -> int | float | None:
    if isinstance(value, Decimal):
        if value.is_finite() and abs(value) < 10**38 and value == int(value):
            return int(value)
        value = float(value) if not value.is_snan() else math.nan
    return value if math.isfinite(value) else None


def _written(value: Any) -> str:
    match value:
        case datetime():
            return f"{value.isoformat()}Z" if value.tzinfo is None else value.isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", "backslashreplace")
    return str(value)
