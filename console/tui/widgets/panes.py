"""The two panes of an alert: the ranked inbox, and the message of the one under its cursor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.worker import Worker, WorkerState

from console.tui.present import inbox
from console.tui.present.health import at_rest, severity_role
from console.tui.present.line import Line, Piece, piece
from console.tui.present.words import Calendar
from console.tui.view import View, arranged, cursor_after
from console.tui.widgets.bars import Heading
from console.tui.widgets.lists import AlertDocument, InboxRows
from console.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.tui.chart import ChartSpec

CHART_MOST, CHART_LEAST = 14, 6
CHART_WIDEST = 110


class InboxPane(Vertical):
    """Alerts in the ranked order, which holds still while the cursor is among them."""

    class Selected(Message):
        """Another alert lies under the cursor, or the same one changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._view = View()
        self._filter = ""
        self._touched = False
        self._waiting = (0, 0)
        self._found = 0
        self.heading = Heading("1", "Inbox", id="inbox-heading")
        self.rows = InboxRows(id="inbox")

    def compose(self) -> ComposeResult:
        """A rule and the rows."""
        yield self.heading
        yield self.rows

    @property
    def selected(self) -> Alert | None:
        """The alert under the cursor."""
        return self.rows.selected

    @property
    def touched(self) -> bool:
        """Whether the user has moved the cursor in it."""
        return self._touched

    @property
    def marked(self) -> list[Alert]:
        """The alerts that are marked, in the order of the screen: all of them in the list."""
        return [alert for alert in self.rows.items if alert.id in self.rows.marked]

    def mark(self, ids: Iterable[str]) -> None:
        """Marks these alerts and no others; what is not in the list is left out."""
        wanted = set(ids)
        self.rows.marked = frozenset(a.id for a in self.rows.items if a.id in wanted)
        self.rows.refresh()
        self._head(self._found)

    @property
    def filter(self) -> str:
        """The text that narrows it."""
        return self._filter

    def narrow(self, text: str) -> None:
        """Shows only the alerts that have the text."""
        if text != self._filter:
            self._filter = text
            self.renew()

    def apply(self, view: View, *, hold: bool | None = None) -> None:
        """Shows another view; the order holds while the user's cursor is in the list."""
        if view.model != self._view.model:
            hold = False
        self._view = view
        rows = self.rows
        found = [
            alert
            for alert in view.alerts
            if (view.model is None or alert.model == view.model)
            and inbox.matches(alert, self._filter)
        ]
        held = (self._touched and rows.has_focus) if hold is None else hold
        here = rows.selected
        order = arranged(
            [alert.id for alert in rows.items],
            found,
            hold=held,
            cursor=here.id if here else None,
        )
        by_id = {alert.id: alert for alert in found}
        target = None if held else cursor_after(rows.items, rows.cursor, by_id)
        rows.now = view.now
        rows.columns = inbox.layout(view.alerts)
        # What leaves the list is marked no more: no act hits what is not on the screen.
        rows.marked &= frozenset(order.ids)
        rows.show([by_id[alert_id] for alert_id in order.ids], empty=self._empty(view))
        loading = view.snapshot is not None and not view.snapshot.progress.caught_up
        if not self._touched and loading and not rows.has_class("visited"):
            rows.move_to(0, by_user=False)
        elif target is not None:
            rows.move_to_key(target)
        self._waiting = (order.above, order.below)
        self._head(len(found))
        self.post_message(self.Selected())

    def renew(self) -> None:
        """Takes the ranked order, the cursor on its alert."""
        self.apply(self._view, hold=False)

    def _head(self, found: int) -> None:
        self._found = found
        total = [alert for alert in self._view.alerts if not at_rest(alert)]
        rest = len(self._view.alerts) - len(total)
        pieces: list[Piece] = [Piece(f"({len(total)})", "dim")]
        if self.rows.marked:
            pieces.append(Piece(f" · {len(self.rows.marked)} marked, esc clears", "accent"))
        above, below = self._waiting
        if above or below:
            waits = [f"{number} new {where}" for number, where in
                     ((above, "above"), (below, "below")) if number]  # fmt: skip
            pieces.append(Piece(f" · {', '.join(waits)}, . shows", "warning"))
        if self._view.model is not None:
            pieces.append(piece(f" · only {self._view.model}, esc clears", "accent"))
        if self._filter:
            pieces.append(piece(f" · {found} with “{self._filter}”, esc clears", "accent"))
        if rest:
            pieces.append(Piece(f" · {rest} at rest", "dim"))
        self.heading.show(tuple(pieces))

    def _empty(self, view: View) -> list[Line]:
        if view.snapshot is None:
            return []
        if self._filter or view.model is not None:
            return [(Piece(" nothing like that; esc clears the filter", "dim"),)]
        if not view.snapshot.progress.caught_up:
            return [(Piece(" nothing so far; reading goes on", "dim"),)]
        return [(Piece(" nothing needs you", "ok"),)]

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """The message beside follows the cursor."""
        if event.by_user:
            self._touched = True
        event.stop()
        self.post_message(self.Selected())

    def on_descendant_blur(self) -> None:
        """The order need not hold while the cursor is elsewhere."""
        self.call_after_refresh(self.apply, self._view)


class AlertPane(Vertical):
    """The message of one alert, with its chart drawn in a thread."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._alert: Alert | None = None
        self._view = View()
        self._calendar = Calendar()
        self._reasons = False
        self._wanted: ChartSpec | None = None
        self._drawn: tuple[ChartSpec, tuple[Line, ...]] | None = None
        self._drawing = False
        self.heading = Heading("", "Alert", id="alert-heading")
        self.document = AlertDocument(id="alert")

    def compose(self) -> ComposeResult:
        """A rule and the text."""
        yield self.heading
        yield self.document

    @property
    def alert(self) -> Alert | None:
        """What is read."""
        return self._alert

    def apply(self, alert: Alert | None, view: View, calendar: Calendar) -> None:
        """Shows an alert; the same one stays where the reader is."""
        other = (alert.id if alert else None) != (self._alert.id if self._alert else None)
        self._alert, self._view, self._calendar = alert, view, calendar
        note = _headline(alert, view.now) if alert else ""
        self.heading.show((Piece(note, "dim"),) if note else ())
        self.document.show(self._write, from_top=other)

    def toggle_reasons(self) -> None:
        """Shows or hides why it stands where it stands."""
        self._reasons = not self._reasons
        self.document.show(self._write, from_top=False)

    def _write(self, width: int) -> list[Line]:
        if self._alert is None:
            return []
        from console.tui.present.alert import alert_lines

        return alert_lines(
            self._alert,
            width,
            calendar=self._calendar,
            now=self._view.now,
            chart=self._chart(self._alert, width),
            reasons=self._reasons,
        )

    def _chart(self, alert: Alert, width: int) -> tuple[Line, ...]:
        """The chart if it is drawn; else it is asked for, and its place kept."""
        found = alert.evidence
        if len(found.points) < 2:
            return ()
        from console.tui.chart import ChartSpec

        height = max(min(self.document.size.height // 3, CHART_MOST), CHART_LEAST)
        start, end = found.points[0][0], found.points[-1][0]
        events = tuple(
            (event.ts, 0.0)
            for event in (self._view.snapshot.events if self._view.snapshot else ())
            if start <= event.ts <= end and event.model in (None, alert.model)
        )
        cursor = self._view.time.cursor
        spec = ChartSpec(
            found.points,
            baseline=_finite(found.baseline if found.baseline is not None else found.before),
            threshold=_finite(found.threshold),
            onset=alert.started_at,
            cursor=cursor if cursor is not None and start <= cursor <= end else None,
            events=events,
            role=severity_role(alert) if alert.severity != "info" else "info",
            width=min(width - 5, CHART_WIDEST),
            height=height,
            calendar=self._calendar,
        )
        if self._drawn is not None and self._drawn[0] == spec:
            return tuple((Piece("   "), *line) for line in self._drawn[1])
        self._wanted = spec
        self._draw_next()
        stale = self._drawn is not None and replace(self._drawn[0], points=spec.points) == spec
        if stale and self._drawn is not None:
            return tuple((Piece("   "), *line) for line in self._drawn[1])
        return ((),) * height

    def _draw_next(self) -> None:
        """Draws the chart that is wanted, one at a time, never in the thread of the screen."""
        spec = self._wanted
        if spec is None or self._drawing:
            return
        from console.tui.chart import chart

        self._wanted = None
        self._drawing = True
        self.run_worker(
            lambda: (spec, chart(spec)), thread=True, group="chart", exit_on_error=False
        )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A chart is there, or could not be drawn; on to the next."""
        if event.worker.group != "chart" or not event.worker.is_finished:
            return
        event.stop()
        self._drawing = False
        if event.state is WorkerState.SUCCESS:
            self._drawn = event.worker.result
            self.document.show(self._write, from_top=False)
        self._draw_next()


def _headline(alert: Alert, now: float) -> str:
    from console.tui.present.alert import headline  # the first frame shows no alert

    return headline(alert, now)


def _finite(value: float | None) -> float | None:
    """A level that can be drawn: NaN would also make every chart another one than the last."""
    return value if value is not None and math.isfinite(value) else None
