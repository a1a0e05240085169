"""Compacted windows are the windows that they were: one row each, and equal answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.config.settings import Settings
from console.engine.summaries import kept_kinds, kinds
from console.records.clock import naive
from console.records.series import Series
from console.stats import logs, windows
from console.store import compaction, retention
from console.store.commit import Commit
from console.store.database import Store

T0 = 1_700_000_040.0
WIDTH = 60.0
START: datetime = naive(T0)
SERIES = [Series("m", "s", name, None) for name in "ab"]


def _metric(minute: int, which: int, value: float, second: int, late: bool) -> dict[str, Any]:
    series, start = SERIES[which], START + timedelta(minutes=minute)
    row = dict.fromkeys(("total", "low", "high", "last"), value)
    return {
        "series_id": series.id, "model": "m", "stage": "s", "name": series.name, "tags": None,
        "version": "v" if second % 2 else None, "start": start, "n": 1, **row,
        "squares": value**2, "last_ts": start + timedelta(seconds=second), "late": late,
    }  # fmt: skip


METRICS = st.lists(
    st.builds(
        _metric,
        st.integers(0, 130),
        st.integers(0, 1),
        st.integers(-9, 9).map(float),
        st.integers(0, 59),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


def _write(store: Store, kind: str, deltas: pl.DataFrame) -> None:
    with store.begin() as transaction:
        transaction.write(Commit(windows={kind: deltas}))


def _compact(store: Store, kind: str, until: float) -> int:
    """Everything that there is to compact; in how many pieces."""
    for pieces in range(1, 1000):
        if not store.maintenance.compact(kind, until, WIDTH).more:
            return pieces
    raise AssertionError("it never ends")


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={**windows.CLOSED, "late": pl.Boolean})


@settings(max_examples=20, deadline=None)
@given(METRICS, st.integers(0, 40), st.integers(0, 140))
def test_metrics_have_equal_windows_before_and_after(
    rows: list[dict[str, Any]], split: int, closed: int
) -> None:
    deltas = _frame(rows)
    ask = "SELECT * FROM windows ORDER BY ALL"
    until = T0 + closed * WIDTH
    with Store.open(None, lambda: T0) as store:
        _write(store, "metrics", deltas.head(split))
        _compact(store, "metrics", until)
        _write(store, "metrics", deltas.slice(split))
        before = store.reader().sql(ask, 999)
        _compact(store, "metrics", until)
        assert_frame_equal(store.reader().sql(ask, 999), before)
        opened = store.restore().open_windows("metrics", until, WIDTH)
        timely = deltas.filter(
            ~pl.col("late") & (pl.col("start") + timedelta(seconds=WIDTH) > naive(until))
        )
        assert opened.height == timely.height


def test_compacted_windows_have_one_row_each_but_for_late_ones(store: Store) -> None:
    rows = [_metric(minute, 0, 1.0, second, late=False)
            for second in range(20) for minute in range(130)]  # fmt: skip
    for row in range(0, len(rows), 130):
        _write(store, "metrics", _frame(rows[row : row + 130]))
    assert _compact(store, "metrics", T0 + 120 * WIDTH) == 2
    count = "SELECT count(*) FROM window_metrics WHERE {}"
    reader = store.reader()
    assert reader.sql(count.format("epoch(start) < 1700007240"), 1).item() == 120
    assert reader.sql(count.format("true"), 1).item() == 120 + 10 * 20
    assert reader.sql("SELECT sum(n) FROM window_metrics", 1).item() == len(rows)
    # Late ones are few: they wait until they are many.
    _write(store, "metrics", _frame([_metric(5, 0, 1.0, 1, late=True)]))
    assert _compact(store, "metrics", T0 + 120 * WIDTH) == 1
    assert reader.sql(count.format("late"), 1).item() == 1
    late = [_metric(5, 0, 1.0, k % 60, late=True) for k in range(compaction.LATE)]
    _write(store, "metrics", _frame(late))
    assert _compact(store, "metrics", T0 + 120 * WIDTH) == 2
    assert reader.sql(count.format("late"), 1).item() == 0
    assert reader.sql("SELECT sum(n) FROM window_metrics", 1).item() == len(rows) + 1 + len(late)


def test_a_piece_is_bounded_whatever_an_hour_holds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "PIECE", 100)
    rows = [_metric(minute, 0, 1.0, second, late=False)
            for minute in range(60) for second in range(20)]  # fmt: skip
    _write(store, "metrics", _frame(rows))
    until = T0 + 60 * WIDTH
    sizes = []
    more = True
    while more:
        done = store.maintenance.compact("metrics", until, WIDTH)
        sizes.append(done.rows)
        more = done.more
    assert max(sizes) <= 100
    assert sum(sizes) == len(rows)
    assert store.reader().sql("SELECT count(*) FROM window_metrics", 1).item() == 60


def test_log_windows_add_up_too(store: Store) -> None:
    row = {"model": "m", "stage": None, "version": None, "level": "INFO", "template_id": "t",
           "start": START, "n": 2, "late": False}  # fmt: skip
    deltas = pl.DataFrame([row] * 9, schema={**logs.CLOSED, "late": pl.Boolean})
    _write(store, "logs", deltas)
    _compact(store, "logs", T0 + WIDTH)
    found = store.reader().sql("SELECT * EXCLUDE (start) FROM window_logs", 9).rows()
    assert found == [("m", None, None, "INFO", "t", 18, False)]


@pytest.mark.parametrize("kind", sorted(compaction.KEYS))
def test_every_kind_of_window_can_be_compacted(store: Store, kind: str) -> None:
    with store.begin() as transaction:
        connection = transaction._connection
        for _ in range(3):
            query = f"INSERT INTO window_{kind} (start, late) VALUES ($1, false)"
            connection.execute(query, [START]).fetchall()
    done = store.maintenance.compact(kind, T0 + WIDTH, WIDTH)
    assert (done.rows, done.left, done.more) == (3, 1, False)


def test_every_table_of_windows_is_kept_for_a_time_and_every_kind_can_be_compacted(
    store: Store,
) -> None:
    found = store.reader().sql("SELECT table_name FROM duckdb_tables() ORDER BY 1", 99)
    tables = {name for (name,) in found.rows() if name.startswith("window_")}
    assert tables == set(retention.KINDS["windows"])
    every = {**kinds(Settings()), **kept_kinds(Settings())}
    assert set(every) == set(compaction.KEYS)
