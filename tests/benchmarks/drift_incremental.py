"""What a new window costs at little and at much history. Prints a table.

    python -m tests.benchmarks.drift_incremental

A model of 20 mixed columns has a history of 10,000 to 10 million predictions, kept as the
summaries of its windows: two hours, a week (as far back as any detector looks) and ten. The sizes
take turns, so that what else the machine does falls on all. Timed is all that a window of 1,000
rows then takes: counting it into the pinned bins, merging it, estimating its performance, and
judging it by all detectors of predictions. Counts of the long history are those of one window over
and over: cost depends on how many windows and cells there are, never on what is in them.
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
STEPS = 60
HISTORIES = (10_000, 1_000_000, 10_000_000)


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


class Monitored:
    """A model with so many predictions behind it, and all that judges its next window."""

    def __init__(self, history: int) -> None:
        self.references = References()
        self.references.learn(predictions(LEARNING_ROWS, 0.0, 0))
        self.detectors: list[Detector] = [
            DriftDetector(Settings(), self.references),
            QualityDetector(Settings(), self.references),
            PerformanceDetector(Settings(), self.references),
            DuplicatesDetector(Settings()),
            SchemaDetector(Settings()),
            LabelsDetector(Settings()),
        ]
        self.states: list[State] = [detector.initial() for detector in self.detectors]
        self.estimator = Estimator(self.references)
        self.windows = 0
        past = history // ROWS
        template = _summarised(predictions(ROWS, 0.0, 1), self.references)
        day = round(DAY / WIDTH)
        for first in range(0, past, day):
            windows = range(first, min(first + day, past))
            self._step([_repeated(part, windows) for part in template], len(windows))

    def cost(self) -> tuple[float, float]:
        """Seconds and processor seconds of one more window."""
        rows = predictions(ROWS, self.windows * WIDTH, self.windows)
        began, used = time.perf_counter(), time.process_time()
        self._step(_summarised(rows, self.references), 1)
        return time.perf_counter() - began, time.process_time() - used

    def _step(self, cut: list[pl.DataFrame], windows: int) -> None:
        none = pl.DataFrame(schema=performance.CLOSED)
        given = Span(
            self.windows * WIDTH,
            (self.windows + windows) * WIDTH,
            metrics=pl.DataFrame(),
            logs=pl.DataFrame(schema=logs.CLOSED),
            columns=cut[0],
            performance=none,
            events=pl.DataFrame(schema=EVENTS),
            estimates=self.estimator.update(none, cut[1], cut[0]),
            sightings=cut[2],
            fields=cut[3],
        )
        for place, detector in enumerate(self.detectors):
            _, self.states[place] = detector.update(self.states[place], given)
        self.windows += windows


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


def main() -> None:
    """Prints what a window takes at each size, measured by turns."""
    say(f"Python {sys.version.split()[0]}; a window of {ROWS:,} rows by 20 columns, ms\n")
    monitored = {history: Monitored(history) for history in HISTORIES}
    spent: dict[int, list[tuple[float, float]]] = {history: [] for history in HISTORIES}
    for turn in range(STEPS):
        for history in HISTORIES if turn % 2 else HISTORIES[::-1]:
            spent[history].append(monitored[history].cost())
    heads = ("history", "median", "mean", "greatest", "median cpu", "mean cpu")
    say(" ".join(f"{head:>11}" for head in heads))
    for history, costs in spent.items():
        wall, used = ([1e3 * cost[which] for cost in costs] for which in (0, 1))
        figures = (*_middle(wall), max(wall), *_middle(used))
        say(f"{history:>11,} " + " ".join(f"{figure:>11.1f}" for figure in figures))


def _middle(values: list[float]) -> tuple[float, float]:
    return statistics.median(values), statistics.fmean(values)


if __name__ == "__main__":
    main()
