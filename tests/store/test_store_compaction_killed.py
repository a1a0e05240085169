"""Killed while windows are compacted and old rows deleted: the sums are those of the commits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.store.database import Store

TENDER = """
import sys, time
from datetime import timedelta
from pathlib import Path
import polars as pl
from console.records.clock import naive
from console.store import compaction
from console.store.commit import Commit
from console.store.database import Store

T0 = 1_700_000_040.0
compaction.PIECE, compaction.LATE = 300, 20
store = Store.open(Path(sys.argv[1]), time.time)
turn = int(store.restore().states.get("turn", b"0"))
print("open", flush=True)
while True:
    turn += 1
    place = pl.int_range(60, eager=True)
    start = pl.lit(naive(T0)) + pl.duration(minutes=turn // 10 + place % 3)
    deltas = pl.DataFrame({"series_id": place // 3}).select(
        "series_id", start.alias("start"), pl.lit(1, pl.UInt32).alias("n"),
        pl.lit(2.0).alias("total"), pl.lit(turn % 7 == 0).alias("late"),
        *(pl.lit(1.0).alias(name) for name in ("squares", "low", "high", "last")),
        pl.lit(naive(T0)).alias("last_ts"), pl.lit("v").alias("version"),
    )
    with store.begin() as transaction:
        transaction.write(Commit(windows={"metrics": deltas}, states={"turn": str(turn).encode()}))
    print(turn, flush=True)
    if turn % 4 == 0:
        while store.maintenance.compact("metrics", T0 + 60 * (turn // 10), 60.0).more:
            pass
    if turn % 10 == 9:
        store.checkpoint()
"""


def _killed_after(path: Path, seconds: float) -> int:
    """The last turn that a process told of before it was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", TENDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as tender:
        assert tender.stdout is not None
        assert tender.stdout.readline() == "open\n"
        time.sleep(seconds)
        os.kill(tender.pid, signal.SIGKILL)
        told = tender.stdout.read().split("\n")[:-1]
    return int(told[-1]) if told else 0


@pytest.mark.slow
def test_killed_at_random_moments_no_window_is_lost_or_doubled(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    chance = random.Random(3)
    reached = 0
    compacted = False
    for _ in range(8):
        reached = max(reached, _killed_after(path, chance.uniform(0.05, 0.5)))
        with Store.open(path, lambda: 0.0) as store:
            assert store.notices == ()
            turn = int(store.restore().states.get("turn", b"0"))
            assert turn >= reached
            query = "SELECT count(*), sum(n), sum(total) FROM window_metrics"
            rows, n, total = store.reader().sql(query, 1).row(0)
            assert (n, total) == (60 * turn, 120.0 * turn)
            compacted = compacted or rows < n / 2
    assert reached > 20
    assert compacted
