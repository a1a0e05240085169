"""Files to read: metrics with a tag unique to each record, and a Python log with tracebacks."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

START = 1_760_000_000.0
_MODELS = ("fraud", "churn", "reco", "eta")
_STAGES = ("features", "serving")
_METRICS = ("latency_ms", "qps", "error_rate", "score_mean", "nulls", "queue")
_CLIENTS = ("web", "ios", "android", "partner")
_MESSAGES = (
    "request {} served in {} ms by node-{}",
    "cache miss for key user:{} in region eu-west-{}",
    "feature store lookup of 48 columns took {} ms for batch {}",
    "retrying connection to 10.0.{}.{} after timeout, attempt {} of 5",
    "batch {} scored: {} rows, {} rejected, mean score 0.{}",
    "GET /v1/models/fraud/predict?id={} 200 {}ms",
    "POST /v1/models/churn/predict id={} client=web status=200 bytes={}",
    "loaded model artefact /srv/models/fraud/v{}/model.bin in {} s",
    "consumer lag of topic payments partition {} is {} messages",
    "feature merchant_rate missing for id {}, default used",
    "connection from 192.168.{}.{}:{} closed by peer",
    "scheduled job nightly-import finished in {} s with exit code {}",
    "user session {} expired, token refreshed for account {}",
    "slow query ({} ms): SELECT amount FROM payments WHERE id = {}",
    "queue depth {} above soft limit, shedding load on worker {}",
    "gc pause {} ms, heap {} MB of {} MB",
    "checkpoint {} written to s3://bucket/run-{}/state",
    "drift monitor evaluated {} windows in {} ms, {} flagged",
    "label {} joined to prediction {} after {} h",
    "certificate of host api-{}.internal expires in {} days",
)
_TRACEBACK = """\
Traceback (most recent call last):
  File "app.py", line 10, in serve
    return model.predict(x)
  File "model.py", line 88, in predict
    raise ValueError("bad input")
ValueError: bad input
"""


def metric_line(draw: random.Random, at: float) -> str:
    """One metric record: 240 bytes, 384 series beside the tag `req`, which no two records share."""
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    record = {
        "kind": "metric",
        "ts": moment.replace("+00:00", "Z"),
        "model": draw.choice(_MODELS),
        "stage": draw.choice(_STAGES),
        "version": "v12",
        "name": draw.choice(_METRICS),
        "value": round(draw.lognormvariate(3, 1), 4),
        "tags": {
            "client": draw.choice(_CLIENTS),
            "host": f"node-{draw.randrange(2)}",
            "req": f"{draw.getrandbits(48):012x}",
        },
    }
    return json.dumps(record) + "\n"


def log_line(draw: random.Random, at: float) -> str:
    """One record of a Python log; of 3 % errors half have a traceback of six lines."""
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    message = draw.choice(_MESSAGES)
    message = message.format(*(draw.randrange(100_000) for _ in range(message.count("{}"))))
    failed = draw.random() < 0.03
    level = "ERROR" if failed else draw.choice(("INFO", "INFO", "DEBUG", "WARNING"))
    trace = _TRACEBACK if failed and draw.random() < 0.5 else ""
    return f"{moment} {level} app.serving: {message}\n{trace}"


def write(path: Path, kind: str, count: int, seed: int = 1) -> int:
    """Writes `count` records, a hundred a second of event time; returns the number of lines."""
    draw = random.Random(seed)
    make: Callable[[random.Random, float], str] = metric_line if kind == "metrics" else log_line
    lines = 0
    with path.open("w") as file:
        for number in range(count):
            text = make(draw, START + number / 100)
            file.write(text)
            lines += text.count("\n")
    return lines
