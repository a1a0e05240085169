"""Whatever columns hold: cases, not crashes, and every row accounted for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.config.settings import Settings
from console.detectors.drift import DriftDetector
from console.detectors.performance import PerformanceDetector
from console.detectors.protocol import Detector, Span
from console.detectors.quality import QualityDetector
from console.records.frames import EVENTS
from console.stats import columns, logs, performance, scores
from console.stats.compare.frames import compare
from console.stats.estimation import Estimator
from console.stats.pinning import References, learn

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e400, -1e400, "a", "b", "", "3", "3.5", "NaN", "true", [1], {"x": 1}]),
    st.text(max_size=3),
)
rows = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3), min_size=1, max_size=30
)
START = datetime(2026, 3, 1)


def predictions(features: list[dict[str, Any]], hour: int) -> pl.DataFrame:
    size = len(features)
    return pl.DataFrame(
        {
            "ts": [START + timedelta(hours=hour, seconds=60 * i) for i in range(size)],
            "model": ["m"] * size,
            "stage": ["serving"] * size,
            "version": ["1"] * size,
            "features": [json.dumps(row) if row else None for row in features],
            "prediction": [None if (p := row.get("a")) is None else str(p) for row in features],
            "score": [s if isinstance(s := row.get("b"), float) else None for row in features],
            "scores": [json.dumps(row) for row in features],
            "label": [None if (x := row.get("c")) is None else str(x) for row in features],
        },
        schema_overrides={
            **dict.fromkeys(("features", "prediction", "scores", "label"), pl.String),
            "score": pl.Float64,
        },
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows, st.lists(rows, min_size=1, max_size=3))
def test_any_features_are_counted_and_judged(
    known: list[dict[str, Any]], later: list[list[dict[str, Any]]]
) -> None:
    reference = learn("m", predictions(known, 0))
    references = References({"m": reference})
    estimator = Estimator(references)
    detectors: list[Detector] = [
        DriftDetector(Settings(), references),
        QualityDetector(Settings(), references),
        PerformanceDetector(Settings(), references),
    ]
    states = [detector.initial() for detector in detectors]
    for hour, features in enumerate(later, start=1):
        frame = predictions(features, 24 * hour)
        windows = columns.merge(columns.summarise(frame, references, 600.0))
        for row in windows.iter_rows(named=True):
            assert row["n"] == row["nulls"] + row["unseen"] + sum(row["counts"])
        said = scores.merge(scores.summarise(frame, 600.0))
        assert said["n"].sum() == len(features)
        matched = frame.with_columns(predicted_ts="ts")
        came = performance.merge(performance.summarise(matched, 600.0))
        start = (START + timedelta(days=hour - 1)).timestamp()
        span = Span(
            start,
            start + 172800.0,
            metrics=pl.DataFrame(),
            logs=pl.DataFrame(schema=logs.CLOSED),
            columns=windows,
            performance=came,
            events=pl.DataFrame(schema=EVENTS),
            estimates=estimator.update(came, said, windows),
        )
        for place, detector in enumerate(detectors):
            _, states[place] = detector.update(states[place], span)


cells = st.lists(values.filter(lambda v: not isinstance(v, list | dict)), min_size=0, max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells, cells)
def test_any_two_tables_are_compared(before: list[Any], after: list[Any]) -> None:
    def table(items: list[Any]) -> pl.DataFrame:
        numbers = [float(v) if isinstance(v, float) else None for v in items]
        return pl.DataFrame(
            {
                "text": pl.Series([None if v is None else str(v) for v in items], dtype=pl.String),
                "number": pl.Series(numbers, dtype=pl.Float64),
                "flag": pl.Series(
                    [v if isinstance(v, bool) else None for v in items], dtype=pl.Boolean
                ),
                "nothing": pl.Series([None] * len(items), dtype=pl.Null),
            }
        )

    one, other = table(before * 10), table(after * 10)
    found = compare(one, other)
    assert {column.name for column in found.columns} == {"text", "number", "flag", "nothing"}
    lost = compare(one, other.drop("text").with_columns(new=pl.lit(1)))
    assert {f.what for c in lost.columns for f in c.findings} >= {"missing", "new"}
