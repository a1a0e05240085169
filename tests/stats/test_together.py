"""Rows as wholes: told apart where columns no longer move together, and else by chance alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from console.stats.compare.frames import compare
from console.stats.compare.together import examine

NAMES = ["a", "b", "c", "text"]


def table(n: int, seed: int, together: float = 0.8) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = together * a + np.sqrt(1 - together**2) * rng.normal(size=n)
    return pl.DataFrame(
        {"a": a, "b": b, "c": rng.exponential(size=n), "text": rng.choice(["p", "q", "r"], n)}
    )


def test_columns_that_cease_to_move_together_are_told_though_none_has_drifted() -> None:
    found = compare(table(3000, 1), table(3000, 2, together=0.2))
    assert not any(column.alerts for column in found.columns)
    assert found.together is not None
    assert found.together.alert
    assert "a with b" in found.together.carriers
    assert found.together.auc > 0.6
    assert found.alerts == 1


def test_what_a_column_says_by_itself_is_not_said_twice() -> None:
    moved = table(3000, 2).with_columns(pl.col("a") + 1)
    found = compare(table(3000, 1), moved)
    assert found.together is not None
    assert found.together.p_value < 1e-9
    assert not found.together.alert


def test_alike_tables_are_told_apart_by_chance_alone() -> None:
    p = [examine(table(400, 2 * i), table(300, 2 * i + 1), NAMES) for i in range(200)]
    small = np.mean([one is not None and one.p_value < 0.05 for one in p])
    assert small == pytest.approx(0.05, abs=0.04)


def test_what_cannot_be_told_apart() -> None:
    assert examine(table(100, 1), table(900, 2), NAMES) is None
    constant = pl.DataFrame({"x": [1.0] * 500})
    assert examine(constant, constant, ["x"]) is None
    empty = pl.DataFrame({"x": [None] * 500}, schema={"x": pl.Float64})
    assert examine(empty, empty, ["x"]) is None
    names = pl.DataFrame({"x": [str(i) for i in range(1000)]})
    assert examine(names.head(500), names.tail(500), ["x"]) is None
    texts = pl.DataFrame({"x": ["p", "q"] * 300})
    same = examine(texts, texts, ["x"])
    assert same is not None
    assert same.auc == pytest.approx(0.5)
    wild = pl.DataFrame({"x": [float("inf"), float("nan"), None, 1e308, -1e308] * 100})
    found = examine(wild, wild, ["x"])
    assert found is not None
    assert found.auc == pytest.approx(0.5, abs=0.05)
