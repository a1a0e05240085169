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
