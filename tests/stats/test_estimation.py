"""Performance without labels: what is expected of predictions is what comes true."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from console.records.clock import naive
from console.stats import columns, estimation, metrics, performance, pinning, scores
from console.stats.estimation import ESTIMATES, Estimator
from console.stats.pinning import References
from console.stats.standing import expectation, standings, trust

START = datetime(2026, 3, 1)
WIDTH = 600.0


def made(
    n: int,
    hour: float,
    shift: float = 0.0,
    version: str | None = "1",
    seed: int = 0,
    several: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Predictions of one hour, and the same with labels that came five hours later."""
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-rng.normal(shift, 2.5, n)))
    label = rng.uniform(size=n) < chance
    at = naive(START.timestamp()) + timedelta(hours=hour)
    said = chance > 0.5
    frame = pl.DataFrame(
        {
            "model": "m",
            "stage": "serving",
            "version": version,
            "id": [str(i) for i in range(n)],
            "ts": [at + timedelta(seconds=3600 * i / n) for i in range(n)],
            "prediction": np.where(said, "b", "a") if several else said.astype(int).astype(str),
            "score": None if several else np.round(chance, 4),
            "scores": [
                json.dumps({"a": (1 - c) * 0.9, "b": c * 0.9, "c": 0.1}) if several else None
                for c in chance
            ],
            "label": np.where(label, "b", "a") if several else label.astype(int).astype(str),
        },
        schema_overrides={"score": pl.Float64, "version": pl.String, "scores": pl.String},
    )
    matched = frame.with_columns(predicted_ts="ts", ts=pl.col("ts") + timedelta(hours=5))
    return scores.merge(scores.summarise(frame.drop("label"), WIDTH)), performance.merge(
        performance.summarise(matched, WIDTH)
    )


def run(estimator: Estimator, predicted: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    return estimator.update(labels, predicted, pl.DataFrame(schema=columns.CLOSED))


NONE = pl.DataFrame(schema=performance.CLOSED)


def total(rows: pl.DataFrame) -> dict[str, object]:
    sums: dict[str, object] = {
        name: rows[name].sum()
        for name, kind in rows.schema.items()
        if kind.is_numeric() and rows[name].null_count() < rows.height
    }
    for name in estimation.HISTOGRAMS:
        sums[name] = np.sum([x for x in rows[name].to_list() if x] or [[]], axis=0).tolist()
    return sums


@pytest.mark.parametrize("shift", [-1.0, 0.0, 1.5])
def test_the_estimate_is_what_comes_true_though_the_inputs_have_moved(shift: float) -> None:
    estimator = Estimator(References())
    first, labels = made(20_000, 0)
    assert run(estimator, first, NONE).height == 0
    run(estimator, first.clear(), labels)
    later, truth = made(20_000, 10, shift, seed=1)
    found = run(estimator, later, NONE)
    assert found.schema == pl.Schema(ESTIMATES)
    assert found["n"].sum() == 20_000
    assert found["labelled"].unique().to_list() == [20_000.0]
    guess, real = expectation(total(found), 20_000.0), metrics.of_sums(total(truth))  # type: ignore[arg-type]
    for name in ("accuracy", "precision", "recall", "f1", "auc", "average_precision"):
        assert guess[name].value == pytest.approx(real[name].value, abs=3 * guess[name].error)
        assert guess[name].low < real[name].value < guess[name].high or shift != 0


def test_of_several_classes_the_accuracy_is_expected() -> None:
    estimator = Estimator(References())
    _, labels = made(20_000, 0, several=True)
    run(estimator, pl.DataFrame(schema=scores.CLOSED), labels)
    later, truth = made(20_000, 10, 1.5, seed=1, several=True)
    found = total(run(estimator, later, NONE))
    share = float(found["correct"]) / float(found["judged"])  # type: ignore[arg-type]
    assert share == pytest.approx(
        float(truth["correct"].sum()) / float(truth["judged"].sum()), abs=0.015
    )
    assert "auc" not in expectation(found, 1.0)


def test_a_new_version_begins_with_little_belief_and_says_so() -> None:
    estimator = Estimator(References())
    _, labels = made(5000, 0)
    run(estimator, pl.DataFrame(schema=scores.CLOSED), labels)
    found = run(estimator, made(1000, 10, version="2")[0], NONE)
    assert found["labelled"].unique().to_list() == [0.0]
    run(estimator, pl.DataFrame(schema=scores.CLOSED), made(500, 10, version="2")[1])
    assert run(estimator, made(1000, 20, version="2")[0], NONE)["labelled"].max() == 500.0


def test_neither_cuts_nor_a_restart_change_an_estimate() -> None:
    first, labels = made(3000, 0)
    second, more = made(3000, 8, 0.5, seed=2)
    predicted, came = pl.concat([first, second]), pl.concat([labels, more])
    at_once = run(Estimator(References()), predicted, came)
    estimator, parts = Estimator(References()), []
    edge = pl.lit(naive(START.timestamp()) + timedelta(hours=8, minutes=30))
    for inside in (pl.col("start") < edge, pl.col("start") >= edge):
        parts.append(run(estimator, predicted.filter(inside), came.filter(inside)))
        estimator = Estimator(References(), estimator.state())
    assert_frame_equal(pl.concat(parts), at_once)


def test_the_reference_file_is_labelled_history(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    score = rng.uniform(size=2000).round(3)
    rows = pl.DataFrame({"score": score, "prediction": (score > 0.5).astype(int)}).with_columns(
        label=pl.Series((rng.uniform(size=2000) < score).astype(int))
    )
    rows.write_csv(tmp_path / "reference.csv")
    reference = pinning.read("m", tmp_path / "reference.csv")
    found = run(Estimator(References({"m": reference})), made(1000, 0)[0], NONE)
    assert found["labelled"].unique().to_list() == [2000.0]


def test_errors_of_numbers_are_expected_from_the_inputs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def rows(n: int, shift: float, c: float) -> pl.DataFrame:
        x, kind = rng.normal(shift, 1, n), rng.choice(["p", "q"], n, p=[1 - c, c])
        spread = np.exp(0.4 * x) + 2.0 * (kind == "q")
        return pl.DataFrame(
            {
                "x": x,
                "sort": kind,
                "prediction": 3 * x,
                "label": 3 * x + spread * rng.normal(size=n),
            }
        )

    rows(20_000, 0.0, 0.1).write_csv(tmp_path / "reference.csv")
    reference = pinning.read("m", tmp_path / "reference.csv")
    assert reference.errors is not None
    assert reference.errors.explained["absolute_error"] > 0.1
    references = References({"m": reference})
    now = rows(10_000, 1.0, 0.5)
    predictions = pl.DataFrame(
        {
            "ts": [naive(START.timestamp())] * now.height,
            "model": "m",
            "stage": "serving",
            "version": None,
            "features": [json.dumps({"x": x, "sort": k}) for x, k in now["x", "sort"].iter_rows()],
            "prediction": now["prediction"].cast(pl.String),
            "score": None,
            "scores": None,
        },
        schema_overrides={"version": pl.String, "score": pl.Float64, "scores": pl.String},
    )
    found = Estimator(references).update(
        NONE,
        scores.summarise(predictions, WIDTH),
        columns.summarise(predictions, references, WIDTH),
    )
    guess = float(found["absolute_error"].sum()) / float(found["measured"].sum())
    errors = (now["prediction"] - now["label"]).abs()
    mean = float(errors.sum()) / now.height
    before = reference.errors.means["absolute_error"]
    assert mean > 1.5 * before
    assert guess == pytest.approx(mean, rel=0.1)


def test_a_window_says_whether_it_is_predicted_estimated_or_realised() -> None:
    estimator = Estimator(References())
    first, labels = made(3000, 0)
    second, more = made(3000, 8, seed=2)
    predicted = pl.concat([first, second])
    estimated = run(estimator, predicted, labels)
    realised = pl.concat([labels, more.head(2)])
    course = standings(predicted, estimated, realised, 3600.0)
    assert [(s.state, s.n, round(s.coverage, 1)) for s in course] == [
        ("realised", 3000, 1.0),
        ("estimated", 3000, 0.3),
    ]
    assert not course[0].estimated
    assert course[1].estimated["auc"].value == pytest.approx(0.9, abs=0.05)
    assert course[1].realised["accuracy"].n == 1000
    assert course[0].delay_s == pytest.approx(5 * 3600)
    assert course[0].base_rate == pytest.approx(0.5, abs=0.05)
    assert standings(predicted, estimated.clear(), NONE, 3600.0)[0].state == "predicted"
    restated = standings(predicted, estimated, pl.concat([labels, more]), 3600.0)
    assert [s.state for s in restated] == ["realised", "realised"]


def test_an_estimator_that_has_been_wrong_says_so() -> None:
    estimator = Estimator(References())
    first, labels = made(3000, 0)
    run(estimator, first.clear(), labels)
    second, more = made(3000, 8, seed=2)
    estimated = run(estimator, second, NONE)
    honest = trust(standings(second, estimated, more, 3600.0), "accuracy")
    assert honest is not None
    assert not honest.wrong
    assert "were off by" in honest.words
    lied = more.with_columns(correct=(pl.col("correct") * 0.8).cast(pl.Int64))
    found = trust(standings(second, estimated, lied, 3600.0), "accuracy")
    assert found is not None
    assert found.wrong
    assert found.gap == pytest.approx(0.17, abs=0.05)
    assert "too high" in found.words
    assert trust(standings(second, estimated, NONE, 3600.0), "accuracy") is None
