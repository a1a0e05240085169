from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import insert

from console.records.frames import Records, placed
from console.store.commit import Commit, FileState
from console.store.database import Store, StoreError
from console.store.matching import MATCHED

T0 = 1_700_000_040.0
TABLES = ("metric", "log", "event", "prediction", "label", "reject", "series", "file", "state")


def _counts(store: Store) -> list[int]:
    reader = store.reader()
    return [int(reader.sql(f"SELECT count(*) FROM {table}", 1).item()) for table in TABLES]


def test_an_exception_leaves_no_trace_in_the_store_or_in_memory(
    store: Store, rows: Callable[..., Records], file_state: Callable[..., FileState]
) -> None:
    metrics = rows(metrics=[{"ts": T0, "name": "x", "value": 1.0, "offset": 0}])

    class OopsError(Exception):
        pass

    with pytest.raises(OopsError), store.begin() as transaction:  # noqa: PT012 - what rolls back
        insert(transaction, 1, metrics)
        transaction.write(Commit(files=(file_state(),), states={"a": b"b"}))
        raise OopsError
    assert _counts(store) == [0] * len(TABLES)
    assert store.restore().series.height == 0
    with store.begin() as transaction:
        insert(transaction, 1, metrics)
    assert store.reader().sql("SELECT name FROM metrics", 9).rows() == [("x",)]


def test_nothing_is_seen_before_the_commit(store: Store, rows: Callable[..., Records]) -> None:
    reader = store.reader()
    with store.begin() as transaction:
        transaction.insert(placed(rows(rejects=[{"offset": 0, "reason": "r", "raw": b""}]), 1))
        assert reader.sql("FROM rejects", 9).height == 0
    assert reader.sql("FROM rejects", 9).height == 1


def test_one_transaction_at_a_time(store: Store) -> None:
    with store.begin(), pytest.raises(StoreError, match="a transaction is open already"):
        store.begin()
    with store.begin():
        pass


def test_rows_of_a_wrong_shape_are_one_clear_line_and_roll_back(store: Store) -> None:
    delta = pl.DataFrame({"model": ["m"], "nonsense": [1]})
    wrong = Commit(states={"a": b""}, windows={"logs": delta})
    with (
        pytest.raises(StoreError, match=r"cannot write to window_logs: .*nonsense") as raised,
        store.begin() as transaction,
    ):
        transaction.write(wrong)
    assert "\n" not in str(raised.value)
    assert not raised.value.passing
    assert store.restore().states == {}


def test_a_closed_store_says_so(store: Store) -> None:
    reader = store.reader()
    store.close()
    store.close()
    for call in (store.begin, store.restore, store.reader, store.checkpoint, reader.sources):
        with pytest.raises(StoreError, match="the store is closed"):
            call()
    reader.interrupt()
    reader.close()


def _prediction(identity: str, ts: float, **more: Any) -> dict[str, Any]:
    return {"ts": ts, "model": "m", "id": identity, "prediction": "1", "offset": 0, **more}


def _label(identity: str, ts: float, label: str = "1", **more: Any) -> dict[str, Any]:
    return {"ts": ts, "model": "m", "id": identity, "label": label, "offset": 0, **more}


def _step(
    store: Store, records: Records, since: float = 0.0, *, early: bool = True
) -> pl.DataFrame:
    with store.begin() as transaction:
        if early:
            transaction.insert(placed(records, 1))
        pairs = transaction.matched(records.labels, records.predictions, since)
        if not early:
            transaction.insert(placed(records, 1))
    return pairs


def test_a_label_finds_its_prediction_and_a_prediction_its_label(
    store: Store, rows: Callable[..., Records]
) -> None:
    before = rows(
        predictions=[_prediction("p", T0, stage="s", version="1", score=0.5, scores='{"1":0.5}')],
        labels=[_label("early", T0 + 1, "0")],
    )
    assert _step(store, before).height == 0
    after = rows(
        predictions=[_prediction("early", T0 + 2), _prediction("both", T0 + 3)],
        labels=[_label("p", T0 + 9, "7"), _label("both", T0 + 4), _label("nobody", T0)],
    )
    pairs = _step(store, after).sort("id")
    assert pairs.schema == MATCHED
    assert pairs.select("id", "label").rows() == [("both", "1"), ("early", "0"), ("p", "7")]
    whole = pairs.row(2, named=True)
    assert (whole["stage"], whole["version"], whole["score"]) == ("s", "1", 0.5)
    assert (whole["ts"] - whole["predicted_ts"]).total_seconds() == 9


def test_other_models_and_rows_too_old_do_not_match(
    store: Store, rows: Callable[..., Records]
) -> None:
    predictions = [
        _prediction("a", T0),
        _prediction("b", T0, model="other"),
        _prediction("c", T0, model=None),
    ]
    assert _step(store, rows(predictions=predictions)).height == 0
    labels = [_label("b", T0), _label("c", T0, model=None), _label(None, T0)]  # type: ignore[arg-type]
    assert _step(store, rows(labels=labels))["id"].to_list() == ["c"]
    assert _step(store, rows(labels=[_label("a", T0 + 9)]), since=T0 + 1).height == 0
    assert _step(store, rows(labels=[_label("a", T0 + 9)]), since=T0 + 1, early=False).height == 0


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), max_size=12),
    st.lists(st.integers(1, 4), min_size=12, max_size=12),
    st.booleans(),
)
def test_however_it_is_cut_each_prediction_is_matched_once_by_its_first_label(
    rows: Callable[..., Records], arrivals: list[tuple[bool, str]], sizes: list[int], early: bool
) -> None:
    want: dict[str, str] = {}
    for identity in "abc":
        labels = [n for n, (is_label, key) in enumerate(arrivals) if is_label and key == identity]
        if labels and (False, identity) in arrivals:
            want[identity] = str(labels[0])
    got: list[tuple[str, str]] = []
    with Store.open(None, lambda: T0) as store:
        numbered = iter(enumerate(arrivals))
        for size in sizes:
            batch = list(itertools.islice(numbered, size))
            records = rows(
                predictions=[_prediction(k, T0 + n) for n, (is_label, k) in batch if not is_label],
                labels=[_label(k, T0 + n, str(n)) for n, (is_label, k) in batch if is_label],
            )
            got += _step(store, records, early=early).select("id", "label").rows()
    assert sorted(got) == sorted(want.items())
