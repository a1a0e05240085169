"""Closed windows made one row each: what every commit added to a window becomes its sum.

Each commit leaves its own deltas, so a window that twenty commits a second have filled has a
thousand rows. They add up to the same whoever adds them; adding them up here, once and in pieces,
keeps reads and restarts from growing with the number of commits. A piece is one transaction, which
carries how far compaction has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.records.clock import HOUR, naive
from console.store import arrow
from console.store.schema import meta, set_meta

if TYPE_CHECKING:
    import duckdb

PIECE = 100_000
"""Most rows that are added up at once, where one window does not have more."""
LATE = 1_000
"""So many late deltas in an hour that was compacted before are worth doing it again."""
_WORTH = 0.8
"""A piece that keeps more of its rows than that is left as it is."""

KEYS = {
    "metrics": ("series_id", "start"),
    "logs": ("model", "stage", "version", "level", "template_id", "start"),
    "columns": ("model", "stage", "version", "column", "role", "kind", "start"),
    "performance": ("model", "stage", "version", "start", "predicted"),
    "scores": ("model", "stage", "version", "start"),
    "confusion": ("model", "stage", "version", "start", "predicted", "label", "prediction"),
    "volumes": ("model", "stage", "kind", "file_id", "start"),
    "segments": ("model", "stage", "version", "tag", "value", "layout", "width", "start"),
    "segment_performance": (
        *("model", "stage", "version", "tag", "value", "width", "start", "predicted"),
    ),
    "sightings": ("model", "stage", "version", "start"),
    "fields": ("model", "stage", "version", "start", "field", "type"),
}
"""What tells two windows of a kind apart."""
_MERGED = {
    "low": "min(low)",
    "high": "max(high)",
    "last": "arg_max(last, (last_ts, last))",
    "last_ts": "max(last_ts)",
    # Of metrics, where it is no key: the version at the window's end.
    "version": "arg_max_null(version, (last_ts, last, coalesce(version, '')))",
    "unseen_names": "list_sort(list_distinct(flatten(list(unseen_names))))[:20]",
    # As `stats.sightings` keeps them, of keys that came once or twice.
    "ids": "list_sort(flatten(list(ids)))[:512]",
    "contents": "list_sort(flatten(list(contents)))[:512]",
    "late": "false",
}
"""What does not simply add up."""
_ADDED_LISTS = (
    "coalesce(list_reduce(list({0}), lambda one, other: list_transform(list_zip(one, other),"
    " lambda pair: coalesce(pair[1], 0) + coalesce(pair[2], 0))), [])"
)
"""Sums of lists, cell by cell; the shorter ones count as zeros."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one piece did."""

    rows: int
    """Deltas that were looked at."""
    left: int
    """Rows that they have become."""
    more: bool
    """Something else is left to be done at once."""


def compact(
    connection: duckdb.DuckDBPyConnection, kind: str, until: float, width_s: float
) -> Compacted:
    """Adds up the next piece of the windows of `kind`, `width_s` seconds wide.

    Those that end after `until` are open, and left alone. It is to run in a transaction.
    """
    key = f"compacted/{kind}"
    done = float(meta(connection, key) or 0.0)
    begin = _oldest(connection, kind, done)
    if begin is None or begin + width_s > until:
        return _again(connection, kind, done)
    end = _end(connection, kind, begin, until, width_s)
    rows, left = _merge(connection, kind, begin, end, least=_WORTH)
    set_meta(connection, key, repr(end))
    return Compacted(rows, left, more=end + width_s <= until)


def _oldest(connection: duckdb.DuckDBPyConnection, kind: str, since: float) -> float | None:
    found = connection.execute(
        f"SELECT epoch_us(min(start)) / 1e6 FROM window_{kind} WHERE start >= $1",  # noqa: S608 - ours
        [naive(since)],
    ).fetchall()
    oldest: float | None = found[0][0]
    return oldest


def _end(
    connection: duckdb.DuckDBPyConnection, kind: str, begin: float, until: float, width_s: float
) -> float:
    """Where the piece ends that begins there: after an hour, earlier if that holds too much."""
    windows = max(int((min(begin + HOUR, until) - begin) // width_s), 1)
    while windows > 1:
        if _count(connection, kind, begin, begin + windows * width_s) <= PIECE:
            break
        windows //= 2
    return begin + windows * width_s


def _again(connection: duckdb.DuckDBPyConnection, kind: str, done: float) -> Compacted:
    """The hour with the most deltas that came after it was compacted, if they are many."""
    late = connection.execute(
        f"SELECT epoch_us(start) // 3600000000 AS hour, count(*) FROM window_{kind}"  # noqa: S608 - ours
        " WHERE late AND start < $1 GROUP BY 1 HAVING count(*) >= $2 ORDER BY 2 DESC, 1 LIMIT 1",
        [naive(done), LATE],
    ).fetchall()
    if not late:
        return Compacted(0, 0, more=False)
    begin = late[0][0] * HOUR
    rows, left = _merge(connection, kind, begin, min(begin + HOUR, done), least=1.0)
    return Compacted(rows, left, more=True)


def _merge(
    connection: duckdb.DuckDBPyConnection, kind: str, begin: float, end: float, least: float
) -> tuple[int, int]:
    span = [naive(begin), naive(end)]
    where = "WHERE start >= $1 AND start < $2"
    rows = _count(connection, kind, begin, end)
    merged = arrow.fetch(
        connection,
        f"SELECT {_sums(connection, kind)} FROM window_{kind} {where}"  # noqa: S608 - our own names
        " GROUP BY ALL ORDER BY start",
        span,
    )
    if merged.height > least * rows:
        return rows, rows
    connection.execute(f"DELETE FROM window_{kind} {where}", span).fetchall()  # noqa: S608 - ours
    arrow.insert(connection, f"window_{kind}", merged)
    return rows, merged.height


def _count(connection: duckdb.DuckDBPyConnection, kind: str, begin: float, end: float) -> int:
    query = f"SELECT count(*) FROM window_{kind} WHERE start >= $1 AND start < $2"  # noqa: S608 - ours
    return int(connection.execute(query, [naive(begin), naive(end)]).fetchall()[0][0])


def _sums(connection: duckdb.DuckDBPyConnection, kind: str) -> str:
    """Every column of the table: a key, or what its deltas are together, in the column's type."""
    columns = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $1"
        " ORDER BY column_index",
        [f"window_{kind}"],
    ).fetchall()
    return ", ".join(
        f'"{name}"' if name in KEYS[kind] else f'CAST({_sum(name, form)} AS {form}) AS "{name}"'
        for name, form in columns
    )


def _sum(name: str, form: str) -> str:
    added = _ADDED_LISTS if form.endswith("[]") else "sum({0})"
    return _MERGED.get(name) or added.format(f'"{name}"')
