"""What is done to alerts: sent to the session, shown at once, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.records.clock import Clock
from console.tui.errands import ErrandApp
from console.tui.present.line import Piece, piece
from console.tui.present.words import plural
from console.tui.session import Session
from console.tui.view import STATE_AFTER, View

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.records.action import Action, Verb
    from console.tui.screens.choose import Choice

PREVIEW = 10
"""Of more alerts than this a list is shown before anything is done to them, or taken back."""
DONE: dict[Verb, str] = {
    "ack": "acked",
    "snooze": "snoozed",
    "resolve": "resolved",
    "noise": "marked as noise",
    "important": "marked as important",
    "note": "noted",
    "mute": "muted",
    "assign": "assigned",
    "merge": "merged",
    "split": "split off",
}


class ActingApp(ErrandApp):
    """An app on a session, with a view of it."""

    def __init__(self, session: Session, clock: Clock) -> None:
        super().__init__()
        self.session = session
        self.clock = clock
        self.view = View()
        self._undone_to: dict[str, Alert] = {}

    def show(self, view: View) -> None:
        """Draws another view."""
        raise NotImplementedError

    def act(self, verb: Verb, alert: Alert, choice: Choice | None = None) -> None:
        """Sends an act to the session and shows it at once."""
        self.act_on((alert,), verb, choice)

    def act_on(self, alerts: Sequence[Alert], verb: Verb, choice: Choice | None = None) -> None:
        """The same act on several alerts, which one `z` takes back."""
        if not alerts:
            return
        try:
            self.session.act_on(
                verb, [alert.id for alert in alerts], **(choice.args if choice else {})
            )
        except ValueError as error:
            self.say(Piece("not done: ", "warning"), str(error))
            return
        self._undone_to |= {alert.id: alert for alert in alerts}
        if verb in STATE_AFTER:
            states = dict.fromkeys((alert.id for alert in alerts), STATE_AFTER[verb])
            self.show(self.view.acted(states, self.clock()))
        how = f" {choice.text}" if choice and choice.text else ""
        if len(alerts) == 1:
            told, undoes, about = f"{DONE[verb]}{how}", ", z undoes", f"  {alerts[0].title}"
        else:
            told, undoes, about = f"{len(alerts)} {DONE[verb]}{how}", ", z undoes them all", ""
        self.say(Piece(told, "ok"), Piece(undoes, "dim"), about)

    def action_undo(self) -> None:
        """Takes back what the last key did and says what; shows it first where it is much."""
        taken = self.session.undoable()
        if len(taken) <= PREVIEW:
            self._undo()
            return
        from console.tui.screens.preview import undo_preview

        def agreed(answer: Choice | None) -> None:
            if answer is not None:
                self._undo()

        done = DONE.get(taken[0].verb, taken[0].verb)
        titles = self._titles()
        named = [titles.get(action.alert_id, action.alert_id) for action in taken]
        self.push_screen(undo_preview(done, named), agreed)

    def _undo(self) -> None:
        taken = self.session.undo()
        if not taken:
            self.say(Piece("nothing to undo", "dim"))
            return
        before = {
            action.alert_id: known.state
            for action in taken
            if action.verb in STATE_AFTER
            and (known := self._undone_to.pop(action.alert_id, None)) is not None
        }
        if before:
            self.show(self.view.acted(before, self.clock()))
        done = DONE.get(taken[0].verb, taken[0].verb)
        self.say(Piece("undone: ", "ok"), f"{done} ", self._about(taken))

    def _about(self, taken: Sequence[Action]) -> Piece:
        if len(taken) > 1:
            return Piece(f" {plural(len(taken), 'alert')}")
        alert_id = taken[0].alert_id
        return piece(f" {self._titles().get(alert_id, alert_id)}", "dim")

    def _titles(self) -> dict[str, str]:
        return {alert.id: alert.title for alert in self.view.alerts if alert.title}
