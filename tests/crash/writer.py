"""Writes numbered lines to a folder until told to stop, rotating its files in every usual way.

    writer.py FOLDER STOP SUMMARY [SEED]

Event time runs 5 s a round, so that minutes of wall time are a day of history. Ends when the file
STOP appears and then writes how many lines each stream has to SUMMARY. Standard library alone.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, tzinfo=UTC)
STEP_S = 5
SETTINGS = """
[console]
lateness = "4h"  # as fast as time runs here, some seconds: longer than a rotation is waited for

[[sources]]
path = "alpha/metrics.jsonl*"

[[sources]]
path = "beta/metrics.jsonl*"

[[sources]]
path = "alpha/serving.log*"
format = "text"
model = "alpha"
stage = "serving"

[models.alpha]
stages = ["upstream", "serving"]

[[rules]]
series = "load"
above = 100.0
for = "5m"
severity = "critical"
"""


def metric(model: str, number: int) -> str:
    """A metric line; the load is too high for half an hour in every six."""
    moment = START + timedelta(seconds=number * STEP_S)
    high = (number * STEP_S) % 21_600 < 1_800 and number * STEP_S > 21_600
    value = (150.0 if high else 50.0) + number % 7
    record = {
        "ts": moment.isoformat(),
        "model": model,
        "stage": "serving",
        "name": "load",
        "value": value,
        "number": number,
    }
    return json.dumps(record) + "\n"


def text(number: int) -> str:
    """A line of a Python log, every tenth with a traceback."""
    moment = START + timedelta(seconds=number * STEP_S)
    stamp = moment.strftime("%Y-%m-%d %H:%M:%S,000")
    if number % 10:
        return f"{stamp} INFO handler: answered request number={number}\n"
    return (
        f"{stamp} ERROR handler: lost request number={number}\n"
        "Traceback (most recent call last):\n"
        f'  File "app.py", line {number % 90 + 1}, in serve\n'
        "TimeoutError: no answer\n"
    )


def append(path: Path, line: str, rng: random.Random) -> None:
    """Appends a line, sometimes in two writes with a pause between them."""
    data = line.encode()
    with path.open("ab", buffering=0) as out:
        if rng.random() < 0.02:
            cut = rng.randrange(len(data))
            out.write(data[:cut])
            time.sleep(0.01)
            data = data[cut:]
        out.write(data)


def rotate(path: Path, name: str, rng: random.Random) -> None:
    """Renames the file away, or copies it and truncates it."""
    target = path.with_name(f"{path.name}.{name}")
    if rng.random() < 0.5:
        path.rename(target)
    else:
        shutil.copyfile(path, target)
        with path.open("r+b") as out:
            out.truncate()


def main() -> None:
    """Writes rounds of one line a stream until the stop file appears."""
    folder, stop, summary = (Path(argument) for argument in sys.argv[1:4])
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    for name in ("alpha", "beta"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "console.toml").write_text(SETTINGS, encoding="utf-8")
    streams = {
        "alpha": folder / "alpha" / "metrics.jsonl",
        "beta": folder / "beta" / "metrics.jsonl",
        "log": folder / "alpha" / "serving.log",
    }
    number = 0
    while not stop.exists():
        for stream, path in streams.items():
            append(path, text(number) if stream == "log" else metric(stream, number), rng)
        if rng.random() < 0.002:
            rotate(streams[rng.choice(list(streams))], f"{number:08d}", rng)
        number += 1
        time.sleep(0.002)
    summary.write_text(json.dumps(dict.fromkeys(streams, number)), encoding="utf-8")


if __name__ == "__main__":
    main()
