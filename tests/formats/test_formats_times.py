from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.times import parse_times

SECOND = datetime(2026, 1, 2, 3, 4, 5)
MILLISECOND = SECOND.replace(microsecond=123000)
MICROSECOND = SECOND.replace(microsecond=123456)

FORMS = {
    "2026-01-02T03:04:05Z": SECOND,
    "2026-01-02T03:04:05.123Z": MILLISECOND,
    "2026-01-02T03:04:05.123456Z": MICROSECOND,
    "2026-01-02T03:04:05.123456789Z": MICROSECOND,
    "2026-01-02T05:04:05+02:00": SECOND,
    "2026-01-02T05:04:05.123+0200": MILLISECOND,
    "2026-01-02T05:04:05+02": SECOND,
    "2026-01-01 22:04:05.123456-05:00": MICROSECOND,
    "2026-01-02 05:04:05 +0200": SECOND,
    "2026-01-02 03:04:05": SECOND,
    "2026-01-02T03:04:05,123": MILLISECOND,
    "2026-01-02 03:04:05,123": MILLISECOND,
    "2026-01-02 03:04:05.123456 UTC": MICROSECOND,
    "2026-01-02 03:04:05 GMT": SECOND,
    "2026-01-02t03:04:05z": SECOND,
    "2026/01/02 03:04:05": SECOND,
    "[2026-01-02 03:04:05,123]": MILLISECOND,
    "20260102T030405Z": SECOND,
    "2026-01-02T03:04": SECOND.replace(second=0),
    "2026-01-02": datetime(2026, 1, 2),
    "1767323045": SECOND,
    "1767323045.0": SECOND,
    "1767323045.123456": MICROSECOND,
    "1767323045123": MILLISECOND,
    "1767323045123456": MICROSECOND,
    "1767323045123456789": MICROSECOND,
    "1.767323045123e9": MILLISECOND,
    "0": datetime(1970, 1, 1),
    "-1": datetime(1969, 12, 31, 23, 59, 59),
    "soon": None,
    "": None,
    "nan": None,
    "1e400": None,
    "99999999999999999999999": None,
    "2026-13-01T00:00:00Z": None,
    "2026-02-30 00:00:00": None,
}


@pytest.mark.parametrize(("text", "time"), FORMS.items())
def test_every_form_alone(text: str, time: datetime | None) -> None:
    assert parse_times(pl.Series([text])).to_list() == [time]


def test_every_form_among_the_others() -> None:
    assert parse_times(pl.Series([*FORMS, None])).to_list() == [*FORMS.values(), None]


def test_times_without_a_zone_are_of_the_source_s() -> None:
    texts = ["2026-01-02T03:04:05", "2026-07-02 03:04:05,5", "2026-01-02T03:04:05Z", "1767323045"]
    assert parse_times(pl.Series(texts), "Europe/Berlin").to_list() == [
        datetime(2026, 1, 2, 2, 4, 5),
        datetime(2026, 7, 2, 1, 4, 5, 500000),
        SECOND,
        SECOND,
    ]


def test_local_times_that_the_clocks_skipped_or_repeated() -> None:
    texts = ["2026-03-29T02:30:00", "2026-10-25T02:30:00"]
    assert parse_times(pl.Series(texts), "Europe/Berlin").to_list() == [
        datetime(2026, 3, 29, 1, 30),
        datetime(2026, 10, 25, 0, 30),
    ]


@settings(deadline=None)
@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
    st.integers(-1439, 1439),
    st.sampled_from("T "),
)
def test_what_python_writes_is_read(moment: datetime, offset: int, separator: str) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    expected = zoned.astimezone(UTC).replace(tzinfo=None)
    texts = [moment.isoformat(separator), zoned.isoformat(separator)]
    assert parse_times(pl.Series(texts)).to_list() == [moment, expected]


@settings(deadline=None)
@given(st.lists(st.text(max_size=30) | st.none()))
def test_any_text_is_a_time_or_none(texts: list[str | None]) -> None:
    alone = [parse_times(pl.Series([text], dtype=pl.String))[0] for text in texts]
    assert parse_times(pl.Series(texts, dtype=pl.String)).to_list() == alone


SHAPES = st.builds(
    lambda mark, digits, zone: (mark, digits, zone),
    st.sampled_from("T "),
    st.integers(0, 10),
    st.sampled_from(["", "Z", "+00:00"]),
)
ODD = st.one_of(
    st.none(),
    st.none(),
    st.sampled_from(["1-", "+1", " 1", "e1", "1é", "60", "9 ", "::", "Z1", "..", ",,", "xx"]),
)


@given(
    start=st.datetimes(datetime(1800, 1, 1), datetime(2400, 1, 1)),
    shape=SHAPES,
    step_us=st.integers(0, 3_000_000),
    odd=ODD,
    place=st.integers(0, 28),
    zone=st.sampled_from([None, "Europe/Berlin"]),
)
def test_many_times_of_one_shape_are_those_of_each_alone(
    start: datetime, shape: tuple[str, int, str], step_us: int, odd: str | None, place: int,
    zone: str | None,
) -> None:  # fmt: skip
    mark, digits, suffix = shape
    texts = []
    for row in range(300):
        at = start + timedelta(microseconds=row * step_us // 7)
        fraction = f"{at.microsecond:06d}0000"[:digits]
        point = "," if start.second % 2 and not suffix else "."
        texts.append(f"{at:%Y-%m-%d}{mark}{at:%H:%M:%S}{point if digits else ''}{fraction}{suffix}")
    if odd is not None:
        texts[150] = f"{texts[150][:place]}{odd}{texts[150][place + len(odd) :]}"
    few = [parse_times(pl.Series(texts[row : row + 100]), zone) for row in (0, 100, 200)]
    assert parse_times(pl.Series(texts), zone).to_list() == pl.concat(few).to_list()
