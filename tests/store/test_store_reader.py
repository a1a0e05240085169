from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.records.frames import Records, placed
from console.store.commit import Commit
from console.store.database import InterruptError, Store, StoreError
from console.store.pages import LogQuery

T0 = 1_700_000_040.0
ENDLESS = (
    "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range % 7 = b.range"
)


def test_readers_see_whole_commits_while_another_thread_writes(
    store: Store, rows: Callable[..., Records]
) -> None:
    failures: list[BaseException] = []
    counts: list[int] = []
    done = threading.Event()

    def read() -> None:
        reader = store.reader()
        try:
            while not done.is_set():
                counts.append(reader.log_count(LogQuery()))
                assert len(reader.logs_newest(LogQuery(), 50).lines) <= 50
                reader.sql("SELECT count(*) FROM metrics", 1)
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            failures.append(error)
        finally:
            reader.close()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(40):
        lines = [{"ts": T0 + n, "message": "m", "offset": k} for k in range(25)]
        with store.begin() as transaction:
            transaction.insert(placed(rows(logs=lines), 1))
            transaction.write(Commit(states={"n": str(n).encode()}))
        if n % 10 == 5:
            store.checkpoint()
    done.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert failures == []
    assert all(count % 25 == 0 for count in counts)
    assert store.reader().log_count(LogQuery()) == 1000


def _ask_endlessly(
    store: Store,
) -> tuple[threading.Thread, list[BaseException], Callable[[], None]]:
    reader = store.reader()
    raised: list[BaseException] = []
    begun = threading.Event()

    def ask() -> None:
        begun.set()
        try:
            reader.sql(ENDLESS, 1)
        except StoreError as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    begun.wait()
    time.sleep(0.2)
    return thread, raised, reader.interrupt


def test_a_question_can_be_withdrawn(store: Store) -> None:
    thread, raised, interrupt = _ask_endlessly(store)
    assert thread.is_alive()
    interrupt()
    thread.join(20)
    assert not thread.is_alive()
    (error,) = raised
    assert isinstance(error, InterruptError)
    assert str(error) == "cannot answer the query: interrupted"
    assert store.reader().sources() == []


def test_a_withdrawn_question_leaves_the_reader_usable(store: Store) -> None:
    reader = store.reader()
    reader.interrupt()
    assert reader.sql("SELECT 1", 1).item() == 1


def test_closing_the_store_ends_what_is_being_asked(store: Store) -> None:
    thread, raised, _ = _ask_endlessly(store)
    store.close()
    thread.join(20)
    assert not thread.is_alive()
    assert len(raised) == 1


EXITS = {
    "closed": "with Store.open(path, time.time) as store: use(store)",
    "never closed": "store = Store.open(path, time.time); kept = use(store)",
    "a query failed": """
store = Store.open(path, time.time)
try:
    store.reader().sql("SELECT nope FROM logs", 1)
except StoreError as error:
    kept = error
use(store)
""",
    "a transaction open": "store = Store.open(path, time.time); t = store.begin().__enter__()",
    "in memory": "store = Store.open(None, time.time); use(store)",
    "refused": """
store = Store.open(path, time.time)
try:
    Store.open(path, time.time)
except StoreError as error:
    kept = error
""",
    "from a thread": """
store = Store.open(path, time.time)
thread = threading.Thread(target=use, args=(store,)); thread.start(); thread.join()
""",
}
PRELUDE = """
import sys, threading, time
from pathlib import Path
import polars as pl
from console.records.frames import REJECTS, placed, records
from console.store.commit import Commit
from console.store.database import Store, StoreError
from console.store.pages import LogQuery
path = Path(sys.argv[1])
def use(store):
    rejects = pl.DataFrame([(0, "r", b"raw")], schema=REJECTS, orient="row")
    with store.begin() as transaction:
        transaction.insert(placed(records(rejects=rejects), 1))
        transaction.write(Commit(states={"a": b"b"}))
    reader = store.reader()
    reader.logs_newest(LogQuery(), 10)
    return reader, reader.sql("FROM rejects", 1), store.restore()
"""


@pytest.mark.parametrize("way", EXITS)
def test_a_process_ends_without_a_word(way: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", PRELUDE + EXITS[way], str(tmp_path / "store.db")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
