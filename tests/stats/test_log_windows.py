"""Windows of log lines, and the templates that stand out."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.frames import LOGS
from console.stats import logs

START = datetime(2026, 3, 1)
Line = tuple[int, str, str]


def lines(rows: list[Line]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "ts": START + timedelta(seconds=s),
                "model": "m",
                "stage": "s",
                "level": level,
                "offset": 0,
            }
            for s, level, _ in rows
        ],
        schema=LOGS,
    ).with_columns(pl.Series("template_id", [t for _, _, t in rows], dtype=pl.String))


def counts(rows: dict[str, tuple[str, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(i, i.upper(), level, n) for i, (level, n) in rows.items()],
        schema=["template_id", "template", "level", "n"],
        orient="row",
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 300), st.sampled_from(["INFO", "ERROR"]), st.sampled_from("ab")
            )
        ),
        min_size=2,
        max_size=4,
    )
)
def test_windows_add_up_however_the_lines_are_cut(parts: list[list[Line]]) -> None:
    deltas = [logs.summarise(lines(part), 60) for part in parts]
    whole = logs.summarise(lines([line for part in parts for line in part]), 60)
    assert whole.schema == pl.Schema(logs.CLOSED)
    merged = logs.merge(pl.concat([logs.merge(deltas[0]), logs.merge(pl.concat(deltas[1:]))]))
    assert merged.equals(whole)
    assert whole["n"].sum() == sum(map(len, parts))


def test_what_is_new_and_bad_ranks_before_what_is_frequent() -> None:
    before = counts({"a": ("INFO", 1000), "b": ("WARNING", 30)})
    during = counts(
        {"a": ("INFO", 520), "b": ("WARNING", 45), "c": ("ERROR", 12), "d": ("DEBUG", 6)}
    )
    found = logs.lift(before, during, 7200, 3600)
    assert found.schema == pl.Schema(logs.LIFTED)
    assert found["template_id"].to_list() == ["c", "b", "d", "a"]
    row = found.row(by_predicate=pl.col("template_id") == "b", named=True)
    assert (row["before"], row["n"]) == (30, 45)
    assert row["lift"] == pytest.approx(3, abs=0.1)
    assert row["p_value"] < 1e-4


def test_what_is_rarer_is_not_returned_and_rows_of_a_template_are_added_up() -> None:
    before = counts({"a": ("INFO", 1000)})
    during = pl.concat([counts({"a": ("INFO", 3)}), counts({"a": ("ERROR", 2)})])
    assert logs.lift(before, during, 3600, 3600).is_empty()
    found = logs.lift(before.clear(), during, 3600, 3600)
    assert found.select("n", "level").row(0) == (5, "ERROR")
    assert logs.lift(before, during.clear(), 3600, 3600).is_empty()


def spoken(rows: list[tuple[str, str, str, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=["template_id", "stage", "template", "n"], orient="row"
    ).with_columns(pl.lit("ERROR").alias("level"))


def test_the_values_of_one_variable_are_listed_once() -> None:
    before = spoken([("a", "s", "user ann lost her key", 1), ("z", "s", "all is well", 90)])
    during = spoken(
        [
            ("b", "s", "user bob lost her key", 40),
            ("a", "s", "user ann lost her key", 4),
            ("g", "s", "user <*> lost her key", 30),
            ("o", "other", "user eve lost her key", 20),
        ]
    )
    then, now = logs.folded(before, during)
    found = logs.lift(then, now, 3600, 3600)
    listed = {row["template_id"]: row for row in found.iter_rows(named=True)}
    assert set(listed) == {"b", "o"}
    assert (listed["b"]["template"], listed["b"]["n"], listed["b"]["before"]) == (
        "user <*> lost her key",
        74,
        1,
    )
    assert then["template_id"].to_list() == ["b", "z"]
    assert logs.folded(then, now)[1].equals(now)


def test_what_became_rarer_has_changed_too() -> None:
    before = counts({"a": ("INFO", 1000), "b": ("WARNING", 60), "c": ("INFO", 10)})
    during = counts({"a": ("INFO", 1010), "c": ("INFO", 80)})
    found = logs.changed(before, during, 3600, 3600)
    assert found["template_id"].to_list()[:2] == ["b", "c"]
    gone, more = found.row(0, named=True), found.row(1, named=True)
    assert (gone["n"], gone["before"]) == (0, 60)
    assert gone["lift"] < 0.02
    assert gone["p_value"] < 1e-9
    assert more["lift"] > 7
    assert found.schema == pl.Schema(logs.LIFTED)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.sampled_from(["s", "t"]),
            st.sampled_from(["x one", "x two", "x <*>", "<*> <*>", "y"]),
            st.integers(1, 50),
        ),
        unique_by=lambda row: row[0],
        max_size=4,
    )
)
def test_folding_loses_no_line(rows: list[tuple[str, str, str, int]]) -> None:
    during = spoken(rows) if rows else spoken([("a", "s", "y", 1)])
    then, now = logs.folded(during.clear(), during)
    assert then.is_empty()
    assert now["n"].sum() == during["n"].sum()
    assert set(now["template_id"]) <= set(during["template_id"])
