"""The rows behind a number, each with the file and the byte where it stands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.records.clock import naive
from console.store.arrow import fetch
from console.store.logpages import Conditions

if TYPE_CHECKING:
    import duckdb

Span = tuple[float, float]
"""Half open, epoch seconds."""
FALSE_AND_TRUE = {"False": "false", "FALSE": "false", "True": "true", "TRUE": "true"}
"""How other languages write booleans, and how the reference names them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Which values of a column are meant; all that is not None holds."""

    above: float | None = None
    """A number greater than this."""
    upto: float | None = None
    """And not greater than this."""
    category: str | None = None
    beside: tuple[str, ...] | None = None
    """None of these categories, and not null."""
    odd: bool = False
    """No finite number, and not null."""
    null: bool = False


@dataclass(frozen=True, slots=True)
class Among:
    """Which predictions are meant: those of some values of a tag, or of all but these.

    The value is that of the tag, else the version or the feature of that name.
    """

    tag: str
    values: tuple[str, ...]
    inside: bool = True


@dataclass(frozen=True, slots=True)
class CellQuery:
    """The predictions of a model whose column has such a value."""

    model: str
    column: str
    role: str
    """As of a pinned column: `feature`, `prediction` or `score`."""
    cell: Cell
    among: Among | None = None


@dataclass(frozen=True, slots=True)
class RawRow:
    """One stored record: its time, its fields as text, and where it stands."""

    ts: float
    fields: tuple[tuple[str, str], ...]
    """Name and text, the telling ones first."""
    file: str
    file_id: int
    offset: int

    @property
    def key(self) -> tuple[float, int, int]:
        """Order and identity: time, file, byte offset."""
        return self.ts, self.file_id, self.offset


def predictions(
    cursor: duckdb.DuckDBPyConnection,
    asked: CellQuery,
    span: Span,
    limit: int,
) -> list[RawRow]:
    """The newest `limit` predictions of the span whose column has such a value, newest first."""
    column, role = asked.column, asked.role
    conditions = Conditions()
    conditions.add("p.model = {0}", asked.model)
    conditions.add("p.ts >= {0} AND p.ts < {1}", naive(span[0]), naive(span[1]))
    text = f"CAST(p.{role} AS VARCHAR)" if role != "feature" else _feature(column, conditions)
    _match(conditions, text, asked.cell)
    if asked.among is not None:
        _among(conditions, asked.among)
    found = fetch(
        cursor,
        f"SELECT epoch_us(p.ts) / 1e6 AS ts, {text} AS value, p.id, p.version, p.prediction,"  # noqa: S608 - values are parameters
        ' CAST(p.score AS VARCHAR) AS score, p.features, f.path, p.file_id, p."offset"'
        f" FROM prediction p LEFT JOIN file f USING (file_id){conditions.where}"
        f' ORDER BY p.ts DESC, p.file_id, p."offset" LIMIT {limit:d}',
        conditions.values,
    )
    names = (column, "id", "version", "prediction", "score", "features")
    return [_row(row[0], names, row[1:7], row[7:]) for row in found.iter_rows()]


def metrics(
    cursor: duckdb.DuckDBPyConnection, series_id: int, span: Span, limit: int
) -> list[RawRow]:
    """The newest `limit` values of a series in the span, newest first."""
    found = fetch(
        cursor,
        "SELECT epoch_us(m.ts) / 1e6 AS ts, CAST(m.value AS VARCHAR) AS value, m.version,"  # noqa: S608 - a number
        ' m.attributes, f.path, m.file_id, m."offset"'
        " FROM metric m LEFT JOIN file f USING (file_id)"
        " WHERE m.series_id = $1 AND m.ts >= $2 AND m.ts < $3"
        f' ORDER BY m.ts DESC, m.file_id, m."offset" LIMIT {limit:d}',
        [series_id, naive(span[0]), naive(span[1])],
    )
    names = ("value", "version", "attributes")
    return [_row(row[0], names, row[1:4], row[4:]) for row in found.iter_rows()]


def _row(
    ts: float, names: tuple[str, ...], values: tuple[str | None, ...], place: tuple[object, ...]
) -> RawRow:
    pairs = zip(names, values, strict=True)
    file, file_id, offset = place
    fields = tuple((name, text) for name, text in pairs if text is not None)
    return RawRow(ts, fields, str(file or ""), int(str(file_id)), int(str(offset)))


def _feature(column: str, conditions: Conditions) -> str:
    conditions.add("TRUE", "$." + json.dumps(column, ensure_ascii=False))
    return f"(p.features->>${len(conditions.values)})"


def _among(conditions: Conditions, among: Among) -> None:
    conditions.add("TRUE", "$." + json.dumps(among.tag, ensure_ascii=False))
    path = f"${len(conditions.values)}"
    other = "p.version, " if among.tag == "version" else ""
    text = f"coalesce(p.tags->>{path}, {other}p.features->>{path})"
    places = ", ".join(f"{{{place}}}" for place in range(len(among.values)))
    negated = "" if among.inside else "NOT "
    if among.values:
        conditions.add(f"{text} {negated}IN ({places})", *among.values)


def _match(conditions: Conditions, text: str, cell: Cell) -> None:
    number = f"TRY_CAST({text} AS DOUBLE)"
    if cell.null:
        conditions.add(f"{text} IS NULL")
    if cell.odd:
        conditions.add(f"{text} IS NOT NULL AND NOT coalesce(isfinite({number}), FALSE)")
    if cell.above is not None or cell.upto is not None:
        conditions.add(f"isfinite({number})")
    if cell.above is not None:
        conditions.add(f"{number} > {{0}}", cell.above)
    if cell.upto is not None:
        conditions.add(f"{number} <= {{0}}", cell.upto)
    if cell.category is not None:
        wanted = _spellings(cell.category)
        places = ", ".join(f"{{{place}}}" for place in range(len(wanted)))
        conditions.add(f"{text} IN ({places})", *wanted)
    if cell.beside is not None:
        known = [spelling for category in cell.beside for spelling in _spellings(category)]
        conditions.add(f"{text} IS NOT NULL")
        if known:
            places = ", ".join(f"{{{place}}}" for place in range(len(known)))
            conditions.add(f"{text} NOT IN ({places})", *known)


def _spellings(category: str) -> list[str]:
    return [category, *(odd for odd, plain in FALSE_AND_TRUE.items() if plain == category)]
