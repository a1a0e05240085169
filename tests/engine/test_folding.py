"""A tag that explodes costs a bounded number of windows."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from console.engine.folding import OTHERS, Folding
from console.records.series import Series
from console.store.catalogue import SERIES


def catalogue(*tags: str | None, name: str = "errors") -> pl.DataFrame:
    parts = [Series("fraud", "serving", name, text) for text in tags]
    rows = [(s.id, s.model, s.stage, s.name, s.tags) for s in parts]
    return pl.DataFrame(rows, schema=SERIES, orient="row")


def tag(number: int) -> str:
    return f'{{"session":"{number}"}}'


def test_the_first_are_followed_and_the_rest_share_one_series() -> None:
    folding = Folding(catalogue(None, tag(1)), limit=2)
    others = folding.learn(catalogue(tag(2), tag(3), tag(4)))
    assert others["tags"].to_list() == [OTHERS]
    assert others["series_id"][0] == Series("fraud", "serving", "errors", OTHERS).id
    rows = catalogue(None, tag(1), tag(2), tag(3), tag(4))
    assert folding.apply(rows)["tags"].to_list() == [None, tag(1), tag(2), OTHERS, OTHERS]
    assert folding.apply(rows)["series_id"].n_unique() == 4


def test_the_series_of_others_is_named_once() -> None:
    folding = Folding(catalogue(tag(1)), limit=1)
    assert folding.learn(catalogue(tag(2))).height == 1
    assert folding.learn(catalogue(tag(3))).height == 0


def test_each_metric_has_its_own_limit() -> None:
    folding = Folding(catalogue(tag(1)), limit=1)
    folding.learn(catalogue(tag(1), name="latency"))
    assert folding.apply(catalogue(tag(1), name="latency"))["tags"].to_list() == [tag(1)]


@given(st.integers(1, 12), st.integers(0, 12), st.integers(1, 6))
def test_learning_at_once_or_bit_by_bit_is_the_same(count: int, cut: int, limit: int) -> None:
    rows = catalogue(*(tag(number) for number in range(count)))
    at_once = Folding(rows, limit)
    in_parts = Folding(rows[:cut], limit)
    in_parts.learn(rows[cut:])
    restarted = Folding(pl.concat([rows, in_parts.learn(rows.clear())]), limit)
    expected = at_once.apply(rows)["tags"].to_list()
    assert in_parts.apply(rows)["tags"].to_list() == expected
    assert restarted.apply(rows)["tags"].to_list() == expected
