"""Times the template miner beside drain3, on the same lines, in one run.

    python tests/benchmarks/beside_drain3.py [FILE ...] [--lines 60000] [--drain3 0.9.11]

Without files the lines are made up: what the services of a small shop would log, with identifiers,
addresses, paths and durations in them. drain3 is installed into an environment of its own, which is
thrown away; it is given no masks, which makes it several times faster and its templates poorer.
Both are timed alternately, three times each, in processes of their own; the best of each is told.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

ROUNDS = 3
OURS = """
import json, sys, time
import polars as pl
from console.records.frames import LOGS
from console.stats.templates import Miner
lines = open(sys.argv[1], encoding="utf-8", errors="replace").read().splitlines()
frame = pl.DataFrame({"message": lines}).select(
    pl.lit(None).cast(kind).alias(name) if name != "message" else pl.col("message")
    for name, kind in LOGS.items()
)
miner, begun = Miner(limit=20_000), time.perf_counter()
for part in frame.iter_slices(5_000):
    miner.assign(part)
spent = time.perf_counter() - begun
print(json.dumps([len(lines) / spent, len(set(miner.general().values()))]))
"""
THEIRS = """
import json, sys, time
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig
lines = open(sys.argv[1], encoding="utf-8", errors="replace").read().splitlines()
miner, begun = TemplateMiner(config=TemplateMinerConfig()), time.perf_counter()
for line in lines:
    miner.add_log_message(line)
spent = time.perf_counter() - begun
print(json.dumps([len(lines) / spent, len(miner.drain.clusters)]))
"""


STATEMENTS = (
    "request {2} of {5} answered in {4}",
    "connection from {1} accepted",
    "loaded {0} rows from {3} in {4}",
    "basket {0} of {5} stored",
    "session {2} expired after {4}",
    "poll of orders returned {0} records",
    "cache miss for key {2}, asking {1}",
    "connection to {1} lost, retry {0}",
    "wrote {0} bytes to {3}",
    "login of {5} from {1} refused: wrong password",
    "checkpoint {0} committed, {4} behind",
    "model version {0} loaded from {3}",
    "slow query on shard {0}: {4}",
    "payment {2} of {5} declined by issuer {0}",
    "queue holds {0} messages, oldest {4} old",
    "heartbeat of worker {0} is {4} late",
    "skipped {0} malformed rows in {3}",
    "feature store at {1} answered {0} keys in {4}",
    "garbage collection took {4}, freed {0} objects",
    "certificate of {1} ends in {0} days",
)


def made_up(count: int, seed: int = 1) -> list[str]:
    """Lines of twenty statements, the first of them most often."""
    draw = random.Random(seed)
    names = ["ann", "bob", "eve", "kim", "lea", "max", "pia", "tom", "uwe", "zoe"]
    fillers: list[Callable[[], str]] = [
        lambda: str(draw.randint(1, 90_000)),
        lambda: f"10.0.{draw.randint(0, 255)}.{draw.randint(1, 254)}:{draw.randint(1024, 65535)}",
        lambda: f"{draw.getrandbits(64):016x}",
        lambda: f"/var/data/{draw.choice(names)}/part-{draw.randint(0, 99):05d}.parquet",
        lambda: f"{draw.uniform(0, 900):.1f} ms",
        lambda: f"user-{draw.choice(names)}",
    ]
    weights = [1 / (place + 1) for place in range(len(STATEMENTS))]
    chosen = draw.choices(STATEMENTS, weights, k=count)
    return [text.format(*(fill() for fill in fillers)) for text in chosen]


def timed(python: Path, code: str, lines: Path) -> tuple[float, int]:
    """Lines a second, and templates."""
    done = subprocess.run(
        [str(python), "-c", code, str(lines)], check=True, capture_output=True, text=True
    )
    rate, count = json.loads(done.stdout)
    return float(rate), int(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--lines", type=int, default=60_000)
    parser.add_argument("--drain3", default="0.9.11", metavar="VERSION")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        apart = Path(folder) / "drain3"
        venv.create(apart, with_pip=True)
        python = apart / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", f"drain3=={arguments.drain3}"],
            check=True,
        )
        sources: dict[str, list[str]] = {
            path.name: path.read_text(encoding="utf-8", errors="replace").splitlines()
            for path in arguments.files
        } or {"made up": made_up(arguments.lines)}
        sys.stdout.write("lines/s (best of three)   model-console     drain3   templates\n")
        for name, lines in sources.items():
            text = Path(folder) / "lines.log"
            text.write_text("\n".join(lines) + "\n", encoding="utf-8")
            pairs = [
                (timed(Path(sys.executable), OURS, text), timed(python, THEIRS, text))
                for _ in range(ROUNDS)
            ]
            ours, theirs = (max(rates) for rates in zip(*pairs, strict=True))
            sys.stdout.write(
                f"{name:24}  {ours[0]:13,.0f}  {theirs[0]:9,.0f}   {ours[1]} and {theirs[1]}\n"
            )


if __name__ == "__main__":
    main()
