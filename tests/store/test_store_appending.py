"""Few rows and many take different ways into a table, and are the same there."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.store import appending, arrow
from console.store.appending import Appending

COLUMNS: dict[str, tuple[str, Any]] = {
    "key": ("BIGINT", pl.Int64),
    "inode": ("UBIGINT", pl.UInt64),
    "text": ("VARCHAR", pl.String),
    "data": ("BLOB", pl.Binary),
    "value": ("DOUBLE", pl.Float64),
    "late": ("BOOLEAN", pl.Boolean),
    "ts": ("TIMESTAMP", pl.Datetime("us")),
    "counts": ("BIGINT[]", pl.List(pl.Int64)),
    "totals": ("DOUBLE[]", pl.List(pl.Float64)),
    "n": ("BIGINT", pl.UInt32),
}
SCHEMA = {name: kind for name, (_, kind) in COLUMNS.items()}
numbers = st.one_of(st.floats(), st.sampled_from([math.nan, math.inf, -0.0]))
rows = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.none() | st.integers(0, 2**64 - 1),
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
        st.none() | st.binary(max_size=9),
        st.none() | numbers,
        st.none() | st.booleans(),
        st.none() | st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
        st.none() | st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
        st.none() | st.lists(numbers, max_size=3),
        st.none() | st.integers(0, 2**32 - 1),
    ),
    max_size=12,
)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def made(connection: duckdb.DuckDBPyConnection, few: int, *frames: pl.DataFrame) -> pl.DataFrame:
    """What is in a table after inserting the first frame and replacing by the others."""
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    connection.execute(f"CREATE OR REPLACE TABLE t ({columns}, more VARCHAR)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(appending, "FEW", few)
        tables = Appending(connection)
        for number, frame in enumerate(frames):
            tables.replace("t", "key", frame) if number else tables.insert("t", frame)
    return arrow.fetch(connection, "SELECT * FROM t ORDER BY ALL")


@given(first=rows, second=rows)
def test_both_ways_store_the_same(first: list[tuple[Any, ...]], second: list[Any]) -> None:
    frames = [pl.DataFrame(some, schema=SCHEMA, orient="row") for some in (first, second)]
    frames[1] = frames[1].unique("key", keep="last", maintain_order=True)
    connection = duckdb.connect()
    few, many = made(connection, 100, *frames), made(connection, 0, *frames)
    assert few.equals(many, null_equal=True)
    kept = [row for row in first if row[0] not in set(frames[1]["key"])]
    assert few.height == len(kept) + frames[1].height
    connection.close()


def test_rows_of_a_transaction_that_failed_are_not_written_later(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("CREATE TABLE t (number TINYINT)")
    tables = Appending(connection)
    connection.execute("BEGIN")
    tables.insert("t", pl.DataFrame({"number": [1]}))
    with pytest.raises(duckdb.Error):
        tables.insert("t", pl.DataFrame({"number": [2, 1000]}))
    tables.forget()
    connection.execute("ROLLBACK")
    tables.insert("t", pl.DataFrame({"number": [3]}))
    assert connection.execute("FROM t").fetchall() == [(3,)]
