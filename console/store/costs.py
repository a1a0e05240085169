"""What the recording costs, answered from summaries and from the store's own account of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.records.clock import naive
from console.store import retention
from console.store.arrow import fetch

if TYPE_CHECKING:
    import duckdb
    import polars as pl

TABLES = {
    "metrics": "metric",
    "logs": "log",
    "events": "event",
    "predictions": "prediction",
    "labels": "label",
}
"""The table of every kind of record."""
RECENT_ROWS = 200_000
"""The tags of so many newest rows are counted, where no catalogue knows them."""
TEMPLATES = 100
SAMPLES = 8
"""Lines of a template that are shown as examples."""


@dataclass(frozen=True)
class Account:
    """What recording costs: frames as the functions of the same names give them."""

    written: pl.DataFrame
    stored: pl.DataFrame
    tags: pl.DataFrame
    series: pl.DataFrame
    templates: pl.DataFrame


def account(cursor: duckdb.DuckDBPyConnection, start: float, end: float) -> Account:
    """The costs of what was written in the span."""
    return Account(
        written=written(cursor, start, end),
        stored=stored(cursor),
        tags=tags(cursor),
        series=series(cursor, start, end),
        templates=templates(cursor, start, end),
    )


def written(cursor: duckdb.DuckDBPyConnection, start: float, end: float) -> pl.DataFrame:
    """What was written in the span, by checkpoint, kind and file.

    Columns model, stage, kind, file (String), first, last (TIME, starts of windows), rows, bytes
    (Int64): the bytes of the lines in the file; and kept (Int64): the bytes of those whose rows
    are still stored.
    """
    oldest = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, min(ts) AS ts FROM {table}"  # noqa: S608 - our own names
        for kind, table in TABLES.items()
    )
    return fetch(
        cursor,
        f"WITH oldest AS ({oldest})"  # noqa: S608 - our own names
        " SELECT v.model, v.stage, v.kind, f.path AS file, min(v.start) AS first,"
        " max(v.start) AS last, sum(v.rows)::BIGINT AS rows, sum(v.bytes)::BIGINT AS bytes,"
        " coalesce(sum(v.bytes) FILTER (v.start >= o.ts - INTERVAL 1 DAY), 0)::BIGINT AS kept"
        " FROM window_volumes v JOIN oldest o USING (kind) LEFT JOIN file f USING (file_id)"
        " WHERE v.start >= $1 AND v.start < $2 GROUP BY ALL"
        " ORDER BY bytes DESC, v.model, v.stage, v.kind, file",
        [naive(start), naive(end)],
    )


def stored(cursor: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Rows and compressed bytes of every kind as of the last checkpoint: kind, rows, bytes."""
    parts = [
        f"SELECT '{kind}' AS kind, (SELECT count(*) FROM {table})::BIGINT AS rows,"  # noqa: S608
        f" {retention.table_bytes(cursor, table)}::BIGINT AS bytes"
        for kind, table in TABLES.items()
    ]
    return fetch(cursor, " UNION ALL ".join(parts))


def tags(cursor: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """How many values every tag has, the most first.

    Columns model, stage, kind, name (of a metric, else null), tag (String), values (Int64), and
    more (Boolean): there are more of them, which are not told apart. Metrics from the catalogue of
    series, others from their newest rows.
    """
    recent = " UNION ALL ".join(
        f"SELECT DISTINCT model, stage, '{kind}' AS kind, NULL AS name, tags FROM"  # noqa: S608
        f" (SELECT model, stage, tags FROM {table}"
        f" WHERE rowid > (SELECT max(rowid) FROM {table}) - {RECENT_ROWS})"
        for kind, table in TABLES.items()
        if kind in ("logs", "predictions", "events")
    )
    return fetch(
        cursor,
        "WITH every AS (SELECT model, stage, 'metrics' AS kind, name, tags FROM series"  # noqa: S608
        f" UNION ALL {recent}),"
        " cell AS (SELECT e.model, e.stage, e.kind, e.name, t.key AS tag, t.value"
        "  FROM every e, json_each(e.tags) t WHERE e.tags IS NOT NULL),"
        " folded AS (SELECT DISTINCT model, stage, kind, name FROM cell WHERE tag = '_')"
        " SELECT c.model, c.stage, c.kind, c.name, c.tag,"
        """ count(DISTINCT c.value) FILTER (c.value <> '"*"')::BIGINT AS "values","""
        """ bool_or(f.kind IS NOT NULL OR c.value = '"*"') AS more"""
        " FROM cell c LEFT JOIN folded f ON c.kind = f.kind AND c.name = f.name"
        "  AND c.model IS NOT DISTINCT FROM f.model AND c.stage IS NOT DISTINCT FROM f.stage"
        " WHERE c.tag <> '_' GROUP BY ALL"
        ' ORDER BY "values" DESC, c.model, c.stage, c.kind, c.name, c.tag',
    )


def series(cursor: duckdb.DuckDBPyConnection, start: float, end: float) -> pl.DataFrame:
    """How many series and rows every metric had in the span, the most series first.

    Columns model, stage, name (String), series, rows (Int64).
    """
    return fetch(
        cursor,
        "SELECT s.model, s.stage, s.name, count(DISTINCT w.series_id)::BIGINT AS series,"
        " sum(w.n)::BIGINT AS rows FROM window_metrics w JOIN series s USING (series_id)"
        " WHERE w.start >= $1 AND w.start < $2 GROUP BY ALL"
        " ORDER BY series DESC, s.model, s.stage, s.name",
        [naive(start), naive(end)],
    )


def templates(cursor: duckdb.DuckDBPyConnection, start: float, end: float) -> pl.DataFrame:
    """The most frequent log templates of the span, with a few of their newest messages.

    Columns model, stage, template_id, template (String), rows (Int64), examples (List(String)).
    """
    return fetch(
        cursor,
        "WITH top AS (SELECT model, stage, template_id, sum(n)::BIGINT AS rows FROM window_logs"  # noqa: S608 - constants
        " WHERE start >= $1 AND start < $2 AND template_id IS NOT NULL"
        " GROUP BY ALL ORDER BY rows DESC, model, stage, template_id LIMIT $3),"
        " line AS (SELECT model, stage, template_id, message FROM log"
        f" WHERE rowid > (SELECT max(rowid) FROM log) - {RECENT_ROWS})"
        " SELECT t.model, t.stage, t.template_id, any_value(n.template) AS template, t.rows,"
        f" coalesce((list(DISTINCT l.message) FILTER (l.message IS NOT NULL))[:{SAMPLES}], [])"
        " AS examples"
        " FROM top t LEFT JOIN template n USING (template_id)"
        " LEFT JOIN line l ON l.template_id = t.template_id"
        "  AND l.model IS NOT DISTINCT FROM t.model AND l.stage IS NOT DISTINCT FROM t.stage"
        " GROUP BY t.model, t.stage, t.template_id, t.rows"
        " ORDER BY t.rows DESC, t.model, t.stage, t.template_id",
        [naive(start), naive(end), TEMPLATES],
    )
