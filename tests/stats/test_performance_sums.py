"""Sums over labelled predictions, and the metrics that they give."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from console.records.frames import TIME
from console.stats import metrics, performance, scores

START = datetime(2026, 3, 1)
Pair = tuple[object, float | None, object]


def matched(pairs: list[Pair], minutes: int = 0) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "model": "m",
                "stage": "serving",
                "version": "1",
                "id": str(place),
                "ts": START + timedelta(hours=5, minutes=minutes),
                "predicted_ts": START + timedelta(minutes=minutes),
                "prediction": None if prediction is None else str(prediction),
                "score": score,
                "label": None if label is None else str(label),
            }
            for place, (prediction, score, label) in enumerate(pairs)
        ],
        schema={
            "model": pl.String,
            "stage": pl.String,
            "version": pl.String,
            "id": pl.String,
            "ts": TIME,
            "predicted_ts": TIME,
            "prediction": pl.String,
            "score": pl.Float64,
            "label": pl.String,
        },
    )


def sums(pairs: list[Pair], **positives: str) -> dict[str, object]:
    return performance.summarise(matched(pairs), 600, positives).row(0, named=True)


def test_a_classifier_is_counted_by_class_whatever_way_it_is_written() -> None:
    row = sums([(1, 0.9, "1.0"), ("True", 0.8, 0), (0, 0.3, 1), (0, 0.1, False), (1, 0.7, None)])
    assert row["n"] == 4
    assert (row["correct"], row["true_positive"]) == (2, 1)
    assert (row["false_positive"], row["false_negative"]) == (1, 1)
    assert row["brier"] == pytest.approx(0.01 + 0.64 + 0.49 + 0.01)
    assert row["absolute_error"] is None
    positive, negative = np.array(row["positive_scores"]), np.array(row["negative_scores"])
    for counts, expected in ((positive, [0.9, 0.3]), (negative, [0.8, 0.1])):
        cells = np.searchsorted(scores.EDGES, expected, side="right")
        assert counts.tolist() == np.bincount(cells, minlength=scores.CELLS).tolist()


def test_the_positive_class_may_have_a_name() -> None:
    row = sums(
        [("fraud", None, "fraud"), ("fine", None, "fraud"), ("fine", None, "fine")], m="fraud"
    )
    assert (row["correct"], row["true_positive"], row["false_negative"]) == (2, 1, 1)
    assert row["positive_scores"] == []


def test_numbers_that_are_not_whole_are_a_regression() -> None:
    row = sums([(3.5, None, 4), (10.0, None, 8.5), (float("inf"), None, 1.5), ("n/a", None, 2.5)])
    assert row["absolute_error"] == pytest.approx(2.0)
    assert row["squared_error"] == pytest.approx(2.5)
    assert (row["n"], row["correct"]) == (2, None)


def test_windows_tell_when_labels_arrived_and_when_predictions_were_made() -> None:
    frame = pl.concat([matched([(1, 0.5, 1)]), matched([(1, 0.5, 0)], minutes=20)])
    windows = performance.summarise(frame, 600)
    assert windows.schema == pl.Schema(performance.CLOSED)
    assert windows.select("start", "predicted", "correct").rows() == [
        (START + timedelta(hours=5), START, 1),
        (START + timedelta(hours=5, minutes=20), START + timedelta(minutes=20), 0),
    ]


pairs = st.tuples(
    st.sampled_from([0, 1, "a", None]),
    st.one_of(st.none(), st.floats(0, 1).map(lambda x: round(x, 3))),
    st.sampled_from([0, 1, "a", "b"]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(pairs, max_size=8), min_size=2, max_size=4))
def test_sums_add_up_however_the_rows_are_cut(parts: list[list[Pair]]) -> None:
    deltas = [performance.summarise(matched(part, 7 * i), 600) for i, part in enumerate(parts)]
    at_once = performance.merge(
        performance.summarise(pl.concat([matched(p, 7 * i) for i, p in enumerate(parts)]), 600)
    )
    merged = performance.merge(
        pl.concat([performance.merge(deltas[0]), performance.merge(pl.concat(deltas[1:]))])
    )
    assert_frame_equal(merged, at_once)


def test_auc_from_counts_is_that_of_the_scores_and_its_error_holds() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    exact = metrics.auc([0] * 25 + [1] * 25, [1] * 25 + [0] * 25)
    assert exact is not None
    assert exact.value == 1.0
    for _ in range(300):
        drawn = np.clip([rng.normal(0.6, 0.2, 200), rng.normal(0.4, 0.2, 200)], 0, 0.999)
        cells = (drawn * 50).astype(int)
        found = metrics.auc(*(np.bincount(c, minlength=50).tolist() for c in cells))
        assert found is not None
        wins = (cells[0][:, None] > cells[1]).mean() + (cells[0][:, None] == cells[1]).mean() / 2
        assert found.value == pytest.approx(wins)
        inside += found.low <= 0.755 <= found.high
    assert inside / 300 > 0.9


def test_metrics_of_nothing_are_none() -> None:
    assert metrics.accuracy(0, 0) is None
    assert metrics.precision(0, 0) is None
    assert metrics.recall(0, 0) is None
    assert metrics.f1(0, 0, 0) is None
    assert metrics.auc([1, 2], [0, 0]) is None
    assert metrics.mean_absolute_error(0, 0, 0) is None
    assert metrics.root_mean_squared_error(0, 0) is None
    assert performance.totals(pl.DataFrame({"x": [1]})) == {}


def test_metrics_carry_their_intervals() -> None:
    accuracy = metrics.accuracy(80, 100)
    assert accuracy is not None
    assert accuracy.low == pytest.approx(0.7112, abs=1e-3)
    assert accuracy.high == pytest.approx(0.8667, abs=1e-3)
    f1 = metrics.f1(8, 2, 4)
    assert f1 is not None
    assert f1.value == pytest.approx(2 * 8 / (2 * 8 + 2 + 4))
    assert f1.low < f1.value < f1.high
    error = metrics.mean_absolute_error(10.0, 30.0, 10)
    assert error is not None
    assert error.value == 1.0
    assert error.error == pytest.approx(np.sqrt(2 / 10))
    assert metrics.root_mean_squared_error(40.0, 10) == metrics.Estimate(2.0, 0.0, 2.0, 2.0, 10)
