"""What is too old, or too much, goes: oldest first, and never one row out of the middle.

Rows lie in order of arrival, nearly that of time. A delete by time therefore empties whole groups
of rows, whose blocks DuckDB gives to the next rows at its next checkpoint; a delete of rows that
are scattered (all of one level, say) would free nothing. The file itself never shrinks.

Ages are counted from the event time that the engine has reached, not from the wall clock: history
that is looked at years later keeps as much as on the day on which it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.records.clock import HOUR, naive

if TYPE_CHECKING:
    import duckdb

KINDS: Mapping[str, tuple[str, ...]] = {
    "metrics": ("metric",),
    "logs": ("log",),
    # A prediction and its labels are kept alike, so that no label is counted twice.
    "predictions": ("prediction", "label"),
    "rejects": ("reject",),
    "events": ("event",),
    "windows": (
        "window_metrics",
        "window_logs",
        "window_columns",
        "window_performance",
        "window_volumes",
        "window_scores",
        "window_confusion",
        "window_estimates",
        "window_segments",
        "window_segment_performance",
        "window_sightings",
        "window_fields",
    ),
}
"""The tables of every kind that is kept for a time of its own."""
RAW = ("metric", "log", "prediction", "label", "reject")
"""What goes first when the store grows too large; then the windows."""
PIECE = 1_000_000
"""About so many rows go in one delete: some tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How full the store is."""

    used: int
    """Bytes in use: blocks that hold something, and the write-ahead log."""
    free: int
    """Bytes of the file that the next rows will take before it grows."""


def usage(connection: duckdb.DuckDBPyConnection, wal: int) -> Usage:
    """How full the store is; `wal` is the size of its write-ahead log."""
    query = "SELECT block_size, used_blocks, free_blocks FROM pragma_database_size()"
    block, used, free = connection.execute(query).fetchall()[0]
    return Usage(used=block * used + wal, free=block * free)


def forget(connection: duckdb.DuckDBPyConnection, table: str, before: float) -> tuple[int, bool]:
    """Deletes the oldest rows of a table, a piece of those that are older than `before`.

    Returns how many went, and whether more of them are left.
    """
    time = _time_of(table)
    old = f"FROM {table} WHERE {time} < $1"
    found = connection.execute(
        f"SELECT count(*), epoch_us(min({time})) / 1e6 {old}",
        [naive(before)],
    ).fetchall()[0]
    count, oldest = int(found[0]), found[1]
    if not count:
        return 0, False
    until = before
    if count > PIECE:
        until = max(oldest + (before - oldest) * PIECE / count, oldest + 1e-6)
    gone = connection.execute(f"DELETE {old}", [naive(until)]).fetchall()[0][0]
    return int(gone), until < before


def cut(
    connection: duckdb.DuckDBPyConnection, tables: tuple[str, ...], excess: int, newest: float
) -> float | None:
    """The full hour before which the tables hold about `excess` bytes; None if they hold nothing.

    Never later than `newest`. What a row takes is estimated as its table's mean.
    """
    hours: dict[float, float] = {}
    for table in tables:
        time = _time_of(table)
        size = table_bytes(connection, table)
        counts = connection.execute(
            f"SELECT epoch_us({time}) // 3600000000 AS hour, count(*) FROM {table}"  # noqa: S608 - ours
            f" WHERE {time} < $1 GROUP BY 1",
            [naive(newest)],
        ).fetchall()
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608
        for hour, count in counts:
            hours[hour] = hours.get(hour, 0.0) + count * size / rows
    total = 0.0
    for hour in sorted(hours):
        total += hours[hour]
        if total >= excess:
            return min((hour + 1) * HOUR, newest)
    return newest if hours else None


def table_bytes(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Bytes that a table takes in the file, by its compressed columns.

    A column's part of a row group begins at an offset of a block and ends where the next one
    begins, at most at the block's end; long texts may fill blocks of their own. What is in the
    write-ahead log only is not counted.
    """
    query = """
        WITH part AS (
          SELECT block_id, block_offset, len(additional_block_ids) AS more,
            lead(block_offset) OVER (PARTITION BY block_id ORDER BY block_offset) AS following
          FROM (SELECT DISTINCT ON (block_id, block_offset) *
                FROM pragma_storage_info($1) WHERE persistent AND block_id >= 0)),
        size AS (SELECT block_size AS block FROM pragma_database_size())
        SELECT coalesce(sum(coalesce(following, block) - block_offset + more * block), 0)::BIGINT
        FROM part, size"""
    return int(connection.execute(query, [table]).fetchall()[0][0])


def _time_of(table: str) -> str:
    return "start" if table.startswith("window_") else "ts"
