"""The tables, and how an older store becomes one of today.

Tables that ingest writes have no primary key and no index: DuckDB's zone maps over rows in order
of arrival find a time as fast, and its indexes cost more than the rows. What has to be unique is
kept so by the one transaction that writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.store.errors import StoreError

if TYPE_CHECKING:
    import duckdb

Migration = str
"""Statements that lift a store by one version."""

_COMMON = "ts TIMESTAMP, model VARCHAR, stage VARCHAR, version VARCHAR"
_PLACE = 'tags VARCHAR, attributes VARCHAR, file_id BIGINT, "offset" BIGINT'

_FIRST: Migration = f"""
CREATE TABLE meta (key VARCHAR, value VARCHAR);

-- What the files said. Metrics keep their series as a number: 7 bytes a row instead of 24.
CREATE TABLE series (
  series_id BIGINT, model VARCHAR, stage VARCHAR, name VARCHAR, tags VARCHAR
);
CREATE TABLE metric (
  ts TIMESTAMP, series_id BIGINT, version VARCHAR, value DOUBLE, attributes VARCHAR,
  file_id BIGINT, "offset" BIGINT
);
CREATE TABLE log (
  {_COMMON}, level VARCHAR, logger VARCHAR, message VARCHAR, exception VARCHAR,
  template_id VARCHAR, {_PLACE}
);
CREATE TABLE event (
  {_COMMON}, end_ts TIMESTAMP, type VARCHAR, title VARCHAR, id VARCHAR, planned BOOLEAN, {_PLACE}
);
CREATE TABLE prediction (
  {_COMMON}, id VARCHAR, features VARCHAR, prediction VARCHAR, score DOUBLE, scores VARCHAR,
  {_PLACE}
);
CREATE TABLE label ({_COMMON}, id VARCHAR, label VARCHAR, {_PLACE});
CREATE TABLE reject (file_id BIGINT, "offset" BIGINT, reason VARCHAR, raw BLOB);

-- Where reading stopped: one row a file, written with the rows that it accounts for.
CREATE TABLE file (
  file_id BIGINT, path VARCHAR, device UBIGINT, inode UBIGINT, fingerprint BLOB,
  fingerprint_size BIGINT, "offset" BIGINT, guard BLOB, size BIGINT, format VARCHAR,
  model VARCHAR, stage VARCHAR, newest_ts DOUBLE, rows BIGINT, rejects BIGINT, closed BOOLEAN
);

-- Summaries that add up, as each commit found them: a window is the sum of the rows of its key.
CREATE TABLE window_metrics (
  series_id BIGINT, version VARCHAR, start TIMESTAMP, n UINTEGER, total DOUBLE, squares DOUBLE,
  low DOUBLE, high DOUBLE, last DOUBLE, last_ts TIMESTAMP, late BOOLEAN
);
CREATE TABLE window_logs (
  model VARCHAR, stage VARCHAR, version VARCHAR, level VARCHAR, template_id VARCHAR,
  start TIMESTAMP, n UINTEGER, late BOOLEAN
);
CREATE TABLE window_columns (
  model VARCHAR, stage VARCHAR, version VARCHAR, "column" VARCHAR, role VARCHAR, kind VARCHAR,
  start TIMESTAMP, n BIGINT, nulls BIGINT, unseen BIGINT, unseen_names VARCHAR[], total DOUBLE,
  squares DOUBLE, low DOUBLE, high DOUBLE, counts BIGINT[], late BOOLEAN
);
CREATE TABLE window_performance (
  model VARCHAR, stage VARCHAR, version VARCHAR, start TIMESTAMP, predicted TIMESTAMP, n BIGINT,
  correct BIGINT, true_positive BIGINT, false_positive BIGINT, false_negative BIGINT,
  absolute_error DOUBLE, squared_error DOUBLE, brier DOUBLE, positive_scores BIGINT[],
  negative_scores BIGINT[], late BOOLEAN
);

-- What was made of it.
CREATE TABLE template (
  template_id VARCHAR, model VARCHAR, stage VARCHAR, template VARCHAR, first_text VARCHAR,
  first_seen TIMESTAMP
);
CREATE TABLE state (name VARCHAR, data BLOB);
CREATE TABLE incident (
  id VARCHAR, fingerprint VARCHAR, opened_at DOUBLE, updated_at DOUBLE, closed BOOLEAN,
  alert VARCHAR, state VARCHAR
);
CREATE TABLE action (
  id VARCHAR, ts DOUBLE, "user" VARCHAR, alert_id VARCHAR, verb VARCHAR, args VARCHAR,
  undo_of VARCHAR
);
"""

_OWN_TAGS: Migration = """
-- The tags of a row whose series is that of its metric's "others".
ALTER TABLE metric ADD COLUMN tags VARCHAR;
"""

_UPKEEP: Migration = """
-- When rejects were found: the newest time of what was read with them, so that they can age.
ALTER TABLE reject ADD COLUMN ts TIMESTAMP;
-- What is written, and what it costs: rows and the bytes of their lines, by file and kind.
CREATE TABLE window_volumes (
  model VARCHAR, stage VARCHAR, kind VARCHAR, file_id BIGINT, start TIMESTAMP, rows BIGINT,
  bytes BIGINT, late BOOLEAN
);
"""

_EXPECTED = ", ".join(
    f"{name} DOUBLE"
    for name in (
        *("labelled", "judged", "correct", "true_positive", "false_positive", "false_negative"),
        *("measured", "absolute_error", "squared_error"),
    )
)
_MORE_SUMS = "".join(
    f"ALTER TABLE window_performance ADD COLUMN {column};\n"
    for column in (
        *("judged BIGINT", "measured BIGINT", "fourth_error DOUBLE", "error DOUBLE"),
        *("relative_n BIGINT", "relative_error DOUBLE", "relative_squares DOUBLE"),
        *("label_total DOUBLE", "label_squares DOUBLE", "brier_squares DOUBLE"),
        *("log_loss DOUBLE", "log_loss_squares DOUBLE", "ranked BIGINT", "ndcg DOUBLE"),
        *("ndcg_squares DOUBLE", "reciprocal_rank DOUBLE", "reciprocal_rank_squares DOUBLE"),
        *("precision_at_k DOUBLE", "precision_at_k_squares DOUBLE", "right_confidence BIGINT[]"),
        *("wrong_confidence BIGINT[]", "score_totals DOUBLE[]"),
    )
)
_ESTIMATES: Migration = f"""
-- More metrics, and scores counted in finer cells: the old counts are of other cells.
{_MORE_SUMS}
UPDATE window_performance SET positive_scores = [], negative_scores = [],
  right_confidence = [], wrong_confidence = [], score_totals = [];
CREATE TABLE window_scores (
  model VARCHAR, stage VARCHAR, version VARCHAR, start TIMESTAMP, n BIGINT, judged BIGINT,
  positive BIGINT[], negative BIGINT[], confidence BIGINT[], late BOOLEAN
);
-- What was expected of the performance of a window when it closed.
CREATE TABLE window_estimates (
  model VARCHAR, stage VARCHAR, version VARCHAR, start TIMESTAMP, n BIGINT, {_EXPECTED},
  positive_scores DOUBLE[], negative_scores DOUBLE[]
);
-- What was predicted of what was true, by class.
CREATE TABLE window_confusion (
  model VARCHAR, stage VARCHAR, version VARCHAR, start TIMESTAMP, predicted TIMESTAMP,
  label VARCHAR, prediction VARCHAR, n BIGINT, late BOOLEAN
);
"""  # noqa: S608 - names of our own

_OUTBOX: Migration = """
-- What recipients were told and are still to be told.
CREATE TABLE outbox (
  id VARCHAR, recipient VARCHAR, alert_id VARCHAR, "at" DOUBLE, status VARCHAR, settled_at DOUBLE,
  attempts INTEGER, problem VARCHAR, counted VARCHAR, body VARCHAR
);
"""

_MARKS: Migration = """
-- Digests by which a file that was cut back, or a copy older than what was read, is known.
ALTER TABLE file ADD COLUMN marks BLOB DEFAULT ''::BLOB;
"""

_SEGMENTS: Migration = """
-- The same for every value of a tag of predictions: all columns in one row, and performance.
CREATE TABLE window_segments (
  model VARCHAR, stage VARCHAR, version VARCHAR, tag VARCHAR, value VARCHAR, layout VARCHAR,
  width BIGINT, start TIMESTAMP, n BIGINT, counts BIGINT[], totals DOUBLE[], late BOOLEAN
);
CREATE TABLE window_segment_performance (
  model VARCHAR, stage VARCHAR, version VARCHAR, tag VARCHAR, value VARCHAR, width BIGINT,
  start TIMESTAMP, predicted TIMESTAMP, n BIGINT, judged BIGINT, correct BIGINT,
  true_positive BIGINT, false_positive BIGINT, false_negative BIGINT, measured BIGINT,
  absolute_error DOUBLE, squared_error DOUBLE, fourth_error DOUBLE, error DOUBLE,
  relative_n BIGINT, relative_error DOUBLE, relative_squares DOUBLE, label_total DOUBLE,
  label_squares DOUBLE, brier DOUBLE, brier_squares DOUBLE, log_loss DOUBLE,
  log_loss_squares DOUBLE, ranked BIGINT, ndcg DOUBLE, ndcg_squares DOUBLE,
  reciprocal_rank DOUBLE, reciprocal_rank_squares DOUBLE, precision_at_k DOUBLE,
  precision_at_k_squares DOUBLE, positive_scores BIGINT[], negative_scores BIGINT[],
  right_confidence BIGINT[], wrong_confidence BIGINT[], score_totals DOUBLE[], late BOOLEAN
);
"""

_INPUTS: Migration = """
-- Which predictions were seen, and which fields they had, so that what changes of them is told.
CREATE TABLE window_sightings (
  model VARCHAR, stage VARCHAR, version VARCHAR, start TIMESTAMP, n BIGINT, ids UBIGINT[],
  contents UBIGINT[], late BOOLEAN
);
CREATE TABLE window_fields (
  model VARCHAR, stage VARCHAR, version VARCHAR, start TIMESTAMP, field VARCHAR, type VARCHAR,
  n BIGINT, late BOOLEAN
);
"""

MIGRATIONS: tuple[Migration, ...] = (
    *(_FIRST, _OWN_TAGS, _UPKEEP, _ESTIMATES, _OUTBOX, _MARKS, _SEGMENTS, _INPUTS),
)
"""Step by step from nothing to today. Steps are only ever appended: a store knows its number."""


def migrate(
    connection: duckdb.DuckDBPyConnection, where: str, steps: Sequence[Migration] = MIGRATIONS
) -> bool:
    """Lifts the store to the version of `steps`, in one transaction; True if it had to.

    Raises StoreError if the store is of a later version, or is a database of someone else's.
    """
    version = _version(connection, where)
    if version > len(steps):
        raise StoreError(
            f"cannot open {where}: it was written by a newer model-console (schema {version},"
            f" this one knows {len(steps)}): update, or choose another --store"
        )
    if version == len(steps):
        return False
    connection.execute("BEGIN").fetchall()
    try:
        for step in steps[version:]:
            connection.execute(step).fetchall()
        set_meta(connection, "schema", str(len(steps)))
        connection.execute("COMMIT").fetchall()
    except BaseException:
        connection.execute("ROLLBACK").fetchall()
        raise
    return True


def meta(connection: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """A remembered setting of the store."""
    rows = connection.execute("SELECT value FROM meta WHERE key = $1", [key]).fetchall()
    return rows[0][0] if rows else None


def set_meta(connection: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Remembers a setting of the store."""
    connection.execute("DELETE FROM meta WHERE key = $1", [key]).fetchall()
    connection.execute("INSERT INTO meta VALUES ($1, $2)", [key, value]).fetchall()


def _version(connection: duckdb.DuckDBPyConnection, where: str) -> int:
    tables = {
        row[0]
        for row in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
    }
    if not tables:
        return 0
    found = meta(connection, "schema") if "meta" in tables else None
    if found is None or not found.isdecimal():
        raise StoreError(
            f"cannot open {where}: it is a DuckDB database, but not a store of model-console:"
            " choose another --store"
        )
    return int(found)
