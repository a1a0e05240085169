from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from console.records.frames import Records, placed
from console.store.commit import Commit
from console.store.database import Store, StoreError

T0 = 1_700_000_040.0
HOLDER = """
import sys, time
from pathlib import Path
from console.store.database import Store
store = Store.open(Path(sys.argv[1]), time.time)
print("held", flush=True)
sys.stdin.read()
"""
OPENER = """
import sys, time
from pathlib import Path
from console.store.database import Store, StoreError
try:
    Store.open(Path(sys.argv[1]), time.time)
except StoreError as error:
    print(error)
"""


def test_folders_and_file_are_made_and_private(store_path: Path) -> None:
    old = os.umask(0o022)
    try:
        with Store.open(store_path, lambda: T0) as store:
            with store.begin() as transaction:
                transaction.write(Commit(states={"a": b"secret"}))
            wal = store_path.with_name("store.db.wal")
            assert store.wal_size() == wal.stat().st_size > 0
            assert wal.stat().st_mode & 0o777 == 0o600
            store.checkpoint()
            assert store.wal_size() == 0
            with store.begin() as transaction:
                transaction.write(Commit(states={"a": b"more"}))
            assert wal.stat().st_mode & 0o777 == 0o600
        assert store_path.stat().st_mode & 0o777 == 0o600
        assert store_path.parent.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(old)


def test_another_process_that_holds_the_store_is_named(store_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        said = subprocess.run(
            [sys.executable, "-c", OPENER, str(store_path)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        holder.communicate("")
    assert said.stderr == ""
    assert said.stdout == (
        f"cannot open {store_path}: it is in use by process {holder.pid}, and only one console can"
        " hold a store: quit that one, or choose another --store\n"
    )
    assert holder.returncode == 0


def test_the_same_process_cannot_open_it_twice(store: Store, store_path: Path) -> None:
    with pytest.raises(StoreError, match="it is open in this process already"):
        Store.open(store_path, lambda: T0)
    assert store.restore().states == {}


@pytest.mark.parametrize("content", [b"{}\n", b"text " * 5000, bytes(range(256)) * 100])
def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="it is damaged or not a store") as raised:
        Store.open(path, lambda: T0)
    assert str(raised.value).startswith(f"cannot open {path}: ")
    assert "move it away" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == content


def test_a_store_may_have_any_name(tmp_path: Path) -> None:
    for name in ("store.jsonl", "my store.csv", "öäü'\".parquet"):
        with Store.open(tmp_path / name, lambda: T0) as store:
            with store.begin() as transaction:
                transaction.write(Commit(states={"a": name.encode()}))
            assert store.wal_size() > 0
        with Store.open(tmp_path / name, lambda: T0) as store:
            assert store.restore().states == {"a": name.encode()}


def test_names_that_duckdb_takes_for_addresses_are_refused(tmp_path: Path) -> None:
    for name in ("store?.db", "what?/store.db"):
        with pytest.raises(StoreError, match=r"no \? may be in its path"):
            Store.open(tmp_path / name, lambda: T0)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    with Store.open(path, lambda: T0) as store:
        assert store.notices == ()


def test_folders_that_cannot_be_made_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot open .*/file/store.db: .*choose another --store"):
        Store.open(tmp_path / "file" / "store.db", lambda: T0)
    with pytest.raises(StoreError, match="cannot open"):
        Store.open(tmp_path, lambda: T0)


def _filled(path: Path, rows: Callable[..., Records], commits: int) -> None:
    """A store whose commits after the second are in the write-ahead log only."""
    store = Store.open(path.with_name("live.db"), lambda: T0)
    for n in range(commits):
        with store.begin() as transaction:
            lines = [{"ts": T0 + n, "message": "x" * 300, "offset": 10 * n + k} for k in range(5)]
            transaction.insert(placed(rows(logs=lines), 1))
            transaction.write(Commit(states={"count": str(5 * (n + 1)).encode()}))
        if n == 1:
            store.checkpoint()
    for suffix in ("", ".wal"):
        shutil.copy(path.with_name(f"live.db{suffix}"), path.with_name(f"{path.name}{suffix}"))
    store.close()


def _rows_and_count(store: Store) -> tuple[int, int]:
    counted = int(store.reader().sql("SELECT count(*) FROM logs", 1).item())
    return counted, int(store.restore().states["count"])


def test_a_damaged_write_ahead_log_is_kept_and_cut_before_the_damage(
    tmp_path: Path, rows: Callable[..., Records]
) -> None:
    _filled(tmp_path / "good.db", rows, 20)
    chance = random.Random(1)
    refused = 0
    for turn in range(12):
        path = tmp_path / f"store{turn}.db"
        shutil.copy(tmp_path / "good.db", path)
        log = bytearray((tmp_path / "good.db.wal").read_bytes())
        place = chance.randrange(len(log))
        log[place] ^= 0xFF
        path.with_name(f"{path.name}.wal").write_bytes(log)
        with Store.open(path, lambda: T0) as store:
            counted, told = _rows_and_count(store)
            assert counted == told
            assert counted >= 10
            # A commit of five rows is some 2 KB: what lies before the damage is still there.
            assert counted >= 100 * (place / len(log)) - 10
            if store.notices:
                refused += 1
                kept = path.with_name(f"{path.name}.wal.corrupt-{int(T0)}")
                assert kept.read_bytes() == bytes(log)
                (notice,) = store.notices
                assert str(kept) in notice
        with Store.open(path, lambda: T0) as store:
            assert store.notices == ()
            assert _rows_and_count(store) == (counted, told)
    assert refused >= 6


def test_a_torn_write_ahead_log_ends_at_the_last_whole_commit(
    tmp_path: Path, rows: Callable[..., Records]
) -> None:
    _filled(tmp_path / "good.db", rows, 10)
    log = (tmp_path / "good.db.wal").read_bytes()
    for turn, size in enumerate(range(0, len(log), len(log) // 8)):
        path = tmp_path / f"store{turn}.db"
        shutil.copy(tmp_path / "good.db", path)
        path.with_name(f"{path.name}.wal").write_bytes(log[:size])
        with Store.open(path, lambda: T0) as store:
            counted, told = _rows_and_count(store)
            assert counted == told
            assert counted >= 10


def test_a_damaged_file_is_refused_and_left_alone_with_its_log(
    tmp_path: Path, rows: Callable[..., Records]
) -> None:
    path = tmp_path / "store.db"
    _filled(path, rows, 5)
    data = bytearray(path.read_bytes())
    data[12288:20000] = os.urandom(20000 - 12288)
    path.write_bytes(data)
    log = path.with_name("store.db.wal").read_bytes()
    with pytest.raises(StoreError, match="it is damaged or not a store"):
        Store.open(path, lambda: T0)
    assert path.read_bytes() == data
    assert path.with_name("store.db.wal").read_bytes() == log
    assert list(tmp_path.glob("store.db*corrupt*")) == []


def test_settings_are_those_that_were_measured(store: Store) -> None:
    names = ("threads", "TimeZone", "enable_external_access", "lock_configuration")
    found = store.reader().sql(
        f"SELECT name, value FROM duckdb_settings() WHERE name IN {names} ORDER BY name", 9
    )
    assert dict(found.rows()) == {
        "TimeZone": "UTC",
        "enable_external_access": "false",
        "lock_configuration": "true",
        "threads": "2",
    }
    assert duckdb.__version__ >= "2"
