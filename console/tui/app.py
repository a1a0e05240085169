"""The app: starts the session after the first frame, hands its snapshots to the screens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import SystemCommand
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from console.records.clock import Clock, system_clock
from console.tui.acts import ActingApp
from console.tui.commands import ACTING, COMMANDS, VIEWS, unknown
from console.tui.habits import Habits
from console.tui.looking import Looking
from console.tui.memory import Memory, part
from console.tui.present.line import Line, Piece, piece, wrap
from console.tui.present.words import Calendar
from console.tui.resume import left, marks_of, taken_up
from console.tui.screens.base import ConsoleScreen
from console.tui.screens.home import HomeScreen
from console.tui.session import Session
from console.tui.theme import DARK, THEMES
from console.tui.timespan import TimeSpan, opening
from console.tui.typed import InOrder, Typed
from console.tui.view import View

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.config.delivery import Notify
    from console.engine.marking import Mark
    from console.engine.snapshot import Snapshot
    from console.store.pages import LogLine
    from console.tui.desk import LogKey
    from console.tui.terminal import Terminal


class SnapshotReady(Message):
    """The session has a newer picture; of several that wait, the last counts."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """A newer one takes its place."""
        return isinstance(message, SnapshotReady)


class SessionFailed(Message):
    """The session ended on its own."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class ConsoleApp(ActingApp):
    """model-console's screen on a session."""

    CSS_PATH = "console.tcss"
    TITLE = "model-console"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar = []

    def __init__(
        self,
        session: Session,
        *,
        clock: Clock = system_clock,
        zone: tzinfo = UTC,
        habits: Habits | None = None,
        notify: Notify = "bell",
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        """`settled` is called at the first frame, and when what was there has been read."""
        super().__init__(session, clock)
        self._settled = settled
        self._reading = True
        """What was there has not been read yet."""
        self.calendar = Calendar(zone)
        self.habits = habits or Habits()
        self.keymap, self._keys_trouble = self.habits.keys()
        if strange := unknown(self.keymap):
            self._keys_trouble = f"keys.toml: no command is called {strange[0]}; ? lists them"
        self._notify = notify
        self._terminal: Terminal | None = None
        for theme in THEMES:
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            wanted = self.habits.theme
            self.theme = wanted if wanted in self.available_themes else DARK.name
        self._latest: Snapshot | None = None
        self._opening = TimeSpan()
        self.looking = Looking(self._looked_at)
        self.marks: dict[LogKey, LogLine] = marks_of(self.habits.session())
        """The log lines that the user marked."""
        self._typed = InOrder(self, super().on_event)
        self._views: dict[str, ConsoleScreen] = {}
        self._memories: Memory = {}
        self._home = HomeScreen()
        self._on = "home"

    def get_default_screen(self) -> Screen[None]:
        """Home."""
        return self._home

    async def on_event(self, event: events.Event) -> None:
        """Whoever touches a key wants to see what comes as it comes."""
        if isinstance(event, events.Key | events.MouseDown):
            self.session.attend()
        if isinstance(event, Typed) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """The first frame goes first."""
        self.set_keymap(dict(self.keymap))
        self.theme_changed_signal.subscribe(self, lambda theme: self._themed(theme.name))
        self.call_after_refresh(self._begin)
        self.set_interval(1.0, self._tick)

    def _themed(self, name: str) -> None:
        if "TEXTUAL_THEME" not in os.environ:
            self.habits.choose_theme(name)

    def _title(self, snapshot: Snapshot) -> None:
        """Tells the terminal how many are open, and calls for what has become critical."""
        if self._terminal is None:
            from console.tui.terminal import Terminal

            self._terminal = Terminal(self._to_terminal, self._notify)
        loading = not snapshot.progress.caught_up
        self._terminal.show(self.session.paths, snapshot.inbox, loading=loading)

    def _to_terminal(self, text: str) -> None:
        if self._driver is not None and not self.is_headless:
            self._driver.write(text)

    def _begin(self) -> None:
        self._settled()
        self._take_up()
        self.session.start(self._on_snapshot, self._on_failure)

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        """Called from the session's thread."""
        with suppress(RuntimeError):  # the loop has ended: nobody looks any more
            self.post_message(SnapshotReady(snapshot))

    def _on_failure(self, reason: str) -> None:
        """Called from the session's thread."""
        with suppress(RuntimeError):
            self.post_message(SessionFailed(reason))

    async def _tick(self) -> None:
        await self._typed.tick()
        # The timer may come once more while the app is going.
        if self.screen_stack and isinstance(self.screen, ConsoleScreen):
            self.screen.tick()

    async def on_unmount(self) -> None:
        """Joins the session's threads while the loop still runs: neither waits for the other."""
        self.looking.rests(None, 0, self.clock())
        if self._terminal is not None:
            self._terminal.leave()
        self._remember()
        await asyncio.to_thread(self.session.stop)

    def _take_up(self) -> None:
        """The session as it was left."""
        session = self.habits.session()
        self.view = taken_up(self.view, session)
        on, self._memories = session.get("on"), part(session, "views")
        self._home.recall(part(self._memories, "home"))
        if on in {name for name, _, _ in VIEWS} and on != "home":
            self.action_go(str(on))
        if self._keys_trouble:
            self.say(Piece(self._keys_trouble, "warning"))

    def _remember(self) -> None:
        shown = {"home": self._home, **self._views}
        memories = {name: screen.memory() for name, screen in shown.items()}
        marks = self.marks.values()
        self.habits.leave(left(self.view, self._on, {**self._memories, **memories}, marks))

    # The view

    def on_snapshot_ready(self, message: SnapshotReady) -> None:
        """One message a tick: everything is drawn from it."""
        loading = self._latest is None or not self._latest.progress.caught_up
        self._latest = message.snapshot
        if loading and self.view.time == self._opening:
            self._opening = opening(message.snapshot)
            self.view = replace(self.view, time=self._opening)
        self._title(message.snapshot)
        if not self.view.paused:
            self.show(self.view.given(message.snapshot, self.clock()))
        if self._reading and message.snapshot.progress.caught_up:
            self._reading = False
            self._settled()

    def on_session_failed(self, message: SessionFailed) -> None:
        """Said in one line; what was read stays on the screen."""
        self.show(replace(self.view, failure=message.reason))

    def show(self, view: View) -> None:
        """Draws another view, down to the lowest screen that can be seen."""
        self.view = view
        for screen in reversed(self.screen_stack):
            if isinstance(screen, ConsoleScreen):
                screen.apply(view)
            if not screen.is_modal:
                break

    def look(self, time: TimeSpan) -> None:
        """Looks at another time."""
        self.show(replace(self.view, time=time))

    def look_at(self, model: str | None) -> None:
        """Puts a model in question."""
        self.show(replace(self.view, chosen=model or self.view.chosen))

    def narrow(self, model: str | None) -> None:
        """Narrows the inbox to a model."""
        self.show(replace(self.view, model=model))

    def say(self, *line: Piece | str) -> None:
        """Tells in the footer what was done."""
        text: Line = tuple(piece(part) if isinstance(part, str) else part for part in line)
        if isinstance(self.screen, ConsoleScreen):
            self.screen.say(text)
        else:
            for screen in reversed(self.screen_stack):
                if isinstance(screen, ConsoleScreen):
                    screen.say(text)
                    break

    # Acts

    def _looked_at(self, alert_id: str, args: Mapping[str, float]) -> None:
        """What was looked at teaches the order, too."""
        with suppress(ValueError):  # the store is gone: then nobody learns
            self.session.act("exposure", alert_id, **args)

    # Time

    def action_zoom(self, steps: int) -> None:
        """A longer or shorter span."""
        self.look(self.view.time.zoomed(steps, self.view.now))

    def action_pan(self, steps: int) -> None:
        """Moves the time cursor, a cell of the timeline a step."""
        step = self.view.time.width / max(self.size.width, 1)
        self.look(self.view.time.moved(steps, step, self.view.now))

    def action_turn_page(self, halves: int) -> None:
        """Half a span earlier or later."""
        self.look(self.view.time.paged(halves, self.view.now))

    def action_pause(self) -> None:
        """Freezes what is shown, or catches up."""
        view = replace(self.view, paused=not self.view.paused)
        if not view.paused and self._latest is not None:
            view = view.given(self._latest, self.clock())
        self.show(view)

    # Places

    def action_go(self, name: str) -> None:
        """One of the views; what it showed when it was left, it shows again."""
        here = self.screen
        if isinstance(here, HomeScreen):
            self.view = replace(self.view, chosen=here.subject or self.view.chosen)
        while len(self.screen_stack) > 1 and self.screen is not self._views.get(name):
            if isinstance(self.screen, ConsoleScreen):
                self.screen.leave()
            self.pop_screen()
        self._on = name
        if name == "home":
            if isinstance(self.screen, HomeScreen) and not self.screen.has_class("empty"):
                self.screen.inbox.rows.focus()
        elif self.screen is not self._views.get(name):
            self.push_screen(self._opened(name))

    def _opened(self, name: str) -> str:
        """The name of the installed screen of a view; made when it is first gone to."""
        if name not in self._views:
            from console.tui.screens.views import make

            self._views[name] = make(name, self.view)
            self._views[name].recall(part(self._memories, name))
            self.install_screen(self._views[name], name)
        return name

    def show_alert(self, alert_id: str) -> None:
        """An alert in the inbox, brought under the cursor."""
        self.action_go("home")
        home = self.screen
        if isinstance(home, HomeScreen):
            home.reveal(alert_id)

    def marked(self, mark: Mark | None) -> None:
        """Keeps a marked event, in a thread: files are read and written."""
        if mark is None:
            return

        self.errand(
            lambda: self.session.mark(mark),
            lambda where: self.say(Piece("marked", "ok"), piece(f" in {where}", "dim")),
            lambda reason: self.say(Piece("not marked: ", "warning"), reason),
        )

    def copy(self, text: str) -> None:
        """Copies a text through the terminal."""
        self.copy_to_clipboard(text)
        self.say(Piece("copied, if the terminal lets us (OSC 52)", "ok"))

    def open_logs(
        self,
        *,
        alert: Alert | None = None,
        model: str | None = None,
        at: float | None = None,
        key: LogKey | None = None,
        template: tuple[str, str] | None = None,
    ) -> None:
        """The log lines of an alert, of a model, or all; at the time cursor if no time is given."""
        from console.tui.screens.logs import LogsScreen

        when = self.view.time.cursor if at is None else at
        self.push_screen(LogsScreen(alert=alert, model=model, at=when, key=key, template=template))

    def action_help(self) -> None:
        """Help for what has the focus."""
        screen = self.screen
        pane = screen.pane if isinstance(screen, ConsoleScreen) else ""
        if pane:
            from console.tui.screens.help import HelpScreen

            self.push_screen(
                HelpScreen(pane, lambda width: self._of_the_moment(screen, pane, width))
            )

    def _of_the_moment(self, screen: Screen[object], pane: str, width: int) -> list[Line]:
        """What the help adds to its prose: every notice, and why the alert stands where it is."""
        known = self.view.snapshot.notices if self.view.snapshot else ()
        shown = screen.told if isinstance(screen, ConsoleScreen) else ""
        notices = dict.fromkeys([*([shown] if shown else []), *known])
        lines: list[Line] = []
        for text in notices:
            first, *rest = wrap((piece(text),), width - 4)
            lines.append((Piece(" ! ", "warning"), *first))
            lines += [(Piece("   "), *line) for line in rest]
        alert = screen.inbox.selected if isinstance(screen, HomeScreen) else None
        if pane in ACTING and alert is not None and alert.rank_reasons:
            from console.tui.present.alert import reason_lines

            lines.append((Piece(f" Why this alert is number {alert.rank}", "strong"),))
            lines += [(Piece(" "), *line) for line in reason_lines(alert, width - 2)]
        return lines

    def action_go_to(self) -> None:
        """Asks for a time, then goes there."""
        from console.tui.screens.goto import GoTo
        from console.tui.screens.logs import LogsScreen

        screen = self.screen

        def go(answer: tuple[float | None] | None) -> None:
            if answer is None:
                return
            if isinstance(screen, LogsScreen):
                screen.go_to(answer[0]) if answer[0] is not None else screen.action_follow()
            elif answer[0] is None:
                self.look(self.view.time.without_cursor())
            else:
                self.look(self.view.time.at(answer[0], self.view.now))

        self.push_screen(GoTo(self.view.now, self.calendar), go)

    def action_leave(self) -> None:
        """Ends with code 0."""
        self.exit()

    def action_help_quit(self) -> None:
        """Says how to leave where ctrl+c was pressed and nothing is selected to be copied."""
        (leave,) = (command for command in COMMANDS if command.name == "app.leave")
        keys = leave.shown(self.keymap)
        if isinstance(self.focused, Input):
            self.say(
                Piece("esc", "accent"), " leaves the line, then ", Piece(keys, "accent"), " quits"
            )
        else:
            self.say(Piece(keys, "accent"), " quits")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's commands."""
        from console.tui.palette import entries

        return entries(self, screen.focused, super().get_system_commands(screen))
