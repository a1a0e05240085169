"""Made-up answers of a desk."""

from __future__ import annotations

import math
from dataclasses import replace

from tui_fakes import EVENTS, NOW, hostile_text

from console.engine.snapshot import Health
from console.engine.views.column import CellFigure, ColumnAnswer
from console.engine.views.columns import ColumnFigure
from console.engine.views.compare import CompareAnswer, Difference, Side
from console.engine.views.figures import PARTS, Figure, Point
from console.engine.views.model import ModelAnswer, VersionFigure
from console.engine.views.query import QueryAnswer
from console.engine.views.sources import (
    CheckpointFigure,
    HintFigure,
    SourceFigure,
    SourcesAnswer,
)
from console.engine.views.templates import TemplateFigure
from console.engine.views.timeline import Band, Heat, TimelineAnswer, Track
from console.records.clock import HOUR
from console.sources.leftout import LeftOut
from console.store.rawrows import Cell, RawRow, Span

START = NOW - 6 * HOUR


def points(level: float, wave: float = 0.02) -> tuple[Point, ...]:
    width = (NOW - START) / PARTS
    return tuple(
        Point(START + (part + 0.5) * width, value, value - 0.03, value + 0.03)
        for part in range(PARTS)
        if (value := level * (1 + wave * math.sin(part / 3)))
    )


def figure(
    name: str,
    value: float,
    before: float | None,
    about: str = "serving",
    *,
    health: Health = "ok",
    series: int | None = 1,
) -> Figure:
    key = f"series:{series}:{name}" if series else f"labels:{name}"
    low, high = (None, None) if series else (value - 0.02, value + 0.02)
    return Figure(
        key, name, about, value, value * 1.01, before, low, high, 1440, points(value),
        health, series,
    )  # fmt: skip


def column(name: str, shift: float, *, differs: bool = False, nulls: float = 0.0) -> ColumnFigure:
    health: Health = "warning" if differs else "ok"
    return ColumnFigure(
        name, "feature", "numeric", 12_400, shift, shift**2, differs, nulls, 0.001,
        0.02 if differs else 0.0, ("XX",) if differs else (), 44.4, 41.2,
        tuple(41 + shift * part / 10 for part in range(PARTS)), health,
    )  # fmt: skip


def model_answer(model: str = "fraud", end: float = NOW) -> ModelAnswer:
    return ModelAnswer(
        model=model,
        start=end - 6 * HOUR,
        end=end,
        performance=(
            figure("auc", 0.893, 0.941, "by labels", health="critical", series=None),
            figure("recall", 0.61, 0.7, "by labels", series=None),
            figure("val_auc", 0.9, 0.94, "training", series=7),
        ),
        columns=(
            column("age", 0.61, differs=True, nulls=0.12),
            column("amount", 0.04),
            column("country", 0.01),
        ),
        metrics=(
            figure("requests_per_min", 624.0, 612.0),
            figure("latency_p95_ms", 118.0, 96.0, health="warning", series=2),
            figure("error_rate", 0.002, 0.002, series=3),
        ),
        versions=(
            VersionFigure("12", end - HOUR, end, 3100, "auc", 0.893, 0.88, 0.90),
            VersionFigure("11", end - 6 * HOUR, end - HOUR, 15_000, "auc", 0.941, 0.93, 0.95),
        ),
        segments=(
            figure("error_rate{client=web}", 0.004, 0.002, series=4),
            figure("error_rate{client=app}", 0.002, 0.002, series=5),
        ),
        reference="file",
    )


def column_answer(name: str = "age", role: str = "feature") -> ColumnAnswer:
    shares = (0.1, 0.2, 0.3, 0.25, 0.15), (0.02, 0.1, 0.25, 0.33, 0.3)
    cells = [
        CellFigure(
            f"{20 + 10 * place}..{30 + 10 * place}", round(1000 * before), round(5000 * now),
            before, now, (now - before) * math.log(now / before),
            Cell(above=20.0 + 10 * place, upto=30.0 + 10 * place),
        )
        for place, (before, now) in enumerate(zip(*shares, strict=True))
    ]  # fmt: skip
    cells.append(CellFigure("null", 1, 600, 0.001, 0.12, 0.0, Cell(null=True)))
    return ColumnAnswer(
        "fraud", name, role, "numeric", START, NOW, 1001, 5600, 0.61, 1e-30, 0.31, tuple(cells)
    )


def raw_rows(number: int = 30) -> list[RawRow]:
    return [
        RawRow(
            NOW - 10 * place,
            (
                ("age", str(20 + place)), ("id", f"p-{place}"), ("version", "12"),
                ("prediction", "1"), ("score", "0.8312"),
                ("features", f'{{"age": {20 + place}, "amount": 12.5, "country": "DE"}}'),
            ),
            "/data/serving/predictions.jsonl",
            1,
            1000 * place,
        )
        for place in range(number)
    ]  # fmt: skip


def hostile_model() -> ModelAnswer:
    text = hostile_text()
    plain = model_answer(text)
    bad = replace(
        plain.performance[0], name=text, about=text, value=math.nan, now=math.inf, before=0.0
    )
    return replace(
        plain,
        performance=(bad,),
        columns=(replace(plain.columns[0], name=text, unseen_names=(text,), mean=math.inf),),
        metrics=(replace(bad, key="x", points=()),),
        versions=(replace(plain.versions[0], version=text, merit=text),),
        segments=(),
    )


def timeline_answer(span: Span, parts: int, name: str | None = None) -> TimelineAnswer:
    """Version 11 then 12 of `fraud`, errors in its last sixth; `churn` has logs alone."""
    turn = parts * 5 // 6
    bands = (Band("11", 0, turn - 1), Band("12", turn, parts - 1))
    heat = tuple(
        None if part % 17 == 3 else Heat(10 + part % 7 * 8, 0, 0 if part < turn else 4)
        for part in range(parts)
    )
    calm = tuple(Heat(5, part % 11 // 10, 0) for part in range(parts))
    tracks = (Track(name or "fraud", bands, heat), Track("churn", (), calm))
    return TimelineAnswer(*span, parts, tracks, EVENTS)


def sides(model: str, span: Span) -> list[Side]:
    return [
        *(Side(model, *span, version=version) for version in ("12", "11")),
        Side(model, *span, segment="client=web"),
    ]


def compare_answer(left: Side, right: Side, name: str | None = None) -> CompareAnswer:
    rows = (
        Difference("performance", name or "auc", "by labels", 0.941, 0.893, -0.048, 1e-7,
                   differs=True, n_left=15_000, n_right=3100),
        Difference("metric", "latency_p95_ms", "serving", 96.0, 118.0, 22.0, 0.004,
                   differs=True, n_left=300, n_right=60),
        Difference("metric", "error_rate", "serving", 0.002, 0.0021, 0.0001, 0.4,
                   differs=False, n_left=300, n_right=60),
        Difference("column", "age", "feature", 41.2, 44.4, 0.61, 1e-20,
                   differs=True, n_left=15_000, n_right=3100),
        Difference("column", "country", "feature", None, None, 0.01, None,
                   differs=False, n_left=15_000, n_right=3100),
    )  # fmt: skip
    return CompareAnswer(left, right, rows)


def sources_answer(name: str | None = None) -> SourcesAnswer:
    return SourcesAnswer(
        sources=(
            SourceFigure(name or "/fleet/serving/predictions.jsonl", "jsonl", "fraud", "serving",
                         120_000_000, 0, 900_000, 0, 21_000.0, 3.1e6, 4.1e5),
            SourceFigure("/fleet/serving/fraud.log", "text", "fraud", "serving",
                         20_000_000, 4096, 300_000, 3, 9_000.0, 9e5, None),
            SourceFigure("/fleet/notes.txt", None, None, None, 12, 0, 0, 1, None, None, None),
        ),
        checkpoints=(
            CheckpointFigure("fraud", "serving", "predictions", 900_000, 21_000.0, 3.1e6, 4.1e5),
            CheckpointFigure(name, None, "logs", 300_000, 9_000.0, 9e5, 1e5),
        ),
        hints=(
            HintFigure("fraud", "serving", name or "“scored request <*> in <*> ms” as a metric "
                       "would save 0.6 MB a day", 6e5),
            HintFigure("churn", None, "the tag user has 4,000 values", 0.0),
        ),
    )  # fmt: skip


def left_out(name: str | None = None) -> tuple[LeftOut, ...]:
    return (
        LeftOut(name or "/fleet/model.bin", name or "binary, of no known format",
                "leave it out of [[sources]]"),
        LeftOut("/fleet/new.jsonl", "empty so far", "append whole lines to it"),
        LeftOut("/fleet/reference.csv", "read as the reference of a model"),
    )  # fmt: skip


def query_answer(text: str, name: str | None = None) -> QueryAnswer:
    rows = tuple(
        (name or f"model-{place}", str(place), None, "2026-11-23 14:03:22", "x" * 90)
        for place in range(60)
    )
    names = (name or "model", "n", "nothing", "ts", "long")
    return QueryAnswer(text, names, (False, True, False, False, False), rows, True, 0.012)


def templates(name: str | None = None) -> tuple[TemplateFigure, ...]:
    return (
        TemplateFigure("t0", name or "scored request <*> in <*> ms", "serving", "INFO", 5100,
                       5000, 850.0, 0.6),
        TemplateFigure("t2", "timeout after <*> ms calling <*>", "serving", "ERROR", 120, 10, 20.0,
                       14.1),
        TemplateFigure("t1", "feature <*> missing, default used", "serving", "WARNING", 40, 0, 6.7,
                       7.5),
        TemplateFigure(None, "(no template)", None, None, 3, 3, 0.5, 0.0),
        TemplateFigure("t9", "cache warmed in <*> s", "serving", "INFO", 0, 60, 0.0, 5.5),
    )  # fmt: skip
