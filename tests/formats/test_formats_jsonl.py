from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.protocol import Decoded

Decode = Any
TS = "2026-01-02T03:04:05Z"
TIME = datetime(2026, 1, 2, 3, 4, 5)


def encoded(*objects: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in objects)


def one(decoded: Decoded, name: str) -> dict[str, Any]:
    frame = getattr(decoded.records, name)
    assert decoded.records.height == frame.height == 1
    row: dict[str, Any] = frame.row(0, named=True)
    return row


def reasons(decoded: Decoded) -> list[str]:
    return decoded.records.rejects["reason"].to_list()


def test_a_metric(jsonl: Decode) -> None:
    record = {
        "kind": "metric",
        "ts": TS,
        "model": "fraud",
        "stage": "serving",
        "version": "v12",
        "name": "latency",
        "value": 118.5,
        "tags": {"code": "abc", "batch": 3, "gpu": True},
    }
    assert one(jsonl(encoded(record), offset=100), "metrics") == {
        "ts": TIME,
        "model": "fraud",
        "stage": "serving",
        "version": "v12",
        "tags": '{"batch":3,"code":"abc","gpu":true}',
        "attributes": None,
        "offset": 100,
        "name": "latency",
        "value": 118.5,
    }


def test_several_metrics_at_once(jsonl: Decode) -> None:
    record = {"ts": TS, "metrics": {"loss": 0.5, "acc": None, "epoch": 3}, "step": 7}
    frame = jsonl(encoded(record, {"ts": TS, "name": "x", "value": 1})).records.metrics
    assert frame["name"].to_list() == ["epoch", "loss", "x"]
    assert frame["value"].to_list() == [3.0, 0.5, 1.0]
    assert frame["offset"].to_list() == [0, 0, len(encoded(record))]
    assert frame["attributes"].to_list() == ['{"step": 7}', '{"step": 7}', None]


def test_what_is_no_number_is_told_and_the_others_kept(jsonl: Decode) -> None:
    data = (
        b'{"ts":1,"metrics":{"loss":NaN,"acc":0.5}}\n'
        b'{"ts":1,"metrics":{"a":"x","b":true,"c":[1],"d":{},"e":"2.5"}}\n'
        b'{"ts":1,"name":"n","value":Infinity}\n{"ts":1,"name":"n","value":"x"}\n'
        b'{"ts":1,"name":"n","value":"7"}\n'
    )
    records = jsonl(data).records
    assert records.metrics.select("name", "value").rows() == [("acc", 0.5), ("e", 2.5), ("n", 7.0)]
    assert records.rejects["reason"].to_list() == [
        "not a number: loss: NaN",
        "not a number: a: x, b: True, c: [1] and 1 more",
        "value is not a number: Infinity",
        "value is not a number: x",
    ]


def test_a_log_and_its_attributes(jsonl: Decode) -> None:
    record = {
        "ts": TS,
        "level": "warn",
        "logger": "app",
        "message": 'caf\u00e9 "x"',
        "exception": "Traceback\n  ValueError",
        "user": "1",
        "n": 1,
        "ratio": 0.25,
        "ok": False,
        "list": [1, "a\\b"],
        "nested": {"k": None},
        "nothing": None,
    }
    row = one(jsonl(encoded(record)), "logs")
    attributes = json.loads(row.pop("attributes"))
    assert attributes == {
        key: record[key] for key in ("user", "n", "ratio", "ok", "list", "nested")
    }
    assert isinstance(attributes["user"], str)
    assert row["level"] == "WARNING"
    assert row["message"] == 'caf\u00e9 "x"'
    assert row["exception"] == "Traceback\n  ValueError"


@pytest.mark.parametrize("escaped", ["", "\\"])
def test_attributes_of_one_name_keep_their_types(jsonl: Decode, escaped: str) -> None:
    values: list[Any] = ["1", 1, True, "true", 1.5, "x", [1], {"a": "1"}, "[1]", None, "null"]
    logs = [{"ts": 1, "message": escaped, "v": value} for value in values]
    found = jsonl(encoded(*logs)).records.logs["attributes"].to_list()
    assert [json.loads(text)["v"] if text else None for text in found] == values


def test_other_spellings_of_log_fields(jsonl: Decode) -> None:
    record = {
        "@timestamp": TS,
        "severity": "ERROR",
        "name": "app",
        "msg": "m",
        "exc_info": "e",
        "levelname": "INFO",
    }
    row = one(jsonl(encoded(record)), "logs")
    assert (row["ts"], row["level"], row["logger"]) == (TIME, "ERROR", "app")
    assert (row["message"], row["exception"]) == ("m", "e")
    assert row["attributes"] == '{"levelname": "INFO"}'


def test_another_spelling_beside_the_field_is_an_attribute(jsonl: Decode) -> None:
    row = one(jsonl(encoded({"ts": TS, "time": 0.5, "message": "a", "msg": "b"})), "logs")
    assert (row["ts"], row["message"]) == (TIME, "a")
    assert json.loads(row["attributes"]) == {"time": 0.5, "msg": "b"}


def test_an_event(jsonl: Decode) -> None:
    record = {"ts": TS, "type": "deploy", "title": "v2", "id": 7, "planned": True, "end_ts": 5}
    row = one(jsonl(encoded(record)), "events")
    assert (row["type"], row["title"], row["id"]) == ("deploy", "v2", "7")
    assert row["planned"] is True
    assert row["end_ts"] == datetime(1970, 1, 1, 0, 0, 5)


def test_values_that_a_field_cannot_hold_are_attributes(jsonl: Decode) -> None:
    event = {"ts": 1, "type": "x", "planned": "maybe", "end_ts": "later", "tags": ["a"]}
    row = one(jsonl(encoded(event)), "events")
    assert (row["planned"], row["end_ts"], row["tags"]) == (None, None, None)
    assert json.loads(row["attributes"]) == {"planned": "maybe", "end_ts": "later", "tags": ["a"]}
    prediction = {"ts": 1, "kind": "prediction", "id": 1, "score": "high", "features": [1]}
    row = one(jsonl(encoded(prediction)), "predictions")
    assert json.loads(row["attributes"]) == {"score": "high", "features": [1]}


@pytest.mark.parametrize("extra", ["", "\\"])
def test_a_prediction(jsonl: Decode, extra: str) -> None:
    features = {"age": 31, "note": "a, b" + extra, "gone": None, "rate": 0.1, "vip": True}
    record = {"ts": TS, "id": 5, "features": features, "prediction": 1, "score": 0.75}
    row = one(jsonl(encoded(record | {"scores": {"a": 0.5}})), "predictions")
    assert json.loads(row["features"]) == features
    assert (row["id"], row["prediction"], row["score"]) == ("5", "1", 0.75)
    assert json.loads(row["scores"]) == {"a": 0.5}


def test_ids_and_classes_match_whatever_their_type(jsonl: Decode) -> None:
    predictions = [{"ts": 1, "id": each, "prediction": each} for each in (1, "1", True, "a")]
    labels = [{"ts": 1, "id": each, "label": each} for each in (1, "1", True, "a")]
    records = jsonl(encoded(*predictions, *labels)).records
    assert records.predictions["id"].to_list() == ["1", "1", "true", "a"]
    assert records.predictions["prediction"].to_list() == ["1", "1", "true", "a"]
    assert records.labels["id"].to_list() == ["1", "1", "true", "a"]
    assert records.labels["label"].to_list() == ["1", "1", "true", "a"]


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"features": {}}, "predictions"),
        ({"prediction": 1}, "predictions"),
        ({"score": 0.5, "id": 1}, "predictions"),
        ({"scores": {}}, "predictions"),
        ({"id": 1, "label": 0}, "labels"),
        ({"metrics": {"a": 1}}, "metrics"),
        ({"name": "a", "value": 1}, "metrics"),
        ({"type": "deploy"}, "events"),
        ({"type": "deploy", "title": "x", "message": "y"}, "events"),
        ({"message": "x"}, "logs"),
        ({"level": "INFO"}, "logs"),
        ({"exception": "x"}, "logs"),
        ({"message": "scored", "score": 0.5}, "logs"),
        ({"message": "x", "type": "request"}, "logs"),
        ({"message": "x", "kind": "request"}, "logs"),
        ({"kind": "Metric", "name": "a", "value": 1, "message": "x"}, "metrics"),
        ({"kind": "log", "features": {}}, "logs"),
        ({"event": "structlog", "level": "info"}, "logs"),
    ],
)
def test_the_kind_is_named_or_told_by_the_fields(
    jsonl: Decode, record: dict[str, Any], name: str
) -> None:
    one(jsonl(encoded({"ts": 1, **record})), name)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"message":"x"}', "no ts"),
        (b'{"ts":null,"message":"x"}', "no ts"),
        (b'{"ts":"soon","message":"x"}', "ts is not a time: soon"),
        (b'{"ts":1}', "no kind, and no fields that tell it"),
        (b'{"ts":1,"kind":"span"}', "unknown kind: span"),
        (b'{"ts":1,"kind":"label","id":1}', "a label needs id and label"),
        (b'{"ts":1,"kind":"event","title":"x"}', "an event needs a type"),
        (b'{"ts":1,"kind":"metric","value":1}', "a metric needs name and value, or metrics"),
        (b'{"ts":1,"kind":"metric","name":"x","value":null}', "the metric has no value"),
        (b'{"ts":1,"metrics":{"a":null}}', "no metric has a value"),
        (b'{"ts":1,"metrics":{}}', "no metric has a value"),
        (b'{"ts":1,"metrics":[1]}', "metrics is not an object of numbers"),
        (b"{}", "no ts"),
        (b"[1]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"7", "not a JSON object"),
        (b'{"ts":1,"message":"x"', "not JSON: Expecting ',' delimiter at character 22"),
        (b'{"ts":1}{"ts":2}', "not JSON: Extra data at character 9"),
        (b'{"ts":1,"message":"\xff"}', "not UTF-8 at byte 19 of the line"),
        (b"\xff\xfe", "not UTF-8 at byte 0 of the line"),
    ],
)
def test_rejects_say_why_and_keep_the_bytes(jsonl: Decode, line: bytes, reason: str) -> None:
    good = b'{"ts":1,"message":"good"}\n'
    decoded = jsonl(good + line + b"\n" + good, offset=10)
    assert decoded.records.rejects.rows() == [(10 + len(good), reason, line)]
    assert decoded.records.logs["offset"].to_list() == [10, 10 + len(good) + len(line) + 1]


def test_marks_blanks_and_holes(jsonl: Decode) -> None:
    data = (
        b'\xef\xbb\xbf{"ts":1,"message":"a"}\r\n\r\n   \n\x00\x00\n'
        b'\x00\x00{"ts":1,"message":"b"}\n  {"ts":1,"message":"c"}\n{"ts":1,"message":"d"}'
    )
    decoded = jsonl(data)
    assert decoded.consumed == len(data)
    assert decoded.records.height == 4
    assert decoded.records.logs["message"].to_list() == list("abcd")
    assert decoded.records.logs["offset"].to_list() == [0, 36, 61, 86]


def test_defaults_fill_what_records_do_not_say(jsonl: Decode) -> None:
    data = encoded(
        {"ts": "2026-01-02T03:04:05", "message": "a"},
        {"ts": TS, "message": "b", "model": "own", "stage": "s", "version": "v"},
    )
    defaults = {"model": "m", "stage": "d", "version": "1", "timezone": "Europe/Berlin"}
    logs = jsonl(data, **defaults).records.logs
    assert logs["model"].to_list() == ["m", "own"]
    assert logs["stage"].to_list() == ["d", "s"]
    assert logs["version"].to_list() == ["1", "v"]
    assert logs["ts"].to_list() == [datetime(2026, 1, 2, 2, 4, 5), TIME]


def test_an_open_last_line_is_left_unless_final(jsonl: Decode) -> None:
    data = b'{"ts":1,"message":"a"}\n{"ts":1,"message":"b"}'
    assert jsonl(data, final=False).consumed == 23
    assert jsonl(data, final=False).records.height == 1
    assert jsonl(data).records.height == 2


def test_a_piece_of_a_line_is_rejected(jsonl: Decode) -> None:
    decoded = jsonl(b"abc", offset=5, cut=True)
    assert decoded.consumed == 3
    assert decoded.records.rejects.select("offset", "raw").rows() == [(5, b"abc")]


def test_surrogates(jsonl: Decode) -> None:
    data = rb'{"ts":1,"message":"\ud83d\ude00 \ud800"}' + b"\n"
    assert jsonl(data).records.logs["message"].to_list() == ["\U0001f600 ?"]


def test_very_deep_very_long_and_very_many(jsonl: Decode) -> None:
    deep = b'{"ts":1,"message":"x","a":' + b"[" * 5000 + b"]" * 5000 + b"}\n"
    long = b'{"ts":1,"message":"' + b"x" * 3_000_000 + b'"}\n'
    numbers = b'{"ts":1,"message":"x","a":' + b"9" * 5000 + b"}\n"
    many = encoded(*({"ts": 1, "message": "x", f"k{n}": n} for n in range(2000)))
    records = jsonl(deep + long + numbers + many).records
    assert records.rejects["reason"].to_list() == ["not JSON: nested too deeply"]
    assert records.logs.height == 2002
    assert records.logs["attributes"][1] == '{"a": "' + "9" * 5000 + '"}'
    assert records.logs["attributes"][-1] == '{"k1999": 1999}'


@pytest.mark.parametrize("count", [10, 5000], ids=["few", "many"])
def test_equal_tags_are_equal_texts(jsonl: Decode, count: int) -> None:
    forms = [{"b": n, "a": "x"} for n in range(count)]
    forms += [{"a": "x", "b": n} for n in range(count)]
    forms += [{"b": float(n), "a": "x"} for n in range(count)]
    rows = [{"ts": 1, "name": "m", "value": 1, "tags": form} for form in forms]
    tags = jsonl(encoded(*rows)).records.metrics["tags"].to_list()
    assert tags == [f'{{"a":"x","b":{n}}}' for n in range(count)] * 3
    empty = jsonl(encoded({"ts": 1, "name": "m", "value": 1, "tags": {}}))
    assert one(empty, "metrics")["tags"] is None


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["1", "true", "null", "[1]", "{}", 'a"b', "a\\b", "a, b", ": x", "\u00e9"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
WORDS = (
    "kind model tags name value metrics level message msg type id title features prediction score "
    "scores label planned end_ts x y exception time"
)
NAMES = st.sampled_from([*WORDS.split(), "", 'q"', "b\\", "\u00fc"])
KINDS = st.sampled_from(["metric", "log", "event", "prediction", "label", "span"])
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6).flatmap(
    lambda fields: st.fixed_dictionaries(
        {"ts": st.just(1.5) | st.just(TS) | SCALARS}, optional={"kind": KINDS}
    ).map(lambda head: {**fields, **head})
)
LINES = st.one_of(
    OBJECTS.map(lambda value: json.dumps(value).encode()),
    OBJECTS.map(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="replace")),
    st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
    st.sampled_from([b"", b" ", b"\r", b"\x00", b"{", b"[]", b'{"ts":1,"message":"m"}']),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=8), st.binary(max_size=5), st.booleans())
def test_every_byte_is_in_a_record_a_reject_or_a_blank_line(
    jsonl: Decode, lines: list[bytes], rest: bytes, final: bool
) -> None:
    data = b"\n".join([*lines, rest])
    decoded = jsonl(data, final=final)
    assert decoded.consumed == (len(data) if final else data.rfind(b"\n") + 1)
    told = {offset for _, frame in decoded.records.items() for offset in frame["offset"].to_list()}
    offset = 0
    for line in data[: decoded.consumed].split(b"\n"):
        marked = line.removeprefix(b"\xef\xbb\xbf") if offset == 0 else line
        blank = not marked.strip(b" \t\r\x00")
        assert (offset in told) != blank
        offset += len(line) + 1
    for raw, place in decoded.records.rejects.select("raw", "offset").rows():
        assert data[place:].startswith(raw)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=10), st.lists(st.integers(0, 50), max_size=4))
def test_any_chunks_give_the_same_rows(
    jsonl: Decode, in_parts: Any, same: Any, lines: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    same(in_parts(jsonl, data, cuts), jsonl(data).records)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), min_size=1, max_size=6))
def test_unknown_fields_are_kept_with_their_types(
    jsonl: Decode, fields: list[dict[str, Any]]
) -> None:
    known = {"ts", "message", "time", "msg", "event", "name", "kind", "tags", "model"}
    logs = [
        {"kind": "log", "ts": 1, "message": "m"}
        | {f"f{key}": value for key, value in each.items() if f"f{key}" not in known}
        for each in fields
    ]
    found = jsonl(encoded(*logs)).records.logs["attributes"].to_list()
    expected = [
        {key: value for key, value in each.items() if key[0] == "f" and value is not None}
        for each in logs
    ]
    kept = [json.loads(text, parse_int=float) if text else {} for text in found]
    assert kept == [plain(each) for each in expected]


def plain(value: Any) -> Any:
    """What strict JSON holds of a value, every number as a float."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < float("inf") else json.dumps(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def test_recognised_by_its_lines() -> None:
    from console.formats.jsonl import JsonLines

    recognise = JsonLines().recognise
    assert recognise(b'{"a":1}\n{"b":', "x.log") == "1 of its first 1 lines are JSON objects"
    assert recognise(b'{\n "a": 1\n}\n', "x.json") is None
    assert recognise(b'{"a":1}\n', "x.json") is None
    assert recognise(b'{"ts":1}\n', "x.json") is not None
    assert recognise(b"2026-01-01 00:00:00 INFO x\n", "x.jsonl") is None


@pytest.mark.parametrize(
    "odd",
    [
        b'{"ts":1,"name":"a","value":1,"unknown":5}',
        b'{"ts":1,"name" :"a","value":1,"unknown":5}',
        b'{"ts":1,"name"\t:"a","value":1,"unknown":5}',
        b'{"ts":1,"name":":a","value":1,"tags":null,"unknown":5}',
        b'{"ts":1,"name":"a\\u0022:","value":1,"unknown":5}',
        b'{"ts":1,"name":"a","value":1,"value":2,"unknown":5}',
    ],
)
def test_an_unknown_field_among_many_usual_records_is_kept(jsonl: Decode, odd: bytes) -> None:
    usual = [
        b'{"ts": 1, "name": "a", "value": 1.5, "tags": {"k": "v", "n": 1}}\n',
        b'{"ts":1,"metrics":{"loss":0.5,"acc":1},"model":"m"}\n',
        b'{"ts":1,"id":"1","features":{"a":":"},"prediction":1}\n',
    ]
    records = jsonl(b"".join(usual * 200) + odd + b"\n" + b"".join(usual * 200)).records
    assert records.rejects.height == 0
    assert records.metrics["attributes"].drop_nulls().to_list() == ['{"unknown": 5}']
    assert records.predictions.height == 400
