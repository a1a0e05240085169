"""A session of made-up data for the tests of the screen; run as a script it shows itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from console.alerts.alert import (
    Alert,
    AlertState,
    Cause,
    Evidence,
    Member,
    RankReason,
    RelatedLog,
)
from console.engine.snapshot import EventMark, Gauge, Health, ModelPane, Progress, Snapshot
from console.records.clock import HOUR, MINUTE
from console.store.pages import LogLine

NOW = 1_795_442_602.0  # 2026-11-23 14:03:22 UTC
ONSET = NOW - 43 * MINUTE
OLD, OLDER = NOW - 4.8 * HOUR, NOW - 5.5 * HOUR
LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def gauge(
    label: str, value: float | None, text: str, health: Health = "ok", seed: int = 0
) -> Gauge:
    trend = tuple(
        None
        if value is None
        else value * (1 + 0.04 * math.sin(0.4 * i + seed))
        - (0.002 * max(i - 40, 0) * value if health != "ok" else 0.0)
        for i in range(60)
    )
    return Gauge(label, value, text, f"{label}_series", trend, health)


def model(
    name: str, version: str, health: Health, alerts: int, perf: float, drift: float, seed: int
) -> ModelPane:
    bad: Health = "critical" if health == "critical" else "ok"
    return ModelPane(
        name=name,
        version=version,
        tier=1 if seed == 0 else 2,
        owner="risk-team",
        health=health,
        gauges=(
            gauge("perf", perf, f"{perf:.3f}".removeprefix("0"), bad, seed),
            gauge(
                "drift",
                drift,
                f"{drift:.2f}".removeprefix("0"),
                "warning" if drift > 0.2 else "ok",
                seed + 1,
            ),
            gauge("nulls", 0.004, "0.4 %", "ok", seed + 2),
            gauge("errors", 0.002, "0.2 %", "ok", seed + 3),
            gauge("latency", 118.0 + seed, f"{118 + seed} ms", "ok", seed + 4),
            gauge("volume", None if seed == 3 else 212.0, "212/s", "ok", seed + 5),
        ),
        open_alerts=alerts,
        last_seen=NOW - 1,
    )


MODELS = (
    model("fraud", "12", "critical", 2, 0.893, 0.31, 0),
    model("churn", "7", "warning", 1, 0.871, 0.04, 1),
    model("recommendations", "2026.11", "info", 1, 0.412, 0.09, 2),
    model("eta", "3", "ok", 0, 0.954, 0.02, 3),
)
EVENTS = (
    EventMark(
        "d12",
        ONSET - 2 * MINUTE,
        None,
        "fraud",
        "serving",
        "12",
        "deploy",
        "v12 to production",
        False,
    ),
    EventMark(
        "i9", NOW - 5 * HOUR, None, "churn", "upstream", None, "data_import", "CRM import", True
    ),
    EventMark(
        "c1",
        NOW - 3 * HOUR,
        NOW - HOUR,
        "recommendations",
        "business",
        None,
        "campaign",
        "black week",
        True,
    ),
    EventMark("x", NOW - 4.5 * HOUR, None, None, None, None, "config", "new gateway", False),
)


def points(
    start: float, end: float, before: float, after: float
) -> tuple[tuple[float, float], ...]:
    step = (end - start) / 96
    return tuple(
        (
            start + i * step,
            (before if start + i * step < ONSET else after)
            + 0.004 * math.sin(i * 1.7)
            + 0.002 * math.cos(i * 0.31),
        )
        for i in range(96)
    )


def alert(
    number: int,
    title: str,
    severity: str = "warning",
    state: AlertState = "open",
    model: str | None = "fraud",
    started: float = ONSET,
) -> Alert:
    return Alert(
        id=f"alert-{number}",
        fingerprint=f"print-{number}",
        severity=severity,  # type: ignore[arg-type]  # one of the three, written out below
        state=state,
        trigger="planned_event" if severity == "info" else "unexpected",
        model=model,
        stage="serving",
        version="12",
        series="auc",
        detector="performance",
        started_at=started,
        opened_at=started + 11 * MINUTE,
        updated_at=NOW - 20,
        ended_at=started + HOUR if state in ("resolved", "noise") else None,
        title=title,
        what="auc fell from .941 to .893 (95 % CI .88 to .90) on 8,412 labelled predictions.",
        where="fraud v12, serving, client=web; other clients are as before.",
        when="since 13:20, found at 13:31, still on.",
        impact="about 40 missed frauds an hour, 31 % of the traffic of a tier 1 model.",
        why=(
            Cause(
                "deploy v12 to production, 2 min before the onset; v11 in the same windows is "
                "as before",
                "event",
                0.86,
                "d12",
                ONSET - 2 * MINUTE,
            ),
            Cause("CRM import", "event", 0.07, "i9", NOW - 5 * HOUR),
            Cause("a change that nobody marked", "unknown", 0.05),
            Cause("chance", "unknown", 0.02),
        ),
        explained_by="c1" if severity == "info" else None,
        evidence=Evidence(
            0.941, 0.893, 0.938, 0.92, 4.1, 3e-7, points(NOW - 4 * HOUR, NOW, 0.941, 0.893)
        ),
        members=(
            Member("fraud", "features", "null_rate(age)", "quality", ONSET + MINUTE),
            Member("fraud", "serving", "score drift", "drift", ONSET + 4 * MINUTE),
        ),
        related_logs=(
            RelatedLog(
                "feature <*> missing, default used",
                "WARNING",
                1204,
                38.2,
                "feature age missing, default used",
                "serving/fraud.log",
                18234,
                "t1",
            ),
            RelatedLog(
                "timeout after <*> ms calling <*>",
                "ERROR",
                61,
                12.0,
                "timeout after 2000 ms calling features",
                "serving/fraud.log",
                99,
                "t2",
            ),
        ),
        suggestions=(
            "Compare v11 and v12 on the same requests.",
            "Roll back to v11 if the feature store has no `age` for web clients.",
        ),
        features={"severity": 1.0},
        rank=number,
        priority=95.0 - 7 * number,
        rank_reasons=(
            RankReason("critical severity", 1.6),
            RankReason("a performance metric", 1.4),
            RankReason("a tier 1 model", 1.2),
            RankReason("deploy explains it in part", -0.4),
        ),
    )


ALERTS = (
    alert(1, "auc of fraud falling since 13:20: .941 → .893", "critical"),
    alert(2, "age of churn drifted after import", "warning", model="churn", started=OLD),
    alert(3, "null rate of age in fraud up 12-fold", "warning", "acknowledged",
          started=ONSET + MINUTE),
    alert(4, "clicks of recommendations up 40 % as expected", "info", model="recommendations",
          started=NOW - 3 * HOUR),
    alert(5, "latency p95 of eta 180 ms for 20 min", "warning", "resolved", "eta", OLDER),
)  # fmt: skip


def progress(share: float = 1.0) -> Progress:
    return Progress(23, int(120e6 * share), int(120e6), int(1_800_000 * share), 3, 18204.0, 0.2)


def snapshot(
    revision: int = 1,
    *,
    inbox: Sequence[Alert] = ALERTS,
    models: Sequence[ModelPane] = MODELS,
    live: bool = True,
    share: float = 1.0,
    notices: tuple[str, ...] = (),
    now: float = NOW,
) -> Snapshot:
    return Snapshot(
        revision=revision,
        now=now,
        live=live,
        models=tuple(models),
        inbox=tuple(inbox),
        events=EVENTS if models else (),
        progress=progress(share),
        notices=notices,
    )


EMPTY = Snapshot(1, NOW, True, (), (), (), Progress(0, 0, 0, 0, 0, 0.0, 0.0))


def log_line(index: int, ts: float, message: str = "", level: str = "INFO") -> LogLine:
    templates = {
        3: ("feature age missing, default used", "WARNING", "t1"),
        7: ("timeout after 2000 ms calling features", "ERROR", "t2"),
    }
    text, found, template = templates.get(
        index % 11, (f"scored request {index} in 12 ms", level, "t0")
    )
    error = found == "ERROR" and not message
    return LogLine(
        ts=ts,
        model="fraud" if index % 2 else "churn",
        stage="serving",
        version="12",
        level=level if message else found,
        logger="serving.api",
        message=message or text,
        exception='Traceback (most recent call last):\n  File "api.py", line 7, in score\n'
        "TimeoutError: 2000 ms"
        if error
        else None,
        template_id=None if message else template,
        attributes=f'{{"request":"r-{index}","took_ms":12}}',
        file="serving/fraud.log",
        file_id=1,
        offset=index * 100,
    )


def hostile_text() -> str:
    return (
        "\x1b]0;owned\x07[/foo] [bold]x[/] \x1b[2J\x9b31m\u202eevil\u2066 \x00\x07\x7f "
        "\u200bzero\u200d \u2028sep 漢字テスト 👩\u200d🚀 "
        "z\u0300\u0301\u0302\u0303\u0304 \x1bP1;2q\x1b\\ end"
    )


def hostile() -> Snapshot:
    text = hostile_text()
    bad = replace(
        ALERTS[0], title=text, model=text, what=text * 3, where=text, when=text, impact=text,
        stage=text, version=text, series=text, explained_by=text,
        why=(Cause(text, "event", 0.9, text, NOW),), suggestions=(text,),
        members=(Member(text, text, text, "drift", NOW),),
        related_logs=(RelatedLog(text, "ERROR", 4, math.inf, text, text, 3, "t1"),),
        rank_reasons=(RankReason(text, 1.0),),
        evidence=Evidence(math.nan, math.inf, None, math.nan, None, None,
                          ((NOW - 60, math.nan), (NOW - 30, 1.0), (NOW, math.inf))),
    )  # fmt: skip
    pane = replace(MODELS[0], name=text, version=text, gauges=tuple(
        replace(entry, label=text, text=text, trend=(math.nan, math.inf, None, 1.0))
        for entry in MODELS[0].gauges
    ))  # fmt: skip
    event = EventMark(text, NOW - HOUR, None, text, text, text, text, text, False)
    return replace(
        snapshot(),
        models=(pane, MODELS[1]),
        inbox=(bad, ALERTS[1]),
        events=(event,),
        notices=(text,),
    )
