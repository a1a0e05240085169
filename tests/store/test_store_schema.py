from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from console.store import schema
from console.store.database import Store, StoreError
from console.store.errors import StoreError as SameError
from console.store.schema import MIGRATIONS, meta, migrate

OLDER = ("CREATE TABLE meta (key VARCHAR, value VARCHAR); CREATE TABLE thing (a BIGINT);",)
NEWER = (*OLDER, "ALTER TABLE thing ADD COLUMN b VARCHAR; UPDATE thing SET b = 'old';")


def test_an_older_store_is_lifted_step_by_step_and_keeps_its_rows() -> None:
    with duckdb.connect() as connection:
        assert migrate(connection, "x", OLDER)
        connection.execute("INSERT INTO thing VALUES (7)").fetchall()
        assert migrate(connection, "x", NEWER)
        assert connection.execute("SELECT * FROM thing").fetchall() == [(7, "old")]
        assert meta(connection, "schema") == "2"
        assert not migrate(connection, "x", NEWER)


def test_a_step_that_fails_leaves_the_store_as_it_was() -> None:
    with duckdb.connect() as connection:
        migrate(connection, "x", OLDER)
        with pytest.raises(duckdb.Error):
            migrate(connection, "x", (*OLDER, "CREATE TABLE other (a BIGINT); SELECT nonsense;"))
        assert meta(connection, "schema") == "1"
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        assert ("other",) not in tables


def test_a_store_of_an_older_schema_opens(
    store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(store_path, lambda: 0.0).close()
    later = (*MIGRATIONS, "CREATE TABLE later (a BIGINT);")
    monkeypatch.setattr(schema.migrate, "__defaults__", (later,))
    with Store.open(store_path, lambda: 0.0) as opened:
        assert opened.reader().sql("SELECT * FROM later", 1).height == 0


def test_a_store_of_a_newer_schema_is_refused_and_left_alone(
    store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(store_path, lambda: 0.0).close()
    with duckdb.connect(str(store_path)) as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'").fetchall()
    before = store_path.read_bytes()
    with pytest.raises(StoreError) as raised:
        Store.open(store_path, lambda: 0.0)
    assert str(raised.value) == (
        f"cannot open {store_path}: it was written by a newer model-console (schema 99, this one"
        f" knows {len(MIGRATIONS)}): update, or choose another --store"
    )
    assert store_path.read_bytes() == before
    assert StoreError is SameError


def test_a_database_of_someone_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE precious (a BIGINT)").fetchall()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store of model-console"):
        Store.open(path, lambda: 0.0)
    assert path.read_bytes() == before


def test_tables_that_ingest_writes_have_no_index() -> None:
    with duckdb.connect() as connection:
        migrate(connection, "x")
        assert connection.execute("SELECT * FROM duckdb_indexes()").fetchall() == []
        assert connection.execute("SELECT * FROM duckdb_constraints()").fetchall() == []
