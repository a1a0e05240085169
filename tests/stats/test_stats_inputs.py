"""What predictions carry, counted in pieces: fields by type, sightings in a sample that adds up."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.records.frames import PREDICTIONS
from console.stats import fields, sightings

names = st.text(st.sampled_from('ab:,{}[]"\\ \u00e9'), max_size=4)
values = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | names
features = st.dictionaries(names, values | st.lists(values, max_size=2), max_size=5)


def predictions(listed: list[dict[str, Any] | None], ids: list[str | None]) -> pl.DataFrame:
    """One prediction a second."""
    start = datetime(2026, 3, 1)
    texts = [None if one is None else json.dumps(one, ensure_ascii=False) for one in listed]
    frame = pl.DataFrame(
        {
            "ts": [start + timedelta(seconds=place) for place in range(len(texts))],
            "model": "m",
            "version": [str(place % 2) for place in range(len(texts))],
            "id": pl.Series(ids, dtype=pl.String),
            "features": pl.Series(texts, dtype=pl.String),
        }
    )
    missing = [pl.lit(None).alias(name) for name in PREDICTIONS if name not in frame.columns]
    return frame.with_columns(missing).select(list(PREDICTIONS)).cast(pl.Schema(PREDICTIONS))


def type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    known = {int: "number", float: "number", str: "text", list: "nested"}
    return known.get(type(value), "null")


@settings(deadline=None)
@given(st.lists(features | st.none(), max_size=30), st.integers(1, 10))
@example([{"a": "", ":": 1}, {":": "", " :": "x"}], 1)
def test_fields_are_those_that_json_has(listed: list[dict[str, Any] | None], size: int) -> None:
    rows = predictions(listed, [None] * len(listed))
    whole = fields.summarise(rows, 60.0)
    pieces = [fields.summarise(part, 60.0) for part in rows.iter_slices(size)]
    if pieces:
        assert_frame_equal(fields.merge(pl.concat(pieces)), whole)
    wanted = Counter((name, type_of(value)) for one in listed if one for name, value in one.items())
    found = whole.filter(pl.col("field").is_not_null())
    counted = found.group_by("field", "type").agg(pl.col("n").sum())
    assert {(name, kind): n for name, kind, n in counted.iter_rows()} == dict(wanted)
    total = whole.filter(pl.col("field").is_null())["n"].sum()
    assert total == sum(one is not None for one in listed)


def test_only_so_many_names_are_kept_however_the_rows_come() -> None:
    rows = predictions([{f"n{place:04}": 1} for place in range(900)], [None] * 900)
    whole = fields.summarise(rows, 3600.0)
    assert whole.filter(pl.col("field").is_not_null()).height == 2 * 450
    one = rows.with_columns(pl.lit("1").alias("version"))
    whole = fields.summarise(one, 3600.0)
    assert whole["field"].drop_nulls().max() == "n0499"
    pieces = [fields.summarise(part, 3600.0) for part in one.reverse().iter_slices(70)]
    assert_frame_equal(fields.merge(pl.concat(pieces)), whole)


@settings(deadline=None)
@given(st.lists(st.sampled_from([None, *map(str, range(9))]), max_size=60), st.integers(1, 20))
def test_sightings_add_up(ids: list[str | None], size: int) -> None:
    rows = predictions([{"a": place % 7} for place in range(len(ids))], ids)
    whole = sightings.summarise(rows, 60.0)
    pieces = [sightings.summarise(part, 60.0) for part in rows.reverse().iter_slices(size)]
    if pieces:
        assert_frame_equal(sightings.merge(pl.concat(pieces)), whole)
    assert whole["n"].sum() == len(ids)
    assert whole["ids"].list.len().sum() == sum(
        min(n, sightings.MOST)
        for _, n in Counter((i % 2, one) for i, one in enumerate(ids) if one).items()
    )


def test_a_large_window_keeps_a_sample() -> None:
    ids = [str(place // 2) for place in range(6000)]
    rows = predictions([None] * 6000, [None, *ids[1:]]).with_columns(pl.lit("1").alias("version"))
    kept = sightings.summarise(rows, 1e6)
    assert kept["contents"].to_list() == [[]]
    hashes = kept["ids"].to_list()[0]
    assert len(set(hashes)) == sightings.SAMPLE
    assert 2 * sightings.SAMPLE - 1 <= len(hashes) <= 2 * sightings.SAMPLE
    assert hashes == sorted(hashes)
