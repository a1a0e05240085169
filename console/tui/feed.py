"""Asks the desk in a thread, one question at a time, and answers in the thread of the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.widget import Widget
from textual.worker import Worker, WorkerState

if TYPE_CHECKING:
    from console.tui.desk import Desk


GROUP = "feed"


@dataclass(frozen=True, slots=True)
class _Question:
    generation: int
    ask: Callable[[Desk], Any]
    answer: Callable[[Any], None]


class Feed:
    """One desk, used by one thread at a time; of questions of one kind the latest counts."""

    def __init__(
        self,
        owner: Widget,
        desk: Callable[[], Desk | None],
        failed: Callable[[str], None],
        *,
        group: str = GROUP,
    ) -> None:
        """`group` tells the feeds of one owner apart."""
        self._owner = owner
        self._group = group
        self._open = desk
        self._failed = failed
        self._desk: Desk | None = None
        self._waiting: dict[str, _Question] = {}
        self._asked: _Question | None = None
        self._generation = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is asked and nothing waits."""
        return self._asked is None and not self._waiting

    def ask(
        self, kind: str, question: Callable[[Desk], Any], answer: Callable[[Any], None]
    ) -> None:
        """Puts a question; one of the same kind that still waits is dropped for it."""
        self._waiting[kind] = _Question(self._generation, question, answer)
        self.next()

    def waits(self, kind: str) -> bool:
        """Whether a question of that kind waits its turn."""
        return kind in self._waiting

    def forget(self) -> None:
        """What was asked so far is of no interest any more, and need not be answered."""
        self._generation += 1
        self._waiting.clear()
        if self._asked is not None and self._desk is not None:
            self._desk.interrupt()

    def close(self) -> None:
        """Ends everything; may wait a moment for the question that is being answered."""
        desk, self._desk = self._desk, None
        self._generation += 1
        self._waiting.clear()
        if desk is not None:
            desk.close()

    def next(self) -> None:
        """Asks the next question, if the store is open and none is being answered."""
        if self._asked is not None or not self._waiting:
            return
        if self._desk is None:
            self._desk = self._open()
        desk = self._desk
        if desk is None:
            return
        question = self._waiting.pop(next(iter(self._waiting)))
        self._asked = question
        self._owner.run_worker(
            lambda: question.ask(desk), thread=True, group=self._group, exit_on_error=False
        )

    def answered(self, event: Worker.StateChanged) -> None:
        """To be called with the owner's worker events."""
        if event.worker.group != self._group or not event.worker.is_finished:
            return
        event.stop()
        question, self._asked = self._asked, None
        if question is not None and question.generation == self._generation:
            if event.state is WorkerState.SUCCESS:
                question.answer(event.worker.result)
            elif event.state is WorkerState.ERROR:
                self._desk = None  # the store may have been opened anew
                self._failed(f"not answered: {event.worker.error}")
        self.next()
