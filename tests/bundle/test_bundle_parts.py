"""Recipes against numbers known by hand, and charts of hostile courses."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.alert import Alert, Evidence
from console.bundle import chart, pages
from console.bundle.reproduce import STATISTICS, number
from console.bundle.subject import redacted
from console.records.redaction import Redactor

BEGIN = datetime(2026, 3, 1, 12)
SPAN = {"start": "2026-03-01T12:00:00", "end": "2026-03-01T13:00:00"}


def rows(values: list[Any], **columns: list[Any]) -> pl.DataFrame:
    """Rows a minute apart; one before the span and one after it must not count."""
    several = len(values)
    stamps = [BEGIN + timedelta(minutes=n) for n in range(several)]
    frame = pl.DataFrame({"ts": stamps, "value": values, **columns}).with_columns(
        pl.col("ts").cast(pl.Datetime("us"))
    )
    if not several:
        return frame
    early = frame.head(1).with_columns(pl.col("ts") - timedelta(days=1))
    late = frame.tail(1).with_columns(pl.col("ts") + timedelta(days=1))
    return pl.concat([early, frame, late])


@pytest.mark.parametrize(
    ("statistic", "more", "values", "expected"),
    [
        ("mean", {}, [1.0, 2.0, 6.0, None, math.inf], 3.0),
        ("mean", {}, ["1", "x", None, "4"], 2.5),
        ("mean of windows", {"window_s": 120.0}, [1.0, 3.0, 8.0], 5.0),
        ("mean of windows", {"window_s": 60.0, "above": 2.0}, [1.0, 3.0, 8.0], 5.5),
        ("mean of windows", {"window_s": 60.0, "below": 2.0}, [1.0, 3.0, 8.0], 1.0),
        ("median of windows", {"window_s": 60.0}, [1.0, 3.0, 80.0], 3.0),
        ("geometric mean of windows", {"window_s": 60.0}, [1.0, 4.0, 16.0], 4.0),
        ("share", {"category": "b"}, ["a", "b", None, "b"], 0.5),
        ("share", {"category": None}, ["a", "b", None, "b"], 0.25),
        ("lines per hour", {}, [1.0, 1.0, 1.0], 3.0),
        ("seen", {}, [1.0], 1.0),
        ("seen", {}, [], 0.0),
        ("median of counts", {"window_s": 60.0, "slice_s": 120.0, "slices": 3}, [1.0] * 5, 2.0),
        ("mean", {}, [], None),
    ],
)
def test_statistics(
    statistic: str, more: dict[str, Any], values: list[Any], expected: float | None
) -> None:
    found = number(rows(values), {"statistic": statistic, **SPAN, **more})
    assert found == (None if expected is None else pytest.approx(expected))


LABELLED = rows(
    [0.9, 0.8, 0.4, 0.2],
    prediction=["1", "1", "0", "0"],
    label=["1", "0", "1", "0"],
    score=[0.9, 0.8, 0.4, 0.2],
    labelled_ts=[BEGIN] * 4,
)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", 0.5),
        ("precision", 0.5),
        ("recall", 0.5),
        ("f1", 0.5),
        ("auc", 0.75),
        ("brier", (0.01 + 0.64 + 0.36 + 0.04) / 4),
        ("mae", 0.5),
        ("rmse", math.sqrt(0.5)),
    ],
)
def test_metrics(metric: str, expected: float) -> None:
    recipe = {"statistic": metric, "positive": "1", "known_by": "2026-03-01T12:00:01", **SPAN}
    assert number(LABELLED, recipe) == pytest.approx(expected)
    assert metric in STATISTICS


def test_a_label_that_came_later_does_not_count() -> None:
    late = LABELLED.with_columns(
        pl.when(pl.col("prediction") == "1")
        .then(pl.col("labelled_ts"))
        .otherwise(pl.col("labelled_ts") + timedelta(hours=1))
        .alias("labelled_ts")
    )
    recipe = {"statistic": "recall", "positive": "1", "known_by": "2026-03-01T12:00:01", **SPAN}
    assert number(late, recipe) == 1.0


def test_the_script_needs_polars_alone() -> None:
    source = Path(str(number.__code__.co_filename)).read_text(encoding="utf-8")
    assert "console" not in source.split('"""')[2]


finite = st.floats(-1e15, 1e15, allow_nan=False)


@given(
    points=st.lists(st.tuples(st.floats(0, 2e9), finite), max_size=30).map(
        lambda several: tuple(sorted(several))
    ),
    onset=st.floats(0, 2e9),
    limit=st.none() | finite,
    name=st.text(max_size=20),
)
def test_any_course_can_be_drawn(
    points: tuple[tuple[float, float], ...], onset: float, limit: float | None, name: str
) -> None:
    alert = Alert(
        id="a",
        fingerprint="f",
        severity="warning",
        state="open",
        trigger="unexpected",
        model=None,
        stage=None,
        version=None,
        series=name,
        detector="anomaly",
        started_at=onset,
        opened_at=onset,
        updated_at=onset,
        ended_at=None,
        title=name,
        what=name,
        where="",
        when="",
        impact="",
        evidence=Evidence(points=points, threshold=limit),
    )
    drawn = chart.text(alert)
    assert all(len(line) <= 100 for line in drawn.splitlines())
    assert drawn.count("\n") <= 15
    ET.fromstring(chart.svg(alert, name))
    document = alert.to_json()
    assert "<script" not in pages.page(document, name, name, ("", drawn), [{"ts": name}])
    assert pages.markdown(document, name, name).splitlines()[0].startswith("# ")


def test_markup_is_taken_for_text() -> None:
    document = {
        **dict.fromkeys(("what", "where", "when", "impact", "state", "severity"), ""),
        **{key: [] for key in ("why", "suggestions", "members", "related_logs")},
        "id": "1",
        "fingerprint": "2",
    }
    hostile = "[x](javascript:alert(1)) <img src=x onerror=alert(1)> `a` *b* \x1b[2J\u202e"
    text = pages.markdown(document, hostile, "")
    assert "\\[x\\]" in text
    assert "\\<img" in text
    assert "\x1b" not in text
    assert "<img" not in pages.page(document, hostile, hostile, ("", ""), [{"ts": hostile}])


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_abcdefghijklmnopqrstuv",
        "github_pat_abcdefghijklmnopqrstuv",
        "glpat-abcdefghijklmno12345",
        "sk-proj-abcdefghijklmnop1234",
        "sk_live_abcdefghijkl",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA1234567890abcdefghijklmnopqrstu",
        "xoxb-123456789012-abcdef",
        "npm_abcdefghijklmnopqrstuvwxyz0123456789",
        "hf_abcdefghijklmnopqrstuvwx",
        "SG.abcdefghijkl.abcdefghijklmnopqrstuvwx",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "4111111111111111",
        "4111-1111-1111-1111",
        "bob@example.com",
        "10.20.30.40",
        "password=x1y2z3",
        "postgres://u:p4ss@host/db",
    ],
)
def test_no_secret_slips_through_where_columns_are_redacted_fast(secret: str) -> None:
    redactor = Redactor()
    frame = pl.DataFrame({"id": ["r-17", secret, None, secret], "n": [1, 2, 3, 4]})
    found = redacted(frame, redactor)
    assert secret not in found.write_json()
    assert found["id"][0] == "r-17"
    assert sum(redactor.counts.values()) == 1


@given(st.text(max_size=40) | st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True))
def test_a_column_is_redacted_as_its_texts_are(text: str) -> None:
    if "\x00" in text or not text.isprintable():
        return
    found = redacted(pl.DataFrame({"id": [text]}), Redactor())["id"][0]
    assert found == Redactor().text(text)
