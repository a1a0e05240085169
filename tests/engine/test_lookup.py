"""Rows are found by the hash of their keys, and by the keys themselves where hashes clash."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.engine.lookup import Lookup
from console.records.frames import Schema

SCHEMA: Schema = {"number": pl.Int64, "left": pl.String, "right": pl.String}
KEYS = ["left", "right"]
Pair = tuple[str | None, str | None]
texts = st.one_of(st.none(), st.sampled_from(["", "a", "b", "ab"]), st.text(max_size=3))


def table(pairs: list[Pair]) -> pl.DataFrame:
    rows = [(number, *pair) for number, pair in enumerate(pairs)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@given(
    known=st.lists(st.lists(st.tuples(texts, texts), max_size=5), max_size=4),
    asked=st.lists(st.tuples(texts, texts), max_size=20),
)
def test_a_row_is_where_it_was_put(known: list[list[Pair]], asked: list[Pair]) -> None:
    lookup, place = Lookup(SCHEMA, KEYS), dict[Pair, int]()
    for pairs in known:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in place]
        lookup.add(table(new))
        place |= {pair: len(place) + number for number, pair in enumerate(new)}
    assert lookup.places(table(asked)).to_list() == [place.get(pair) for pair in asked]
    assert list(lookup.rows.select(KEYS).iter_rows()) == list(place)


@pytest.mark.parametrize("known", [1, 2, 3])
def test_rows_of_one_hash_are_told_apart_by_their_keys(known: int) -> None:
    pairs: list[Pair] = [("a", "b"), ("b", "a"), (None, "a")]
    with patch.object(
        Lookup, "_hashes", lambda _, rows: pl.zeros(rows.height, pl.UInt64, eager=True)
    ):
        lookup = Lookup(SCHEMA, KEYS)
        for pair in pairs[:known]:
            lookup.add(table([pair]))
        places = lookup.places(table([*pairs, ("z", None)])).to_list()
    assert places == [*range(known), *[None] * (4 - known)]
