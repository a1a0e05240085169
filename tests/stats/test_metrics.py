"""Metrics from sums: the values are those of their definitions on the rows, intervals hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.records.frames import TIME
from console.stats import metrics, performance, rankings, scores
from console.stats.suite_performance import of_frame


def sums(**columns: Any) -> dict[str, Any]:
    size = len(next(iter(columns.values())))
    frame = pl.DataFrame(
        {
            "model": ["m"] * size,
            "stage": ["s"] * size,
            "version": ["1"] * size,
            "ts": [datetime(2026, 3, 1)] * size,
            "predicted_ts": [datetime(2026, 3, 1)] * size,
            "prediction": [None] * size,
            "score": [None] * size,
            "label": [None] * size,
            **columns,
        },
        schema_overrides={
            "ts": TIME,
            "predicted_ts": TIME,
            "score": pl.Float64,
            "prediction": pl.String,
            "label": pl.String,
        },
    )
    return performance.summarise(frame, 600).row(0, named=True)


def test_numbers_are_measured_as_their_definitions_say() -> None:
    rng = np.random.default_rng(0)
    label = rng.normal(10, 3, 500).round(4)
    prediction = (label + rng.normal(0.5, 1, 500)).round(4)
    found = metrics.of_sums(sums(prediction=prediction.astype(str), label=label.astype(str)))
    error = prediction - label
    expected = {
        "mae": np.abs(error).mean(),
        "rmse": np.sqrt((error**2).mean()),
        "mape": np.abs(error / label).mean(),
        "bias": error.mean(),
        "r2": 1 - (error**2).mean() / label.var(),
    }
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value)
        assert found[name].low < value < found[name].high


def test_intervals_hold_what_they_promise() -> None:
    rng = np.random.default_rng(1)
    truth = {"rmse": 1.0, "r2": 0.9, "bias": 0.0}
    inside = dict.fromkeys(truth, 0)
    for _ in range(200):
        label = rng.normal(0, np.sqrt(10), 300)
        prediction = label + rng.normal(0, 1, 300)
        found = metrics.of_sums(sums(prediction=prediction.astype(str), label=label.astype(str)))
        for name, value in truth.items():
            inside[name] += found[name].low <= value <= found[name].high
    assert min(inside.values()) / 200 > 0.88


def test_probabilities_are_measured_as_their_definitions_say() -> None:
    rng = np.random.default_rng(2)
    score = rng.uniform(size=2000).round(3)
    truth = rng.uniform(size=2000) < score**2
    found = metrics.of_sums(sums(score=score, label=truth.astype(int).astype(str)))
    own = np.where(truth, score, 1 - score).clip(1e-15)
    assert found["log_loss"].value == pytest.approx(-np.log(own).mean())
    assert found["brier"].value == pytest.approx(((score - truth) ** 2).mean())
    tenth = np.minimum((score * 10).astype(int), 9)
    gaps = [abs(truth[tenth == t].sum() - score[tenth == t].sum()) for t in range(10)]
    assert found["calibration_error"].value == pytest.approx(sum(gaps) / 2000, abs=1e-3)
    cell = scores.EDGES.searchsorted(score, side="right")
    order = np.arange(scores.CELLS)[::-1]
    hits = np.cumsum([truth[cell == c].sum() for c in order])
    rows = np.cumsum([(cell == c).sum() for c in order])
    precision = hits / np.maximum(rows, 1)
    expected = float((np.diff(np.append(0, hits)) / truth.sum() * precision).sum())
    assert found["average_precision"].value == pytest.approx(expected)
    assert found["average_precision"].low < expected < found["average_precision"].high
    assert "accuracy" not in found


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1))
def test_means_over_classes_are_those_of_their_definitions(rows: list[tuple[str, str]]) -> None:
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    found = metrics.by_class(counts)
    classes = sorted({name for row in rows for name in row})
    f1, support = [], []
    for name in classes:
        hit = sum(row == (name, name) for row in rows)
        true, said = (sum(row[side] == name for row in rows) for side in (0, 1))
        f1.append(2 * hit / (true + said))
        support.append(true)
    assert found["f1_macro"].value == pytest.approx(np.mean(f1))
    assert found["f1_weighted"].value == pytest.approx(np.average(f1, weights=support))
    assert found["accuracy"].value == pytest.approx(np.mean([a == b for a, b in rows]))
    assert found["recall_weighted"].value == pytest.approx(found["accuracy"].value)


def test_rankings_are_judged_by_what_was_relevant() -> None:
    rows = sums(
        prediction=['["a", "b", "c"]', "[1, 2, 3]", '["x"]', "3"],
        label=['["b"]', '{"1": 3, "3": 1}', '["y"]', "3"],
    )
    assert (rows["n"], rows["ranked"], rows["judged"]) == (4, 3, 1)
    found = metrics.of_sums(rows)
    ideal = 3 + 1 / np.log2(3)
    assert found["ndcg"].value == pytest.approx((1 / np.log2(3) + (3 + 0.5) / ideal + 0) / 3)
    assert found["mrr"].value == pytest.approx((0.5 + 1 + 0) / 3)
    assert found["map"].value == pytest.approx((0.5 + (1 + 2 / 3) / 2 + 0) / 3)


def test_a_ranking_that_cannot_be_read_is_none() -> None:
    found = rankings.judged(pl.Series(['["a"', "[]", None]), pl.Series(['["a"]', "[]", "[1]"]))
    assert found.null_count().row(0) == (3, 3, 3)


def test_value_is_what_the_outcomes_are_worth() -> None:
    frame = pl.DataFrame({"prediction": [1, 1, 0, 0], "label": [1, 0, 1, 0]})
    found = of_frame(frame, costs={"false_negative": -50.0, "true_positive": 2.0})
    assert found["value"] == pytest.approx(-48 / 4)
    assert "value" not in of_frame(frame)
    assert of_frame(pl.DataFrame({"x": [1]})) == {}


def test_several_classes_with_their_scores_are_counted_by_confidence() -> None:
    row = sums(
        prediction=["a", "b", "1"],
        label=["a", "c", "1"],
        scores=[
            '{"a": 0.7, "b": 0.2, "c": 0.1}',
            '{"a": 0.1, "b": 0.6, "c": 0.3}',
            '{"0": 0.2, "1": 0.8}',
        ],
    )
    assert np.sum(row["right_confidence"]) == np.sum(row["wrong_confidence"]) == 1
    # Of two classes the score of the positive one counts.
    assert np.sum(row["positive_scores"]) == 1
    assert row["brier"] == pytest.approx(0.04)


@given(st.integers(1, 20))
def test_an_average_precision_that_rounds_to_almost_one_has_an_interval(size: int) -> None:
    """All positives above all negatives: sixths add up to a digit less than 1."""
    positive, negative = np.append(0.0, np.ones(size)), np.append(3.0, np.zeros(size))
    found = metrics.average_precision(positive, negative)
    assert found is not None
    assert found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(1)
