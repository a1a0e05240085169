"""Killed at any moment, or out of disk: what was committed is there, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.records.frames import Records, placed
from console.store.database import Store

T0 = 1_700_000_040.0

WRITER = """
import sys, time
from pathlib import Path
import polars as pl
from console.records.frames import LOGS, placed, records
from console.store.commit import Commit, FileState
from console.store.database import Store

store = Store.open(Path(sys.argv[1]), time.time)
files = store.restore().files
offset = files[0].offset if files else 0
print("open", flush=True)
for turn in range(100_000):
    n = 1 + turn % 700
    ts = pl.Series(range(offset, offset + n)).cast(pl.Datetime("us"))
    logs = pl.DataFrame({"ts": ts, "offset": range(offset, offset + n), "message": "line"})
    nulls = [pl.lit(None, dtype=kind).alias(k) for k, kind in LOGS.items() if k not in logs.columns]
    offset += n
    file = FileState(1, "/x", 1, 1, b"", 0, offset, b"", offset, None, None, None, None, offset, 0)
    with store.begin() as transaction:
        transaction.insert(placed(records(logs=logs.with_columns(nulls)), 1))
        transaction.write(Commit(files=(file,), states={"total": str(offset).encode()}))
    print(offset, flush=True)
    if turn % 10 == 9:
        store.checkpoint()
"""
FULL = """
import resource, sys, time
from collections.abc import Callable
from pathlib import Path
import polars as pl
from console.records.frames import LOGS, placed, records
from console.store.database import Store, StoreError

path = Path(sys.argv[1])
n = 20_000
logs = pl.DataFrame({"offset": range(n)}).select(
    pl.lit(0).cast(pl.Datetime("us")).alias("ts"), "offset",
    pl.col("offset").hash().cast(pl.String).alias("message"),
    *(pl.lit(None, dtype=kind).alias(k) for k, kind in LOGS.items()
      if k not in ("ts", "offset", "message")),
)
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
store = Store.open(path, time.time)
resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, limit[1]))
whole = 0
try:
    for _ in range(50):
        with store.begin() as transaction:
            transaction.insert(placed(records(logs=logs), 1))
        whole += n
    print("the disk never filled")
except StoreError as error:
    print(error.passing, "\\n" in str(error))
print(store.reader().sql("SELECT count(*) FROM logs", 1).item() == whole > 0)
try:
    store.close()
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
with Store.open(path, time.time) as store:
    print(store.notices, store.reader().sql("SELECT count(*) FROM logs", 1).item() == whole)
    with store.begin() as transaction:
        transaction.insert(placed(records(logs=logs), 1))
"""


def _killed_after(path: Path, seconds: float) -> int:
    """Lets a writer write for a while after it opened, kills it; the offset it last told of."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        time.sleep(seconds)
        os.kill(writer.pid, signal.SIGKILL)
        told = writer.stdout.read().split("\n")[:-1]
    return int(told[-1]) if told else 0


@pytest.mark.slow
def test_killed_at_random_moments_rows_and_offsets_agree(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    chance = random.Random(7)
    reached = 0
    for _ in range(20):
        reached = max(reached, _killed_after(path, chance.uniform(0.0, 0.15)))
        with Store.open(path, lambda: 0.0) as store:
            assert store.notices == ()
            restored = store.restore()
            offset = restored.files[0].offset if restored.files else 0
            assert offset >= reached
            assert int(restored.states.get("total", b"0")) == offset
            counts = store.reader().sql(
                'SELECT count(*), count(DISTINCT "offset"), ifnull(max("offset") + 1, 0) FROM log',
                1,
            )
            assert counts.rows() == [(offset, offset, offset)]
    assert reached > 0


def test_a_full_disk_fails_one_commit_and_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "store.db")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["True False", "True", "() True"]


def test_the_log_is_written_into_the_store_once_it_is_long(
    tmp_path: Path, rows: Callable[..., Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(tmp_path / "s.duckdb", lambda: T0) as store:
        with store.begin() as transaction:
            transaction.insert(placed(rows(logs=[{"ts": T0, "message": "hello", "offset": 0}]), 1))
        store.settle(idle=True)
        assert store.wal_size() > 0
        monkeypatch.setattr("console.store.database.CHECKPOINT_ALWAYS", 1)
        store.settle(idle=False)
        assert store.wal_size() == 0
        assert store.reader().sql("FROM logs", 9).height == 1


def test_a_store_without_a_file_spills_to_a_folder_that_goes_with_it() -> None:
    with Store.open(None, lambda: T0) as store:
        (row,) = store.reader().sql("SELECT current_setting('temp_directory')", 1).rows()
        folder = Path(row[0])
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
