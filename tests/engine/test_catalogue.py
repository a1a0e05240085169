"""A tag that explodes costs a bounded number of series."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from console.engine.catalogue import OTHERS, SERIES, Catalogue
from console.records.series import Series

NONE = pl.DataFrame(schema=SERIES)


def rows(*tags: str | None, name: str = "errors", model: str | None = "fraud") -> pl.DataFrame:
    parts = [(model, "serving", name, text) for text in tags]
    schema = {key: SERIES[key] for key in ("model", "stage", "name", "tags")}
    return pl.DataFrame(parts, schema=schema, orient="row")


def tag(number: int) -> str:
    """A tag of its own, so that none has many values."""
    return f'{{"t{number}":1}}'


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


def web(number: int, client: str = "web") -> str:
    return f'{{"client":"{client}","request":"{number}"}}'


def test_a_tag_with_many_values_is_told_no_more_and_the_others_are() -> None:
    catalogue = Catalogue(NONE, limit=4)
    known = rows(*(web(number) for number in range(4)))
    assert catalogue.identify(known)[1].height == 4
    found, new = catalogue.identify(rows(web(7), web(8, "ios"), web(9), web(1), tag(3)))
    told = ['{"client":"web","request":"*"}', '{"client":"ios","request":"*"}']
    assert found["tags"].to_list() == [told[0], told[1], told[0], web(1), OTHERS]
    assert found["own_tags"].to_list() == [web(7), web(8, "ios"), web(9), None, tag(3)]
    assert new["tags"].to_list() == [*told, OTHERS]
    assert catalogue.identify(rows(web(10), web(11, "ios"), tag(4)))[1].height == 0


def test_shared_series_are_bounded_too() -> None:
    catalogue = Catalogue(NONE, limit=2)
    catalogue.identify(rows(web(1), web(2)))
    found, _ = catalogue.identify(rows(*(web(9, client) for client in "abcd")))
    assert found["tags"].to_list()[2:] == [OTHERS, OTHERS]
    assert catalogue.identify(rows(web(9, "e")))[1].height == 0


def test_values_of_any_kind_and_odd_names_are_told_as_any() -> None:
    catalogue = Catalogue(NONE, limit=2)
    text = '{"a$1":%s,"b":{"c":1}}'
    catalogue.identify(rows(text % "1", text % "2.5e3"))
    found, _ = catalogue.identify(rows(text % "-3", text % '"q\\"u,"', text % "[1]"))
    assert found["tags"].to_list() == [text % '"*"', text % '"*"', OTHERS]


VALUES = st.one_of(
    st.integers(0, 9).map(tag), st.tuples(st.integers(0, 9), st.sampled_from("ab")).map(
        lambda pair: web(*pair)), st.none(),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=14), st.integers(0, 14), st.integers(1, 5))
def test_at_once_or_bit_by_bit_or_restarted_is_the_same(
    tags: list[str | None], cut: int, limit: int
) -> None:
    given_rows = rows(*tags)
    expected = [Catalogue(NONE, limit).identify(given_rows)[0]]
    one, parts = Catalogue(NONE, limit), []
    known = NONE
    for row in given_rows.iter_slices(1):
        found, new = one.identify(row)
        parts.append(found)
        known = pl.concat([known, new])
    assert known["series_id"].is_unique().all()
    assert pl.concat(parts).equals(pl.concat(expected))
    catalogue = Catalogue(NONE, limit)
    first, new = catalogue.identify(given_rows[:cut])
    for going_on in (catalogue, Catalogue(new, limit)):
        rest, more = going_on.identify(given_rows[cut:])
        assert pl.concat([first, rest]).equals(expected[0])
        assert set(pl.concat([new, more])["series_id"]) == set(known["series_id"])
