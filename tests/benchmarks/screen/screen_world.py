"""What the console looks at while it is measured: a large log, four models, and a stream."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

MODELS = ("fraud", "churn", "reco", "eta")
BROKEN = {"fraud": 90, "churn": 700, "reco": 1_400}
"""So many minutes before the end the errors of these models rise."""
NEEDLE = "needle-1"
SPAN_S = 2 * 86_400.0
LEVELS = ("DEBUG", "INFO", "INFO", "INFO", "INFO", "INFO", "WARNING", "ERROR")


def write_world(folder: Path, rows: int) -> Path:
    """Writes a log of `rows` lines over two days, one with the needle three quarters on, and the
    metrics of four models a minute, three of which break at the end; returns the log."""
    folder.mkdir(parents=True)
    begin = time.time() - SPAN_S
    draw = random.Random(7)
    log = folder / "serving.log"
    with log.open("w", encoding="utf-8") as out:
        for number in range(rows):
            at = stamp(begin + SPAN_S * number / rows)
            level = LEVELS[draw.randrange(len(LEVELS))]
            took = draw.randrange(911)
            said = f"request {draw.getrandbits(40):x} served in {took} ms by node-{took % 7}"
            if number == rows * 3 // 4:
                said += f" {NEEDLE}"
            out.write(f"{at} {level} app.serving: {said}\n")
    for model in MODELS:
        with (folder / f"{model}.metrics.jsonl").open("w", encoding="utf-8") as out:
            for minute in range(int(SPAN_S / 60)):
                broken = minute > SPAN_S / 60 - BROKEN.get(model, 0)
                out.write(metrics(draw, model, begin + 60 * minute, broken=broken))
    return log


def stamp(at: float) -> str:
    """A time as Python's `logging` writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]


def metrics(draw: random.Random, model: str, at: float, *, broken: bool = False) -> str:
    """One record of a model's metrics."""
    values = {
        "latency_p95_ms": draw.gauss(120, 6),
        "error_rate": abs(draw.gauss(0.2 if broken else 0.01, 0.002)),
        "auc": draw.gauss(0.91, 0.005),
    }
    record = {"ts": round(at, 3), "model": model, "stage": "serving", "metrics": values}
    return json.dumps(record) + "\n"


@contextmanager
def streaming(folder: Path, rate: float) -> Iterator[None]:
    """Appends `rate` records of four models a second while the block runs, in twentieths."""
    ended = threading.Event()
    draw = random.Random(3)
    path = folder / "stream.jsonl"
    # Written in advance but for the time: what writes must not slow down what is measured.
    bodies = [
        f', "model": "{model}", "stage": "serving", "name": "stream_{number % 8}", '
        f'"value": {draw.random():.6f}}}\n'
        for number, model in zip(range(4_000), MODELS * 1_000, strict=True)
    ]

    def write() -> None:
        owed, written, last = 0.0, 0, time.monotonic()
        with path.open("a", encoding="utf-8") as out:
            while not ended.wait(0.05):
                now = time.monotonic()
                owed, last = owed + rate * (now - last), now
                head = f'{{"ts": {time.time():.3f}'
                due = range(written, written + int(owed))
                out.write("".join(head + bodies[number % len(bodies)] for number in due))
                out.flush()
                owed, written = owed - len(due), due.stop

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()
