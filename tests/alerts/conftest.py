from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from console.alerts.alert import Alert
from console.config.settings import ModelSettings, Settings
from console.detectors.protocol import Deviation
from console.records.clock import naive
from console.records.frames import EVENTS
from console.records.series import Series
from console.stats import columns, performance, segment_performance, segment_windows
from console.store.pages import LogLine

T0 = 1_700_000_000.0 // 3600 * 3600
MINUTE, HOUR = 60.0, 3600.0


@dataclass
class FakeHistory:
    """A past in memory: metric points by a rule, log lines, events, volumes."""

    value: Callable[[int, float], float] = lambda series_id, ts: 1.0
    logs: Sequence[tuple[float, str, str, str, str]] = ()
    """(ts, template_id, template, stage, level)."""
    marks: Sequence[dict[str, Any]] = ()
    rate: int = 100
    catalogue: Sequence[Series] = ()
    versions: Sequence[tuple[float, str]] = ()
    by_version: Sequence[tuple[int, str, float, float]] = ()
    """(series_id, version, ts, mean)."""
    reads: list[float] = field(default_factory=list)

    def points(
        self, series_id: int, start: float, end: float, limit: int = 240
    ) -> list[tuple[float, float]]:
        self.reads.append(end)
        step = max((end - start) / limit, 60.0)
        count = int((end - start) / step)
        times = [start + step * number for number in range(count)]
        return [(ts, self.value(series_id, ts)) for ts in times]

    def version_points(self, series_id: int, start: float, end: float) -> pl.DataFrame:
        rows = [
            (version, naive(ts), value)
            for known, version, ts, value in self.by_version
            if known == series_id and start <= ts < end
        ]
        return pl.DataFrame(
            rows,
            schema={"version": pl.String, "start": pl.Datetime("us"), "mean": pl.Float64},
            orient="row",
        ).sort("start", "version")

    def template_counts(
        self, model: str | None, stage: str | None, start: float, end: float
    ) -> pl.DataFrame:
        rows = [line for line in self.logs if start <= line[0] < end]
        frame = pl.DataFrame(
            rows,
            schema={
                "ts": pl.Float64,
                "template_id": pl.String,
                "template": pl.String,
                "stage": pl.String,
                "level": pl.String,
            },
            orient="row",
        )
        return (
            frame.group_by("template_id", "template", "stage", "level")
            .agg(
                pl.len().alias("n"),
                pl.from_epoch(pl.col("ts").min()).cast(pl.Datetime("us")).alias("first_ts"),
            )
            .sort("template_id")
        )

    def log_example(
        self, template_id: str, model: str | None, start: float, end: float
    ) -> LogLine | None:
        for number, (ts, known, template, stage, level) in enumerate(self.logs):
            if known == template_id and start <= ts < end:
                message = template.replace("<*>", "7")
                return LogLine(
                    *(ts, model, stage, None, level, None, message, None, known, None),
                    file="serving.log",
                    file_id=1,
                    offset=number * 80,
                )
        return None

    def events(self, start: float, end: float, model: str | None = None) -> pl.DataFrame:
        return events(*(mark for mark in self.marks if start <= mark["ts"] < end))

    def segment_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        return pl.DataFrame(schema=segment_windows.CLOSED)

    def segment_performance(self, model: str, start: float, end: float) -> pl.DataFrame:
        return pl.DataFrame(schema=segment_performance.CLOSED)

    def column_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        rows = [
            {
                "model": model,
                "version": version,
                "column": "age",
                "role": "feature",
                "kind": "numeric",
                "start": naive(ts),
                "n": 50,
                "nulls": 5,
                "unseen": 0,
                "total": 450.0,
            }
            for ts, version in self.versions
            if start <= ts < end
        ]
        return pl.DataFrame(rows, schema=columns.CLOSED)

    def performance_windows(self, model: str, start: float, end: float) -> pl.DataFrame:
        return pl.DataFrame(schema=performance.CLOSED)

    def series(self, model: str | None = None) -> pl.DataFrame:
        return pl.DataFrame(
            [
                (s.id, s.model, s.stage, s.name, s.tags)
                for s in self.catalogue
                if model in {None, s.model}
            ],
            schema={
                "series_id": pl.Int64,
                "model": pl.String,
                "stage": pl.String,
                "name": pl.String,
                "tags": pl.String,
            },
            orient="row",
        )

    def courses(self, model: str | None, start: float, end: float, parts: int) -> pl.DataFrame:
        width = (end - start) / parts
        rows = [
            (series.id, part, self.value(series.id, start + part * width))
            for series in self.catalogue
            if series.model == model
            for part in range(parts)
        ]
        return pl.DataFrame(
            rows,
            schema={"series_id": pl.Int64, "part": pl.Int32, "mean": pl.Float64},
            orient="row",
        )

    def version_counts(self, start: float, end: float, parts: int) -> pl.DataFrame:
        seen = sorted({version for ts, version in self.versions if start <= ts < end})
        times = {v: [ts for ts, known in self.versions if known == v] for v in seen}
        return pl.DataFrame(
            [("fraud", v, 0, naive(min(times[v])), naive(max(times[v]))) for v in seen],
            schema={
                "model": pl.String,
                "version": pl.String,
                "part": pl.Int32,
                "first": pl.Datetime("us"),
                "last": pl.Datetime("us"),
            },
            orient="row",
        )

    def volumes(self, model: str, start: float, end: float, width_s: float) -> pl.DataFrame:
        count = int((end - start) / width_s) if self.rate else 0
        return pl.DataFrame(
            {
                "start": [naive(start + width_s * number) for number in range(count)],
                "n": [self.rate] * count,
            },
            schema={"start": pl.Datetime("us"), "n": pl.Int64},
        )


def events(*marks: dict[str, Any]) -> pl.DataFrame:
    """Events of schema EVENTS from times in epoch seconds and plain fields."""
    rows = [
        {
            "planned": False,
            **mark,
            "ts": naive(mark["ts"]),
            "end_ts": naive(mark["end_ts"]) if mark.get("end_ts") else None,
            "attributes": json.dumps(mark["attributes"]) if "attributes" in mark else None,
        }
        for mark in marks
    ]
    return pl.DataFrame(rows, schema=EVENTS)


def deviation(
    name: str = "error_rate",
    at: float = T0,
    onset: float | None = None,
    *,
    stage: str = "serving",
    model: str | None = "fraud",
    tags: str | None = None,
    **changes: Any,
) -> Deviation:
    """A convincing deviation, changed as told."""
    return replace(
        Deviation(
            detector="anomaly",
            phase="raised",
            series=Series(model, stage, name, tags),
            at=at,
            onset=at - 5 * MINUTE if onset is None else onset,
            severity="warning",
            reason="highest in 9 days",
            confidence=0.95,
            direction=1,
            before=0.01,
            after=0.05,
            effect_size=7.0,
        ),
        **changes,
    )


SETTINGS = Settings(
    file=Path("console.toml"),
    digest=None,
    models=(
        ModelSettings("fraud", tier=1, owner="risk-team", value_per_prediction=0.5),
        ModelSettings("churn", tier=2),
        ModelSettings("reco", tier=3),
        ModelSettings("router", tier=3),
    ),
)


def loud(alerts: Sequence[Alert]) -> list[Alert]:
    """Those of severity warning or worse."""
    return [alert for alert in alerts if alert.severity != "info"]


@pytest.fixture(scope="session")
def world() -> SimpleNamespace:
    """The helpers of this file: test modules cannot import a conftest."""
    return SimpleNamespace(
        T0=T0,
        History=FakeHistory,
        events=events,
        deviation=deviation,
        settings=SETTINGS,
        loud=loud,
    )
