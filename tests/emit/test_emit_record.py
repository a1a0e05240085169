"""What is a native record, and what its line looks like."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.emit.record import LONGEST, RecordError, check, kind_of, line, plain

GOOD: list[dict[str, Any]] = [
    {"kind": "metric", "name": "auc", "value": 0.9},
    {"name": "auc", "value": 1, "ts": 1_700_000_000, "tags": {"a": "b", "c": 1, "d": True}},
    {"metrics": {"auc": 0.9, "loss": 2}, "model": None},
    {"message": "", "level": "ERROR", "ts": "2026-11-20T10:00:00+01:00", "more": {"a": [1]}},
    {"type": "deploy", "title": "v12", "planned": True, "end_ts": "2026-11-20T10:00:00Z"},
    {"id": "r1", "features": {"age": None}, "prediction": 1, "score": 0.7},
    {"id": "r1", "scores": {"a": 0.1, "b": 0.9}},
    {"id": "r1", "label": 0},
]
GOOD_KINDS = ["metric", "metric", "metric", "log", "event", "prediction", "prediction", "label"]


@pytest.mark.parametrize("record", GOOD)
def test_records_of_the_contract_pass(record: dict[str, Any]) -> None:
    check(record)


@pytest.mark.parametrize(
    ("record", "kind"),
    list(zip(GOOD, GOOD_KINDS, strict=True)),
)
def test_the_fields_tell_the_kind(record: dict[str, Any], kind: str) -> None:
    assert kind_of({k: v for k, v in record.items() if k != "kind"}) == kind


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({}, "kind"),
        ({"kind": "metrics", "name": "a", "value": 1}, "kind"),
        ({"kind": ["metric"]}, "kind"),
        ({"kind": "metric", "value": 1}, "name"),
        ({"name": "a", "value": "1"}, "value"),
        ({"name": "a", "value": True}, "value"),
        ({"name": "a", "value": float("nan")}, "value"),
        ({"metrics": {}}, "metrics"),
        ({"metrics": {"a": None}}, r"metrics\.a"),
        ({"name": "a", "value": 1, "ts": "yesterday"}, "ts"),
        ({"name": "a", "value": 1, "ts": True}, "ts"),
        ({"name": "a", "value": 1, "model": {}}, "model"),
        ({"name": "a", "value": 1, "tags": ["a"]}, "tags"),
        ({"name": "a", "value": 1, "tags": {"a": None}}, "tags"),
        ({"kind": "log", "level": "INFO"}, "message"),
        ({"message": "x", "level": 30}, "level"),
        ({"kind": "event", "title": "x"}, "type"),
        ({"type": "deploy"}, "title"),
        ({"type": "deploy", "title": "x", "planned": "yes"}, "planned"),
        ({"type": "deploy", "title": "x", "end_ts": "soon"}, "end_ts"),
        ({"kind": "prediction", "id": "1"}, "prediction"),
        ({"features": [1]}, "features"),
        ({"score": "high"}, "score"),
        ({"scores": {"a": "b"}}, "scores"),
        ({"kind": "label", "id": "1"}, "label"),
        ({"kind": "label", "label": 1}, "id"),
    ],
)
def test_an_error_names_the_field(record: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordError, match=rf"^{field}: "):
        check(record)


def test_what_jobs_hold_becomes_json() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=timezone(timedelta(hours=1)))
    assert plain(
        {
            "a": np.float32(0.5),
            "b": np.array([1, 2]),
            "c": float("nan"),
            "d": np.float64("inf"),
            "e": Decimal("1.5"),
            "f": noon,
            1: (None, True),
            "g": noon.date(),
        }
    ) == {
        "a": 0.5,
        "b": [1, 2],
        "c": None,
        "d": None,
        "e": 1.5,
        "f": "2026-11-20T11:00:00Z",
        "1": [None, True],
        "g": "2026-11-20",
    }


def test_a_datetime_without_a_zone_is_local() -> None:
    local = datetime(2026, 11, 20, 12)
    assert datetime.fromisoformat(plain(local)) == local.astimezone(UTC)


def test_a_record_that_holds_itself_is_an_error() -> None:
    record: dict[str, Any] = {}
    record["self"] = record
    with pytest.raises(RecordError, match="nested deeper"):
        plain(record)


def test_a_line_has_an_end() -> None:
    frame = len(line({"message": ""}))
    assert len(line({"message": "x" * (LONGEST - frame)})) == LONGEST
    with pytest.raises(RecordError, match=r"1,048,577 bytes: 1,048,576 are the most"):
        line({"message": "x" * (LONGEST - frame + 1)})


@given(st.dictionaries(st.text(), st.text() | st.floats() | st.integers() | st.lists(st.text())))
def test_a_line_is_one_line_of_valid_utf_8_that_means_the_record(record: dict[str, Any]) -> None:
    written = line(plain(record))
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert b"\r" not in written
    assert json.loads(written.decode("utf-8")) == plain(record)


def test_a_lone_surrogate_is_replaced() -> None:
    assert json.loads(line({"message": "a\udc80b"})) == {"message": "a?b"}
