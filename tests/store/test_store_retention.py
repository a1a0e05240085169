"""What is too old goes, what is left is untouched, and its room is used again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from console.records.frames import LOGS, Records, placed, records
from console.store import retention
from console.store.database import Store

T0 = 1_700_000_040.0
HOUR = 3600.0


def _lines(hours: int, each: int, begin: float = T0) -> Records:
    """So many hours of log lines that do not compress well."""
    n = hours * each
    place = pl.int_range(n, eager=True)
    logs = pl.DataFrame({"offset": place}).select(
        pl.from_epoch(((begin + place / each * HOUR) * 1e6).cast(pl.Int64), "us").alias("ts"),
        "offset",
        (place.hash(1).cast(pl.String) + place.hash(2).cast(pl.String)).alias("message"),
    )
    missing = [pl.lit(None, kind).alias(name) for name, kind in LOGS.items() if name not in logs]
    return records(logs=logs.with_columns(missing))


def _insert(store: Store, rows: Records) -> None:
    with store.begin() as transaction:
        transaction.insert(placed(rows, 1))


def _count(store: Store, where: str = "true") -> int:
    return int(store.reader().sql(f"SELECT count(*) FROM log WHERE {where}", 1).item())


def test_only_what_is_older_goes(store: Store) -> None:
    _insert(store, _lines(5, 10))
    assert store.maintenance.forget("log", T0 + 2 * HOUR) == (20, False)
    assert _count(store) == 30
    assert _count(store, "epoch(ts) < 1700007240") == 0
    assert store.maintenance.forget("log", T0 + 2 * HOUR) == (0, False)


def test_much_goes_in_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PIECE", 30)
    _insert(store, _lines(10, 10))
    pieces = []
    more = True
    while more:
        gone, more = store.maintenance.forget("log", T0 + 9 * HOUR)
        pieces.append(gone)
    assert sum(pieces) == 90
    assert len(pieces) >= 3
    assert max(pieces) <= 31
    assert _count(store) == 10


def test_rows_without_a_time_and_rejects_of_a_kept_age_stay(
    store: Store, rows: Callable[..., Records]
) -> None:
    reject = {"offset": 5, "reason": "no JSON", "raw": b"{"}
    _insert(store, rows(logs=[{"ts": T0, "offset": 0}], rejects=[reject]))
    _insert(store, rows(logs=[{"ts": None, "offset": 9}]))
    assert store.maintenance.forget("reject", T0) == (0, False)
    assert store.maintenance.forget("reject", T0 + 1) == (1, False)
    assert store.maintenance.forget("log", T0 + 1) == (1, False)
    assert _count(store) == 1


def test_freed_room_is_used_again(store: Store, store_path: Path) -> None:
    each = 130_000
    for hour in range(3):
        _insert(store, _lines(1, each, T0 + hour * HOUR))
    store.checkpoint()
    size = store_path.stat().st_size
    for hour in range(3, 7):
        gone, _ = store.maintenance.forget("log", T0 + (hour - 2) * HOUR)
        assert gone == each
        store.checkpoint()
        _insert(store, _lines(1, each, T0 + hour * HOUR))
        store.checkpoint()
    # One more hour while its like is being freed, where seven would be had nothing gone.
    assert store_path.stat().st_size <= 1.5 * size
    assert _count(store) == 3 * each


def test_the_cut_meets_the_excess_within_an_hour(store: Store) -> None:
    for hour in range(8):
        _insert(store, _lines(1, 20_000, T0 + hour * HOUR))
    store.checkpoint()
    total = retention.table_bytes(store.maintenance._connection, "log")
    used = store.maintenance.usage().used
    assert 0.5 * used <= total <= used
    cut = store.maintenance.cut(retention.RAW, total // 2, T0 + 8 * HOUR)
    assert cut is not None
    assert T0 + 3.5 * HOUR <= cut <= T0 + 5.5 * HOUR
    assert store.maintenance.cut(retention.RAW, 10 * total, T0 + 2 * HOUR) == T0 + 2 * HOUR
    assert store.maintenance.cut(retention.RAW, 1, T0) is None
