"""A tag that explodes costs a bounded number of series."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from console.engine.catalogue import OTHERS, SERIES, Catalogue
from console.records.series import Series

NONE = pl.DataFrame(schema=SERIES)


def rows(*tags: str | None, name: str = "errors", model: str | None = "fraud") -> pl.DataFrame:
    parts = [(model, "serving", name, text) for text in tags]
    schema = {key: SERIES[key] for key in ("model", "stage", "name", "tags")}
    return pl.DataFrame(parts, schema=schema, orient="row")


def tag(number: int) -> str:
    return f'{{"session":"{number}"}}'


def test_the_first_are_followed_and_the_rest_share_one_series() -> None:
    catalogue = Catalogue(NONE, limit=2)
    found, new = catalogue.identify(rows(None, tag(1), tag(2), tag(3), tag(1), tag(4)))
    assert found["tags"].to_list() == [None, tag(1), tag(2), OTHERS, tag(1), OTHERS]
    assert found["own_tags"].to_list() == [None, None, None, tag(3), None, tag(4)]
    assert new["tags"].to_list() == [None, tag(1), tag(2), OTHERS]
    assert found["series_id"].to_list() == [
        Series("fraud", "serving", "errors", tags).id for tags in found["tags"]
    ]


def test_a_series_is_new_once() -> None:
    catalogue = Catalogue(NONE, limit=1)
    assert catalogue.identify(rows(tag(1), tag(2)))[1].height == 2
    found, new = catalogue.identify(rows(tag(1), tag(3), tag(2)))
    assert new.height == 0
    assert found["tags"].to_list() == [tag(1), OTHERS, OTHERS]


def test_each_metric_has_its_own_limit() -> None:
    catalogue = Catalogue(NONE, limit=1)
    catalogue.identify(rows(tag(1)))
    for other in (rows(tag(2), name="latency"), rows(tag(2), model=None)):
        assert catalogue.identify(other)[0]["tags"].to_list() == [tag(2)]


def test_rows_without_tags_are_followed_whatever_the_limit() -> None:
    catalogue = Catalogue(NONE, limit=1)
    catalogue.identify(rows(tag(1), tag(2)))
    found, new = catalogue.identify(rows(None, tag(3), None))
    assert found["tags"].to_list() == [None, OTHERS, None]
    assert new["tags"].to_list() == [None]


def test_the_tags_of_others_are_never_followed_singly() -> None:
    catalogue = Catalogue(NONE, limit=5)
    found, new = catalogue.identify(rows(OTHERS, tag(1)))
    assert found["own_tags"].to_list() == [OTHERS, None]
    again = Catalogue(new, limit=5)
    assert again.identify(rows(OTHERS, tag(1)))[1].height == 0


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(0, 30), st.integers(1, 6))
def test_at_once_or_bit_by_bit_or_restarted_is_the_same(
    tags: list[int], cut: int, limit: int
) -> None:
    given_rows = rows(*(tag(number) for number in tags))
    expected, all_new = Catalogue(NONE, limit).identify(given_rows)
    catalogue = Catalogue(NONE, limit)
    first, new = catalogue.identify(given_rows[:cut])
    for going_on in (catalogue, Catalogue(new, limit)):
        rest, more = going_on.identify(given_rows[cut:])
        assert pl.concat([first, rest]).equals(expected)
        assert set(pl.concat([new, more])["series_id"]) == set(all_new["series_id"])
