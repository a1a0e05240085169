"""What the columns of a CSV file are, from its header and its first row alone.

Nothing later changes it, so that a row means the same whichever chunk it is read in.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import polars as pl

from console.formats.framing import BOM
from console.formats.times import parse_times
from console.sources.chunk import HEAD

SEPARATORS = (",", ";", "\t", "|")
PADDING = " \t\r\x00"
MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "<na>"))
"""What stands in a cell that holds no value, in lower case."""

TIMES = ("ts", "timestamp", "@timestamp", "time", "datetime", "date_time", "event_time", "date")
"""Names of time columns, the likeliest first."""
_NAMES = ("name", "metric", "metric_name", "series")
_VALUES = ("value", "val")
_IDS = ("id", "prediction_id")
_PREDICTIONS = ("prediction", "predicted", "y_pred")
_SCORES = ("score", "probability", "y_score")
_LABELS = ("label", "actual", "y_true")
_FIRST = 1e8
_OWNERS = ("model", "stage", "version")

Kind = Literal["long", "wide", "predictions", "labels"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a CSV file, by their places in a row."""

    header: bytes
    """The header line, without what pads it."""
    separator: str
    names: tuple[str, ...]
    times: tuple[int, ...]
    """The time column, or date and time; empty if there is none."""
    kind: Kind
    roles: dict[str, int]
    """Places of model, stage, version, tags, name, value, id, prediction, score and label."""
    texts: frozenset[int]
    """Other columns whose first cell is a text."""
    numbers: frozenset[int]
    """Other columns whose first cell is a number."""
    passed_over: frozenset[int]
    """A first column without a name, of row numbers."""

    @property
    def others(self) -> tuple[int, ...]:
        """The places of the columns that have no role."""
        taken = {*self.times, *self.roles.values(), *self.passed_over}
        return tuple(place for place in range(len(self.names)) if place not in taken)


def layout_of(beginning: bytes) -> Layout | None:
    """The layout of a file that begins so; None if its first line is no header."""
    return _layout(*_first_lines(beginning))


def split_row(line: bytes, separator: str) -> list[str] | None:
    """The cells of one line; None if its quotes are not closed."""
    text = line.decode(errors="backslashreplace").strip(PADDING if separator != "\t" else " \r\x00")
    try:
        rows = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return [cell.strip(PADDING) for cell in rows[0]] if len(rows) == 1 else None


def number(text: str) -> float | None:
    """The number that a cell holds."""
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def _lines(data: bytes) -> Iterator[bytes]:
    """The whole lines that are not blank."""
    whole = data.removeprefix(BOM)[: data.rfind(b"\n") + 1]
    for line in whole.split(b"\n"):
        if stripped := line.strip(PADDING.encode()):
            yield stripped


def _first_lines(beginning: bytes) -> tuple[bytes, bytes | None]:
    """The header, and the first line after it that has as many cells."""
    lines = _lines(beginning[:HEAD])
    header = next(lines, b"")
    cells = _header(header)
    if cells is None:
        return b"", None
    for line in lines:
        if line != header:
            row = split_row(line, cells[0])
            if row is not None and len(row) == len(cells[1]):
                return header, line
    return header, None


def _header(line: bytes) -> tuple[str, list[str]] | None:
    """Separator and cells of a header line; None if it is none."""
    counts = {separator: line.count(separator.encode()) for separator in SEPARATORS}
    separator = max(SEPARATORS, key=counts.__getitem__)
    if counts[separator] == 0:
        return None
    cells = split_row(line, separator)
    if cells is None or len(cells) < 2 or any(_is_no_name(cell) for cell in cells):
        return None
    if not all(cells[1:]) or len({cell.lower() for cell in cells}) < len(cells):
        return None
    return separator, cells


def _is_no_name(cell: str) -> bool:
    return number(cell) is not None or any(mark in cell for mark in '{}="') or len(cell) > 200


@lru_cache(maxsize=256)
def _layout(header: bytes, first: bytes | None) -> Layout | None:
    found = _header(header)
    if found is None:
        return None
    separator, names = found
    row = split_row(first, separator) if first is not None else None
    low = [name.lower() for name in names]
    kind, roles = roles_of(low)
    times = _times(low, row, roles.values())
    passed_over = {0} if low[0] == "" and 0 not in times else set()
    taken = {*times, *roles.values(), *passed_over}
    cells = dict(enumerate(row or ())) if row else {}
    others = {
        place: cell
        for place, cell in cells.items()
        if place not in taken and cell.lower() not in MISSING
    }
    numbers = {place for place, cell in others.items() if _number(cell, separator) is not None}
    return Layout(
        header,
        separator,
        tuple(name or f"column_{place + 1}" for place, name in enumerate(names)),
        times,
        kind,
        roles,
        frozenset(others.keys() - numbers),
        frozenset(numbers),
        frozenset(passed_over),
    )


def _number(cell: str, separator: str) -> float | None:
    return number(cell.replace(",", ".") if separator == ";" else cell)


def _times(
    names: Sequence[str], row: Sequence[str] | None, taken: Collection[int]
) -> tuple[int, ...]:
    """The columns that hold the time of a row: by name, else by the first value."""
    if "date" in names and "time" in names:
        both = names.index("date"), names.index("time")
        if row is None or parse_times(pl.Series([f"{row[both[0]]} {row[both[1]]}"]))[0] is not None:
            return both
    named = [names.index(name) for name in TIMES if name in names]
    if row is None:
        return tuple(named[:1])
    guessed = [place for place in range(len(row)) if place not in {*named, *taken}]
    for place in [*named, *guessed]:
        if _is_time(row[place], named=place in named):
            return (place,)
    return ()


def _is_time(text: str, *, named: bool) -> bool:
    """Whether a cell is a time; a number is one only where the header says so, and after 1973."""
    value = number(text)
    if value is not None and (not named or not value >= _FIRST):
        return False
    return parse_times(pl.Series([text], dtype=pl.String))[0] is not None


def roles_of(names: Sequence[str]) -> tuple[Kind, dict[str, int]]:
    """What kind of table the header tells of, and its columns that have a part in that."""

    def find(role: str, choices: Sequence[str]) -> dict[str, int]:
        return next(({role: names.index(name)} for name in choices if name in names), {})

    owners = {owner: names.index(owner) for owner in _OWNERS if owner in names}
    name, value = find("name", _NAMES), find("value", _VALUES)
    predictions, scores = find("prediction", _PREDICTIONS), find("score", _SCORES)
    ids, labels = find("id", _IDS), find("label", _LABELS)
    if name and value:
        return "long", owners | name | value | find("tags", ("tags",))
    if predictions or (scores and ids):
        return "predictions", owners | ids | predictions | scores | labels
    if labels and ids:
        return "labels", owners | ids | labels
    return "wide", owners
