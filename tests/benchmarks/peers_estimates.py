"""AUC without labels: ours and NannyML's CBPE beside what came true. Prints a table.

    python -m tests.benchmarks.peers_estimates STREAMS [NAME]

`STREAMS` is a folder with `NAME.reference.csv`, `NAME.live.csv` and `NAME.labels.csv`: numeric
`y_score`, `y_pred` and `y_true` of a binary classifier, matched by `row` (default: `car_loan`).
NannyML runs in a virtual environment of its own in `--folder` (made there the first time), fitted
on the reference. Ours is estimated twice: from the reference alone, as NannyML's, and with the
labels that have come by then, `--delay` rows late. Both get the same parts of `--rows` rows, and
the halves before and after the change at `--change`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from console.records.clock import naive
from console.stats import columns, metrics, performance, scores
from console.stats.estimation import Estimator
from console.stats.pinning import References
from console.stats.reference import ModelReference
from tests.benchmarks.drift_calibration import say
from tests.benchmarks.peers_drift import environment

ROW_S = 10.0
"""Event time from one row to the next."""
WIDTH = 600.0
NANNYML = """
import json, sys, warnings
import pandas as pd
import nannyml
warnings.simplefilter("ignore")
job = json.loads(sys.stdin.read())
frames = [pd.read_csv(job[name])[["y_score", "y_pred", *more]]
          for name, more in (("reference", ["y_true"]), ("live", []))]
found = []
for rows in job["rows"]:
    estimator = nannyml.CBPE(
        problem_type="classification_binary", y_pred_proba="y_score", y_pred="y_pred",
        y_true="y_true", metrics=["roc_auc"], chunk_size=rows)
    said = estimator.fit(frames[0]).estimate(frames[1]).filter(period="analysis").to_df()
    found.append(said[("roc_auc", "value")].tolist())
print(json.dumps(found))
"""
Sums = dict[str, np.ndarray]


def theirs(home: Path, streams: Path, name: str, rows: list[int]) -> list[list[float]]:
    """NannyML's estimates by part, for every size of part."""
    job = {
        "reference": str(streams / f"{name}.reference.csv"),
        "live": str(streams / f"{name}.live.csv"),
        "rows": rows,
    }
    answer = subprocess.run(
        [str(environment("NannyML", home)), "-W", "ignore", "-c", NANNYML],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NML_DISABLE_USAGE_LOGGING": "1"},
    )
    found: list[list[float]] = json.loads(answer.stdout)
    return found


def ours(reference: pl.DataFrame, live: pl.DataFrame, delay: int | None) -> pl.DataFrame:
    """The estimates of windows; with labels that come `delay` rows late, or never."""
    model = ModelReference("m", "file", (), "pinned", performance.totals(reference))
    rows = live.select(
        (pl.lit(naive(0.0)) + pl.col("row") * timedelta(seconds=ROW_S)).alias("ts"),
        *(pl.lit(text).alias(key) for key, text in (("model", "m"), ("version", "1"))),
        pl.lit("serving").alias("stage"),
        pl.lit(None, dtype=pl.String).alias("scores"),
        pl.col("y_pred").cast(pl.String).alias("prediction"),
        pl.col("y_score").alias("score"),
        pl.col("y_true").cast(pl.String).alias("label"),
    )
    labelled = pl.DataFrame(schema=performance.CLOSED)
    if delay is not None:
        late = timedelta(seconds=delay * ROW_S)
        labelled = performance.summarise(
            rows.with_columns(pl.col("ts").alias("predicted_ts"), pl.col("ts") + late), WIDTH
        )
    none = pl.DataFrame(schema=columns.CLOSED)
    return Estimator(References({"m": model})).update(labelled, scores.summarise(rows, WIDTH), none)


def expected(estimates: pl.DataFrame, rows: int) -> list[float]:
    """The AUC that the estimates give for every part of so many rows."""
    parts: dict[int, Sums] = {}
    for start, yes, no in estimates.select(
        pl.col("start").dt.epoch("us") / 1e6, "positive_scores", "negative_scores"
    ).iter_rows():
        part = parts.setdefault(int(start // (rows * ROW_S)), {})
        for key, listed in (("yes", yes), ("no", no)):
            part[key] = part.get(key, np.zeros(scores.CELLS)) + np.array(listed)
    said = [metrics.auc(parts[place]["yes"], parts[place]["no"]) for place in sorted(parts)]
    return [one.value if one is not None else float("nan") for one in said]


def realised(live: pl.DataFrame, rows: int) -> list[float]:
    """The AUC of every part of so many rows, by ranks."""
    found = []
    for part in live.iter_slices(rows):
        ranks, label = part["y_score"].rank().to_numpy(), part["y_true"].to_numpy() == 1
        hits = int(label.sum())
        pairs = hits * (len(label) - hits)
        found.append(float((ranks[label].sum() - hits * (hits + 1) / 2) / pairs))
    return found


def table(rows: int, last: int, true: list[float], said: dict[str, list[float]]) -> None:
    """A line a part, and the mean error of each side."""
    say(f"\n{'rows':>15}  {'realised':>8}" + "".join(f"  {name:>18}" for name in said))
    for place, value in enumerate(true):
        begin = place * rows
        line = f"{begin:>7}-{min(begin + rows, last):<7}  {value:>8.4f}"
        for listed in said.values():
            line += f"  {listed[place]:>9.4f} ({listed[place] - value:+.4f})"
        say(line)
    errors = [np.abs(np.array(listed) - true).mean() for listed in said.values()]
    say(f"{'mean error':>25}" + "".join(f"  {error:>18.4f}" for error in errors))


def main() -> None:
    """Estimates both ways and prints both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("streams", type=Path)
    parser.add_argument("name", nargs="?", default="car_loan")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "drift-peers")
    parser.add_argument("--rows", type=int, default=3000, help="of a part")
    parser.add_argument("--change", type=int, default=25_000, help="rows of a half")
    parser.add_argument("--delay", type=int, default=5000, help="rows until the label")
    given = parser.parse_args()
    reference = pl.read_csv(given.streams / f"{given.name}.reference.csv").rename(
        {"y_pred": "prediction", "y_score": "score", "y_true": "label"}
    )
    live = pl.read_csv(given.streams / f"{given.name}.live.csv").join(
        pl.read_csv(given.streams / f"{given.name}.labels.csv"), on="row", maintain_order="left"
    )
    sizes = [given.rows, given.change]
    peer = theirs(given.folder, given.streams.resolve(), given.name, sizes)
    own = {"ours, no labels": ours(reference, live, None)}
    own["ours, late labels"] = ours(reference, live, given.delay)
    for place, rows in enumerate(sizes):
        said = {name: expected(estimates, rows) for name, estimates in own.items()}
        table(rows, live.height, realised(live, rows), {**said, "NannyML": peer[place]})


if __name__ == "__main__":
    main()
