"""Which rows a number is of: found for every kind of series, and honest where it cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from console.alerts.alert import Alert, Evidence
from console.bundle.recipe import CUT, ESTIMATED, GONE, NEAR, recipe_of
from console.bundle.reproduce import number
from console.bundle.subject import MOST_ROWS, Kind, Subject
from console.config.settings import ModelSettings, Settings
from console.detectors.protocol import Deviation
from console.records.clock import HOUR, naive
from console.records.redaction import Redactor
from console.records.series import Series

T0 = 1_772_496_000.0  # 2026-03-03T00:00:00Z
SETTINGS = Settings(models=(ModelSettings("m", positive="1"),))


def subject(kind: Kind, detector: str, after: float, name: str = "x", **details: Any) -> Subject:
    """An alert whose onset is at T0, told three hours later."""
    deviation = Deviation(
        detector,
        "raised",
        Series("m", "serving", name),
        at=T0 + 3 * HOUR,
        onset=T0,
        severity="warning",
        reason="",
        direction=1,
        threshold=50.0,
        details=details,
    )
    alert = Alert(
        id="a",
        fingerprint="f",
        severity="warning",
        state="open",
        trigger="unexpected",
        model="m",
        stage="serving",
        version=None,
        series=name,
        detector=detector,
        started_at=T0,
        opened_at=T0,
        updated_at=T0,
        ended_at=None,
        title="",
        what="",
        where="",
        when="",
        impact="",
        evidence=Evidence(after=after),
    )
    return Subject(alert, deviation, kind, T0 - 6 * HOUR, T0 + 6 * HOUR)


def frame(values: list[Any], **columns: list[Any]) -> pl.DataFrame:
    """Rows five minutes apart, from three hours before the onset on."""
    stamps = [naive(T0 - 3 * HOUR + 300 * place) for place in range(len(values))]
    made = pl.DataFrame({"ts": stamps, "value": values, **columns}, strict=False)
    return made.with_columns(pl.col("ts").cast(pl.Datetime("us")))


def found(asked: Subject, rows: pl.DataFrame) -> dict[str, Any]:
    """The recipe; one that there is gives the number."""
    recipe = recipe_of(asked, rows, SETTINGS, Redactor())
    if recipe["statistic"] is not None:
        allowed = recipe.get("tolerance", 1e-6)
        assert number(rows, recipe) == pytest.approx(asked.alert.evidence.after, rel=allowed)
    return recipe


def test_a_threshold_counts_what_lies_beyond_it() -> None:
    values = [10.0] * 36 + [90.0, 10.0, 60.0] * 12
    recipe = found(subject("metric", "threshold", 75.0), frame(values))
    assert (recipe["statistic"], recipe["above"]) == ("mean of windows", 50.0)


def test_a_share_of_nulls() -> None:
    values = ["1"] * 66 + [None, "2", None, None, None, "3"]
    recipe = found(subject("column", "quality", 4 / 6, term="nulls", rows=6.0), frame(values))
    assert (recipe["statistic"], recipe["category"]) == ("share", None)


def test_a_share_of_a_category() -> None:
    values = ["a"] * 48 + ["b", "b", "a"] * 8
    recipe = found(subject("column", "drift", 2 / 3, cell="b", pool_h=2.0), frame(values))
    assert (recipe["statistic"], recipe["category"]) == ("share", "b")


def test_a_metric_of_labelled_predictions() -> None:
    count = 72
    rows = frame(
        [0.5] * count,
        prediction=["1"] * count,
        label=[None if place >= 66 else "1" if place % 4 else "0" for place in range(count)],
        labelled_ts=[naive(T0 + HOUR)] * count,
        score=[0.5] * count,
    )
    asked = subject("performance", "performance", 0.75, name="accuracy", rows=20.0)
    assert found(asked, rows)["statistic"] == "accuracy"
    missing = subject("performance", "performance", 0.75, name="accuracy", rows=71.0)
    assert found(missing, rows)["why"] == ESTIMATED


def test_what_came_late_changes_little() -> None:
    values = [str(1.0 + place % 7) for place in range(72)]
    told = sum(1.0 + place % 7 for place in range(48, 71)) / 23
    recipe = found(subject("column", "drift", told, pool_h=2.0), frame(values))
    assert recipe["statistic"] == "mean"
    exact = number(frame(values), recipe)
    assert exact == pytest.approx(told, rel=NEAR)


def test_it_says_why_there_is_none() -> None:
    asked = subject("metric", "forecast", 1234.5)
    assert found(asked, frame([1.0] * 72))["why"] == ESTIMATED
    assert found(asked, frame([1.0] * 72).clear())["why"] == GONE
    many = pl.concat([frame([1.0] * 500)] * (MOST_ROWS // 500)).sort("ts")
    assert found(asked, many)["why"] == CUT
    none = replace(asked, alert=replace(asked.alert, evidence=Evidence()))
    assert found(none, frame([1.0]))["number"] is None
