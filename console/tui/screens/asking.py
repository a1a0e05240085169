"""A view whose contents are asked for at the desk, anew when what it looks at changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.worker import Worker

from console.tui.desk import Desk
from console.tui.feed import Feed
from console.tui.memory import Memory, cursor_of, part, put_cursor, text
from console.tui.screens.base import ConsoleScreen
from console.tui.view import View
from console.tui.widgets.rows import Rows

ANEW_S = 1.0
"""Least wall-clock time between two questions that differ only by what has come in since."""
PATIENCE_S = 0.5
"""So long is waited without a word."""
VIEW = "view"


@dataclass(frozen=True, slots=True)
class Question:
    """What a view wants to know."""

    about: Hashable
    """What it looks at; another one is asked at once."""
    ask: Callable[[Desk], Any]


class AskingScreen(ConsoleScreen):
    """Subclasses say what to ask and show what is answered; a question can be withdrawn."""

    def __init__(self) -> None:
        super().__init__()
        self._feed: Feed | None = None
        self._about: Hashable = None
        self._asked_at = float("-inf")
        self._seen: int | None = None
        self.trouble = ""
        """Why the last question was not answered."""
        self._cursors: dict[str, str] = {}

    def question(self, view: View) -> Question | None:
        """What to ask now; None for nothing."""
        raise NotImplementedError

    def answered(self, answer: Any) -> None:
        """Keeps the answer and draws it."""
        raise NotImplementedError

    def draw(self, view: View) -> None:
        """Draws what needs no question."""

    def lists(self) -> Mapping[str, Rows[Any]]:
        """Its lists, whose cursors are remembered."""
        return {}

    def memory(self) -> dict[str, Any]:
        """Where the cursors are."""
        return {"rows": {name: cursor_of(rows) for name, rows in self.lists().items()}}

    def recall(self, memory: Memory) -> None:
        """They are put there as soon as there are such rows."""
        rows = part(memory, "rows")
        self._cursors = {name: text(rows, name) for name in self.lists() if text(rows, name)}

    def put_cursors(self) -> None:
        """Puts the cursors where they were; a list that is still empty has to wait."""
        for name, rows in self.lists().items():
            if rows.items and name in self._cursors:
                put_cursor(rows, self._cursors.pop(name))

    def on_mount(self) -> None:
        """The desk is asked from the first frame on."""
        self.notice.display = False
        self.begin()
        self.apply(self.console_app.view)

    def begin(self) -> None:
        """Gives the keys to the pane that one looks at first."""

    async def on_unmount(self) -> None:
        """Gives the desk back, without waiting in the thread of the screen."""
        await asyncio.to_thread(self.feed.close)

    @property
    def feed(self) -> Feed:
        """Where the answers come from."""
        if self._feed is None:
            self._feed = Feed(self, self.console_app.session.desk, self.failed)
        return self._feed

    def apply(self, view: View) -> None:
        """Draws the view, and asks what it does not know."""
        if not self.is_mounted:
            return
        with self.app.batch_update():
            self.show_header()
            self.draw(view)
        self._ask(view)
        self.feed.next()

    def asked_now(self) -> None:
        """A question beside that of the view begins: it may be told that it takes long."""
        self._asked_at = self.console_app.clock()
        self.trouble = ""

    def ask_again(self) -> None:
        """Asks at once, whatever was asked before."""
        self._about = None
        self._ask(self.console_app.view)

    def _ask(self, view: View) -> None:
        question = self.question(view)
        if question is None:
            return
        clock = self.console_app.clock()
        revision = view.snapshot.revision if view.snapshot else None
        if question.about == self._about:
            newer = revision != self._seen and not view.paused
            if not newer or clock - self._asked_at < ANEW_S or self.feed.waits(VIEW):
                return
        elif self._about is not None:
            self.feed.forget()
        self._about, self._asked_at, self._seen = question.about, clock, revision
        self.feed.ask(VIEW, question.ask, self._answer)

    def _answer(self, answer: Any) -> None:
        self.trouble = ""
        self.show_notice("")
        with self.app.batch_update():
            self.answered(answer)
            self.put_cursors()

    def failed(self, reason: str) -> None:
        """Why a question was not answered."""
        self.trouble = reason
        self.show_notice(reason)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An answer of the desk."""
        self.feed.answered(event)

    def leave(self) -> None:
        """Another view is gone to."""
        if not self.feed.idle:
            self.feed.forget()
            self._about = None

    def tick(self) -> None:
        """Says so when an answer takes long."""
        self.show_header()
        if self.feed.idle:
            return
        waited = self.console_app.clock() - self._asked_at
        if waited > PATIENCE_S and not self.trouble:
            self.show_notice(f"working on it for {waited:.0f} s; esc withdraws the question", "…")

    def withdraw(self) -> bool:
        """Takes back a question that is still being answered; whether there was one."""
        if self.feed.idle or self.console_app.clock() - self._asked_at <= PATIENCE_S:
            return False
        self.feed.forget()
        self.show_notice("withdrawn; r asks again")
        return True

    def action_again(self) -> None:
        """Asks again."""
        self.ask_again()

    def action_back(self) -> None:
        """Withdraws what is being asked, else goes back."""
        if not self.withdraw():
            self.dismiss()
