from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.text import TextLog

Decode = Any
TIME = datetime(2026, 1, 2, 3, 4, 5)
MS = datetime(2026, 1, 2, 3, 4, 5, 123000)

FORMS: list[tuple[str, datetime, str | None, str | None, str, str | None]] = [
    ("@ INFO app.x: m: 1", MS, "INFO", "app.x", "m: 1", None),
    ("@ - app - WARN - step: 5", MS, "WARNING", "app", "step: 5", None),
    ("@ - root - INFO -", MS, "INFO", "root", "", None),
    ("[@] INFO in app: m", MS, "INFO", "app", "m", None),
    ("[@] [INFO] [app] m", MS, "INFO", "app", "m", None),
    ("2026-01-02T03:04:05Z ERROR m", TIME, "ERROR", None, "m", None),
    ("2026-01-02T05:04:05.123+02:00 [info     ] m k=1", MS, "INFO", None, "m k=1", None),
    ("2026-01-02 03:04:05 +0000 [INFO] m", TIME, "INFO", None, "m", None),
    ("[2026-01-02 03:04:05 +0000] [12] [INFO] m", TIME, "INFO", None, "m", '["12"]'),
    ("2026-01-02 03:04:05.123 | INFO     | a.b:run:12 - m", MS, "INFO", "a.b:run:12", "m", None),
    ("@ - MainThread - INFO - app - m", MS, "INFO", "app", "m", '["MainThread"]'),
    ("@ [Thread-1] INFO a.B - m", MS, "INFO", "a.B", "m", '["Thread-1"]'),
    ("@ INFO [main] a.B: m", MS, "INFO", "a.B", "m", '["main"]'),
    ("@ INFO 12 --- [main] a.B : m", MS, "INFO", "a.B", "m", '["12", "main"]'),
    ("[@: INFO/Worker-1] m", MS, "INFO", None, "m", '["Worker-1"]'),
    ("@:INFO:app:m", MS, "INFO", "app", "m", None),
    ("@:app:INFO:m", MS, "INFO", "app", "m", None),
    ("INFO @ app: m", MS, "INFO", "app", "m", None),
    ("[ERROR] 2026-01-02 03:04:05 m", TIME, "ERROR", None, "m", None),
    ("2026-01-02 03:04:05 error: m", TIME, "ERROR", None, "m", None),
    ("2026-01-02 03:04:05 (CRITICAL) m", TIME, "CRITICAL", None, "m", None),
    ("2026-01-02 03:04:05 ERROR ValueError: m", TIME, "ERROR", None, "ValueError: m", None),
    ("2026-01-02 03:04:05 INFO it works: m", TIME, "INFO", None, "it works: m", None),
    ("2026-01-02 03:04:05 app[12]: ERROR m", TIME, "ERROR", "app", "m", '["12"]'),
    ("2026-01-02 03:04:05 Error while reading", TIME, None, None, "Error while reading", None),
    ("2026/01/02 03:04:05 no level", TIME, None, None, "no level", None),
    ("2026-01-02 03:04 INFORMATION m", TIME.replace(second=0), "INFO", None, "m", None),
]
"""`@` stands for the commonest time."""

SHAPES = [(form[0].replace("@", "2026-01-02 03:04:05,123"), *form[1:]) for form in FORMS]


@pytest.mark.parametrize(("line", "ts", "level", "logger", "message", "context"), SHAPES)
def test_every_shape_alone(
    text: Decode,
    line: str,
    ts: datetime,
    level: str | None,
    logger: str | None,
    message: str,
    context: str | None,
) -> None:
    (row,) = text(line.encode(), model="m").records.logs.iter_rows(named=True)
    attributes = None if context is None else f'{{"context": {context}}}'
    assert row == {
        "ts": ts,
        "model": "m",
        "stage": None,
        "version": None,
        "tags": None,
        "attributes": attributes,
        "offset": 0,
        "level": level,
        "logger": logger,
        "message": message,
        "exception": None,
    }


def test_every_shape_among_the_others(text: Decode) -> None:
    logs = text("\n".join(shape[0] for shape in SHAPES).encode()).records.logs
    found = logs.select("ts", "level", "logger", "message").rows()
    assert found == [shape[1:5] for shape in SHAPES]


TRACEBACK = """2026-01-02 03:04:05 ERROR app: it failed
Traceback (most recent call last):
  File "x.py", line 1, in f

ValueError: no

2026-01-02 03:04:05 INFO app: on
"""


def test_a_traceback_belongs_to_the_line_above(text: Decode) -> None:
    logs = text(TRACEBACK.encode(), offset=50).records.logs
    assert logs["message"].to_list() == ["it failed", "on"]
    assert logs["exception"].to_list() == ["\n".join(TRACEBACK.splitlines()[1:5]), None]
    assert logs["offset"].to_list() == [50, 50 + TRACEBACK.rindex("2026")]


def test_a_traceback_on_the_same_line(text: Decode) -> None:
    line = b"2026-01-02 03:04:05 ERROR app: bad Traceback (most recent call last):\n  File\n"
    (row,) = text(line).records.logs.iter_rows(named=True)
    assert row["message"] == "bad"
    assert row["exception"] == "Traceback (most recent call last):\n  File"


def test_the_last_record_stays_open_unless_final(text: Decode) -> None:
    data = TRACEBACK.encode()
    decoded = text(data, final=False)
    assert decoded.consumed == data.rindex(b"2026")
    assert decoded.records.height == 1
    assert text(data[decoded.consumed :], final=False).consumed == 0
    assert text(b"\n  more\n", final=False).consumed == 0


def test_lines_that_continue_an_earlier_record(text: Decode) -> None:
    data = b"  File x\nValueError\n2026-01-02 03:04:05 INFO app: on\n"
    first, second = text(data).records.logs.iter_rows(named=True)
    assert first["ts"] == TIME
    assert first["message"] == "  File x\nValueError"
    assert first["attributes"] == '{"continuation": true}'
    assert second["offset"] == 20
    assert text(data, newest_ts=5.5).records.logs["ts"][0] == datetime(1970, 1, 1, 0, 0, 5, 500000)


NO_TIME = "no time: begin the lines with one, %(asctime)s in Python's logging format"


def test_lines_without_any_time_are_rejected(text: Decode) -> None:
    records = text(b"\nfoo\nbar\n").records
    assert records.rejects.rows() == [(0, NO_TIME, b"\nfoo\nbar")]
    assert records.height == 1


def test_lines_of_the_default_python_format_take_the_newest_time(text: Decode) -> None:
    data = b"INFO:root:a\n  more\n2026-01-02 03:04:05 INFO b\nWARNING:app.x:c\n"
    records = text(data).records
    assert records.rejects.rows() == [(0, NO_TIME, b"INFO:root:a\n  more")]
    found = records.logs.select("ts", "level", "logger", "message").rows()
    assert found[1] == (TIME, "WARNING", "app.x", "c")
    first = text(data, newest_ts=1.0).records.logs
    assert first["ts"][0] == datetime(1970, 1, 1, 0, 0, 1)
    assert first["exception"][0] == "  more"


def test_a_time_that_is_none(text: Decode) -> None:
    data = b"2026-01-02 03:04:05 a\n2026-02-30 03:04:05 b\n  c\n2026-01-02 03:04:05 d\n"
    records = text(data).records
    assert records.logs["message"].to_list() == ["a", "d"]
    (reject,) = records.rejects.rows()
    assert reject[0] == 22
    assert reject[2] == b"2026-02-30 03:04:05 b\n  c"


def test_times_are_of_the_source_s_zone(text: Decode) -> None:
    data = b"2026-01-02 03:04:05 a\n2026-01-02 03:04:05Z b\n"
    logs = text(data, timezone="Europe/Berlin").records.logs
    assert logs["ts"].to_list() == [TIME.replace(hour=2), TIME]


def test_marks_carriage_returns_holes_and_other_bytes(text: Decode) -> None:
    data = (
        b"\xef\xbb\xbf2026-01-02 03:04:05 a\r\n\x00\x002026-01-02 03:04:05 b\xff\r\n"
        b"2026-01-02 03:04:05 \x1b[31mc\n"
    )
    logs = text(data).records.logs
    assert logs["message"].to_list() == ["a", "b\\xff", "\x1b[31mc"]
    assert logs["offset"].to_list() == [0, 26, 52]


def test_a_piece_of_a_line_is_rejected(text: Decode) -> None:
    decoded = text(b"2026-01-02 03:04:05 abc", cut=True)
    assert decoded.consumed == 23
    assert decoded.records.rejects.height == 1


WORDS = st.sampled_from(
    [
        *("2026-01-02 03:04:05,123", "2026-01-02T03:04:05Z", "[2026-01-02 03:04:05]", "INFO"),
        *(
            "2026-02-30 00:00:00",
            "ERROR:root:",
            "- app -",
            "[main]",
            "app.x:",
            "WARNING",
            ": ",
            "|",
        ),
        *(
            "Traceback (most recent call last):",
            "  File",
            "",
            "caf\u00e9",
            "\r",
            "\x00",
            "error",
            "[",
        ),
    ]
)
LINES = st.lists(WORDS, max_size=5).map(" ".join).map(str.encode) | st.binary(max_size=20).map(
    lambda raw: raw.replace(b"\n", b"")
)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, 50), max_size=4))
def test_any_chunks_give_the_same_rows(
    text: Decode, in_parts: Any, same: Any, lines: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    same(in_parts(text, data, cuts), text(data).records)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=12), st.binary(max_size=5), st.booleans())
def test_every_byte_is_in_a_record_or_a_reject(
    text: Decode, lines: list[bytes], rest: bytes, final: bool
) -> None:
    data = b"\n".join([*lines, rest])
    decoded = text(data, final=final)
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


def test_recognised_by_the_times_its_lines_begin_with() -> None:
    recognise = TextLog().recognise
    assert recognise(TRACEBACK.encode(), "x") == "2 of its first 5 lines begin a log record"
    assert recognise(b"INFO:root:hello\n", "x") is not None
    assert recognise(b"hello\nworld\n", "x") is None
    assert (
        recognise(b"timestamp,value\n2026-01-02 03:04:05,1.5\n2026-01-02 03:05:05,2\n", "x") is None
    )
    assert recognise(b'{"ts":"2026-01-02 03:04:05"}\n', "x") is None


def test_heads_are_the_same_whichever_way_they_are_found() -> None:
    from console.formats import text_layout as layout

    for shape in SHAPES:
        rest = pl.Series([shape[0]]).str.replace(layout.LED, "")
        common = rest.str.extract(layout.COMMON_HEAD)[0]
        full = rest.str.extract(layout.HEAD)[0]
        if common is not None and layout.read_head(common).logger is not None:
            assert layout.read_head(common) == layout.read_head(full)
