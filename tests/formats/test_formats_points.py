"""Metric files as points: which column is what, and what cannot be read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.formats.moments import moment
from console.formats.points import NoPointsError, Point, Unread, read_points


def read(text: str) -> tuple[list[Point], Unread]:
    unread = Unread()
    return list(read_points(text.splitlines(keepends=True), unread)), unread


def cells(points: list[Point]) -> list[tuple[str, str, float | None, str]]:
    return [(point.timestamp, point.text, point.value, point.series) for point in points]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01 00:01:00", 60.0),
        ("1970-01-01T01:01:00+01:00", 60.0),
        ("1970/01/01 00:01:00 UTC", 60.0),
        ("1970-01-02", 86400.0),
        ("60", 60.0),
        ("1700000000.5", 1700000000.5),
        ("1700000000000", 1.7e9),
        ("1700000000000000", 1.7e9),
        ("1700000000000000000", 1.7e9),
        ("yesterday", None),
        ("nan", None),
        ("", None),
    ],
)
def test_times(text: str, expected: float | None) -> None:
    assert moment(text) == expected


def test_one_column_of_numbers_keeps_rows_and_texts() -> None:
    points, unread = read("timestamp,value\n2026-01-01 00:00:00,1.50\n2026-01-01 00:01:00,\n")
    assert cells(points) == [
        ("2026-01-01 00:00:00", "1.50", 1.5, "value"),
        ("2026-01-01 00:01:00", "", None, "value"),
    ]
    assert unread.count == 0


def test_the_time_is_found_by_its_name_or_its_look() -> None:
    assert cells(read("load;ts\n1;1700000000\n")[0]) == [("1700000000", "1", 1.0, "load")]
    assert cells(read("when,load\n2026-01-01,1\n")[0]) == [("2026-01-01", "1", 1.0, "load")]


def test_without_a_heading() -> None:
    points, _ = read("2026-01-01,1\n2026-01-02,2\n")
    assert cells(points) == [("2026-01-01", "1", 1.0, "value"), ("2026-01-02", "2", 2.0, "value")]


def test_wide_and_long_tables() -> None:
    wide, _ = read("date,a,host,a\n2026-01-01,1,x,NaN\n2026-01-02,2,y,3\n")
    assert [point.series for point in wide] == ["a", "a#2", "a", "a#2"]
    assert [point.value for point in wide] == [1.0, None, 2.0, 3.0]
    long, _ = read("time,name,value,host\n1700000000,cpu,1,x\n1700000000,cpu,2,y\n")
    assert [(point.series, point.value) for point in long] == [
        ("cpu{host=x}", 1.0),
        ("cpu{host=y}", 2.0),
    ]


def test_what_is_no_number_and_no_time_is_told_and_kept() -> None:
    rows = "".join(f"{1_700_000_000 + row},1\n" for row in range(300))
    points, unread = read(f"ts,value\n{rows}soon,2\n1700000300,broken\n1700000301,inf\n1700000302")
    assert len(points) == 304
    assert [(point.time is None, point.value) for point in points[300:]] == [
        (True, 2.0),
        (False, None),
        (False, None),
        (False, None),
    ]
    assert (unread.count, unread.line, unread.reason) == (3, 302, "no time: 'soon'")


def test_json_lines_give_every_metric_its_series() -> None:
    records = [
        {"ts": 1700000000, "model": "m", "stage": "s", "name": "a", "value": 1.50},
        {"kind": "log", "ts": 1700000000, "message": "x"},
        {"ts": "2026-01-01", "metrics": {"b": None, "c": True}, "tags": {"k": 1}},
    ]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    points, unread = read(f"\n{lines}[1]\n{{broken\n")
    assert cells(points) == [
        ("1700000000", "1.5", 1.5, "m/s/a"),
        ("2026-01-01", "", None, "b{k=1}"),
        ("2026-01-01", "True", None, "c{k=1}"),
    ]
    assert (unread.count, unread.line) == (3, 4)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty"),
        ("\n\n", 1, "empty"),
        ("a,b\nx,y\n", 1, "no time column"),
        ("\nts,host\n1,x\n", 2, "no column of numbers"),
        ('{"kind": "log", "message": "x"}\n', 1, "no metric"),
    ],
)
def test_a_file_without_series_is_refused(text: str, line: int, said: str) -> None:
    with pytest.raises(NoPointsError, match=said) as refused:
        read(text)
    assert refused.value.line == line


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for whole in (text, f"ts,value\n{text}", '{"ts": 1, ' + text):
        try:
            points, _ = read(whole)
        except NoPointsError:
            continue
        assert all(isinstance(point, Point) for point in points)
