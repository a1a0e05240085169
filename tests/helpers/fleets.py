"""A small fleet on disk for tests of the walk: two models, one limit that is crossed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, tzinfo=UTC)
SETTINGS = """
[[sources]]
path = "*.jsonl"

[[sources]]
path = "fraud.log"
model = "fraud"
stage = "serving"

[models.fraud]
stages = ["serving"]

[[rules]]
model = "fraud"
series = "latency_ms"
above = 200.0
for = "5m"
severity = "critical"
"""


def write_fleet(folder: Path, hours: int = 10) -> Path:
    """Metrics a minute apart, log lines, and half an hour of high latency three hours before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "console.toml").write_text(SETTINGS, encoding="utf-8")
    for model in ("fraud", "churn"):
        lines = [metric(model, minute, hours) for minute in range(60 * hours)]
        (folder / f"{model}.jsonl").write_text("".join(lines), encoding="utf-8")
    log = "".join(log_line(minute) for minute in range(0, 60 * hours, 3))
    (folder / "fraud.log").write_text(log, encoding="utf-8")
    return folder


def metric(model: str, minute: int, hours: int) -> str:
    """The record of one minute."""
    begun = 60 * (hours - 3)
    high = model == "fraud" and begun <= minute < begun + 30
    record = {
        "ts": (START + timedelta(minutes=minute)).isoformat(),
        "model": model,
        "stage": "serving",
        "name": "latency_ms",
        "value": (300.0 if high else 100.0) + minute % 7,
    }
    return json.dumps(record) + "\n"


def log_line(minute: int) -> str:
    """A line of a Python log, every tenth with a traceback."""
    stamp = (START + timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M:%S,000")
    if minute % 10:
        return f"{stamp} INFO handler: answered request {minute}\n"
    return (
        f"{stamp} ERROR handler: lost request {minute}\nTraceback (most recent call last):\nX: y\n"
    )
