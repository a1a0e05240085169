from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.csv_layout import layout_of
from console.formats.csv_metrics import Csv

Decode = Any
GOLDEN = Path(__file__).parent / "golden"
EIGHT = datetime(2026, 11, 20, 8)


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def test_a_wide_table_gives_a_metric_for_every_number(csv: Decode) -> None:
    data = golden("wide.csv")
    records = csv(data, model="m").records
    rows = records.metrics.select("ts", "tags", "name", "value").rows()
    eu, us = '{"region":"eu"}', '{"region":"us"}'
    busy = '{"queue":"busy","region":"eu, west"}'
    assert rows == [
        (EIGHT, eu, "latency_ms", 41.5),
        (EIGHT, eu, "error_rate", 0.01),
        (EIGHT, us, "latency_ms", 52.0),
        (EIGHT, us, "error_rate", 0.02),
        (EIGHT, us, "queue", 7.0),
        (EIGHT.replace(minute=1), eu, "error_rate", 0.0125),
        (EIGHT.replace(minute=1), eu, "queue", 8.0),
        (EIGHT.replace(minute=1), us, "error_rate", 0.03),
        (EIGHT.replace(minute=1), us, "queue", 9.0),
        (EIGHT.replace(minute=2), busy, "latency_ms", 40.0),
        (EIGHT.replace(minute=2), busy, "error_rate", 0.001),
    ]
    assert set(records.metrics["model"]) == {"m"}
    told = {reason: data[at:].split(b"\n")[0] for at, reason, _ in records.rejects.rows()}
    assert told == {
        "not a number: latency_ms: broken": b"2026-11-20T08:01:00Z,us,broken,0.03,9",
        "timestamp is not a time: yesterday": b"yesterday,eu,1,2,3",
        "it has 4 fields, the header 5": b"2026-11-20T08:03:00Z,eu,1,2",
        "no column has a value": b"2026-11-20T08:04:00Z,eu,,,",
    }


def test_a_long_table_gives_a_metric_a_row(csv: Decode) -> None:
    records = csv(golden("long.csv")).records
    found = records.metrics.select("ts", "model", "version", "name", "value", "tags").rows()
    assert found == [
        (EIGHT, "churn", "v3", "auc", 0.91, '{"env":"prod"}'),
        (EIGHT.replace(minute=1), "churn", "v3", "auc", 0.905, '{"client":"web","env":"prod"}'),
    ]
    assert records.rejects["reason"].to_list() == [
        "the metric has no name",
        "the metric has no value",
        "not a number: high",
    ]


def test_predictions_with_their_labels(csv: Decode) -> None:
    records = csv(golden("predictions.csv")).records
    found = records.predictions.select("id", "features", "prediction", "score").rows()
    assert found == [
        ("a1", '{"age": 41, "plan": "basic", "vip": true}', "stay", 0.1),
        ("a2", '{"age": null, "plan": "say \\"hi\\"", "vip": false}', "leave", 0.9),
        ("a3", '{"age": "007", "plan": "none", "vip": false}', "leave", None),
    ]
    assert records.labels.select("id", "label").rows() == [("a1", "stay"), ("a3", "stay")]
    assert records.rejects["reason"].to_list() == ["not a number: score: much"]


def test_a_prediction_without_an_id_finds_its_label(csv: Decode) -> None:
    records = csv(b"ts,x,prediction,label\n2026-11-20,1,a,b\n").records
    assert records.predictions["id"].to_list() == records.labels["id"].to_list() == ["7:22"]


def test_labels_alone(csv: Decode) -> None:
    records = csv(b"ts,id,label,by\n2026-11-20,1,a,me\n2026-11-20,,a,me\n").records
    assert records.labels.select("id", "label", "attributes").rows() == [
        ("1", "a", '{"by": "me"}'),
    ]
    assert records.rejects["reason"].to_list() == ["a label needs id and label"]


@pytest.mark.parametrize(
    ("data", "ts"),
    [
        (b",value\n2026-11-20 08:00:00,1\n", EIGHT),
        (b",when,value\n0,2026-11-20 08:00:00,1\n", EIGHT),
        (b"date,time,value\n2026-11-20,08:00:00,1\n", EIGHT),
        (b"time,value\n1795161600,1\n", EIGHT),
        (b"\xef\xbb\xbfts\tvalue\r\n2026-11-20 08:00:00Z\t1\r\n", EIGHT),
        (b'"ts","value"\n"2026-11-20 08:00:00","1"\n', EIGHT),
    ],
)
def test_where_the_time_stands(csv: Decode, data: bytes, ts: datetime) -> None:
    assert Csv().recognise(data, "x") is not None
    records = csv(data).records
    assert records.metrics.select("ts", "name", "value").rows() == [(ts, "value", 1.0)]
    assert records.height == 1


@pytest.mark.parametrize(
    "data",
    [
        b"step,value\n1,2\n",
        b"time,value\n0.5,2\n",
        b"Hello, world\nthis, then\n",
        b"2026-11-20 08:00:00,1\n2026-11-20 08:00:01,1\n",
        b"ts,ts\n2026-11-20 08:00:00,1\n",
        b'{"ts":1,"value":2}\n',
    ],
)
def test_what_is_no_such_table(data: bytes) -> None:
    assert Csv().recognise(data, "x.csv") is None


def test_the_reasons_are_told() -> None:
    assert Csv().recognise(golden("wide.csv"), "x") == (
        "a table of metrics, 2 of them a row; `timestamp` is the time in 6 of its first 8 rows"
    )
    assert Csv().recognise(b"ts,value\n", "x") == "a header with the time column `ts`"


def test_quotes_that_are_not_closed_and_bytes_that_are_no_text(csv: Decode) -> None:
    records = csv(b'ts,where,value\n2026-11-20,"a,1\nb",2\n2026-11-20,\xff,3\n').records
    assert records.metrics.select("tags", "value").rows() == [('{"where":"\\\\xff"}', 3.0)]
    assert records.rejects["reason"].to_list() == [
        "its quotes are not closed on the line",
        "it has 2 fields, the header 3",
    ]


def test_a_chunk_without_the_header_is_kept_as_rejects(csv: Decode) -> None:
    decoded = csv(b"2026-11-20,1\n\n", offset=100)
    assert decoded.consumed == 14
    assert decoded.records.rejects.rows() == [
        (100, "its first line is no header of columns", b"2026-11-20,1")
    ]


def test_a_piece_of_a_line_is_rejected(csv: Decode) -> None:
    assert csv(b"2026-11-20,1", cut=True).records.rejects.height == 1


HEADERS = st.sampled_from(
    [
        *("ts,a,b", "ts,name,value,host", "id,ts,x,prediction,score,label", "id,ts,label"),
        *("ts;a;b", "a,b,c", ",value", "date,time,v", "ts,a,model,tags", "\ufeffts,a"),
    ]
)
CELLS = st.sampled_from(
    [
        *("2026-11-20 08:00:00", "2026-11-20T08:00:00.5+01:00", "1795161600", "1", "-2.5e3", ""),
        *("nan", "inf", "eu", '"a,b"', '"', '{"k":1}', "caf\u00e9", "\x00", "true", "none", "1,5"),
        *("a", "b", "ts", "value", " x ", "\\", "9" * 40, "1e999"),
    ]
)
LINES = st.one_of(
    st.lists(CELLS, max_size=6).map(",".join).map(str.encode),
    st.lists(CELLS, min_size=3, max_size=3).map(lambda x: ",".join(["2026-11-20", *x]).encode()),
    st.tuples(CELLS, CELLS).map(lambda x: f"2026-11-20 08:00:00,{x[0]},{x[1]}".encode()),
    HEADERS.map(str.encode),
    st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b"")),
)
ENDS = st.sampled_from([b"\n", b"\r\n"])


@settings(max_examples=150, deadline=None)
@given(HEADERS, st.lists(LINES, max_size=10), ENDS, st.lists(st.integers(0, 50), max_size=4))
def test_any_chunks_give_the_same_rows(
    csv: Decode, in_parts: Any, same: Any, header: str, lines: list[bytes], end: bytes, cuts: Any
) -> None:
    data = b"".join(line + end for line in [header.encode(), *lines])
    same(in_parts(csv, data, cuts), csv(data).records)


@settings(max_examples=150, deadline=None)
@given(HEADERS, st.lists(LINES, max_size=10), st.binary(max_size=5), st.booleans())
def test_every_line_is_in_a_record_or_a_reject(
    csv: Decode, header: str, lines: list[bytes], rest: bytes, final: bool
) -> None:
    data = b"\n".join([header.encode(), *lines, rest])
    decoded = csv(data, final=final)
    assert decoded.consumed == (len(data) if final else data.rfind(b"\n") + 1)
    told = {offset for _, frame in decoded.records.items() for offset in frame["offset"].to_list()}
    place = 0
    head = header.encode().removeprefix(b"\xef\xbb\xbf").strip()
    for line in data[: decoded.consumed].split(b"\n"):
        bare = line.removeprefix(b"\xef\xbb\xbf") if place == 0 else line
        held = bare.strip(b" \t\r\x00") not in (b"", head) or layout_of(data) is None
        assert (place in told) or not held or not bare.strip(b" \t\r\x00")
        place += len(line) + 1
    for raw, offset in decoded.records.rejects.select("raw", "offset").rows():
        assert data[offset:].startswith(raw)
