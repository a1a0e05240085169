"""The long timeline of all models: what happened, which version ran, what the logs were like."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from console.tui.commands import bindings
from console.tui.present import timeline, tracks
from console.tui.present.line import Line, Piece, piece
from console.tui.present.tracks import TrackRow
from console.tui.screens.asking import AskingScreen, Question
from console.tui.view import View
from console.tui.widgets.bars import Heading
from console.tui.widgets.rows import Rows

if TYPE_CHECKING:
    from console.engine.views.timeline import TimelineAnswer

NEAR_CELLS = 2
"""So many cells beside the time cursor an incident is still the one that is meant."""


class TrackRows(Rows[TrackRow]):
    """Three rows a model."""

    pane = "tracks"
    BINDINGS = bindings("tracks")

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.axis = timeline.Axis(0.0, 1.0, 1, 1)
        self.now = 0.0
        self.time_cursor: float | None = None

    def key_of(self, item: TrackRow) -> Hashable:
        """Model and kind."""
        return item.key

    def stamp_of(self, item: TrackRow) -> Hashable:
        """Everything, the axis and the cursor."""
        return item, self.axis, self.now, self.time_cursor

    def draw(self, item: TrackRow, width: int, *, selected: bool) -> Line:  # noqa: ARG002
        """Name and cells."""
        return tracks.draw(item, self.axis, now=self.now, cursor=self.time_cursor)


class TimelineScreen(AskingScreen):
    """Incidents, events, versions and logs on the axis that all views share."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: TimelineAnswer | None = None
        self._heading = Heading("3", "Timeline", id="tracks-heading")
        self._ticks = Heading("", "")
        self.rows = TrackRows(id="tracks")

    def compose(self) -> ComposeResult:
        """Header, axis, rows, keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._ticks
        yield self.rows
        yield self.filter_bar
        yield self.keys

    def begin(self) -> None:
        """The rows have the keys."""
        self.rows.focus()

    def lists(self) -> Mapping[str, TrackRows]:
        """The rows."""
        return {"tracks": self.rows}

    def question(self, view: View) -> Question | None:
        """The span in as many parts as there are cells."""
        if view.snapshot is None or not view.snapshot.models:
            return None
        span = view.time.bounds(view.now)
        parts = self._axis(view).width
        about = (view.time.width, view.time.end, parts)
        return Question(about, lambda desk: desk.timeline(span, parts))

    def _axis(self, view: View) -> timeline.Axis:
        start, end = view.time.bounds(view.now)
        lanes = timeline.lanes(view.snapshot, view.alerts, start, end) if view.snapshot else []
        return timeline.axis(lanes, start, end, self.app.size.width - 1, least=len("  versions"))

    def answered(self, answer: TimelineAnswer) -> None:
        """Bands and heat."""
        self._shown = answer
        self.draw(self.console_app.view)

    def draw(self, view: View) -> None:
        """All rows; bands and heat once they are known for this axis."""
        rows, calendar = self.rows, self.console_app.calendar
        rows.axis = self._axis(view)
        rows.now, rows.time_cursor = view.now, view.time.cursor
        self._heading.active = True
        rows.show(self._tracks(view, rows.axis), empty=[(Piece(" no model is known yet", "dim"),)])
        start, end = view.time.bounds(view.now)
        follows = view.time.end is None
        text = timeline.span_text(start, end, follows=follows, now=view.now, calendar=calendar)
        note: list[Piece] = [Piece(text, "dim")]
        if view.time.cursor is not None:
            note.append(Piece(f" · at {calendar.near(view.time.cursor, view.now)}", "accent"))
            row = rows.selected
            lanes = [item.lane for item in rows.items if item.kind == "happened"]
            if row is not None:
                told = tracks.at_cell(row, rows.axis, view.time.cursor)
                told = told or timeline.at_cursor(lanes, rows.axis, view.time.cursor)
                note.append(piece(f" {told}" if told else "", "event"))
        self._heading.show(tuple(note))
        self._ticks.show((), over=timeline.ticks(rows.axis, calendar))

    def _tracks(self, view: View, axis: timeline.Axis) -> list[TrackRow]:
        if view.snapshot is None:
            return []
        shown = self._shown
        fits = shown is not None and shown.parts == axis.width
        known = {track.model: track for track in shown.tracks} if shown and fits else {}
        marks = shown.events if shown and shown.start <= axis.start + axis.seconds else None
        most = max(
            [heat.lines for track in known.values() for heat in track.heat if heat], default=1
        )
        found: list[TrackRow] = []
        for lane in timeline.lanes(view.snapshot, view.alerts, axis.start, axis.end, marks):
            found.append(TrackRow("happened", lane))
            track = known.pop(lane.model, None)
            if track is not None and track.bands:
                found.append(TrackRow("versions", lane, bands=track.bands))
            if track is not None and track.heat:
                found.append(TrackRow("logs", lane, heat=track.heat, most=most))
        for model, track in known.items():
            if track.heat:
                lane = timeline.Lane(model, (), ())
                found += [TrackRow("happened", lane)]
                found += [TrackRow("logs", lane, heat=track.heat, most=most)]
        return found

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """The heading tells what lies under both cursors."""
        event.stop()
        self.draw(self.console_app.view)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002
        """As many parts as there are cells now."""
        self.apply(self.console_app.view)

    # Going about

    def action_jump(self, step: int) -> None:
        """The time cursor to the beginning of the next or previous incident of this model."""
        app, row = self.console_app, self.rows.selected
        found = tracks.incidents(app.view.alerts, row.lane.model if row else None)
        here = app.view.time.cursor
        if here is None:
            here = app.view.time.bounds(app.view.now)[1 if step < 0 else 0]
        after = [alert for alert in found if alert.started_at > here + 1.0]
        before = [alert for alert in found if alert.started_at < here - 1.0]
        wanted = (after[0] if after else None) if step > 0 else (before[-1] if before else None)
        if wanted is None:
            self.say((Piece(f"no {'later' if step > 0 else 'earlier'} incident", "dim"),))
            return
        app.look(app.view.time.at(wanted.started_at, app.view.now))
        self.say((piece(wanted.title, "strong"), Piece("  enter opens it", "dim")))

    def action_jump_event(self, step: int) -> None:
        """The time cursor to the next or previous marked event."""
        app = self.console_app
        known = self._shown.events if self._shown else ()
        if app.view.snapshot is not None:
            known = (*known, *app.view.snapshot.events)
        here = app.view.time.cursor
        here = app.view.time.bounds(app.view.now)[1 if step < 0 else 0] if here is None else here
        times = sorted({event.ts for event in known if (event.ts - here) * step > 1.0})
        if not times:
            self.say((Piece(f"no {'later' if step > 0 else 'earlier'} event", "dim"),))
            return
        app.look(app.view.time.at(times[0] if step > 0 else times[-1], app.view.now))

    def action_drill(self) -> None:
        """The incident under both cursors; else the model's logs at the time cursor."""
        app, row = self.console_app, self.rows.selected
        if row is None:
            return
        cursor = app.view.time.cursor
        if row.kind == "versions" and row.lane.model is not None:
            app.look_at(row.lane.model)
            app.action_go("model")
            return
        near = NEAR_CELLS * self.rows.axis.seconds
        if row.kind == "happened" and cursor is not None:
            for alert in reversed(tracks.incidents(app.view.alerts, row.lane.model)):
                ended = app.view.now if alert.ended_at is None else alert.ended_at
                if alert.started_at - near <= cursor <= ended + near:
                    app.show_alert(alert.id)
                    return
        app.open_logs(model=row.lane.model)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """A second click drills."""
        event.stop()
        self.action_drill()

    def action_mark_event(self) -> None:
        """Asks what happened, then keeps it as a record."""
        from console.tui.screens.mark import MarkScreen

        app, row = self.console_app, self.rows.selected
        at = app.view.now if app.view.time.cursor is None else app.view.time.cursor
        model = row.lane.model if row else None
        app.push_screen(MarkScreen(at, model, app.view.now, app.calendar), app.marked)

    def action_back(self) -> None:
        """Withdraws what is asked, then takes the time cursor away, then goes home."""
        app = self.console_app
        if self.withdraw():
            return
        if app.view.time.cursor is not None:
            app.look(app.view.time.without_cursor())
        else:
            app.action_go("home")
