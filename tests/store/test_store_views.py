from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from storing import insert

from console.alerts.alert import Alert, Evidence, Member, RankReason
from console.records.clock import naive
from console.records.frames import Records
from console.store.commit import Commit, FileState, StoredIncident
from console.store.database import Store
from console.store.views import VIEWS

T0 = 1_700_000_040.0
CONTRACT = {
    "metrics": "ts, model, stage, version, name, value, tags, file, offset",
    "logs": "ts, model, stage, version, level, logger, message, template_id, attributes, file,"
    " offset",
    "events": "ts, end_ts, model, stage, version, type, title, id, planned, tags",
    "predictions": "ts, model, stage, version, id, features, prediction, score, file, offset",
    "labels": "ts, model, id, label, file, offset",
    "rejects": "file, offset, reason, raw",
    "windows": "model, stage, version, name, tags, start, n, mean, low, high, last",
    "sources": "file, format, model, stage, offset, size, rows, rejects",
}


def _alert(identity: str, priority: float) -> Alert:
    return Alert(
        id=identity, fingerprint="f", severity="warning", state="open", trigger="unexpected",
        model="m", stage=None, version="1", series="x", detector="anomaly", started_at=T0,
        opened_at=T0 + 1, updated_at=T0 + 2.5, ended_at=None, title="t", what="what's up",
        where="there", when="then", impact="none", evidence=Evidence(points=((T0, 1.0),)),
        members=(Member("m", None, "y", "anomaly", T0),), priority=priority, rank=1,
        rank_reasons=(RankReason("r", 0.5),), suggestions=("look",), features={"tier": 1.0},
    )  # fmt: skip


def test_the_views_have_the_columns_of_the_contract(store: Store) -> None:
    for view, columns in CONTRACT.items():
        assert store.reader().sql(f"FROM {view}", 1).columns == columns.split(", ")
    assert store.reader().sql("FROM alerts", 1).columns == list(_alert("a", 1.0).to_json())
    assert set(VIEWS) == {*CONTRACT, "alerts"}


def test_alerts_are_typed_columns_and_json_and_ranked_by_priority(store: Store) -> None:
    alerts = (_alert("low", 10.0), _alert("high", 90.0))
    with store.begin() as transaction:
        transaction.write(
            Commit(
                incidents=tuple(
                    StoredIncident(a.id, "f", T0, T0, False, json.dumps(a.to_json()), "{}")
                    for a in alerts
                )
            )
        )
    reader = store.reader()
    frame = reader.sql("FROM alerts ORDER BY rank", 9)
    first = frame.row(0, named=True)
    assert (first["rank"], first["id"], first["priority"]) == (1, "high", 90.0)
    assert (first["stage"], first["ended_at"], first["what"]) == (None, None, "what's up")
    assert first["updated_at"] == naive(T0 + 2.5)
    document = alerts[1].to_json()
    for name in ("rank_reasons", "why", "evidence", "members", "related_logs", "suggestions",
                 "features"):  # fmt: skip
        assert json.loads(first[name]) == document[name]
    assert reader.alerts() == [document, {**alerts[0].to_json(), "rank": 2}]


def test_rows_name_their_file_by_its_path_of_today(
    store: Store, rows: Callable[..., Records], file_state: Callable[..., FileState]
) -> None:
    common = {"ts": T0, "model": "m", "stage": "s", "version": "1", "offset": 5}
    records = rows(
        metrics=[{**common, "name": "x", "value": 1.5, "tags": '{"k":1}'}],
        logs=[{**common, "message": "hello", "level": "INFO", "logger": "l", "attributes": "{}"}],
        events=[{**common, "type": "deploy", "title": "t", "id": "e", "planned": True}],
        predictions=[{**common, "id": "p", "features": "{}", "prediction": "1", "score": 0.5}],
        labels=[{**common, "id": "p", "label": "1"}],
        rejects=[{"offset": 5, "reason": "no JSON", "raw": "{é".encode()}],
    )
    with store.begin() as transaction:
        insert(transaction, 1, records)
        transaction.write(Commit(files=(file_state(1, "/old.log"),)))
    with store.begin() as transaction:
        transaction.write(Commit(files=(file_state(1, "/new.log", offset=6),)))
    reader = store.reader()
    at = datetime(2023, 11, 14, 22, 14)
    assert reader.sql("FROM metrics", 9).rows() == [
        (at, "m", "s", "1", "x", 1.5, '{"k":1}', "/new.log", 5)
    ]
    assert reader.sql("FROM logs", 9).rows() == [
        (at, "m", "s", "1", "INFO", "l", "hello", None, "{}", "/new.log", 5)
    ]
    assert reader.sql("FROM events", 9).rows() == [
        (at, None, "m", "s", "1", "deploy", "t", "e", True, None)
    ]
    assert reader.sql("FROM predictions", 9).rows() == [
        (at, "m", "s", "1", "p", "{}", "1", 0.5, "/new.log", 5)
    ]
    assert reader.sql("FROM labels", 9).rows() == [(at, "m", "p", "1", "/new.log", 5)]
    assert reader.sql("FROM rejects", 9).rows() == [("/new.log", 5, "no JSON", "{é")]
    assert reader.sql("FROM sources", 9).rows() == [
        ("/new.log", "jsonl", None, "serving", 6, 6, 3, 1)
    ]


def test_windows_show_what_was_last(store: Store) -> None:
    half = pl.DataFrame(
        {"series_id": [1], "model": ["m"], "stage": [None], "name": ["x"], "tags": [None],
         "version": ["1"], "start": [naive(T0)], "n": [2], "total": [3.0], "squares": [5.0],
         "low": [1.0], "high": [2.0], "last": [2.0], "last_ts": [naive(T0 + 5)], "late": [False]},
        schema_overrides={"n": pl.UInt32, "stage": pl.String, "tags": pl.String,
                          "start": pl.Datetime("us"), "last_ts": pl.Datetime("us")},
    )  # fmt: skip
    later = half.with_columns(
        version=pl.lit(None, dtype=pl.String), last=pl.lit(9.0), high=pl.lit(9.0),
        last_ts=pl.lit(naive(T0 + 9)), late=pl.lit(True),
    )  # fmt: skip
    series = half.select("series_id", "model", "stage", "name", "tags")
    with store.begin() as transaction:
        transaction.write(Commit(series=series, windows={"metrics": pl.concat([later, half])}))
    assert store.reader().sql("FROM windows", 9).rows() == [
        ("m", None, None, "x", None, naive(T0), 4, 1.5, 1.0, 9.0, 9.0)
    ]


def test_views_are_brought_up_to_date_when_a_store_is_opened(store_path: Path) -> None:
    Store.open(store_path, lambda: T0).close()
    with duckdb.connect(str(store_path)) as connection:
        connection.execute("CREATE OR REPLACE VIEW labels AS SELECT 1 AS wrong").fetchall()
        connection.execute("UPDATE meta SET value = 'old' WHERE key = 'views'").fetchall()
    with Store.open(store_path, lambda: T0) as store:
        assert store.reader().sql("FROM labels", 1).columns == CONTRACT["labels"].split(", ")


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_views_can_be_counted_and_grouped(store: Store, view: str) -> None:
    assert store.reader().sql(f"SELECT count(*) AS n FROM {view}", 1).rows() == [(0,)]
