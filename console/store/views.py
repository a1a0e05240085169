"""What `query` sees: the views of contracts §3, whatever the tables behind them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from console.store.schema import meta, set_meta

if TYPE_CHECKING:
    import duckdb


BEST_FIRST = "TRY_CAST(i.alert->>'$.priority' AS DOUBLE) DESC NULLS LAST, i.opened_at DESC, i.id"
"""The order of the inbox, of incidents `i`."""


def _text(field: str) -> str:
    return f"i.alert->>'$.{field}' AS \"{field}\""


def _json(field: str) -> str:
    return f"CAST(i.alert->'$.{field}' AS VARCHAR) AS \"{field}\""


def _time(field: str) -> str:
    return f"TRY_CAST(i.alert->>'$.{field}' AS TIMESTAMP) AS \"{field}\""


_ALERT = (
    _text("id"),
    _text("fingerprint"),
    # An alert is ranked alone when it is written: its place is told by the priorities of all.
    f"CAST(row_number() OVER (ORDER BY {BEST_FIRST}) AS INTEGER) AS rank",
    "TRY_CAST(i.alert->>'$.priority' AS DOUBLE) AS priority",
    _json("rank_reasons"),
    *map(_text, ("severity", "state", "trigger", "model", "stage", "version", "series")),
    _text("detector"),
    *map(_time, ("started_at", "opened_at", "updated_at", "ended_at")),
    *map(_text, ("what", "where", "when", "impact")),
    _json("why"),
    _text("explained_by"),
    *map(_json, ("evidence", "members", "related_logs", "suggestions", "features")),
)

MERGED_METRICS = """
SELECT series_id, start, sum(n)::BIGINT AS n, sum(total) AS total, min(low) AS low,
  max(high) AS high, arg_max(last, (last_ts, last)) AS last,
  arg_max_null(version, (last_ts, last, coalesce(version, ''))) AS version
FROM window_metrics GROUP BY series_id, start
"""
"""Windows of metrics: the deltas of each added up, version and last value those of its end."""

VIEWS = {
    "metrics": """
        SELECT m.ts, s.model, s.stage, m.version, s.name, m.value,
          coalesce(m.tags, s.tags) AS tags, f.path AS file,
          m."offset"
        FROM metric m LEFT JOIN series s USING (series_id) LEFT JOIN file f USING (file_id)""",
    "logs": """
        SELECT l.ts, l.model, l.stage, l.version, l.level, l.logger, l.message, l.template_id,
          l.attributes, f.path AS file, l."offset"
        FROM log l LEFT JOIN file f USING (file_id)""",
    "events": """
        SELECT ts, end_ts, model, stage, version, type, title, id, planned, tags FROM event""",
    "predictions": """
        SELECT p.ts, p.model, p.stage, p.version, p.id, p.features, p.prediction, p.score,
          f.path AS file, p."offset"
        FROM prediction p LEFT JOIN file f USING (file_id)""",
    "labels": """
        SELECT l.ts, l.model, l.id, l.label, f.path AS file, l."offset"
        FROM label l LEFT JOIN file f USING (file_id)""",
    # Bytes that are text are shown as text; others byte by byte (\\xFF).
    "rejects": """
        SELECT f.path AS file, r."offset", r.reason,
          coalesce(TRY(decode(r.raw)), CAST(r.raw AS VARCHAR)) AS raw
        FROM reject r LEFT JOIN file f USING (file_id)""",
    "alerts": f"SELECT {', '.join(_ALERT)} FROM incident i",  # noqa: S608 - names of our own
    "windows": f"""
        SELECT s.model, s.stage, w.version, s.name, s.tags, w.start, w.n, w.total / w.n AS mean,
          w.low, w.high, w.last
        FROM ({MERGED_METRICS}) w LEFT JOIN series s USING (series_id)""",  # noqa: S608 - constant
    "sources": """
        SELECT path AS file, format, model, stage, "offset", size, rows, rejects FROM file""",
}
"""Name and query of every view."""


def create_views(connection: duckdb.DuckDBPyConnection) -> bool:
    """Brings the views up to date; True if they were not."""
    digest = blake2b(repr(VIEWS).encode(), digest_size=16).hexdigest()
    if meta(connection, "views") == digest:
        return False
    connection.execute("BEGIN").fetchall()
    for name, query in VIEWS.items():
        connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS {query}').fetchall()
    set_meta(connection, "views", digest)
    connection.execute("COMMIT").fetchall()
    return True
