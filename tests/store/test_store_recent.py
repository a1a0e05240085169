"""Ids are found in the minute in which they lie, and nothing is missed for want of memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.clock import DAY, MINUTE, naive
from console.records.frames import LABELS, PREDICTIONS, Records, placed
from console.store import recent
from console.store.database import Store
from console.store.recent import RecentIds, spans

T0 = 1_700_006_400.0
"""The beginning of a day."""
MINUTES = st.lists(st.integers(0, 50_000), min_size=1, max_size=40)


def _keys(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"model": ["m"] * len(names), "id": names})


def test_every_minute_of_an_id_is_found(store: Store) -> None:
    @given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 4000)), max_size=60))
    @settings(deadline=None, max_examples=50)
    def check(rows: list[tuple[str, int]]) -> None:
        ids = RecentIds("prediction")
        assert ids.reach(store._committed, T0) == T0
        for name, minute in rows:
            ts = naive(T0 + minute * MINUTE + 30)
            ids.add(_keys(name).with_columns(pl.lit(ts).alias("ts")))
        for name in "abcdef":
            expected = {round(T0 / MINUTE) + minute for known, minute in rows if known == name}
            assert ids.minutes(_keys(name)).tolist() == sorted(expected)
        assert ids.minutes(_keys("strange")).tolist() == []

    check()


@given(MINUTES, st.integers(1, 8))
def test_spans_cover_what_they_are_asked_to(listed: list[int], most: int) -> None:
    minutes = np.unique(np.array(listed, np.int64))
    found = list(spans(minutes, most))
    assert 1 <= len(found) <= most
    assert all(any(a <= m * MINUTE < b for a, b in found) for m in minutes.tolist())
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))


def test_ids_beyond_the_limit_are_found_in_the_store(
    store: Store, rows: Callable[..., Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "LIMIT", 40)
    for day in range(6):
        made = [
            {"ts": T0 + day * DAY + k, "id": f"{day}-{k}", "model": "m", "prediction": "1",
             "offset": 100 * day + k} for k in range(20)
        ]  # fmt: skip
        with store.begin() as transaction:
            transaction.insert(placed(rows(predictions=made), 1))
    labels = rows(labels=[
        {"ts": T0 + 7 * DAY, "id": f"{day}-7", "model": "m", "label": "1", "offset": day}
        for day in range(6)
    ]).labels  # fmt: skip
    for since, expected in ((T0, 6), (T0 + 2 * DAY, 4), (T0 - 30 * DAY, 6)):
        with store.begin() as transaction:
            found = transaction.matched(labels, pl.DataFrame(schema=PREDICTIONS), since)
        assert found.height == expected


def test_what_was_rolled_back_is_not_known(store: Store, rows: Callable[..., Records]) -> None:
    first = {"ts": T0, "id": "a", "model": "m", "prediction": "1", "offset": 0}
    label = {"ts": T0, "id": "a", "model": "m", "label": "1", "offset": 0}
    no_labels, nothing = pl.DataFrame(schema=LABELS), pl.DataFrame(schema=PREDICTIONS)
    made, told = rows(predictions=[first]), rows(labels=[label])
    with store.begin() as transaction:
        assert transaction.matched(no_labels, made.predictions, T0).height == 0
    with suppress(ZeroDivisionError), store.begin() as transaction:
        transaction.insert(placed(made, 1))
        raise ZeroDivisionError
    with store.begin() as transaction:
        assert transaction.matched(told.labels, nothing, T0).height == 0
        transaction.insert(placed(told, 1))
    with store.begin() as transaction:
        assert transaction.matched(no_labels, made.predictions, T0).height == 1
        transaction.insert(placed(made, 1))
    with store.begin() as transaction:
        assert transaction.matched(told.labels, nothing, T0).height == 0
