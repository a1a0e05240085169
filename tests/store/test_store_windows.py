"""Windows that are merged in SQL are those that the stats merge: same numbers, same types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.records.frames import Records
from console.stats import (
    columns,
    confusion,
    fields,
    logs,
    performance,
    scores,
    sightings,
    windows,
)
from console.store.commit import Commit
from console.store.database import Store

T0 = 1_700_000_040.0
STARTS = st.sampled_from([1_700_000_040_000_000, 1_700_000_100_000_000])
SMALL = st.integers(0, 9)
FLOATS = st.integers(-8, 8).map(float)
SCHEMAS = {
    "columns": columns.CLOSED,
    "performance": performance.CLOSED,
    "scores": scores.CLOSED,
    "confusion": confusion.CLOSED,
    "fields": fields.CLOSED,
    "sightings": sightings.CLOSED,
    "logs": logs.CLOSED,
    "metrics": windows.CLOSED,
}
MERGES: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "columns": columns.merge,
    "performance": performance.merge,
    "scores": scores.merge,
    "confusion": confusion.merge,
    "fields": fields.merge,
    "sightings": sightings.merge,
    "logs": logs.merge,
    "metrics": windows.merge,
}


ASKED = {
    "columns": "column_windows",
    "performance": "performance_windows",
    "realised": "realised_windows",
    "scores": "score_windows",
    "confusion": "confusion_windows",
    "fields": "field_windows",
}
"""The reader's question about each kind; labels by the time of their arrival, or of predictions."""


CELLS: st.SearchStrategy[list[int]] = st.just([]) | st.lists(SMALL, min_size=50, max_size=50)
BY_NAME: Mapping[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("start", "predicted", "last_ts"), STARTS),
    **dict.fromkeys((*performance.HISTOGRAMS, *scores.LISTS), CELLS),
    "score_totals": st.just([]) | st.lists(FLOATS, min_size=10, max_size=10),
    **dict.fromkeys(("total", "squares", "low", "high", "last"), FLOATS),
    **dict.fromkeys(
        sightings.KINDS,
        st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=3).map(sorted),
    ),
    "counts": st.lists(SMALL, min_size=3, max_size=3),
    "unseen_names": st.lists(st.sampled_from("pqrs"), unique=True, max_size=3).map(sorted),
    "series_id": st.sampled_from([1, 2]),
    "model": st.just("m"),
    "name": st.just("x"),
    "tags": st.none(),
}
BY_TYPE: Mapping[Any, st.SearchStrategy[Any]] = {
    pl.Float64: st.none() | FLOATS,
    pl.Int64: st.integers(1, 9),
    pl.UInt32: st.integers(1, 9),
    pl.String: st.sampled_from(["a", "b"]),
}


def _value(kind: str, name: str, dtype: Any) -> st.SearchStrategy[Any]:
    if kind == "metrics" and name == "stage":
        return st.just("s")
    return BY_NAME[name] if name in BY_NAME else BY_TYPE[dtype]


def _deltas(kind: str) -> st.SearchStrategy[pl.DataFrame]:
    schema = SCHEMAS[kind]
    row = st.tuples(*(_value(kind, name, dtype) for name, dtype in schema.items()))
    plain = {
        name: pl.Int64 if dtype == pl.Datetime("us") else dtype for name, dtype in schema.items()
    }
    return st.lists(row, min_size=1, max_size=6).map(
        lambda rows: pl.DataFrame(rows, schema=plain, orient="row").cast(dict(schema))  # type: ignore[arg-type]
    )


def _stored(store: Store, kind: str, deltas: pl.DataFrame) -> None:
    if kind == "metrics":
        series = deltas.select("series_id", "model", "stage", "name", "tags").unique("series_id")
        with store.begin() as transaction:
            transaction.write(Commit(series=series))
    for half in (deltas.head(2), deltas.slice(2)):
        rows = half.with_columns(late=pl.int_range(pl.len()) % 2 == 1)
        with store.begin() as transaction:
            transaction.write(Commit(windows={kind: rows}))


@pytest.mark.parametrize("kind", sorted(ASKED))
def test_windows_are_merged_as_the_stats_merge_them(kind: str) -> None:
    table = "performance" if kind == "realised" else kind

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_deltas(table))
    def check(deltas: pl.DataFrame) -> None:
        with Store.open(None, lambda: T0) as store:
            _stored(store, table, deltas)
            reader = store.reader()
            ask = getattr(reader, ASKED[kind])
            got = ask("m", T0, T0 + 120)
            assert got.schema == SCHEMAS[table]
            assert_frame_equal(
                got, MERGES[table](deltas), check_row_order=False, check_column_order=False
            )
            assert ask("m", T0 + 120, T0 + 180).height == 0
            assert ask("other", T0, T0 + 120).height == 0

    check()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_deltas("metrics"))
def test_the_view_of_windows_and_the_points_are_the_merged_metrics(deltas: pl.DataFrame) -> None:
    merged = windows.merge(deltas)
    with Store.open(None, lambda: T0) as store:
        _stored(store, "metrics", deltas)
        reader = store.reader()
        want = merged.filter(series_id=1).select(
            pl.col("start").dt.epoch("us") / 1e6, windows.mean()
        )
        points = reader.points(1, T0, T0 + 120)
        assert [ts for ts, _ in points] == [ts for ts, _ in want.rows()]
        assert [mean for _, mean in points] == pytest.approx([mean for _, mean in want.rows()])
        view = reader.sql("SELECT version, n, low, high, last, start FROM windows ORDER BY ALL", 99)
        expected = merged.select("version", "n", "low", "high", "last", "start")
        assert sorted(view.rows()) == sorted(expected.rows())


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_open_windows_come_back_as_they_were_written(kind: str) -> None:
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_deltas(kind))
    def check(deltas: pl.DataFrame) -> None:
        with Store.open(None, lambda: T0) as store:
            _stored(store, kind, deltas)
            restored = store.restore()
            rows = deltas.with_columns(late=pl.lit(False))
            timely = pl.concat(
                half.filter(pl.int_range(pl.len()) % 2 == 0)
                for half in (rows.head(2), rows.slice(2))
            )
            assert_frame_equal(restored.open_windows(kind, T0, 60.0), timely)
            later = timely.filter(pl.col("start").dt.epoch("s") > T0)
            assert_frame_equal(restored.open_windows(kind, T0 + 60, 60.0), later)
            assert restored.open_windows(kind, T0 + 120, 60.0).height == 0

    check()


def test_points_are_binned_to_the_limit(store: Store) -> None:
    n = 1000
    deltas = pl.DataFrame(
        {
            "series_id": [1] * n,
            "start": [int(T0 + 60 * k) * 1_000_000 for k in range(n)],
            "n": [2] * n,
            "total": [2.0 * k for k in range(n)],
            "late": [False] * n,
        }
    ).with_columns(
        pl.col("start").cast(pl.Datetime("us")),
        pl.col("n").cast(pl.UInt32),
        *(pl.lit(None, dtype=pl.Float64).alias(c) for c in ("squares", "low", "high", "last")),
        pl.lit(None, dtype=pl.String).alias("version"),
        pl.lit(None, dtype=pl.Datetime("us")).alias("last_ts"),
    )
    with store.begin() as transaction:
        transaction.write(Commit(windows={"metrics": deltas}))
    reader = store.reader()
    points = reader.points(1, T0, T0 + 60 * n, 50)
    assert len(points) == 50
    assert points[0] == (T0, 9.5)
    assert points[-1] == (T0 + 60 * 980, 989.5)
    assert len(reader.points(1, T0, T0 + 60 * n, n)) == n
    assert reader.points(1, 0.0, T0 + 60 * 3, 50) == [(T0 + 60 * k, float(k)) for k in range(3)]
    assert reader.points(2, T0, T0 + 60 * n) == []


def test_templates_are_counted_from_the_windows(store: Store, rows: Callable[..., Records]) -> None:
    keys = ("model", "stage", "version", "level", "template_id")
    deltas = pl.DataFrame(
        [
            ("m", "s", "1", "INFO", "t1", 0, 5, False),
            ("m", "s", "2", "INFO", "t1", 60, 2, False),
            ("m", "s", "2", "ERROR", "t1", 60, 1, True),
            ("n", "s", "2", "INFO", "t2", 60, 9, False),
            ("m", "s", "2", "INFO", "t1", 120, 9, False),
        ],
        schema=[*keys, "start", "n", "late"],
        orient="row",
    ).with_columns(
        ((pl.col("start") + int(T0)) * 1_000_000).cast(pl.Datetime("us")).alias("start"),
        pl.col("n").cast(pl.UInt32),
    )
    template = {
        "template_id": "t1", "model": "m", "stage": "s", "template": "a <*>", "first_text": "a 1",
    }  # fmt: skip
    with store.begin() as transaction:
        transaction.write(Commit(windows={"logs": deltas}, templates=pl.DataFrame([template])))
    reader = store.reader()
    counts = reader.template_counts("m", None, T0, T0 + 120)
    assert counts.select("template_id", "template", "stage", "level", "n").rows() == [
        ("t1", "a <*>", "s", "INFO", 7),
        ("t1", "a <*>", "s", "ERROR", 1),
    ]
    assert counts["first_ts"].dt.epoch("s").to_list() == [T0, T0 + 60]
    assert counts["n"].dtype == pl.Int64
    assert reader.template_counts(None, "s", T0, T0 + 61)["n"].to_list() == [9, 7, 1]
    assert reader.template_counts("m", "other", T0, T0 + 61).height == 0
