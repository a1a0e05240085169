"""Pages of log lines by keyset: the page after a key costs the same wherever the key stands.

Lines are stored in order of arrival, nearly that of time, so DuckDB's top-n over (ts, file_id,
offset) skips every block of rows that lies beyond the page by its zone map: a page out of
millions takes milliseconds, with no index to keep up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from console.records.clock import naive
from console.records.levels import LEVELS
from console.store.arrow import fetch
from console.store.pages import LogLine, LogPage, LogQuery

if TYPE_CHECKING:
    import duckdb
    import polars as pl

LogKey = tuple[float, int, int]
"""`LogLine.key`: time, file, byte offset."""
Direction = Literal["ASC", "DESC"]

_LINE = (
    "epoch_us(p.ts) / 1e6 AS ts, p.model, p.stage, p.version, p.level, p.logger,"
    " coalesce(p.message, '') AS message, p.exception, p.template_id, p.attributes,"
    " coalesce(f.path, '') AS path, p.file_id, p.\"offset\""
)


@dataclass
class Conditions:
    """Conditions that hold together, each with its values as parameters."""

    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        """Adds a condition; `{0}`, `{1}`, ... in it stand for the values."""
        first = len(self.values) + 1
        self.parts.append(condition.format(*(f"${first + n}" for n in range(len(values)))))
        self.values.extend(values)

    @property
    def where(self) -> str:
        """The conditions as a WHERE clause; nothing for none."""
        return f" WHERE {' AND '.join(self.parts)}" if self.parts else ""


def newest(cursor: duckdb.DuckDBPyConnection, query: LogQuery, limit: int) -> LogPage:
    """The last `limit` lines that match."""
    rows, more = _rows(cursor, _conditions(query), "DESC", limit)
    return LogPage(_lines(rows.reverse()), more_before=more, more_after=False)


def before(cursor: duckdb.DuckDBPyConnection, query: LogQuery, key: LogKey, limit: int) -> LogPage:
    """The `limit` lines next before the line of that key, which lies after them."""
    conditions = _conditions(query)
    _add_key(conditions, key, "<")
    rows, more = _rows(cursor, conditions, "DESC", limit)
    return LogPage(_lines(rows.reverse()), more_before=more, more_after=True)


def after(cursor: duckdb.DuckDBPyConnection, query: LogQuery, key: LogKey, limit: int) -> LogPage:
    """The `limit` lines next after the line of that key, which lies before them."""
    conditions = _conditions(query)
    _add_key(conditions, key, ">")
    rows, more = _rows(cursor, conditions, "ASC", limit)
    return LogPage(_lines(rows), more_before=True, more_after=more)


def around(cursor: duckdb.DuckDBPyConnection, query: LogQuery, ts: float, limit: int) -> LogPage:
    """Half of the lines before `ts`, half from then on; more of one side where the other ends."""
    earlier, later = _conditions(query), _conditions(query)
    earlier.add("ts < {0}", naive(ts))
    later.add("ts >= {0}", naive(ts))
    left, more_left = _rows(cursor, earlier, "DESC", limit)
    right, more_right = _rows(cursor, later, "ASC", limit)
    half = limit // 2
    of_left = min(left.height, max(half, limit - right.height))
    of_right = min(right.height, limit - of_left)
    shown = left.head(of_left).reverse().vstack(right.head(of_right))
    return LogPage(
        _lines(shown),
        more_before=more_left or of_left < left.height,
        more_after=more_right or of_right < right.height,
    )


def count(cursor: duckdb.DuckDBPyConnection, query: LogQuery) -> int:
    """How many lines match."""
    conditions = _conditions(query)
    found = fetch(cursor, f"SELECT count(*) FROM log{conditions.where}", conditions.values)  # noqa: S608 - conditions are ours, values are parameters
    return int(found.item())


def example(
    cursor: duckdb.DuckDBPyConnection,
    template_id: str,
    query: LogQuery,
) -> LogLine | None:
    """The first line of the template that matches."""
    conditions = _conditions(query)
    conditions.add("template_id = {0}", template_id)
    rows, _ = _rows(cursor, conditions, "ASC", 1)
    return next(iter(_lines(rows)), None)


def _conditions(query: LogQuery) -> Conditions:
    conditions = Conditions(["ts IS NOT NULL"])
    if query.model is not None:
        conditions.add("model = {0}", query.model)
    if query.stage is not None:
        conditions.add("stage = {0}", query.stage)
    if query.least_level is not None:
        levels = _at_least(query.least_level)
        places = ", ".join(f"{{{n}}}" for n in range(len(levels)))
        conditions.add(f"level IN ({places})", *levels)
    if query.template_id is not None:
        conditions.add("template_id = {0}", query.template_id)
    if query.start is not None:
        conditions.add("ts >= {0}", naive(query.start))
    if query.end is not None:
        conditions.add("ts < {0}", naive(query.end))
    if query.text:
        _add_text(conditions, query.text)
    return conditions


def _add_text(conditions: Conditions, text: str) -> None:
    """Adds that a line has the text, in letters of either case."""
    found = "contains(lower(message), lower({0}))"
    if text.isascii():
        # ILIKE takes less time, for it copies no line; its wildcards find what is there, and
        # more, which is looked at again. Letters of other scripts it may take differently.
        found = f"(message ILIKE '%' || {{0}} || '%' AND {found})"
    # Most lines have no exception, and are spared a look at it.
    exception = "exception IS NOT NULL AND contains(lower(exception), lower({0}))"
    conditions.add(f"({exception} OR {found})", text)


def _at_least(level: str) -> tuple[str, ...]:
    return LEVELS[LEVELS.index(level) :] if level in LEVELS else (level,)


def _add_key(conditions: Conditions, key: LogKey, sign: Literal["<", ">"]) -> None:
    ts, file_id, offset = key
    conditions.add(
        f'ts {sign}= {{0}} AND (ts {sign} {{0}} OR (file_id, "offset") {sign} ({{1}}, {{2}}))',
        naive(ts),
        file_id,
        offset,
    )


def _rows(
    cursor: duckdb.DuckDBPyConnection, conditions: Conditions, direction: Direction, limit: int
) -> tuple[pl.DataFrame, bool]:
    """Up to `limit` lines from the beginning (ASC) or the end (DESC), and whether more follow."""
    order = f'ts {direction}, file_id {direction}, "offset" {direction}'
    # Which lines, by what orders and matches alone; then all the rest of these few.
    page = f"SELECT rowid FROM log{conditions.where} ORDER BY {order} LIMIT {limit + 1:d}"  # noqa: S608 - values are parameters
    found = fetch(
        cursor,
        f"SELECT {_LINE} FROM log p LEFT JOIN file f USING (file_id) WHERE p.rowid IN ({page})"  # noqa: S608 - values are parameters
        f' ORDER BY p.ts {direction}, p.file_id {direction}, p."offset" {direction}',
        conditions.values,
    )
    return found.head(limit), found.height > limit


def _lines(rows: pl.DataFrame) -> tuple[LogLine, ...]:
    return tuple(LogLine(*row) for row in rows.iter_rows())
