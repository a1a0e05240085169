from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import insert

from console.engine.catalogue import SERIES
from console.records.action import Action
from console.records.frames import EVENTS, LOGS, METRICS, SCHEMAS, Records, placed, records
from console.records.series import Series
from console.store.commit import Commit, FileState, StoredIncident
from console.store.database import Store
from console.store.pages import LogQuery, SourceRow

T0 = 1_700_000_040.0
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.none() | st.floats(width=64)
TIMES = st.integers(1_600_000_000_000_000, 1_800_000_000_000_000)
WEIRD = "nul\0 esc\x1b[31m 🎉 \u202e \r\n\t'\"; DROP TABLE log; -- \\ {0} $1 % _"


def some(kind: str) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of a kind with any texts and numbers."""

    def value(name: str, dtype: Any) -> st.SearchStrategy[Any]:
        if name == "ts":
            return TIMES
        if dtype == pl.Datetime("us"):
            return st.none() | TIMES
        if dtype == pl.Int64:
            return st.integers(0, 2**62)
        if dtype == pl.Float64:
            return NUMBERS
        if dtype == pl.Boolean:
            return st.none() | st.booleans()
        if dtype == pl.Binary:
            return st.binary(max_size=8)
        return st.just("x") if name == "name" else TEXTS

    schema = SCHEMAS[kind]
    row = st.tuples(*(value(name, dtype) for name, dtype in schema.items()))
    plain = {name: pl.Int64 if dtype == pl.Datetime("us") else dtype for name, dtype in
             schema.items()}  # fmt: skip
    return st.lists(row, max_size=5).map(
        lambda rows: pl.DataFrame(rows, schema=plain, orient="row").cast(dict(schema))  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    with Store.open(None, lambda: T0) as opened:
        yield opened


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({kind: some(kind) for kind in SCHEMAS}))
def test_every_kind_comes_back_as_it_went_in(
    shared: Store, frames: dict[str, pl.DataFrame]
) -> None:
    given_records = records(**frames)
    for table in ("metric", "series", "log", "event", "prediction", "label", "reject"):
        with shared.begin() as transaction:
            transaction._connection.execute(f"DELETE FROM {table}").fetchall()
    with shared.begin() as transaction:
        insert(transaction, 7, given_records)
    cursor = shared._committed
    for kind, table in (
        ("logs", "log"),
        ("events", "event"),
        ("predictions", "prediction"),
        ("labels", "label"),
        ("rejects", "reject"),
    ):
        want = getattr(given_records, kind).with_columns(file_id=pl.lit(7, dtype=pl.Int64))
        names = ", ".join(f'"{name}"' for name in want.columns)
        got = _all(cursor, f"SELECT {names} FROM {table} ORDER BY rowid")
        assert got.equals(want)
    names = ", ".join("s.tags" if name == "tags" else f'"{name}"' for name in METRICS)
    got = _all(
        cursor, f"SELECT {names} FROM metric JOIN series s USING (series_id) ORDER BY metric.rowid"
    )
    assert got.equals(given_records.metrics)


def _all(cursor: Any, query: str) -> pl.DataFrame:
    from console.store.arrow import fetch

    return fetch(cursor, query)


def test_weird_text_is_text_everywhere(store: Store, rows: Callable[..., Records]) -> None:
    with store.begin() as transaction:
        insert(
            transaction,
            1,
            rows(
                logs=[
                    {"ts": T0, "model": WEIRD, "message": WEIRD, "exception": WEIRD, "offset": 0}
                ],
                metrics=[{"ts": T0, "model": WEIRD, "name": WEIRD, "value": 1.0, "offset": 1}],
            ),
        )
    reader = store.reader()
    for asked in (LogQuery(model=WEIRD), LogQuery(text=WEIRD), LogQuery(text="%")):
        (line,) = reader.logs_newest(asked, 10).lines
        assert (line.model, line.message, line.exception) == (WEIRD, WEIRD, WEIRD)
    assert not reader.logs_newest(LogQuery(text="nul%esc"), 10).lines
    assert reader.sql("FROM metrics", 10)["name"].to_list() == [WEIRD]
    assert reader.series(WEIRD).rows() == [
        (Series(WEIRD, None, WEIRD).id, WEIRD, None, WEIRD, None)
    ]


def test_a_row_shows_its_own_tags_if_its_series_is_shared(
    store: Store, rows: Callable[..., Records]
) -> None:
    common = {"ts": T0, "name": "x", "value": 1.0}
    metrics = rows(
        metrics=[
            {**common, "tags": '{"k":1}', "offset": 0},
            {**common, "tags": '{"k":2}', "offset": 1},
        ]
    )
    with store.begin() as transaction:
        insert(transaction, 1, metrics, limit=1)
    reader = store.reader()
    assert reader.sql("SELECT tags FROM metrics", 9).rows() == [('{"k":1}',), ('{"k":2}',)]
    assert store.restore().series["tags"].to_list() == ['{"k":1}', '{"k":"*"}']


def test_log_lines_keep_their_template(store: Store, rows: Callable[..., Records]) -> None:
    plain = rows(logs=[{"ts": T0 + n, "message": f"m{n}", "offset": n} for n in range(4)])
    marked = plain.logs.with_columns(template_id=pl.Series(["t1", "t2", "t2", None]))
    with store.begin() as transaction:
        transaction.insert(
            placed(
                Records(
                    plain.metrics,
                    marked,
                    *(pl.DataFrame(schema=SCHEMAS[k]) for k in list(SCHEMAS)[2:]),
                ),
                3,
            )
        )
    reader = store.reader()
    line = reader.log_example("t2", None, T0, T0 + 10)
    assert line is not None
    assert (line.message, line.file_id, line.template_id) == ("m1", 3, "t2")
    assert reader.log_example("t2", None, T0 + 3, T0 + 10) is None
    assert reader.log_example("t2", "other", T0, T0 + 10) is None


def _commit(state: Callable[..., FileState]) -> Commit:
    return Commit(
        files=(state(1, offset=10), state(2, "/b.log", offset=20)),
        series=pl.DataFrame([(5, "m", None, "x", None)], schema=SERIES, orient="row"),
        templates=pl.DataFrame(
            {"template_id": ["t"], "model": ["m"], "stage": [None], "template": ["a <*>"],
             "first_text": ["a 1"], "first_seen": [None]},
            schema={"template_id": pl.String, "model": pl.String, "stage": pl.String,
                    "template": pl.String, "first_text": pl.String,
                    "first_seen": pl.Datetime("us")},
        ),
        states={"engine": b"\0\1\xff", "empty": b""},
        incidents=(
            StoredIncident("i1", "f1", T0, T0 + 5, False, '{"id":"i1"}', '{"a":1}'),
            StoredIncident("i2", "f2", T0 - 1, T0 + 6, True, '{"id":"i2"}', '{"a":2}'),
        ),
        actions=(
            Action("a1", T0, "ann", "i1", "snooze", {"until": T0 + 60.5, "text": "ü"}),
            Action("a2", T0 + 1, "ann", "i1", "undo", {}, "a1"),
        ),
    )  # fmt: skip


def test_a_restart_gets_back_what_was_committed(
    store_path: Path, file_state: Callable[..., FileState]
) -> None:
    commit = _commit(file_state)
    with Store.open(store_path, lambda: T0) as store, store.begin() as transaction:
        transaction.write(commit)
    with Store.open(store_path, lambda: T0) as store:
        restored = store.restore()
        assert restored.files == commit.files
        assert restored.series.equals(commit.series)  # type: ignore[arg-type]
        assert restored.templates.equals(commit.templates)  # type: ignore[arg-type]
        assert restored.states == commit.states
        assert restored.incidents == tuple(reversed(commit.incidents))
        assert restored.actions == commit.actions


def test_what_changes_takes_the_place_of_what_was(
    store: Store, file_state: Callable[..., FileState]
) -> None:
    commit = _commit(file_state)
    with store.begin() as transaction:
        transaction.write(commit)
    changed = StoredIncident("i1", "f1", T0, T0 + 9, True, '{"id":"i1","model":"m"}', "{}")
    with store.begin() as transaction:
        transaction.write(
            Commit(
                files=(file_state(1, offset=11), file_state(1, offset=12)),
                states={"engine": b"new"},
                templates=commit.templates.with_columns(template=pl.lit("<*>")),  # type: ignore[union-attr]
                incidents=(changed,),
                actions=(Action("a3", T0, "bob", "i2", "ack"),),
            )
        )
    restored = store.restore()
    assert restored.files == (file_state(1, offset=12), file_state(2, "/b.log", offset=20))
    assert restored.states == {"engine": b"new", "empty": b""}
    assert restored.templates["template"].to_list() == ["<*>"]
    assert restored.incidents == (commit.incidents[1], changed)
    assert [action.id for action in restored.actions] == ["a1", "a2", "a3"]
    assert [row.offset for row in store.reader().sources()] == [20, 12]


def test_incidents_closed_long_ago_are_not_restored_but_shown(store: Store) -> None:
    old = StoredIncident("old", "f", 0.0, T0 - 90 * 86400, True, '{"id":"old","priority":1}', "{}")
    new = StoredIncident("new", "f", T0, T0, True, '{"id":"new","priority":2}', "{}")
    still = StoredIncident("open", "f", 1.0, 1.0, False, '{"id":"open","priority":3}', "{}")
    with store.begin() as transaction:
        transaction.write(Commit(incidents=(old, new, still)))
    assert [incident.id for incident in store.restore().incidents] == ["open", "new"]
    assert [(a["rank"], a["id"]) for a in store.reader().alerts()] == [
        (1, "open"), (2, "new"), (3, "old"),
    ]  # fmt: skip


def test_rejects_show_their_bytes(store: Store, rows: Callable[..., Records]) -> None:
    with store.begin() as transaction:
        transaction.insert(
            placed(rows(rejects=[{"offset": 9, "reason": "why", "raw": b"\xff{"}]), 4)
        )
    assert store.reader().sql("FROM rejects", 2).rows() == [(None, 9, "why", "\\xFF{")]


def test_a_large_state_can_be_replaced_for_ever(store: Store, store_path: Path) -> None:
    for n in range(60):
        with store.begin() as transaction:
            transaction.write(Commit(states={"big": bytes([n]) * 300_000}))
        if n % 10 == 9:
            store.checkpoint()
    assert store.wal_size() == 0
    assert store_path.stat().st_size < 8_000_000
    assert store.restore().states["big"] == bytes([59]) * 300_000


def test_events_that_meet_a_span(store: Store, rows: Callable[..., Records]) -> None:
    def event(
        name: str, ts: float, end: float | None = None, model: str | None = None
    ) -> dict[str, Any]:
        return {
            "ts": ts,
            "end_ts": end,
            "model": model,
            "title": name,
            "offset": 0,
            "planned": True,
        }

    with store.begin() as transaction:
        transaction.insert(
            placed(
                rows(
                    events=[
                        event("before", T0 - 1),
                        event("lasts", T0 - 9, T0),
                        event("over", T0 - 9, T0 - 1),
                        event("in", T0, model="a"),
                        event("other", T0 + 1, model="b"),
                        event("at the end", T0 + 5),
                    ]
                ),
                1,
            )
        )
    reader = store.reader()
    everything = reader.events(T0, T0 + 5)
    assert everything.columns == [*EVENTS, "file_id"]
    assert everything.schema == {**EVENTS, "file_id": pl.Int64}
    assert everything["title"].to_list() == ["lasts", "in", "other"]
    assert reader.events(T0, T0 + 5, "a")["title"].to_list() == ["lasts", "in"]


def test_volumes_count_predictions(store: Store, rows: Callable[..., Records]) -> None:
    times = [T0, T0 + 1, T0 + 59, T0 + 60, T0 + 300]
    with store.begin() as transaction:
        transaction.insert(
            placed(rows(predictions=[{"ts": ts, "model": "a", "offset": 0} for ts in times]), 1)
        )
    volumes = store.reader().volumes("a", T0, T0 + 300, 60.0)
    assert volumes.schema == {"start": pl.Datetime("us"), "n": pl.Int64}
    assert volumes["n"].to_list() == [3, 1]
    assert volumes["start"].dt.epoch("s").to_list() == [T0, T0 + 60]
    assert store.reader().volumes("b", T0, T0 + 300, 60.0).height == 0


def test_sources_are_the_files(store: Store, file_state: Callable[..., FileState]) -> None:
    with store.begin() as transaction:
        transaction.write(Commit(files=(file_state(2, "/z", offset=9), file_state(1, "/a"))))
    assert store.reader().sources() == [
        SourceRow("/a", "jsonl", None, "serving", 0, 0, 3, 1),
        SourceRow("/z", "jsonl", None, "serving", 9, 9, 3, 1),
    ]


def test_the_schema_of_logs_and_metrics_is_whole() -> None:
    """What a decoder gives and the store does not keep would be lost without a word."""
    with Store.open(None, lambda: T0) as store:
        for table, schema in (
            ("log", LOGS),
            ("event", EVENTS),
            ("prediction", SCHEMAS["predictions"]),
            ("label", SCHEMAS["labels"]),
        ):
            columns = set(_all(store._committed, f"SELECT * FROM {table}").columns)
            assert set(schema) <= columns
