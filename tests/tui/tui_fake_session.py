"""A session over made-up data; run as a script it shows itself.

tui_fake_session.py [data|empty|loading|history|hostile|failed|tick]
"""

from __future__ import annotations

import sys
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui_fakes import (
    EMPTY,
    LEVELS,
    NOW,
    ONSET,
    hostile,
    hostile_text,
    log_line,
    snapshot,
)

from console.alerts.alert import Alert, AlertState
from console.engine.marking import Mark
from console.engine.snapshot import ModelPane, Snapshot
from console.records.action import STROKE, Action, Verb, last_standing
from console.records.clock import HOUR
from console.store.pages import LogLine, LogPage, LogQuery
from console.tui.desk import Span
from console.tui.view import STATE_AFTER

if TYPE_CHECKING:
    from console.engine.views.column import ColumnAnswer
    from console.engine.views.compare import CompareAnswer, Side
    from console.engine.views.model import ModelAnswer
    from console.engine.views.query import QueryAnswer
    from console.engine.views.sources import SourcesAnswer
    from console.engine.views.templates import TemplateFigure
    from console.engine.views.timeline import TimelineAnswer
    from console.sources.leftout import LeftOut
    from console.store.rawrows import CellQuery, RawRow


def fakes() -> Any:
    """Made-up answers; they import what the first frame must not."""
    import tui_fake_answers

    return tui_fake_answers


class FakeDesk:
    """Log pages over a list in memory."""

    def __init__(self, lines: list[LogLine], wait: Callable[[], object] = lambda: None) -> None:
        self.lines = lines
        self.asked: list[str] = []
        self.about: list[tuple[Any, ...]] = []
        self.answers: dict[str, Any] = {}
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
            and (query.template_id is None or line.template_id == query.template_id)
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

    # Views

    def _told(self, question: str, *about: object) -> None:
        self.asked.append(question)
        self.about.append(about)
        self._wait()
        if self.fail is not None:
            raise self.fail

    def panes_at(
        self, models: Sequence[ModelPane], alerts: Sequence[Alert], at: float
    ) -> tuple[ModelPane, ...]:
        self._told("panes", at)
        return tuple(
            replace(model, gauges=tuple(replace(g, text="then") for g in model.gauges))
            for model in models
        )

    def model(self, model: str, alerts: Sequence[Alert], span: Span) -> ModelAnswer:
        self._told("model", model, span)
        answer: ModelAnswer = self.answers.get("model") or fakes().model_answer(model, span[1])
        return answer

    def column(self, model: str, column: tuple[str, str], span: Span) -> ColumnAnswer | None:
        self._told("column", model, column, span)
        answer: ColumnAnswer = fakes().column_answer(*column)
        return answer

    def column_rows(self, asked: CellQuery, span: Span) -> list[RawRow]:
        self._told("column_rows", asked, span)
        rows: list[RawRow] = fakes().raw_rows()
        return rows

    def series_rows(self, series_id: int, span: Span) -> list[RawRow]:
        self._told("series_rows", series_id, span)
        rows: list[RawRow] = fakes().raw_rows(3)
        return rows

    def timeline(self, span: Span, parts: int) -> TimelineAnswer:
        self._told("timeline", span, parts)
        answer: TimelineAnswer = fakes().timeline_answer(span, parts, self.answers.get("name"))
        return answer

    def sides(self, model: str, span: Span) -> list[Side]:
        self._told("sides", model, span)
        sides: list[Side] = fakes().sides(model, span)
        return sides

    def compare(self, left: Side, right: Side) -> CompareAnswer:
        self._told("compare", left, right)
        answer: CompareAnswer = fakes().compare_answer(left, right, self.answers.get("name"))
        return answer

    def sources(self, span: Span) -> SourcesAnswer:
        self._told("sources", span)
        answer: SourcesAnswer = fakes().sources_answer(self.answers.get("name"))
        return answer

    def left_out(self) -> tuple[LeftOut, ...]:
        answer: tuple[LeftOut, ...] = fakes().left_out(self.answers.get("name"))
        return answer

    def reject_rows(self, file: str) -> list[RawRow]:
        self._told("rejects", file)
        rows: list[RawRow] = fakes().raw_rows(3)
        return rows

    def shape(self) -> Mapping[str, tuple[str, ...]]:
        return {"metrics": ("ts", "model", "name", "value"), "models": ("x",), "logs": ("ts",)}

    def query(self, text: str) -> QueryAnswer:
        self._told("query", text)
        answer: QueryAnswer = fakes().query_answer(text, self.answers.get("name"))
        return answer

    def export(self, text: str, target: str) -> int:
        self._told("export", text, target)
        return 31

    def templates(self, model: str | None, span: Span) -> tuple[TemplateFigure, ...]:
        self._told("templates", model, span)
        figures: tuple[TemplateFigure, ...] = fakes().templates(self.answers.get("name"))
        return figures

    def bundle(self, alert: Alert, target: str) -> str:
        self._told("bundle", alert.id, target)
        return target

    def raw_line(self, file: str, offset: int) -> str | None:
        self._told("raw_line", file, offset)
        return '{"kind": "prediction", "id": "p-1"}'

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
        self._acts = 0
        self.exposures: list[Action] = []
        self.marks: list[Mark] = []
        self.stopped = False
        self.attended = 0
        self.started = threading.Event()
        self.the_desk = FakeDesk(self.lines)
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

    def _become(self, states: Mapping[str, AlertState]) -> None:
        if self._last is not None and self.confirms:
            inbox = tuple(
                replace(entry, state=states.get(entry.id, entry.state))
                for entry in self._last.inbox
            )
            self.push(replace(self._last, revision=self._last.revision + 1, inbox=inbox))

    def attend(self) -> None:
        self.attended += 1

    def act(self, verb: Verb, alert_id: str, /, **args: str | float) -> Action:
        return self.act_on(verb, (alert_id,), **args)[0]

    def act_on(
        self, verb: Verb, alert_ids: Sequence[str], /, **args: str | float
    ) -> tuple[Action, ...]:
        if self.refuse:
            raise ValueError(self.refuse)
        self._acts += len(alert_ids)
        if len(alert_ids) > 1:
            args = {**args, STROKE: f"stroke-{self._acts}"}
        made = tuple(
            Action(f"act-{self._acts}-{place}", NOW, self.user, alert_id, verb, args)
            for place, alert_id in enumerate(alert_ids)
        )
        (self.exposures if verb == "exposure" else self.acts).extend(made)
        if verb in STATE_AFTER:
            self._become(dict.fromkeys(alert_ids, STATE_AFTER[verb]))
        return made

    def mark(self, mark: Mark) -> str:
        if self.refuse:
            raise ValueError(self.refuse)
        self.marks.append(mark)
        return "/fleet/events.jsonl"

    def undoable(self) -> tuple[Action, ...]:
        return last_standing(self.acts)

    def undo(self) -> tuple[Action, ...]:
        taken = self.undoable()
        self.acts = [act for act in self.acts if act not in taken]
        self.undone += taken
        if taken:
            self._become({act.alert_id: "open" for act in taken})
        return taken

    def desk(self) -> FakeDesk | None:
        return self.the_desk

    def stop(self) -> None:
        self.stopped = True


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
