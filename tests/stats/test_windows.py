"""Windows of metrics add up however their rows are cut, and nothing poisons them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.records.frames import METRICS
from console.stats.windows import CLOSED, mean, merge, summarise

BEGIN = datetime(2026, 3, 1)
ROW_SCHEMA = {**METRICS, "series_id": pl.Int64}

Row = tuple[int, int, float | None, str | None]
"""(series, seconds, value, version)."""

values = st.one_of(
    st.integers(-1000, 1000).map(float),
    st.sampled_from([math.nan, math.inf, -math.inf, None]),
)
rows = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 400), values, st.sampled_from([None, "1", "2"])),
    max_size=40,
)


def frame(listed: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "series_id": series,
                "model": "m",
                "stage": "serving",
                "name": f"s{series}",
                "tags": None,
                "version": version,
                "ts": BEGIN + timedelta(seconds=second),
                "value": value,
                "attributes": None,
                "offset": 0,
            }
            for series, second, value, version in listed
        ],
        schema=ROW_SCHEMA,
    )


@given(rows, st.randoms(use_true_random=False), st.integers(0, 40))
def test_merging_parts_equals_summarising_the_whole(
    listed: list[Row], random: object, cut: int
) -> None:
    shuffled = list(listed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = summarise(frame(listed), 60.0)
    parts = [summarise(frame(shuffled[:cut]), 60.0), summarise(frame(shuffled[cut:]), 60.0)]
    assert_frame_equal(merge(pl.concat(parts)), whole)
    assert_frame_equal(merge(pl.concat(parts[::-1])), whole)
    assert_frame_equal(merge(pl.concat([merge(parts[0]), merge(parts[1])])), whole)
    assert_frame_equal(merge(whole), whole)


@given(rows)
def test_a_window_is_what_python_computes(listed: list[Row]) -> None:
    windows = summarise(frame(listed), 60.0)
    expected: dict[tuple[int, datetime], list[tuple[int, float]]] = {}
    for series, second, value, _ in listed:
        if value is not None and math.isfinite(value):
            start = BEGIN + timedelta(seconds=second // 60 * 60)
            expected.setdefault((series, start), []).append((second, value))
    assert windows.schema == pl.Schema(CLOSED)
    assert {(row["series_id"], row["start"]) for row in windows.to_dicts()} == set(expected)
    for row in windows.with_columns(mean().alias("mean")).to_dicts():
        points = expected[row["series_id"], row["start"]]
        found = [value for _, value in points]
        assert row["n"] == len(found)
        assert row["total"] == pytest.approx(sum(found))
        assert row["mean"] == pytest.approx(sum(found) / len(found))
        assert row["squares"] == pytest.approx(sum(value * value for value in found))
        assert (row["low"], row["high"]) == (min(found), max(found))
        assert row["last"] == max(points)[1]


def test_the_version_is_that_of_the_latest_row() -> None:
    windows = summarise(frame([(1, 50, 1.0, "2"), (1, 10, 2.0, "1")]), 60.0)
    assert windows["version"].to_list() == ["2"]


def test_one_infinity_does_not_spoil_its_window() -> None:
    windows = summarise(frame([(1, 1, math.inf, None), (1, 2, 3.0, None)]), 60.0)
    assert windows.select("n", "total", "high").row(0) == (1, 3.0, 3.0)


def test_windows_begin_at_multiples_of_their_width() -> None:
    windows = summarise(frame([(1, 29, 1.0, None), (1, 31, 2.0, None)]), 30.0)
    assert windows["start"].to_list() == [BEGIN, BEGIN + timedelta(seconds=30)]
