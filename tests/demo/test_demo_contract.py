"""Every record of the sample keeps the contract, and its settings cover every file."""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from console.config.load import load
from console.demo.sample import FLEET
from console.demo.simulate import Truth
from console.records.levels import LEVELS

Decoded = dict[str, list[Any]]


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _time(value: object) -> bool:
    if _number(value):
        return 1.7e12 < float(str(value)) < 1.9e12
    return isinstance(value, str) and datetime.fromisoformat(value).year == 2026


def _kind(record: dict[str, Any]) -> str:
    """The kind, inferred from the other fields where it is absent."""
    if "kind" in record:
        return str(record["kind"])
    fields = {
        "metrics": "metric",
        "value": "metric",
        "message": "log",
        "prediction": "prediction",
        "label": "label",
        "type": "event",
    }
    return next(kind for field, kind in fields.items() if field in record)


def _metric(record: dict[str, Any]) -> bool:
    if "metrics" in record:
        return bool(record["metrics"]) and all(map(_number, record["metrics"].values()))
    return bool(record["name"]) and _number(record["value"])


def _log(record: dict[str, Any]) -> bool:
    trace = record.get("exception", "Traceback\n")
    texts = record["message"], record["logger"], record["thread"], record["trace_id"]
    return record["level"] in LEVELS and all(texts) and trace.startswith("Traceback")


def _event(record: dict[str, Any]) -> bool:
    texts = record["type"], record["title"], record["id"]
    return (
        all(texts) and isinstance(record["planned"], bool) and _time(record.get("end_ts", 1.8e12))
    )


def _prediction(record: dict[str, Any]) -> bool:
    features = record["features"].values()
    if not all(
        value is None or isinstance(value, str) or _number(float(value)) for value in features
    ):
        return False
    scores = record.get("scores", {})
    total = sum(scores.values())
    return (
        bool(record["id"])
        and 0.0 <= record.get("score", 0.0) <= 1.0
        and (not scores or (record["prediction"] in scores and abs(total - 1.0) < 0.03))
    )


def _label(record: dict[str, Any]) -> bool:
    return bool(record["id"]) and isinstance(record["label"], str | int | float)


CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "metric": _metric,
    "log": _log,
    "event": _event,
    "prediction": _prediction,
    "label": _label,
}


def test_every_json_record_keeps_the_contract(decoded: Decoded) -> None:
    seen = set()
    for name, records in decoded.items():
        for place, record in enumerate(records, start=1):
            if record is None:
                continue
            kind = _kind(record)
            seen.add(kind)
            assert _time(record["ts"]), (name, place)
            assert CHECKS[kind](record), (name, place)
    assert seen == set(CHECKS)


def test_the_named_number_of_lines_is_no_record(
    decoded: Decoded, written: tuple[Path, Truth], sample: Path
) -> None:
    broken = sum(record is None for records in decoded.values() for record in records)
    assert broken == written[1].rejects
    assert 5 <= broken <= 12
    assert f"{broken} lines cannot be decoded" in (sample / "README.md").read_text()


def test_inputs_are_mixed(decoded: Decoded) -> None:
    churn = [r for name, rows in decoded.items() if name.startswith("churn/") for r in rows if r]
    assert all(isinstance(record["ts"], int) and "kind" not in record for record in churn)
    predictions = [r for r in decoded["card-fraud/predictions.jsonl"] if r]
    types = {type(value) for record in predictions for value in record["features"].values()}
    assert {float, int, str, bool, type(None)} <= types
    tags = {
        record["tags"]["client"]
        for record in decoded["ticket-router/serving.metrics.jsonl"]
        if record and "tags" in record
    }
    assert tags == {"acorn", "birch", "cedar"}
    assert any("name" in record for record in decoded["card-fraud/upstream.metrics.jsonl"])


def test_labels_come_hours_after_their_predictions(decoded: Decoded) -> None:
    made = {r["id"]: r["ts"] for r in decoded["churn/predictions.jsonl"]}
    labels = decoded["churn/labels.jsonl"]
    delays = [(r["ts"] - made[r["id"]]) / 3.6e6 for r in labels]
    assert min(delays) >= 2.0
    assert max(delays) <= 5.0
    assert 0.6 < len(labels) / len(made) < 0.75


def test_some_metric_records_are_late_and_some_come_twice(decoded: Decoded) -> None:
    late = twice = 0
    for name, records in decoded.items():
        if not name.startswith("churn/") or not name.endswith(".metrics.jsonl"):
            continue
        newest, seen = 0, set()
        for record in filter(None, records):
            late += record["ts"] < newest - 120_000
            twice += str(record) in seen
            seen.add(str(record))
            newest = max(newest, record["ts"])
    assert 1 <= late <= 40
    assert 1 <= twice <= 40


LAYOUTS = {
    "dash": re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - ([\w.]+) - ([A-Z]+) - \S.*"),
    "colon": re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) ([A-Z]+) ([\w.]+): \S.*"),
}


@pytest.mark.parametrize("model", FLEET, ids=lambda model: model.name)
def test_text_logs_are_records_in_order_with_tracebacks_below_errors(
    model: Any, sample: Path
) -> None:
    for log in model.logs:
        if log.layout == "json":
            continue
        stamps, depths, depth = [], [], 0
        for line in (sample / model.name / f"{log.stage}.log").read_text().splitlines():
            if found := LAYOUTS[log.layout].fullmatch(line):
                stamps.append(found[1])
                depths.append(depth)
                depth = 0
            else:
                depth += 1
                assert depth > 1 or line == "Traceback (most recent call last):"
        assert stamps == sorted(stamps)
        assert len(stamps) > 500
        if log.stage == "serving":
            assert {5, 6, 7, 8}.issuperset(set(depths) - {0})
            assert sum(depth > 0 for depth in depths) > 20


@pytest.mark.parametrize("model", FLEET, ids=lambda model: model.name)
def test_every_stage_that_logs_has_ten_messages_of_several_levels(model: Any) -> None:
    for log in model.logs:
        assert len({template.message for template in log.templates}) >= 10
        assert {"INFO", "WARNING", "ERROR", "DEBUG"} <= {t.level for t in log.templates}


def test_settings_load_and_cover_every_file_once(sample: Path) -> None:
    settings = load(sample / "console.toml")
    assert {model.name for model in settings.models} == {model.name for model in FLEET}
    assert len(settings.rules) == 3
    assert sum(model.reference is not None for model in settings.models) == 2
    data = tomllib.loads((sample / "console.toml").read_text())
    covered = [path for source in data["sources"] for path in sample.glob(source["path"])]
    files = {*sample.rglob("*.jsonl"), *sample.rglob("*.log")}
    assert set(covered) == files
    assert len(covered) == len(files)


@pytest.mark.parametrize("name", ["churn", "delivery-time"])
def test_references_hold_features_prediction_and_label(
    name: str, sample: Path, decoded: Decoded
) -> None:
    with (sample / name / "reference.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    features = set(decoded[f"{name}/predictions.jsonl"][0]["features"])
    assert features | {"prediction", "label"} <= set(rows[0])
    assert len(rows) == 1500
