from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.access_log import AccessLog
from console.formats.dates import parse_dates
from console.formats.line_log import Heads, LineLog
from console.formats.logfmt import Logfmt
from console.formats.registry import detect
from console.formats.syslog import Syslog
from console.formats.text import TextLog
from console.records.clock import from_iso

GOLDEN = Path(__file__).parent / "golden"
FORMATS: dict[str, LineLog] = {
    "syslog": Syslog(),
    "access": AccessLog(),
    "logfmt": Logfmt(),
    "text": TextLog(),
}
WRITTEN = from_iso("2026-11-23T14:00:00Z")
BAD = "it begins with what looks like a time, but is none"


def rows(decoding: Any, name: str) -> tuple[list[dict[str, Any]], list[str]]:
    data = (GOLDEN / f"{name}.log").read_bytes()
    found = detect(data, "some.log")
    assert found.format is not None
    assert found.format.name == name
    records = decoding(FORMATS[name])(data, written=WRITTEN).records
    return list(records.logs.iter_rows(named=True)), records.rejects["reason"].to_list()


def brief(row: dict[str, Any]) -> tuple[Any, ...]:
    attributes = json.loads(row["attributes"]) if row["attributes"] else {}
    return row["ts"], row["level"], row["logger"], row["message"], attributes


def test_syslog(decoding: Any) -> None:
    found, rejects = rows(decoding, "syslog")
    old, new = datetime(2025, 12, 31, 23, 59, 58), datetime(2026, 1, 1)
    host = {"host": "web-1"}
    assert [brief(row) for row in found] == [
        (old, None, "trainer", "epoch 3 finished in 41 s", {**host, "process": 812}),
        (
            old.replace(second=59),
            "ERROR",
            "scorer",
            "could not load model fraud-v7",
            {**host, "facility": "user"},
        ),
        (new.replace(second=2), None, "kernel", "[12.5] oom-killer: killed process 812", host),
        (new.replace(second=3), None, None, "last message repeated 2 times", host),
        (
            new.replace(second=4, microsecond=3000),
            "INFO",
            "scorer",
            "request took 812 ms",
            {
                "host": "web-2",
                "process": 8710,
                "facility": "local4",
                "message_id": "ID47",
                "data": '[example@32473 iut="3" source="a]b"]',
            },
        ),
        (
            new.replace(second=4, microsecond=3000),
            "CRITICAL",
            None,
            "no time at all",
            {"facility": "auth"},
        ),
        (new.replace(second=6), "ERROR", "scorer", "ERROR out of memory", host),
    ]
    assert found[1]["exception"].startswith("Traceback (most recent call last):\n")
    assert found[1]["exception"].endswith("OSError: no such file")
    assert rejects == [BAD]


def test_access_logs(decoding: Any) -> None:
    found, rejects = rows(decoding, "access")
    first, second, third, fourth, fifth = (brief(row) for row in found)
    two = datetime(2026, 11, 23, 14)
    assert first == (
        two.replace(second=1),
        "INFO",
        None,
        "GET /predict/churn?id=7 HTTP/1.1 200",
        {
            "method": "GET",
            "path": "/predict/churn?id=7",
            "status": 200,
            "bytes": 512,
            "agent": "curl/8.5",
            "client": "203.0.113.9",
            "protocol": "HTTP/1.1",
        },
    )
    assert second[:2] == (two.replace(second=2), "ERROR")
    assert second[4]["user"] == "anna"
    assert second[4]["more"] == 0.812
    assert second[4]["agent"] == 'Mozilla/5.0 \\"x\\"'
    assert third[1] == "WARNING"
    assert third[4]["status"] == 404
    assert fourth[3] == "\\x16\\x03\\x01 400"
    assert fifth == (two.replace(second=5), None, None, '"GET / HTTP/1.0" oops', {})
    assert rejects == [BAD]


def test_logfmt(decoding: Any) -> None:
    found, rejects = rows(decoding, "logfmt")
    eight = datetime(2026, 11, 20, 8)
    assert [brief(row) for row in found] == [
        (
            eight.replace(microsecond=500_000),
            "INFO",
            None,
            "model loaded",
            {"took": "41ms", "size": 812, "cached": True},
        ),
        (
            eight.replace(second=1),
            "WARNING",
            "app.http",
            'say "hi"\n',
            {"path": "C:\\x", "status": 503},
        ),
        (
            eight.replace(second=2),
            "ERROR",
            None,
            "connection refused",
            {"by": "db", "err": 'dial tcp: "db"'},
        ),
        (
            eight.replace(second=2),
            None,
            None,
            "at=info method=GET path=/predict service=1ms",
            {"at": "info", "method": "GET", "path": "/predict", "service": "1ms"},
        ),
    ]
    assert (found[0]["model"], found[0]["version"]) == ("churn", "v7")
    assert found[2]["exception"] == "panic: runtime error\n\tgoroutine 1 [running]"
    assert rejects == [BAD]


def test_the_first_role_and_the_last_attribute_count(decoding: Any) -> None:
    line = b'ts=2026-11-20 time=2026-11-21 a=1 a=2 b="" c= d="3"\n'
    (row,) = decoding(Logfmt())(line).records.logs.iter_rows(named=True)
    assert row["ts"] == datetime(2026, 11, 20)
    assert json.loads(row["attributes"]) == {
        "time": "2026-11-21",
        "a": 2,
        "b": "",
        "c": "",
        "d": "3",
    }


@pytest.mark.parametrize(
    ("line", "ts", "level", "message"),
    [
        ("Nov 23 14:00:01 INFO loaded", datetime(2026, 11, 23, 14, 0, 1), "INFO", "loaded"),
        ("Mon Nov 23 14:00:01.5 2020 x", datetime(2020, 11, 23, 14, 0, 1, 500000), None, "x"),
        ("[23/Nov/2026:14:00:01 +0100] x", datetime(2026, 11, 23, 13, 0, 1), None, "x"),
        ("1795161600.25 ERROR x", datetime(2026, 11, 20, 8, 0, 0, 250000), "ERROR", "x"),
        ("[1795161600250] x", datetime(2026, 11, 20, 8, 0, 0, 250000), None, "x"),
        ("Dec  1 00:00:00 x", datetime(2025, 12, 1), None, "x"),
        ("[2026-11-23T14:00:01Z] x", datetime(2026, 11, 23, 14, 0, 1), None, "x"),
        ("2026/11/23 14:00:01 x", datetime(2026, 11, 23, 14, 0, 1), None, "x"),
    ],
)
def test_other_times_that_lines_begin_with(
    decoding: Any, line: str, ts: datetime, level: str | None, message: str
) -> None:
    assert TextLog().recognise(f"{line}\n".encode(), "x") is not None
    (row,) = decoding(TextLog())(line.encode(), written=WRITTEN).records.logs.iter_rows(named=True)
    assert (row["ts"], row["level"], row["message"]) == (ts, level, message)


def test_a_time_without_any_year_to_go_by_is_rejected(decoding: Any) -> None:
    records = decoding(TextLog())(b"Nov 23 14:00:01 x\n").records
    assert records.rejects["reason"].to_list() == [BAD]


MONTHS = st.sampled_from(["Jan  1", "Feb 29", "Mar  5", "Jun 30", "Aug 15", "Dec 31", "Feb 30"])


@settings(deadline=None)
@given(
    st.lists(st.one_of(MONTHS, st.sampled_from(["2024", "2026", "2031"])), max_size=8),
    st.integers(0, 8),
    st.booleans(),
)
def test_years_do_not_depend_on_where_a_file_is_cut(
    said: list[str], cut: int, is_new: bool
) -> None:
    texts = pl.Series(
        [f"{part} 10:00:00" if " " in part else None for part in said], dtype=pl.String
    )
    known = pl.Series(
        [None if " " in part else datetime(int(part), 6, 1) for part in said],
        dtype=pl.Datetime("us"),
    )
    newest = None if is_new else WRITTEN

    def read(start: int, end: int, newest: float | None) -> list[Any]:
        empty = pl.Series([], dtype=pl.String)
        around = Heads(empty, empty, newest, WRITTEN, None)
        found = parse_dates(texts[start:end], around, known[start:end])
        return found.to_list()

    whole = read(0, len(said), newest)
    head = read(0, cut, newest)
    times = [time for time in [*head, *known[:cut].to_list()] if time is not None]
    after = [(time - datetime(1970, 1, 1)).total_seconds() for time in times]
    carried = max([*after, *([] if newest is None else [newest])], default=None)
    assert head + read(cut, len(said), carried) == whole


@pytest.mark.parametrize(
    ("sample", "path", "name"),
    [
        (b"Nov 23 14:00:01 web app[12]: m\n", "syslog", "syslog"),
        (b"Nov 23 14:00:01 INFO app: m\n", "x.log", "text"),
        (b"<13>2026-11-23T14:00:01Z web app: m\n", "x.log", "syslog"),
        (b"2026-11-23T14:00:01Z web app[1]: m\n", "x.log", "text"),
        (b"2026-11-23T14:00:01Z level=info msg=m\n", "x.log", "text"),
        (b"level=info msg=m\n", "x.log", None),
        (b'1.2.3.4 - - [23/Nov/2026:14:00:01 +0000] "GET / HTTP/1.1" 200 1\n', "x", "access"),
    ],
)
def test_which_dialect_it_is(sample: bytes, path: str, name: str | None) -> None:
    found = detect(sample, path)
    assert (found.format.name if found.format else None) == name


WORDS = st.sampled_from(
    [
        *("Nov 23 14:00:01", "Feb 29 00:00:00", "Jan  1 00:00:00", "<13>", "<34>1", "-", "host"),
        *("2026-11-23T14:00:01Z", "app[12]:", "ERROR", "ts=2026-11-20", "level=warn", 'msg="a b"'),
        *('k="', "a=1", "a=x\\y", '"GET / HTTP/1.1" 500 12', "[23/Nov/2026:14:00:01 +0000]"),
        *('"-" "agent"', "1.2.3.4 - -", "1795161600", "Traceback (most recent call last):", "\r"),
        *("caf\u00e9", "\x00", "time=never", "model=m", "2026-01-02 03:04:05", "a=\x1f", 'b="\\q"'),
    ]
)
LINES = st.lists(WORDS, max_size=6).map(" ".join).map(str.encode) | st.binary(max_size=20).map(
    lambda raw: raw.replace(b"\n", b"")
)


@pytest.mark.parametrize("name", list(FORMATS))
@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, 50), max_size=4))
def test_any_chunks_give_the_same_rows(
    decoding: Any, in_parts: Any, same: Any, name: str, lines: list[bytes], cuts: list[int]
) -> None:
    decode = decoding(FORMATS[name])
    data = b"".join(line + b"\n" for line in lines)
    same(in_parts(decode, data, cuts, WRITTEN), decode(data, written=WRITTEN).records)


@pytest.mark.parametrize("name", list(FORMATS))
@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=12), st.binary(max_size=5), st.booleans())
def test_every_byte_is_in_a_record_or_a_reject(
    decoding: Any, name: str, lines: list[bytes], rest: bytes, final: bool
) -> None:
    data = b"\n".join([*lines, rest])
    decoded = decoding(FORMATS[name])(data, final=final, written=WRITTEN)
    assert decoded.consumed == len(data) if final else decoded.consumed <= len(data)
    records = decoded.records
    assert records.logs.height + records.rejects.height == records.height
    told = sorted(records.logs["offset"].to_list() + records.rejects["offset"].to_list())
    assert len(set(told)) == len(told)
    starts = {0, *(place + 1 for place, byte in enumerate(data) if byte == 10)}
    assert set(told) <= starts
    untold = data[: told[0] if told else decoded.consumed]
    assert not untold.removeprefix(b"\xef\xbb\xbf").strip(
        b" \t\r\n\x00\x0b\x0c\x1c\x1d\x1e\x1f\x85"
    )
    for raw, place in records.rejects.select("raw", "offset").rows():
        assert data[place:].startswith(raw)
    for attributes in records.logs["attributes"].drop_nulls():
        json.loads(attributes)
