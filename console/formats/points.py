"""Metric files as points, a row at a time, with nothing but the standard library.

For commands that look at one file and must start at once; what is followed is decoded in batches.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from console.formats.moments import moment
from console.records.series import Series, canonical_tags

TIMES = ("timestamp", "ts", "time", "datetime", "date", "@timestamp")
"""Names of time columns, the likeliest first; without one, the first column that holds times."""
NAMES = ("name", "metric", "series")
"""A column so called, beside one called value, names the series of its row."""
VALUE = "value"
_MISSING = {"", "na", "n/a", "nan", "null", "none", "-"}
_SAMPLE = 200
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one series. The texts are as in the file."""

    timestamp: str
    text: str
    time: float | None
    """Epoch seconds; None if the timestamp is no time."""
    value: float | None
    """None if it is missing or no finite number."""
    series: str


@dataclass(slots=True)
class Unread:
    """What could not be read: how many lines or cells, and the first of them."""

    count: int = 0
    line: int = 0
    reason: str = ""

    def add(self, line: int, reason: str) -> None:
        """Counts one."""
        if not self.count:
            self.line, self.reason = line, reason
        self.count += 1


class NoPointsError(Exception):
    """A file has no series: the line that shows it, what is wrong and how to mend it."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_points(lines: Iterable[str], unread: Unread) -> Iterator[Point]:
    """The points of a metric file in its order; what cannot be read is told to `unread`.

    JSON Lines of native metrics (contracts §1; other kinds are passed over), or CSV with a time
    column and one or several columns of numbers, or with name and value columns. Raises
    NoPointsError.
    """
    rest = iter(lines)
    for blank, line in enumerate(rest):
        if line.strip():
            read = _json_points if line.lstrip().startswith("{") else _csv_points
            return read(chain([line], rest), blank, unread)
    raise NoPointsError(1, "the file is empty: name one with a time column and numbers")


def number(text: str) -> float | None:
    """The finite number that a cell holds; None if it holds none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING


# CSV


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which columns of a CSV are what."""

    time: int
    values: tuple[tuple[int, str], ...]
    """Index and series of each column of numbers."""
    name: int | None = None
    tags: tuple[tuple[int, str], ...] = field(default=())
    """In a file with a name column: the other columns of text, which tell series apart, too."""

    def series(self, row: list[str], column: str) -> str:
        """The series of a value."""
        if self.name is None:
            return column
        tags = {name: _cell(row, index) for index, name in self.tags if _cell(row, index)}
        return Series(None, None, _cell(row, self.name), canonical_tags(dict(tags))).label


def _cell(row: list[str], index: int) -> str:
    return row[index] if index < len(row) else ""


def _csv_points(lines: Iterator[str], skipped: int, unread: Unread) -> Iterator[Point]:
    first = next(lines)
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter)
    try:
        head = next(reader)
        sample = [(skipped + reader.line_num, row) for row in islice(reader, _SAMPLE) if row]
        if _is_data(head):
            sample.insert(0, (skipped + 1, head))
            head = ["timestamp", *(f"value{i or ''}" for i in range(len(head) - 1))]
        columns = _columns([name.strip() for name in head], [row for _, row in sample], skipped + 1)
        rows = chain(sample, ((skipped + reader.line_num, row) for row in reader if row))
        for line, row in rows:
            yield from _row_points(row, line, columns, unread)
    except csv.Error as error:
        raise NoPointsError(
            skipped + reader.line_num, f"no CSV ({error}): mend or leave out the line"
        ) from None


def _is_data(head: list[str]) -> bool:
    """Whether a first row is no heading but a time and numbers."""
    return (
        len(head) > 1
        and moment(head[0]) is not None
        and all(number(cell) is not None or _is_missing(cell) for cell in head[1:])
    )


def _columns(head: list[str], rows: list[list[str]], line: int) -> _Columns:
    time = _time_column(head, rows, line)
    others = [index for index in range(len(head)) if index != time]
    numeric = [index for index in others if _is_numeric(index, rows)]
    lower = [name.lower() for name in head]
    name = next((lower.index(name) for name in NAMES if name in lower), None)
    if name is not None and name not in numeric and VALUE in lower:
        tags = tuple((i, head[i]) for i in others if i not in numeric and i != name)
        return _Columns(time, ((lower.index(VALUE), VALUE),), name, tags)
    if not numeric and len(others) == 1:
        numeric = [index for index in others if not any(_cell(row, index) for row in rows)]
    if not numeric:
        raise NoPointsError(line, "no column of numbers beside the time: add one")
    taken: dict[str, int] = {}
    values = []
    for index in numeric:
        taken[head[index]] = taken.get(head[index], 0) + 1
        again = taken[head[index]]
        values.append((index, f"{head[index]}#{again}" if again > 1 else head[index]))
    return _Columns(time, tuple(values))


def _time_column(head: list[str], rows: list[list[str]], line: int) -> int:
    lower = [name.lower() for name in head]
    for name in TIMES:
        if name in lower:
            return lower.index(name)
    for index in range(len(head)):
        cells = [cell for row in rows if (cell := _cell(row, index))]
        if cells and all(moment(cell) is not None and number(cell) is None for cell in cells):
            return index
    raise NoPointsError(line, f"no time column: call it {', '.join(TIMES[:-1])}")


def _is_numeric(index: int, rows: list[list[str]]) -> bool:
    cells = [cell for row in rows if not _is_missing(cell := _cell(row, index))]
    return bool(cells) and all(number(cell) is not None or "inf" in cell.lower() for cell in cells)


def _row_points(row: list[str], line: int, columns: _Columns, unread: Unread) -> Iterator[Point]:
    stamp = _cell(row, columns.time)
    time = moment(stamp)
    if time is None:
        unread.add(line, f"no time: {stamp!r}")
    for index, column in columns.values:
        text = _cell(row, index)
        value = number(text)
        if value is None and not _is_missing(text):
            unread.add(line, f"no finite number: {text!r}")
        yield Point(stamp, text, time, value, columns.series(row, column))


# JSON Lines


def _json_points(lines: Iterator[str], skipped: int, unread: Unread) -> Iterator[Point]:
    found = False
    for line, text in enumerate(lines, skipped + 1):
        if not text.strip():
            continue
        try:
            record = json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError):
            unread.add(line, "no JSON object")
            continue
        if not isinstance(record, dict):
            unread.add(line, "no JSON object")
            continue
        for point in _record_points(record, line, unread):
            found = True
            yield point
    if not found:
        raise NoPointsError(
            skipped + 1, 'no metric in the file: write {"ts": ..., "name": ..., "value": ...}'
        )


def _record_points(record: dict[str, Any], line: int, unread: Unread) -> Iterator[Point]:
    if record.get("kind", "metric") != "metric":
        return
    metrics = record.get("metrics")
    named = dict(metrics) if isinstance(metrics, dict) else {}
    if isinstance(record.get("name"), str) and "value" in record:
        named[record["name"]] = record["value"]
    if not named:
        return
    stamp = _written(record.get("ts"))
    time = moment(stamp)
    if time is None:
        unread.add(line, f"no time: {stamp!r}")
    tags = record.get("tags")
    tag_text = canonical_tags(_plain(tags)) if isinstance(tags, dict) else None
    places = [part for key in ("model", "stage") if isinstance(part := record.get(key), str)]
    for name, raw in named.items():
        text = _written(raw)
        value = None if isinstance(raw, bool) else number(text)
        if value is None and not _is_missing(text):
            unread.add(line, f"{name} is no finite number: {text!r}")
        series = "/".join([*places, Series(None, None, name, tag_text).label])
        yield Point(stamp, text, time, value, series)


def _plain(tags: dict[str, Any]) -> dict[str, Any]:
    return {key: float(tag) if isinstance(tag, Decimal) else tag for key, tag in tags.items()}


def _written(value: Any) -> str:
    """A JSON value as the file has it; nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
