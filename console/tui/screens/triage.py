"""What is done to alerts: by one key, to the one under the cursor or to all that are marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.acts import PREVIEW
from console.tui.present.health import at_rest
from console.tui.present.line import Piece
from console.tui.screens.base import ConsoleScreen
from console.tui.widgets.panes import InboxPane

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.records.action import Verb
    from console.tui.screens.choose import Choice

DOING: dict[str, str] = {
    "ack": "acknowledge",
    "snooze": "snooze",
    "resolve": "resolve as",
    "noise": "mark as noise",
    "important": "mark as important",
}


class TriageScreen(ConsoleScreen):
    """A screen with an inbox."""

    def __init__(self) -> None:
        super().__init__()
        self.inbox = InboxPane(id="inbox-pane")

    def _alert_in_sight(self) -> Alert | None:
        """The alert under the cursor, if it can be seen; else it is brought onto the screen."""
        alert = self.inbox.selected
        if alert is None:
            self.say((Piece("no alert here", "dim"),))
            return None
        if self.pane == "inbox" and not self.inbox.rows.on_screen:
            self.inbox.rows.scroll_to_cursor()
            self.say((Piece("that was off the screen; here it is, press again", "warning"),))
            return None
        return alert

    def _act(self, verb: Verb, doing: str, choice: Choice | None = None) -> None:
        """Does it to the marked alerts, else to the one under the cursor."""
        marked = self.inbox.marked
        if not marked:
            alert = self._alert_in_sight()
            if alert is not None:
                self.console_app.act(verb, alert, choice)
            return

        def agreed(answer: Choice | None) -> None:
            if answer is not None:
                chosen = {str(alert_id) for alert_id in str(answer.args["ids"]).split()}
                self.console_app.act_on([a for a in marked if a.id in chosen], verb, choice)
                self.inbox.mark(())

        if len(marked) > PREVIEW or not all(self._visible(alert) for alert in marked):
            from console.tui.screens.preview import preview

            self.app.push_screen(preview(doing, marked), agreed)
        else:
            self.console_app.act_on(marked, verb, choice)
            self.inbox.mark(())

    def _visible(self, alert: Alert) -> bool:
        rows = self.inbox.rows
        place = [item.id for item in rows.items].index(alert.id)
        return rows.display and 0 <= place - rows.scroll_offset.y < rows.size.height

    def action_act(self, verb: Verb) -> None:
        """Does it to the marked alerts, else to the one under the cursor."""
        self._act(verb, DOING.get(verb, verb))

    def action_choose(self, verb: Verb) -> None:
        """Asks how long or why, then does it to what was meant when it was asked."""
        from console.tui.screens.choose import Choose, resolutions, snoozes

        alert = self.inbox.marked[0] if self.inbox.marked else self._alert_in_sight()
        if alert is None:
            return
        app, several = self.console_app, len(self.inbox.marked)
        snooze = verb == "snooze"
        choices = (
            snoozes(app.clock(), app.calendar, self._event_end(alert)) if snooze else resolutions()
        )

        def chosen(choice: Choice | None) -> None:
            if choice is None:
                return
            if several:
                self._act(verb, f"{DOING[verb]} {choice.text}", choice)
            else:
                app.act(verb, alert, choice)

        title = "Snooze" if snooze else "Resolve as"
        about = f"{several} marked alerts" if several else alert.title
        self.app.push_screen(Choose(title, about, choices), chosen)

    def _event_end(self, alert: Alert) -> float | None:
        """The end of an event that is on and concerns the model of the alert."""
        snapshot = self.console_app.view.snapshot
        if snapshot is None:
            return None
        ends = [
            event.end_ts
            for event in snapshot.events
            if event.end_ts is not None
            and event.ts <= snapshot.now < event.end_ts
            and event.model in (None, alert.model)
        ]
        return max(ends, default=None)

    def action_note(self) -> None:
        """Asks for a note on the alert, which pins the time cursor if there is one."""
        from console.tui.screens.choose import Choice
        from console.tui.screens.prompt import Prompt

        alert = self._alert_in_sight()
        if alert is None:
            return
        app = self.console_app
        cursor = app.view.time.cursor
        first = "" if cursor is None else f"[{app.calendar.exact(cursor)[:19]}] "

        def noted(text: str | None) -> None:
            if text:
                app.act("note", alert, Choice("", "", args={"text": text}))

        self.app.push_screen(Prompt("Note", first, "kept with the alert"), noted)

    def action_mute(self) -> None:
        """Asks what a mute rule is of and until when; both have to be said."""
        from console.tui.screens.choose import Choice, Choose
        from console.tui.screens.muting import ends, scopes

        alert = self._alert_in_sight()
        if alert is None:
            return
        app = self.console_app
        now = app.clock()

        def scoped(scope: Choice | None) -> None:
            if scope is None:
                return

            def ended(end: Choice | None) -> None:
                if end is not None:
                    text = f"{scope.text} for {end.text}"
                    app.act("mute", alert, Choice("", text, args={**scope.args, **end.args}))

            about = f"{scope.text}, {scope.note}"
            self.app.push_screen(Choose("Mute until", about, ends(now, app.calendar)), ended)

        choices = scopes(alert, app.view.alerts, app.session.user, now)
        self.app.push_screen(Choose("Mute", alert.title, choices), scoped)

    def action_assign(self) -> None:
        """Asks who cares for the alert."""
        from console.tui.screens.choose import Choice
        from console.tui.screens.prompt import Prompt

        alert = self._alert_in_sight()
        if alert is None:
            return
        app = self.console_app

        def assigned(to: str | None) -> None:
            if to:
                app.act("assign", alert, Choice("", f"to {to}", args={"to": to}))

        self.app.push_screen(Prompt("Assign to", app.session.user, "a name"), assigned)

    def action_merge(self) -> None:
        """The marked alerts become members of the one under the cursor."""
        from console.tui.screens.choose import Choice

        alert = self._alert_in_sight()
        others = [one for one in self.inbox.marked if alert is None or one.id != alert.id]
        if alert is None or not others:
            self.say((Piece("mark the others with v, then M on the one they go into", "dim"),))
            return
        choice = Choice("", f"into {alert.title}", args={"into": alert.id})
        self.console_app.act_on(others, "merge", choice)
        self.inbox.mark(())

    def action_split(self) -> None:
        """Asks which member becomes an alert of its own."""
        from console.tui.screens.choose import Choice, Choose

        alert = self._alert_in_sight()
        if alert is None or not alert.members:
            self.say((Piece("this alert has no members", "dim"),))
            return
        choices = [
            Choice(key, " · ".join(p for p in (member.stage, member.series) if p), member.detector,
                   {"series": member.series or "", "stage": member.stage or ""})
            for key, member in zip("123456789", alert.members, strict=False)
        ]  # fmt: skip

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                self.console_app.act("split", alert, choice)

        self.app.push_screen(Choose("Split off", alert.title, choices), chosen)

    def action_mark(self) -> None:
        """Marks the alert under the cursor, or no more, and goes on to the next."""
        alert = self._alert_in_sight()
        if alert is not None:
            self.inbox.mark(self.inbox.rows.marked ^ {alert.id})
            self.inbox.rows.action_down()

    def action_mark_all(self) -> None:
        """Marks all that the list shows and that need somebody; criticals only one by one."""
        shown = [a for a in self.inbox.rows.items if not at_rest(a)]
        found = [a.id for a in shown if a.severity != "critical"]
        self.inbox.mark(self.inbox.rows.marked | set(found))
        left = len(shown) - len(found)
        told = f"{len(found)} marked" + (
            f", {left} critical left out: mark those singly" * bool(left)
        )
        self.say((Piece(told, "ok"),))
