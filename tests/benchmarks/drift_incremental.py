"""What a new window costs at little and at much history. Prints a table.

    python -m tests.benchmarks.drift_incremental

A model of 20 mixed columns has a history of 10,000 and of 10 million predictions, kept as the
summaries of its windows. Timed is all that a window of 1,000 rows then takes: counting it into the
pinned bins, merging it, estimating its performance, and judging it by all detectors of predictions.
Counts of the long history are those of one window, a thousand times over: cost depends on how many
windows and cells there are, never on what is in them.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import timedelta

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors.drift import DriftDetector
from console.detectors.duplicates import DuplicatesDetector
from console.detectors.label_quality import LabelsDetector
from console.detectors.performance import PerformanceDetector
from console.detectors.protocol import Detector, Span, State
from console.detectors.quality import QualityDetector
from console.detectors.schema import SchemaDetector
from console.records.clock import DAY, naive
from console.records.frames import EVENTS
from console.stats import columns, fields, logs, performance, scores, sightings
from console.stats.estimation import Estimator
from console.stats.pinning import LEARNING_ROWS, References
from tests.benchmarks.drift_calibration import mixed, say

WIDTH = 600.0
ROWS = 1000
STEPS = 40


def predictions(rows: int, start: float, seed: int) -> pl.DataFrame:
    """Native predictions, spread over one window."""
    rng = np.random.default_rng(seed)
    features = mixed(rng, rows)
    score = rng.uniform(size=rows)
    return pl.DataFrame(
        {
            "ts": [naive(start) + timedelta(seconds=i * WIDTH / rows) for i in range(rows)],
            "model": "m",
            "stage": "serving",
            "version": "1",
            "id": [f"{seed}-{i}" for i in range(rows)],
            "features": [json.dumps(row) for row in features.iter_rows(named=True)],
            "prediction": (score > 0.5).astype(int).astype(str),
            "score": score,
            "scores": pl.Series([None] * rows, dtype=pl.String),
        }
    )


def cost(history: int) -> list[float]:
    """Seconds for each of some new windows, after so many predictions."""
    references = References()
    references.learn(predictions(LEARNING_ROWS, 0.0, 0))
    detectors: list[Detector] = [
        DriftDetector(Settings(), references),
        QualityDetector(Settings(), references),
        PerformanceDetector(Settings(), references),
        DuplicatesDetector(Settings()),
        SchemaDetector(Settings()),
        LabelsDetector(Settings()),
    ]
    states = [detector.initial() for detector in detectors]
    estimator = Estimator(references)
    past = history // ROWS
    one = predictions(ROWS, 0.0, 1)
    template = _summarised(one, references)
    spent = []
    at = 0.0
    day = round(DAY / WIDTH)
    for first in range(0, past + STEPS, day):
        windows = range(first, min(first + day, past))
        if windows:
            cut = [_repeated(part, windows) for part in template]
            at = (windows[-1] + 1) * WIDTH
            _step(detectors, states, estimator, cut, (windows[0] * WIDTH, at))
    for number in range(past, past + STEPS):
        rows = predictions(ROWS, number * WIDTH, number)
        began = time.perf_counter()
        cut = _summarised(rows, references)
        _step(detectors, states, estimator, cut, (at, (number + 1) * WIDTH))
        spent.append(time.perf_counter() - began)
        at = (number + 1) * WIDTH
    return spent


def _summarised(rows: pl.DataFrame, references: References) -> list[pl.DataFrame]:
    return [
        columns.merge(columns.summarise(rows, references, WIDTH)),
        scores.merge(scores.summarise(rows, WIDTH)),
        sightings.merge(sightings.summarise(rows, WIDTH)),
        fields.merge(fields.summarise(rows, WIDTH)),
    ]


def _repeated(part: pl.DataFrame, windows: range) -> pl.DataFrame:
    starts = pl.DataFrame({"start": [naive(number * WIDTH) for number in windows]})
    return starts.join(part.drop("start"), how="cross").select(part.columns)


def _step(
    detectors: list[Detector],
    states: list[State],
    estimator: Estimator,
    cut: list[pl.DataFrame],
    span: tuple[float, float],
) -> None:
    none = pl.DataFrame(schema=performance.CLOSED)
    given = Span(
        *span,
        metrics=pl.DataFrame(),
        logs=pl.DataFrame(schema=logs.CLOSED),
        columns=cut[0],
        performance=none,
        events=pl.DataFrame(schema=EVENTS),
        estimates=estimator.update(none, cut[1], cut[0]),
        sightings=cut[2],
        fields=cut[3],
    )
    for place, detector in enumerate(detectors):
        _, states[place] = detector.update(states[place], given)


def main() -> None:
    """Prints the median and the slowest of the new windows at each size."""
    say(f"Python {sys.version.split()[0]}; a window of {ROWS:,} rows by 20 columns\n")
    say(f"{'history':>12} {'median ms':>10} {'slowest ms':>11}")
    for history in (10_000, 10_000_000):
        spent = cost(history)
        say(f"{history:>12,} {1e3 * statistics.median(spent):>10.1f} {1e3 * max(spent):>11.1f}")


if __name__ == "__main__":
    main()
