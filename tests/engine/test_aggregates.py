"""Deltas of open windows wait until the watermark passes them."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from console.engine.aggregates import Aggregates, Kind
from console.records.clock import epoch

START = datetime(2026, 3, 2)


def total(deltas: pl.DataFrame) -> pl.DataFrame:
    return deltas.group_by("start").agg(pl.col("n").sum()).sort("start")


def deltas(*rows: tuple[int, int, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "start": [START + timedelta(minutes=minute) for minute, _, _ in rows],
            "n": [n for _, n, _ in rows],
            "late": [is_late for _, _, is_late in rows],
        },
        schema_overrides={"start": pl.Datetime("us")},
    )


def test_windows_close_once_and_merged() -> None:
    aggregates = Aggregates({"metrics": Kind(60, total)})
    aggregates.add("metrics", deltas((0, 1, False), (1, 2, False), (0, 9, True)))
    aggregates.add("metrics", deltas((0, 3, False)))
    assert aggregates.earliest() == epoch(START)
    assert aggregates.close("metrics", epoch(START) + 59) is None
    closed = aggregates.close("metrics", epoch(START) + 60)
    assert closed is not None
    assert closed["n"].to_list() == [4]
    assert aggregates.close("metrics", epoch(START) + 60) is None
    assert aggregates.earliest() == epoch(START) + 60


def test_a_kind_without_windows_closes_nothing() -> None:
    aggregates = Aggregates({"metrics": Kind(60, total)})
    assert aggregates.close("metrics", 1e12) is None
    assert aggregates.earliest() is None
