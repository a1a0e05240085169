from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from console.records.frames import Records, placed
from console.store.database import Store, StoreError

T0 = 1_700_000_040.0
REFUSED = {
    "COPY log TO '/tmp/out.csv'": "COPY",
    "COPY log FROM '/etc/passwd'": "COPY",
    "EXPORT DATABASE '/tmp/out'": "EXPORT",
    "ATTACH '/tmp/other.db'": "ATTACH",
    "DETACH store": "DETACH",
    "PRAGMA database_size": "PRAGMA",
    "PRAGMA enable_profiling": "PRAGMA",
    "CALL pragma_version()": "CALL",
    "CHECKPOINT": "CALL",
    "INSTALL httpfs": "LOAD",
    "LOAD httpfs": "LOAD",
    "SET threads = 1": "SET",
    "RESET threads": "SET",
    "USE memory": "SET",
    "DROP TABLE log": "DROP",
    "CREATE TABLE x (a BIGINT)": "CREATE",
    "CREATE TEMP VIEW x AS SELECT 1": "CREATE",
    "ALTER TABLE log ADD COLUMN x BIGINT": "ALTER",
    "INSERT INTO state VALUES ('a', NULL)": "INSERT",
    "UPDATE state SET data = NULL": "UPDATE",
    "DELETE FROM log": "DELETE",
    "TRUNCATE log": "DELETE",
    "VACUUM": "VACUUM",
    "BEGIN": "TRANSACTION",
    "COMMIT": "TRANSACTION",
    "PREPARE p AS SELECT 1": "PREPARE",
    "EXPLAIN ANALYZE SELECT 1": "EXPLAIN",
}
FAILING = {
    "": "give one SELECT",
    "  -- nothing": "give one SELECT",
    "SELECT 1; SELECT 2": "not 2 statements",
    "SELECT 1; DROP TABLE log": "not 2 statements",
    "SELECT": "without selection list",
    "SELEC 1": "syntax error",
    "SELECT nope FROM logs": '"nope" not found',
    "SELECT $1": "parameters",
    "SELECT * FROM frame": "frame does not exist",
    "SELECT * FROM read_csv('/etc/passwd')": "Cannot access file",
    "SELECT * FROM read_text('/etc/passwd')": "Cannot access file",
    "SELECT * FROM read_blob('/etc/passwd')": "Cannot access file",
    "SELECT * FROM read_json('/etc/passwd')": "Cannot access file",
    "SELECT * FROM glob('/etc/*')": "Cannot access file",
    "SELECT * FROM '/etc/passwd'": "does not exist",
    "WITH x AS (DELETE FROM state RETURNING *) SELECT * FROM x": "read-only",
    "WITH x AS (INSERT INTO state VALUES ('b', NULL) RETURNING *) FROM x": "read-only",
    "SELECT error('no')": "no",
    "SELECT 1 / 0 + 'a'::INTEGER": "Could not convert",
}


@pytest.mark.parametrize(("statement", "kind"), REFUSED.items())
def test_what_is_not_a_select_is_refused(store: Store, statement: str, kind: str) -> None:
    with pytest.raises(StoreError) as raised:
        store.reader().sql(statement, 10)
    assert str(raised.value) == (
        "cannot answer the query: only SELECT is allowed, the store is read-only here"
        f" (this is {kind})"
    )


@pytest.mark.parametrize(("statement", "reason"), FAILING.items())
def test_what_fails_is_one_clear_line_and_changes_nothing(
    store: Store, statement: str, reason: str
) -> None:
    reader = store.reader()
    with pytest.raises(StoreError) as raised:
        reader.sql(statement, 10)
    assert str(raised.value).startswith("cannot answer the query: ")
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
    assert reader.sql("SELECT count(*) AS n FROM state", 1).rows() == [(0,)]


@pytest.mark.parametrize(
    "statement",
    ["FROM logs", "VALUES (1)", "WITH a AS (SELECT 1) FROM a", "DESCRIBE logs", "SHOW TABLES",
     "SUMMARIZE logs", "SELECT 1 -- and so on", "SELECT 1;", "FROM duckdb_tables()", "TABLE logs"],
)  # fmt: skip
def test_every_way_to_say_select_is_understood(store: Store, statement: str) -> None:
    store.reader().sql(statement, 10)


def test_every_type_comes_as_something_that_prints(store: Store) -> None:
    frame = store.reader().sql(
        """SELECT 1 AS a, 2 AS a, 3 AS "A", sum(x) AS s,
        170141183460469231731687303715884105727 AS huge,
        1.5 AS d, 'infinity'::TIMESTAMP AS never, DATE '2026-01-01' AS day, '\\xFFa'::BLOB AS b,
        'text'::BLOB AS t, [1, 2] AS l, {'k': 1} AS st, MAP {'k': 1} AS m, INTERVAL 1 DAY AS i,
        TIMESTAMPTZ '2026-01-01 12:00:00+02' AS z, NULL AS nothing, '{}'::JSON AS j,
        TIMESTAMP_NS '2026-01-01' AS ns, uuid() IS NULL AS u FROM (VALUES (1), (2)) v (x)""",
        5,
    )
    assert frame.to_dicts() == [
        {
            "a": 1, "a_1": 2, "A_2": 3, "s": 3,
            "huge": "170141183460469231731687303715884105727", "d": 1.5, "never": None,
            "day": date(2026, 1, 1), "b": "\\xFFa", "t": "text", "l": "[1, 2]", "st": "{'k': 1}",
            "m": "{k=1}", "i": "1 day", "z": datetime(2026, 1, 1, 10), "nothing": None, "j": "{}",
            "ns": datetime(2026, 1, 1), "u": False,
        }
    ]  # fmt: skip


def test_rows_are_limited_and_in_the_order_asked_for(
    store: Store, rows: Callable[..., Records]
) -> None:
    lines = [{"ts": T0 + n % 7, "message": str(n), "offset": n} for n in range(200)]
    with store.begin() as transaction:
        transaction.insert(placed(rows(logs=lines), 1))
    found = store.reader().sql('SELECT "offset" FROM logs ORDER BY "offset" DESC', 3)
    assert found.rows() == [(199,), (198,), (197,)]
    assert store.reader().sql("FROM logs", 1000).height == 200
