"""Ours beside Evidently and NannyML at their defaults: false alarms, power, time. Prints a table.

    python -m tests.benchmarks.peers_drift --trials 50

Each peer runs in a virtual environment of its own in `--folder` (made there the first time, with
pip), and is given the same tables of 20 mixed columns as files; reading them is not timed. A window
of n rows is compared with a reference of 10 n rows, of which NannyML makes ten chunks. "any alert"
is the share of unchanged windows with an alert in any column, "found" the share of columns shifted
by 0.2 standard deviations that are told, "seconds" the median time of a comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from console.stats.compare.frames import compare
from tests.benchmarks.drift_calibration import SHIFTED, mixed, say

REQUIREMENTS = {
    "Evidently": ["evidently==0.7.23", "pandas<3"],
    "NannyML": ["nannyml==0.13.1", "statsmodels"],
}
EVIDENTLY = """
import json, sys, time
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
for line in sys.stdin:
    job = json.loads(line)
    frames = [pd.read_csv(path, dtype=dict.fromkeys(job["texts"], str)) for path in job["files"]]
    numbers = [name for name in frames[0] if name not in job["texts"]]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=job["texts"])
    began = time.perf_counter()
    sides = [Dataset.from_pandas(frame, data_definition=definition) for frame in frames]
    said = Report([DataDriftPreset()]).run(sides[1], sides[0]).dict()["metrics"]
    seconds = time.perf_counter() - began
    told = []
    for metric in said:
        config = metric["config"]
        if "column" in config:
            small = "p_value" in config["method"]
            value, limit = float(metric["value"]), config["threshold"]
            if value < limit if small else value >= limit:
                told.append(config["column"])
    print(json.dumps({"seconds": seconds, "told": told}), flush=True)
"""
NANNYML = """
import json, sys, time, warnings
import pandas as pd
import nannyml
warnings.simplefilter("ignore")
for line in sys.stdin:
    job = json.loads(line)
    frames = [pd.read_csv(path, dtype=dict.fromkeys(job["texts"], str)) for path in job["files"]]
    for frame in frames:
        frame[job["texts"]] = frame[job["texts"]].astype("category")
    size = job["chunk"]
    began = time.perf_counter()
    chunks = {"chunk_size": size} if size else {}
    calculator = nannyml.UnivariateDriftCalculator(column_names=list(frames[0]), **chunks)
    found = calculator.fit(frames[0]).calculate(frames[1]).filter(period="analysis").to_df()
    seconds = time.perf_counter() - began
    alerts = found.xs("alert", axis=1, level=-1).any()
    told = [column for (column, _), alert in alerts.items() if alert]
    print(json.dumps({"seconds": seconds, "told": told}), flush=True)
"""
SIDES = {"Evidently": EVIDENTLY, "NannyML": NANNYML}
Answer = tuple[float, list[str]]
Side = Callable[[pl.DataFrame, pl.DataFrame, int | None], Answer]


def ours(reference: pl.DataFrame, current: pl.DataFrame, _chunk: int | None) -> Answer:
    """A comparison with all default tests."""
    began = time.perf_counter()
    found = compare(reference, current)
    told = [column.name for column in found.columns if column.alerts]
    return time.perf_counter() - began, told


def environment(name: str, folder: Path) -> Path:
    """The Python of a peer's own virtual environment, which is made the first time."""
    home = folder / name.lower()
    python = home / "bin/python"
    if not python.exists():
        say(f"making {home}")
        venv.create(home, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]]
        subprocess.run(pip, check=True)
    return python


class Peer:
    """A peer in a process of its own, asked by files."""

    def __init__(self, name: str, folder: Path) -> None:
        self._folder = folder
        python = environment(name, folder)
        quiet = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
        self._process = subprocess.Popen(
            [str(python), "-W", "ignore", "-c", SIDES[name]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **quiet},
        )

    def __call__(self, reference: pl.DataFrame, current: pl.DataFrame, chunk: int | None) -> Answer:
        files = [self._folder / "reference.csv", self._folder / "current.csv"]
        for frame, path in zip((reference, current), files, strict=True):
            frame.write_csv(path)
        texts = [name for name, kind in reference.schema.items() if kind == pl.String]
        job = {"files": [str(path) for path in files], "texts": texts, "chunk": chunk}
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise SystemExit(f"a peer broke on {files[0]}")
        answer = json.loads(line)
        return answer["seconds"], answer["told"]


def calibration(sides: dict[str, Side], rows: int, trials: int) -> None:
    """A line a side: false alarms and power at one size of window."""
    generator = np.random.default_rng(rows)
    loud, found = dict.fromkeys(sides, 0), dict.fromkeys(sides, 0)
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(trials):
        reference = mixed(generator, 10 * rows)
        same, shifted = mixed(generator, rows), mixed(generator, rows, 0.2)
        for name, side in sides.items():
            seconds, told = side(reference, same, rows)
            loud[name] += bool(told)
            spent[name].append(seconds)
            found[name] += len(set(SHIFTED) & set(side(reference, shifted, rows)[1]))
    for name in sides:
        power = found[name] / trials / len(SHIFTED)
        seconds = statistics.median(spent[name])
        say(f"{rows:>7}  {name:<10} {loud[name] / trials:>9.1%} {power:>7.1%} {seconds:>9.3f}")


def speed(sides: dict[str, Side], rows: int, repeats: int) -> None:
    """Time of one large comparison, side by side in turn."""
    generator = np.random.default_rng(1)
    reference, current = mixed(generator, rows), mixed(generator, rows)
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            spent[name].append(side(reference, current, None)[0])
    own = statistics.median(spent["ours"])
    for name, seconds in spent.items():
        mine = statistics.median(seconds)
        say(f"{rows:>7}  {name:<10} {mine:>9.3f} {own / mine:>12.3f}")


def main() -> None:
    """Runs all sides."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "drift-peers")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--rows", type=int, default=100_000, help="of each side, for the times")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 500, 5000])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    peers = {name: Peer(name, arguments.folder) for name in SIDES}
    sides: dict[str, Side] = {"ours": ours, **peers}
    for side in sides.values():  # imports and first calls are not timed
        side(mixed(np.random.default_rng(0), 1000), mixed(np.random.default_rng(1), 1000), 100)
    say(f"Python {sys.version.split()[0]}; {'; '.join(map(', '.join, REQUIREMENTS.values()))}\n")
    say(f"{'window':>7}  {'side':<10} {'any alert':>9} {'found':>7} {'seconds':>9}")
    for rows in arguments.sizes:
        calibration(sides, rows, arguments.trials)
    say(f"\n{'rows':>7}  {'side':<10} {'seconds':>9} {'ours/theirs':>12}")
    speed(sides, arguments.rows, 3)


if __name__ == "__main__":
    main()
