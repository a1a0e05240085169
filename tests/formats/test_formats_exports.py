from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.otlp import OpenTelemetry
from console.formats.prometheus import Prometheus
from console.formats.registry import detect
from console.records.clock import from_iso

GOLDEN = Path(__file__).parent / "golden"
EIGHT = datetime(2026, 11, 20, 8)
WRITTEN = from_iso("2026-11-20T09:00:00Z")
NINE = datetime(2026, 11, 20, 9)


def test_prometheus_samples(decoding: Any) -> None:
    data = (GOLDEN / "metrics.prom").read_bytes()
    records = decoding(Prometheus())(data, written=WRITTEN).records
    found = records.metrics.select("ts", "model", "version", "tags", "name", "value").rows()
    total, half = "predictions_total", EIGHT.replace(microsecond=500_000)
    assert found == [
        (EIGHT, "churn", "v3", '{"client":"a\\"b,c"}', total, 1027.0),
        (half, "churn", "v3", '{"client":"web"}', total, 3.0),
        (NINE, None, None, '{"le":"0.1"}', "latency_seconds_bucket", 24054.0),
        (NINE, None, None, '{"le":"+Inf"}', "latency_seconds_bucket", 144320.0),
        (NINE, None, None, None, "latency_seconds_sum", 53423.0),
        (NINE, None, None, None, "up", 1.0),
    ]
    assert records.rejects["reason"].to_list() == [
        "the sample has no finite value: NaN",
        'not a sample: name{label="value"} 1.5',
    ]


def test_prometheus_is_told_by_types_and_labels() -> None:
    recognise = Prometheus().recognise
    data = (GOLDEN / "metrics.prom").read_bytes()
    assert recognise(data, "x") == ("7 of its first 12 lines are samples, 2 with their own time")
    assert recognise(b"# TYPE a gauge\na 1\n", "x") == (
        "1 of its first 2 lines are samples, of the time at which the file was written"
    )
    assert recognise(b"epoch 3\nloss 0.5\n", "x.log") is None
    assert recognise(b"epoch 3\nloss 0.5\n", "x.prom") is not None
    assert recognise(b"# A title\n\n# Another\n", "x.md") is None


def test_a_sample_of_no_known_time_is_rejected(decoding: Any) -> None:
    decode = decoding(Prometheus())
    assert decode(b"up 1\n").records.rejects.height == 1
    assert decode(b"up 1 9999999999999999999\n").records.rejects.height == 1
    assert decode(b"up 1\n", newest_ts=5.0).records.metrics["ts"].to_list() == [
        datetime(1970, 1, 1, 0, 0, 5)
    ]


def test_opentelemetry(decoding: Any) -> None:
    data = (GOLDEN / "otlp.jsonl").read_bytes()
    found = detect(data, "otlp.jsonl")
    assert found.format is not None
    assert found.format.name == "otlp"
    records = decoding(OpenTelemetry())(data, stage="serving").records
    one = EIGHT.replace(minute=1)
    assert records.metrics.select("ts", "model", "version", "tags", "name", "value").rows() == [
        (EIGHT.replace(microsecond=250_000), "churn-api", "v3", '{"pod":"a"}', "queue", 7.0),
        (EIGHT, "churn-api", "v3", None, "requests", 12.5),
        (one, "churn", None, None, "latency_count", 3.0),
        (one, "churn", None, None, "latency_sum", 0.9),
        (one, "churn", None, None, "latency_min", 0.1),
        (one, None, None, None, "duration_count", 2.0),
        (one, None, None, None, "duration_sum", 5.0),
        (one, None, None, '{"quantile":"0.99"}', "duration", 4.5),
    ]
    assert set(records.metrics["stage"]) == {"serving"}
    first, second = records.logs.iter_rows(named=True)
    assert json.loads(first["attributes"]) == {
        "service.name": "churn-api",
        "host": "h1",
        "code": 500,
        "trace_id": "5b8e",
    }
    assert (first["level"], first["logger"], first["message"]) == ("ERROR", "app.http", "it failed")
    assert first["exception"] == "Traceback\n  x"
    assert (second["level"], second["message"]) == ("WARNING", '{"a": true}')
    assert second["ts"] == EIGHT.replace(minute=2, second=1)
    assert records.rejects["reason"].to_list() == [
        "bad: a data point without a time; bad: a data point without a number",
        "a log record without a time",
        "traces are not read",
        "not a JSON object",
    ]


def test_the_settings_come_before_the_service(decoding: Any) -> None:
    data = (GOLDEN / "otlp.jsonl").read_bytes().split(b"\n")[0]
    metrics = decoding(OpenTelemetry())(data, model="fraud").records.metrics
    assert set(metrics["model"]) == {"fraud"}
    assert set(metrics["version"]) == {None}


@pytest.mark.parametrize(
    "line",
    [
        b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1e18,"body":'
        + b'{"arrayValue":{"values":[' * 400
        + b"]}}" * 400
        + b"}]}]}]}",
        (
            b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1e18","body":'
            b'{"stringValue":"\\ud800"}}]}]}]}'
        ),
        (
            b'{"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":{"doubleValue":1e999}}]},'
            b'"scopeMetrics":[{"metrics":[{"name":"n","gauge":{"dataPoints":'
            b'[{"timeUnixNano":1e18,"asInt":1,"explicitBounds":[1e999,NaN]}]}}]}]}]}'
        ),
    ],
)
def test_odd_exports_are_records_or_rejects(decoding: Any, line: bytes) -> None:
    records = decoding(OpenTelemetry())(line).records
    assert records.height == 1
    for frame in (records.metrics, records.logs):
        for text in frame["attributes"].drop_nulls():
            json.loads(text, parse_constant=pytest.fail)


SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    ["1795161600000000000", 1e18, -1, "NaN", 1.5, "x", None, True, "", "7", 10**30, [], {}]
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["stringValue", "intValue", "arrayValue", "values", "key", "value"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=4,
)
POINTS = st.dictionaries(
    st.sampled_from(
        [
            *("timeUnixNano", "asInt", "asDouble", "count", "sum", "attributes", "quantileValues"),
            *("severityNumber", "severityText", "body", "bucketCounts", "flags"),
        ]
    ),
    JSON_VALUES,
    max_size=5,
)
EXPORTS = st.tuples(
    st.lists(POINTS, max_size=3),
    st.sampled_from(["gauge", "sum", "histogram", "summary", "logs", "spans"]),
    JSON_VALUES,
).map(
    lambda parts: json.dumps(
        {"resourceLogs": [{"scopeLogs": [{"logRecords": parts[0]}], "resource": parts[2]}]}
        if parts[1] == "logs"
        else {"resourceSpans": parts[0]}
        if parts[1] == "spans"
        else {
            "resourceMetrics": [
                {
                    "resource": {"attributes": parts[2]},
                    "scopeMetrics": [
                        {"metrics": [{"name": "n", parts[1]: {"dataPoints": parts[0]}}]}
                    ],
                }
            ]
        }
    ).encode()
)
SAMPLES = st.lists(
    st.sampled_from(
        [
            *("up", "a_total", '{a="b"}', '{model="m",le="+Inf"}', "{", '{a="\\"', " 1", " 1.5e3"),
            *(" NaN", " 1795161600000", " 1795161600.5", " -1", ' # {a="b"} 1', "# TYPE a gauge"),
            *("\r", "\x00", "caf\u00e9", "  ", " 1e999"),
        ]
    ),
    max_size=4,
).map(lambda parts: "".join(parts).encode())
RANDOM = st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b""))
CASES = [
    pytest.param(OpenTelemetry(), EXPORTS | RANDOM, id="otlp"),
    pytest.param(Prometheus(), SAMPLES | RANDOM, id="prometheus"),
]


@pytest.mark.parametrize(("format_", "lines"), CASES)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_chunks_give_the_same_rows_and_every_line_is_told(
    decoding: Any, in_parts: Any, same: Any, format_: Any, lines: Any, data: Any
) -> None:
    texts = data.draw(st.lists(lines, max_size=8))
    cuts = data.draw(st.lists(st.integers(0, 50), max_size=4))
    whole = b"".join(text + b"\n" for text in texts)
    decode = decoding(format_)
    decoded = decode(whole, written=WRITTEN)
    assert decoded.consumed == len(whole)
    same(in_parts(decode, whole, cuts, WRITTEN), decoded.records)
    told = {at for _, frame in decoded.records.items() for at in frame["offset"].to_list()}
    place = 0
    for text in texts:
        bare = text.removeprefix(b"\xef\xbb\xbf") if place == 0 else text
        bare = bare.strip(b" \t\r\x00")
        empty = format_.name == "otlp" and b'"n"' in text and b'"flags": 1' in text
        assert place in told or not bare or bare.startswith(b"#") or empty
        place += len(text) + 1
    for raw, at in decoded.records.rejects.select("raw", "offset").rows():
        assert whole[at:].startswith(raw)
