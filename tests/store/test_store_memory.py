"""What the store takes of memory: little at rest, enough for lines of any length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from console.formats.framing import rejects
from console.records.clock import system_clock
from console.records.frames import placed, records
from console.store import memory
from console.store.database import Store
from console.store.reader import Reader

LONG = 16 << 20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on disk."""
    with Store.open(tmp_path / "s.duckdb", system_clock) as opened:
        yield opened


def insert_rejects(store: Store, first: int, lines: list[bytes]) -> None:
    places = list(range(first, first + len(lines)))
    with store.begin() as transaction:
        transaction.insert(placed(records(rejects=rejects(places, ["odd"] * len(lines), lines)), 1))


def read_much(store: Store) -> Reader:
    """A reader for whom 40 MiB were read from the file."""
    insert_rejects(store, 0, [Random(seed).randbytes(1 << 19) for seed in range(80)])
    store.checkpoint()
    reader = store.reader()
    reader.sql("SELECT max(hash(raw)) FROM reject", 1)
    return reader


def kept_bytes(reader: Reader) -> int:
    return int(reader.sql("SELECT sum(memory_usage_bytes) AS n FROM duckdb_memory()", 1)["n"][0])


def test_what_is_kept_of_the_file_is_given_back_at_a_checkpoint(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_KEPT", "8MB")
    reader = read_much(store)
    assert kept_bytes(reader) > 16 << 20

    store.checkpoint()

    assert kept_bytes(reader) < 8 << 20
    assert reader.sql("SELECT current_setting('memory_limit')", 1).item() == "488.2 MiB"


def test_nothing_is_taken_from_a_question_that_is_being_answered(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_KEPT", "8MB")
    reader, asking = read_much(store), store.reader()
    with asking.resting() as rests:
        assert rests
        store.checkpoint()
    assert kept_bytes(reader) > 16 << 20  # it was left alone

    store.settle(idle=False)

    assert kept_bytes(reader) < 8 << 20


def test_memory_is_given_back_only_once_for_each_checkpoint(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[None] = []
    store.checkpoint()
    monkeypatch.setattr(memory.Memory, "give_back", lambda _: calls.append(None))
    store.settle(idle=False)
    store.settle(idle=True)
    assert not calls


def test_a_query_gets_more_memory_if_it_needs_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [Random(seed).randbytes(LONG) for seed in range(3)]
    insert_rejects(store, 0, lines)
    store.checkpoint()
    store._limits.execute("SET GLOBAL memory_limit = '128MB'").fetchall()
    monkeypatch.setattr(memory, "LIMIT", "128MB")
    reader = store.reader()

    found = reader.sql(
        'SELECT r."offset", path, hex(raw) AS raw FROM reject r LEFT JOIN file USING (file_id)'
        ' ORDER BY file_id, r."offset" DESC',
        10,
    )

    expected = pl.DataFrame({"offset": [2, 1, 0], "raw": [line.hex() for line in lines[::-1]]})
    lower = found.select("offset", pl.col("raw").str.to_lowercase())
    assert_frame_equal(lower, expected)
    assert reader.sql("SELECT current_setting('memory_limit')", 1).item() == "122.0 MiB"


@pytest.mark.slow
def test_many_lines_of_16_mib_are_written_by_checkpoints_and_read_in_order(store: Store) -> None:
    line = Random(0).randbytes(LONG)
    for first in range(0, 34, 2):  # more than the limit, in one vector of rows
        insert_rejects(store, first, [line, line])
        if first % 12 == 0:
            store.checkpoint()
    store.checkpoint()

    found = store.reader().sql(
        'SELECT "offset", length(hex(raw)) AS n FROM reject ORDER BY file_id, "offset"', 100
    )
    assert found["offset"].to_list() == list(range(34))
    assert found["n"].to_list() == [2 * LONG] * 34
    whole = store.reader().sql(
        'SELECT "offset", raw FROM reject ORDER BY file_id, "offset" LIMIT 8', 100
    )
    assert whole.height == 8
