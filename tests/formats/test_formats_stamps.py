"""Logs led by times of the rarer shapes: what they say, and alike in any chunks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.registry import detect
from console.records.clock import from_iso

MORNING = datetime(2026, 1, 2, 3, 4, 5)
WRITTEN = from_iso("2026-11-20T08:00:00Z")
LED = [
    "02-Jan-2026 03:04:05",
    "02 Jan 2026 03:04:05",
    "02/Jan/2026 03:04:05",
    "2 January 26, 3:04:05 AM",
    "Fri, 02 Jan 2026 03:04:05 GMT",
    "Fri, 02 Jan 2026 04:04:05 +0100",
    "Jan 2, 2026 3:04:05 a.m.",
    "Fri Jan  2 03:04:05 UTC 2026",
    "01/02/2026 03:04:05",
    "[01/02/26 03:04:05]",
    "1/2/2026, 3:04:05 AM",
    "26/01/02 03:04:05",
    "02.01.2026 03:04:05",
    "02-01-2026 03:04:05",
    "<2026-01-02 03:04:05>",
    "20260102 03:04:05",
    "20260102-03:04:05",
    "20260102T030405Z",
    "20260102040405+01:00",
    "260102 030405",
    "2026-01-02 03:04:05 AM",
    "[INFO] 01/02/2026 03:04:05 -",
    "[INFO|trainer.py:1714] 2026-01-02 03:04:05,000 >>",
]


@pytest.mark.parametrize("led", LED)
def test_a_line_led_by_any_common_time_begins_a_record(decoding: Any, led: str) -> None:
    lines = [f"{led} INFO app.loader: loaded {number} rows" for number in range(3)]
    data = "\n".join([*lines, "  and what follows", ""]).encode()
    found = detect(data, "any.data")
    assert found.format is not None
    assert found.format.name == "text"
    records = decoding(found.format)(data, written=WRITTEN).records
    assert records.rejects.height == 0
    assert records.logs["ts"].to_list() == [MORNING] * 3
    assert set(records.logs["level"]) == {"INFO"}
    assert all("loaded" in message for message in records.logs["message"])
    assert records.logs["exception"].to_list() == [None, None, "  and what follows"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "26/01/02 03:04:05 WARN SparkContext: lost executor",
            ("WARNING", "SparkContext", "lost executor"),
        ),
        (
            "W0102 03:04:05.000000  1234 hlo.cc:12] slow compile",
            ("WARNING", "hlo.cc", "slow compile"),
        ),
        ("260102 030405 148 INFO dfs.DataNode: done", ("INFO", "dfs.DataNode", "done")),
        ("[01/02/26 03:04:05] ERROR    it broke", ("ERROR", None, "it broke")),
    ],
)
def test_what_well_known_programs_write(
    decoding: Any, line: str, expected: tuple[str | None, ...]
) -> None:
    data = f"{line}\n".encode()
    found = detect(data, "x.log").format
    assert found is not None
    (row,) = decoding(found)(data, written=WRITTEN).records.logs.iter_rows(named=True)
    assert (row["level"], row["logger"], row["message"]) == expected
    assert row["ts"] == MORNING


def times(decoding: Any, *led: str, written: str, timezone: str | None = None) -> list[str]:
    data = "".join(f"{each} INFO a: b\n" for each in led).encode()
    form = detect(data, "x").format
    assert form is not None
    defaults = {"timezone": timezone} if timezone else {}
    logs = decoding(form)(data, written=from_iso(written), **defaults).records.logs
    return [str(ts) for ts in logs["ts"]]


def test_the_order_of_day_and_month_is_told_by_what_is_near(decoding: Any) -> None:
    assert times(
        decoding,
        *("03/02/2026 23:59:59", "04/02/2026 00:00:01"),
        written="2026-02-04T00:01:00Z",
    ) == ["2026-02-03 23:59:59", "2026-02-04 00:00:01"]
    assert times(
        decoding, "28/02/2026 10:00:00", "01/03/2026 10:00:00", written="2026-09-01T00:00:00Z"
    ) == ["2026-02-28 10:00:00", "2026-03-01 10:00:00"]


def test_a_clock_alone_is_of_the_day_that_is_near(decoding: Any) -> None:
    written = "2026-02-04T00:10:00Z"
    assert times(decoding, "23:59:58", "[00:00:01]", written=written) == [
        "2026-02-03 23:59:58",
        "2026-02-04 00:00:01",
    ]
    assert times(decoding, "01:05:00", written=written, timezone="Europe/Berlin") == [
        "2026-02-04 00:05:00"
    ]


def test_a_table_is_no_log_for_its_times(decoding: Any) -> None:
    assert detect(b"day,x\n01/02/2026 03:04:05,1\n01/03/2026 03:04:05,2\n", "x").format is None


PARTS = st.sampled_from(
    [
        *LED,
        *("03:04:05", "23:59:59", "31/02/2026 03:04:05", "99/99/99 99:99:99", "13:00:00 PM"),
        *("I0229 03:04:05.1 12 a.cc:3]", " INFO a: b", "Traceback", "\x00", "\r", "é", "]"),
    ]
)
TEXTS = st.lists(st.lists(PARTS, max_size=3).map(" ".join), max_size=8)


@settings(max_examples=80, deadline=None)
@given(texts=TEXTS, cuts=st.lists(st.integers(0, 50), max_size=4))
def test_any_chunks_give_the_same_rows(
    text: Any, in_parts: Any, same: Any, texts: list[str], cuts: list[int]
) -> None:
    whole = "".join(f"{line}\n" for line in texts).encode()
    decoded = text(whole, written=WRITTEN)
    assert decoded.consumed == len(whole)

    same(in_parts(text, whole, cuts, WRITTEN), decoded.records)
