"""A session of made-up data for the tests of the screen; run as a script it shows itself."""

from __future__ import annotations

import math
import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
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
from console.records.action import Action, Verb
from console.records.clock import HOUR, MINUTE
from console.store.pages import LogLine, LogPage, LogQuery
from console.tui.view import STATE_AFTER

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


class FakeReader:
    """Log pages over a list in memory."""

    def __init__(self, lines: list[LogLine], wait: Callable[[], object] = lambda: None) -> None:
        self.lines = lines
        self.asked: list[str] = []
        self.fail: Exception | None = None
        self._wait = wait
        self.closed = False
        self.interrupted = threading.Event()

    def _found(self, query: LogQuery) -> list[LogLine]:
        self._wait()
        if self.fail is not None:
            raise self.fail
        least = LEVELS.index(query.least_level) if query.least_level else 0
        text = (query.text or "").casefold()
        return [
            line
            for line in list(self.lines)
            if (query.model is None or line.model == query.model)
            and (query.stage is None or line.stage == query.stage)
            and (not least or (line.level in LEVELS and LEVELS.index(line.level or "") >= least))
            and (not text or text in f"{line.message}{line.exception or ''}".casefold())
        ]

    def _page(self, found: list[LogLine], start: int, end: int) -> LogPage:
        start, end = max(start, 0), min(end, len(found))
        return LogPage(tuple(found[start:end]), start > 0, end < len(found))

    def logs_newest(self, query: LogQuery, limit: int) -> LogPage:
        self.asked.append("newest")
        found = self._found(query)
        return self._page(found, len(found) - limit, len(found))

    def logs_before(self, query: LogQuery, key: tuple[float, int, int], limit: int) -> LogPage:
        self.asked.append("before")
        found = self._found(query)
        place = bisect_left([line.key for line in found], key)
        return self._page(found, place - limit, place)

    def logs_after(self, query: LogQuery, key: tuple[float, int, int], limit: int) -> LogPage:
        self.asked.append("after")
        found = self._found(query)
        place = bisect_right([line.key for line in found], key)
        return self._page(found, place, place + limit)

    def logs_around(self, query: LogQuery, ts: float, limit: int) -> LogPage:
        self.asked.append("around")
        found = self._found(query)
        place = bisect_left([line.ts for line in found], ts)
        return self._page(found, place - limit // 2, place + limit // 2)

    def log_count(self, query: LogQuery) -> int:
        return len(self._found(query))

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.interrupted.set()
        self.closed = True


class FakeSession:
    """What the engine would be: snapshots when the test says so, acts that take effect."""

    user = "anna"

    def __init__(self, first: Snapshot | None = None, lines: list[LogLine] | None = None) -> None:
        self.paths = "./fleet"
        self.first = first
        self.lines = (
            lines
            if lines is not None
            else [log_line(i, NOW - 4 * HOUR + 2.4 * i) for i in range(6000)]
        )
        self.acts: list[Action] = []
        self.undone: list[Action] = []
        self.stopped = False
        self.started = threading.Event()
        self.the_reader = FakeReader(self.lines)
        self.refuse: str | None = None
        self.confirms = True
        self._last = first
        self._on_snapshot: Callable[[Snapshot], None] | None = None
        self._on_failure: Callable[[str], None] | None = None

    def start(
        self, on_snapshot: Callable[[Snapshot], None], on_failure: Callable[[str], None]
    ) -> None:
        self._on_snapshot, self._on_failure = on_snapshot, on_failure
        if self.first is not None:
            on_snapshot(self.first)
        self.started.set()

    def push(self, newer: Snapshot) -> None:
        assert self._on_snapshot is not None
        self._last = newer
        self._on_snapshot(newer)

    def break_down(self, reason: str) -> None:
        assert self._on_failure is not None
        self._on_failure(reason)

    def append(self, line: LogLine) -> None:
        self.lines.append(line)
        assert self._last is not None
        self.push(replace(self._last, revision=self._last.revision + 1))

    def _state(self, alert_id: str, state: AlertState) -> None:
        if self._last is not None and self.confirms:
            inbox = tuple(
                replace(entry, state=state) if entry.id == alert_id else entry
                for entry in self._last.inbox
            )
            self.push(replace(self._last, revision=self._last.revision + 1, inbox=inbox))

    def act(self, verb: Verb, alert_id: str, /, **args: str | float) -> Action:
        if self.refuse:
            raise ValueError(self.refuse)
        action = Action(f"act-{len(self.acts)}", NOW, self.user, alert_id, verb, args)
        self.acts.append(action)
        if verb in STATE_AFTER:
            self._state(alert_id, STATE_AFTER[verb])
        return action

    def undo(self) -> Action | None:
        if not self.acts:
            return None
        action = self.acts.pop()
        self.undone.append(action)
        self._state(action.alert_id, "open")
        return action

    def reader(self) -> FakeReader | None:
        return self.the_reader

    def stop(self) -> None:
        self.stopped = True


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


def main() -> None:
    """Shows the fake: `tui_fakes.py [data|empty|loading|hostile|failed|history|tick]`."""
    from console.tui.app import ConsoleApp

    kind = sys.argv[1] if len(sys.argv) > 1 else "data"
    firsts = {
        "empty": EMPTY,
        "loading": snapshot(share=0.43),
        "hostile": hostile(),
        "history": snapshot(live=False),
        "failed": None,
    }
    first = firsts.get(kind, snapshot())
    lines = None
    if kind == "hostile":
        lines = [log_line(i, ONSET + i, hostile_text() + "x" * 10_000, "ERROR") for i in range(50)]
    session = FakeSession(first, lines)
    if kind == "tick":

        def tick() -> None:
            session.started.wait()
            index = 100_000
            while not session.stopped:
                time.sleep(0.25)
                index += 1
                session.append(log_line(index, NOW + index / 100, f"line {index}", "INFO"))

        threading.Thread(target=tick, daemon=True).start()
    if kind == "failed":
        start = session.start

        def failing(
            on_snapshot: Callable[[Snapshot], None], on_failure: Callable[[str], None]
        ) -> None:
            start(on_snapshot, on_failure)
            on_failure(
                "the store ~/.local/share/x.db is held by process 4242: end it or give --store"
            )

        session.start = failing  # type: ignore[method-assign]
    app = ConsoleApp(session, clock=lambda: NOW)
    app.run()
    sys.exit(app.return_code or 0)


if __name__ == "__main__":
    main()
