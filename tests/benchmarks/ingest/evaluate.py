"""What reading costs, beside the plain library calls, in one run. Prints a table.

    python -m tests.benchmarks.ingest.evaluate
    python -m tests.benchmarks.ingest.evaluate --records 1000000 --backlog 2.0 --stored 10000000

Every measurement has a process of its own. Rates are given per wall second and per processor
second; the machine is warm, the best of `--turns` counts. drain3 runs in an environment of its own,
made in a temporary folder; `--without-drain3` leaves it out, and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.ingest.ingest_corpus import START, write

_ROOT = Path(__file__).parents[3]
_DRAIN3 = """
import sys, time
from drain3 import TemplateMiner
miner, lines = TemplateMiner(), [l for l in open(sys.argv[1]) if l[:4].isdigit()][:100_000]
texts = [line.split(": ", 1)[1].rstrip() for line in lines]
begun = time.process_time()
for text in texts:
    miner.add_log_message(text)
print(len(texts) / (time.process_time() - begun))
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--backlog", type=float, default=0.0, help="GB to read for the memory row")
    parser.add_argument("--stored", type=int, default=0, help="rows stored for the batch row")
    parser.add_argument("--without-drain3", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _throughput(Path(folder), options)
        found = _measure("latency", Path(folder) / "live.jsonl", 1)
        quantiles = ", ".join(
            f"{name} {found[f'{name}_ms']:.0f} ms" for name in ("p50", "p95", "p99")
        )
        _row("write to queryable, 100 lines every 50 ms", quantiles)
        if options.backlog:
            _memory(Path(folder), options.backlog)
        if options.stored:
            _batches(Path(folder), options.stored)
    _row("load of the machine while measuring", f"{os.getloadavg()[1]:.1f}")


def _throughput(folder: Path, options: argparse.Namespace) -> None:
    metrics, log = folder / "metrics.jsonl", folder / "app.log"
    write(metrics, "metrics", options.records)
    lines = write(log, "log", options.records)
    plain = _measure("peer", metrics, options.turns)
    _row("JSONL, plain read_json insert (the peer)", _rate(plain))
    for title, name in (
        ("JSONL decoded alone", "decode"),
        ("JSONL to committed rows and windows", "ingest"),
        ("JSONL with detectors and alerts", "console"),
    ):
        found = _measure(name, metrics, options.turns)
        ratio = plain["wall_s"] / found["wall_s"], plain["cpu_s"] / found["cpu_s"]
        _row(title, f"{_rate(found)}, {ratio[0]:.2f} of the peer's rate ({ratio[1]:.2f} by cpu)")
    for title, name in (
        ("Python log decoded alone", "decode"),
        ("Python log with templates and windows", "ingest"),
        ("Python log with detectors and alerts", "console"),
    ):
        found = _measure(name, log, options.turns)
        _row(title, _rate({**found, "rows": float(lines)}, "lines"))
    if options.without_drain3:
        _row("drain3 alone, templates of the same lines", "SKIPPED: --without-drain3")
    else:
        _row(
            "drain3 alone, templates of the same lines", f"{_drain3(folder, log):,.0f} lines/s cpu"
        )


def _memory(folder: Path, gigabytes: float) -> None:
    path = folder / "backlog.jsonl"
    part = folder / "part.jsonl"
    write(part, "metrics", 500_000)
    data, day = part.read_bytes(), datetime.fromtimestamp(START, UTC).date()
    with path.open("wb") as file:
        while file.tell() < gigabytes * 1e9:
            written = file.tell() // len(data)  # a part a day, for time goes on
            later = (day + timedelta(days=written)).isoformat()
            file.write(data.replace(day.isoformat().encode(), later.encode()))
    found = _measure("console", path, 1)
    path.unlink()
    _row(f"resident memory over a backlog of {gigabytes:g} GB", f"{found['rss_mib']:.0f} MiB")


def _batches(folder: Path, stored: int) -> None:
    costs = []
    for rows in (100_000, stored):
        path = folder / f"history{rows}.jsonl"
        write(path, "metrics", rows)
        found = _measure("batch", path, 1)
        costs.append(found["batch_ms"])
        _row(f"20,000 records onto {found['stored']:,.0f} rows", f"{found['batch_ms']:.0f} ms cpu")
        path.unlink()
    _row("ratio of the two", f"{costs[1] / costs[0]:.2f}")


def _measure(name: str, path: Path, turns: int) -> dict[str, float]:
    """The figures of the turn that took the least processor time."""
    found: list[dict[str, float]] = []
    for _ in range(turns):
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.ingest.ingest_measure", name, str(path)],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        found.append(json.loads(done.stdout))
    return min(found, key=lambda figures: figures.get("cpu_s", 0.0))


def _drain3(folder: Path, log: Path) -> float:
    home = folder / "drain3"
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "drain3"], check=True)
    done = subprocess.run([python, "-c", _DRAIN3, str(log)], stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def _rate(figures: dict[str, float], unit: str = "records") -> str:
    rows = figures["rows"]
    wall, cpu = rows / figures["wall_s"], rows / figures["cpu_s"]
    return f"{wall:,.0f} {unit}/s wall, {cpu:,.0f} cpu, {figures['rss_mib']:.0f} MiB"


def _row(title: str, text: str) -> None:
    sys.stdout.write(f"{title:48} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    _row("took", f"{time.perf_counter() - began:.0f} s")
