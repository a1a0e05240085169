"""Golden files of native records, of Python's logging and of lines that a time leads."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from console.formats.protocol import Decoded

GOLDEN = Path(__file__).parent / "golden"
TIME = datetime(2026, 1, 2, 3, 4, 5)
MS = TIME.replace(microsecond=123_000)


def told(decoded: Decoded, kind: str) -> list[dict[str, Any]]:
    """The rows of a kind without what they do not say."""
    rows = getattr(decoded.records, kind).drop("offset").iter_rows(named=True)
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def test_native_records_of_every_kind_with_times_of_every_form(jsonl: Any) -> None:
    found = jsonl((GOLDEN / "native.jsonl").read_bytes())
    base = {"ts": MS, "model": "fraud"}
    assert told(found, "metrics") == [
        {
            **base,
            "stage": "serving",
            "version": "v7",
            "tags": '{"client":"web","host":"a"}',
            "name": "latency_ms",
            "value": 118.5,
        },
        {**base, "name": "auc", "value": 0.91},
        {**base, "name": "rows", "value": 1200.0},
        {**base, "name": "latency_ms", "value": 121.0},
    ]
    (log,) = told(found, "logs")
    assert json.loads(log.pop("attributes")) == {"request": {"id": 7}}
    assert log == {
        **base,
        "level": "ERROR",
        "logger": "app.serving",
        "message": "feature age missing",
        "exception": "KeyError: 'age'",
    }
    assert told(found, "events") == [
        {
            **base,
            "end_ts": TIME + timedelta(minutes=10),
            "type": "deploy",
            "title": "v7 goes live",
            "planned": True,
        }
    ]
    (made,) = told(found, "predictions")
    assert json.loads(made.pop("features")) == {"age": 41, "country": "DE"}
    assert made == {**base, "id": "p-1", "prediction": "fraud", "score": 0.87}
    assert told(found, "labels") == [{**base, "id": "p-1", "label": "fraud"}]
    assert [(row["reason"], row["raw"][:10]) for row in told(found, "rejects")] == [
        ("ts is not a time: yesterday", b'{"ts": "ye'),
        ("not JSON: Expecting value at character 1", b"no object"),
    ]


def test_python_logging_with_a_traceback(text: Any) -> None:
    found = text((GOLDEN / "python.log").read_bytes())
    failed = TIME.replace(second=7, microsecond=500_000)
    done = TIME.replace(second=9, microsecond=250_000)
    rows = told(found, "logs")
    assert [
        (row["ts"], row["level"], row.get("logger"), row["message"]) for row in rows
    ] == [
        (MS, "INFO", "app.serving", "model fraud loaded in 812 ms"),
        (TIME.replace(second=6), "WARNING", "app.features", "3 of 12 features are missing"),
        (failed, "ERROR", "app.serving", "request failed"),
        (failed, "INFO", "app.jobs", "retrained on 1200 rows"),
        (done, "INFO", None, "task done"),
    ]  # fmt: skip
    assert rows[2]["exception"].startswith("Traceback (most recent call last):\n")
    assert rows[2]["exception"].endswith("KeyError: 'age'")
    assert json.loads(rows[4]["attributes"]) == {"context": ["Worker-1"]}
    assert told(found, "rejects") == []


def test_lines_that_a_time_leads(text: Any) -> None:
    found = text((GOLDEN / "stamped.log").read_bytes())
    rows = told(found, "logs")
    assert [(row["ts"], row.get("level"), row["message"]) for row in rows] == [
        (TIME, "ERROR", "could not read features"),
        (TIME.replace(second=6, microsecond=250_000), "INFO", "40 rows written"),
        (TIME.replace(second=7), "INFO", "Booting worker"),
        (TIME.replace(second=8), None, "no level here"),
        (TIME.replace(second=9, microsecond=500_000), "WARNING", "queue is long depth=12"),
    ]
    assert rows[1]["logger"] == "app.jobs:run:12"
    assert rows[3]["exception"] == "  and a second line of it"
