"""The home view: models, timeline, inbox, and the alert beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.worker import Worker

from console.tui.commands import HOME
from console.tui.feed import Feed
from console.tui.memory import Memory, part, text
from console.tui.present import models, timeline
from console.tui.present.guide import UNNAMED, guide, nothing_of
from console.tui.present.line import Line, Piece, piece
from console.tui.present.markdown import alert_markdown
from console.tui.screens.evidence import EvidenceScreen
from console.tui.view import View
from console.tui.widgets.bars import FilterBar, Heading
from console.tui.widgets.document import Document
from console.tui.widgets.lists import GuideDocument, LaneRows, ModelRows
from console.tui.widgets.panes import AlertPane
from console.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.engine.snapshot import ModelPane

BESIDE = 100
"""From this width on the alert stands beside the inbox, below it under that."""
TALL = 32
"""From this height on, stacked panes all stay while the alert is read."""


class HomeScreen(EvidenceScreen):
    """Everything that one looks at first."""

    def __init__(self) -> None:
        super().__init__()
        self.headings = {
            "models": Heading("2", "Models", id="models-heading"),
            "timeline": Heading("3", "Timeline", id="timeline-heading"),
        }
        self.models = ModelRows(id="models")
        self.lanes = LaneRows(id="timeline")
        self.guide = GuideDocument(id="guide")
        self.alert = AlertPane(id="alert-pane")
        self.headings |= {"inbox": self.inbox.heading, "alert": self.alert.heading}
        self._panes: dict[str, Rows[Any] | Document] = {
            "models": self.models,
            "timeline": self.lanes,
            "inbox": self.inbox.rows,
            "alert": self.alert.document,
            "guide": self.guide,
        }
        self._feed: Feed | None = None
        self._then: tuple[float, tuple[ModelPane, ...]] | None = None
        self._filters = {"models": "", "timeline": ""}
        self._filtered = "inbox"

    def compose(self) -> ComposeResult:
        """Header, panes, filter, footer."""
        # Known before the parts are: every later change of a class has them all styled again.
        self.update_classes({"empty": True, "beside": self.app.size.width >= BESIDE})
        yield self.header
        yield self.notice
        yield self.headings["models"]
        yield self.models
        yield self.headings["timeline"]
        yield self.lanes
        yield self.guide
        with Container(id="work"):
            yield self.inbox
            yield self.alert
        yield self.filter_bar
        yield self.keys

    def on_mount(self) -> None:
        """The inbox has the keys from the first frame on."""
        self.inbox.rows.focus()
        self.apply(self.console_app.view)

    def memory(self) -> dict[str, Any]:
        """What narrows its lists; the cursor is on what needs one most, each time."""
        return {"filters": {**self._filters, "inbox": self.inbox.filter}}

    def recall(self, memory: Memory) -> None:
        """They are narrowed again."""
        filters = part(memory, "filters")
        self._filters = {name: text(filters, name) for name in self._filters}
        self.inbox.narrow(text(filters, "inbox"))

    # Drawing

    def apply(self, view: View) -> None:
        """Draws everything from the view."""
        if not self.is_mounted or not self.size.width:
            return
        with self.app.batch_update():
            self.show_header()
            self._show_notice(view)
            empty = view.snapshot is None or not (
                view.snapshot.models or view.snapshot.inbox or view.snapshot.progress.rows
            )
            self.set_class(empty, "empty")
            if empty != (self.pane == "guide"):
                self._panes["guide" if empty else "inbox"].focus()
            if empty:
                paths = self.console_app.session.paths
                self.guide.show(lambda width: guide(view.snapshot, paths, width), from_top=False)
            self._show_models(view)
            self._show_lanes(view)
            self.inbox.apply(view)
            self._arrange()

    def _show_notice(self, view: View) -> None:
        notices = view.snapshot.notices if view.snapshot else ()
        if view.failure is not None:
            self.show_notice(view.failure, "✕", "critical")
        else:
            self.show_notice(notices[0] if notices else "", more=max(len(notices) - 1, 0))

    def _show_models(self, view: View) -> None:
        rows = self.models
        wanted = self._filters["models"].casefold()
        known = self._models_at(view)
        found = [model for model in known if wanted in model.name.casefold()]
        rows.columns = models.layout(known, self.size.width - 1)
        nothing = nothing_of(view, UNNAMED, narrowed=bool(wanted and known))
        rows.show(found, empty=[(Piece(nothing, "dim"),)])
        note: Line = ()
        if self._then is not None:
            at = self.console_app.calendar.near(self._then[0], view.now)
            note = (Piece(f"as of {at}", "accent"),)
        if wanted:
            note = (piece(f"({len(found)} of {len(known)}) “{wanted}”, esc clears", "accent"),)
        self.headings["models"].show(note, over=models.heading(rows.columns))

    def _models_at(self, view: View) -> Sequence[ModelPane]:
        """The models as they are, or as they stood at the time cursor once that is answered."""
        models = view.snapshot.models if view.snapshot else ()
        at = view.time.cursor
        if at is None or not models:
            self._then = None
            return models
        if self._then is not None and self._then[0] == at:
            return self._then[1]
        self._ask_for(models, view.alerts, at)
        return self._then[1] if self._then is not None else models

    def _ask_for(self, models: Sequence[ModelPane], alerts: Sequence[Alert], at: float) -> None:
        if self._feed is None:
            self._feed = Feed(self, self.console_app.session.desk, self._failed)

        def answered(panes: tuple[ModelPane, ...]) -> None:
            if self.console_app.view.time.cursor is not None:
                self._then = (at, panes)
                self._show_models(self.console_app.view)

        self._feed.ask("panes", lambda desk: desk.panes_at(models, alerts, at), answered)

    def _failed(self, reason: str) -> None:
        self.say((piece(reason, "warning"),))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The desk has answered."""
        if self._feed is not None:
            self._feed.answered(event)

    async def on_unmount(self) -> None:
        """Gives the desk back, without waiting in the thread of the screen."""
        if self._feed is not None:
            await asyncio.to_thread(self._feed.close)

    def _show_lanes(self, view: View) -> None:
        if view.snapshot is None:
            return
        rows, calendar = self.lanes, self.console_app.calendar
        start, end = view.time.bounds(view.now)
        wanted = self._filters["timeline"].casefold()
        found = [
            lane
            for lane in timeline.lanes(view.snapshot, view.alerts, start, end)
            if wanted in timeline.lane_name(lane).casefold()
        ]
        rows.axis = timeline.axis(found, start, end, self.size.width - 1)
        rows.now, rows.time_cursor = view.now, view.time.cursor
        nothing = nothing_of(view, " no model is known yet", narrowed=bool(wanted))
        rows.show(found, empty=[(Piece(nothing, "dim"),)])
        follows = view.time.end is None
        text = timeline.span_text(start, end, follows=follows, now=view.now, calendar=calendar)
        note = [Piece(text, "dim")]
        if wanted:
            note.append(piece(f" · “{wanted}”, esc clears", "accent"))
        if view.time.cursor is not None:
            near = timeline.at_cursor(found, rows.axis, view.time.cursor)
            note.append(Piece(f" · at {calendar.near(view.time.cursor, view.now)}", "accent"))
            note.append(piece(f" {near}" if near else "", "event"))
        over = timeline.ticks(rows.axis, calendar)
        self.headings["timeline"].show(tuple(note), over=over)

    def _arrange(self) -> None:
        """Shares the height out: lists as tall as their rows, the alert gets the rest."""
        width, height = self.size
        beside = width >= BESIDE
        self.set_class(beside, "beside")
        reading = not beside and height < TALL and self.pane == "alert"
        self.set_class(reading, "reading")
        most = 4 if height < TALL else max(4, height // 5)
        for rows in (self.models, self.lanes):
            rows.styles.height = max(min(len(rows.items), most), 1)
        if beside:
            self.inbox.styles.height = "1fr"
        else:
            alerts = max(len(self.inbox.rows.items), 1)
            self.inbox.styles.height = 1 + min(alerts, 3 if reading else max(4, height // 5))

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """Everything again for the new size."""
        self.apply(self.console_app.view)

    def on_inbox_pane_selected(self) -> None:
        """The message is that of the alert under the cursor."""
        app = self.console_app
        self.alert.apply(self.inbox.selected, app.view, app.calendar)
        self.look()

    def look(self) -> None:
        """Tells what is being looked at: an alert that the user put the cursor on."""
        inbox, app = self.inbox, self.console_app
        alert = inbox.selected
        seen = alert is not None and inbox.touched and inbox.rows.on_screen
        looking = seen and self.pane in ("inbox", "alert") and app.screen is self
        app.looking.rests(
            alert.id if alert is not None and looking else None, inbox.rows.cursor + 1, app.clock()
        )

    def on_descendant_focus(self) -> None:
        """Headings and footer follow the focus."""
        for name in HOME:
            self.headings[name].active = name == self.pane
        super().on_descendant_focus()
        self._arrange()
        self.look()

    def on_screen_suspend(self) -> None:
        """Another screen lies on top: nobody looks at the alerts."""
        self.console_app.looking.rests(None, 0, self.console_app.clock())

    def on_heading_clicked(self, event: Heading.Clicked) -> None:
        """A click on a heading goes to its pane."""
        self.action_focus_pane(str(event.heading.id).removesuffix("-heading"))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()

    # Panes

    def action_focus_pane(self, name: str) -> None:
        """Gives a pane the keys."""
        if not self.has_class("empty"):
            self._panes[name].focus()

    def _turn(self, step: int) -> None:
        here = HOME.index(self.pane) if self.pane in HOME else 2
        self.action_focus_pane(HOME[(here + step) % len(HOME)])

    def action_next_pane(self) -> None:
        """The next pane."""
        self._turn(1)

    def action_previous_pane(self) -> None:
        """The pane before."""
        self._turn(-1)

    def action_back(self) -> None:
        """Clears what narrows or points, one thing a press; then back to the inbox."""
        app, pane = self.console_app, self.pane
        if self._filters.get(pane):
            self._filters[pane] = ""
        elif pane == "inbox" and self.inbox.filter:
            self.inbox.narrow("")
        elif self.inbox.rows.marked:
            self.inbox.mark(())
        elif app.view.model is not None:
            app.narrow(None)
        elif app.view.time.cursor is not None:
            app.look(app.view.time.without_cursor())
        else:
            self.inbox.rows.focus()
        self.apply(app.view)

    def action_drill(self) -> None:
        """Into what lies under the cursor."""
        app = self.console_app
        if self.pane == "models":
            app.action_go("model")
        elif self.pane == "timeline":
            lane = self.lanes.selected
            app.open_logs(model=lane.model if lane else None)
        else:
            self.action_logs()

    def reveal(self, alert_id: str) -> None:
        """Puts the cursor on an alert; what narrows the inbox and hides it is cleared."""
        if not self.inbox.rows.move_to_key(alert_id):
            self.inbox.narrow("")
            self.console_app.narrow(None)
            self.inbox.rows.move_to_key(alert_id)
        self.inbox.rows.focus()

    def action_narrow(self) -> None:
        """The alerts of the model under the cursor alone."""
        model = self.models.selected
        if model is not None:
            self.console_app.narrow(model.name)
            self.inbox.rows.focus()

    @property
    def subject(self) -> str | None:
        """The model that is meant: the one under the cursor, or the selected alert's."""
        if self.pane == "models":
            return self.models.selected.name if self.models.selected else None
        if self.pane == "timeline":
            return self.lanes.selected.model if self.lanes.selected else None
        return self.inbox.selected.model if self.inbox.selected else None

    def action_logs(self) -> None:
        """The log lines around the onset of the alert."""
        alert = self._alert_in_sight()
        if alert is not None:
            now = self.console_app.clock()
            self.console_app.looking.rests(alert.id, self.inbox.rows.cursor + 1, now)
            self.console_app.looking.opened(now)
            self.console_app.open_logs(alert=alert)

    # Filter

    def action_search(self) -> None:
        """Asks for a filter of the list that has the keys."""
        text = self.inbox.filter if self.pane == "inbox" else self._filters.get(self.pane, "")
        self._filtered = self.pane
        self.filter_bar.open(text)
        self._note_filter()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Every letter narrows the list."""
        if self._filtered == "inbox":
            self.inbox.narrow(event.text)
        else:
            self._filters[self._filtered] = event.text
            self.apply(self.console_app.view)
        self._note_filter()

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        """Back to the list, narrowed or not."""
        self.on_filter_bar_changed(FilterBar.Changed(event.text))
        self._panes[self._filtered].focus()

    def _note_filter(self) -> None:
        rows = self._panes[self._filtered]
        if isinstance(rows, Rows):
            found = len(rows.items)
            self.filter_bar.note(f"{found} found · enter keeps · esc clears")

    # Triage

    def action_apply_order(self) -> None:
        """Takes the ranked order now."""
        self.inbox.renew()

    def action_reasons(self) -> None:
        """Shows or hides why the alert stands where it stands."""
        self.alert.toggle_reasons()

    def action_copy(self) -> None:
        """Copies the alert as Markdown, through the terminal."""
        alert = self._alert_in_sight()
        if alert is not None:
            self.console_app.copy(alert_markdown(alert, self.console_app.calendar))
