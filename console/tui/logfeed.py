"""Asks the reader in a thread, one question at a time, and answers in the thread of the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.widget import Widget
from textual.worker import Worker, WorkerState

from console.tui.session import LogReader

GROUP = "log-feed"


@dataclass(frozen=True, slots=True)
class _Question:
    generation: int
    ask: Callable[[LogReader], Any]
    answer: Callable[[Any], None]


class LogFeed:
    """One reader, used by one thread at a time; of questions of one kind the latest counts."""

    def __init__(
        self,
        owner: Widget,
        reader: Callable[[], LogReader | None],
        failed: Callable[[str], None],
    ) -> None:
        self._owner = owner
        self._open = reader
        self._failed = failed
        self._reader: LogReader | None = None
        self._waiting: dict[str, _Question] = {}
        self._asked: _Question | None = None
        self._generation = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is asked and nothing waits."""
        return self._asked is None and not self._waiting

    def ask(
        self, kind: str, question: Callable[[LogReader], Any], answer: Callable[[Any], None]
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
        if self._asked is not None and self._reader is not None:
            self._reader.interrupt()

    def close(self) -> None:
        """Ends everything; may wait a moment for the question that is being answered."""
        reader, self._reader = self._reader, None
        self._generation += 1
        self._waiting.clear()
        if reader is not None:
            reader.close()

    def next(self) -> None:
        """Asks the next question, if the store is open and none is being answered."""
        if self._asked is not None or not self._waiting:
            return
        if self._reader is None:
            self._reader = self._open()
        reader = self._reader
        if reader is None:
            return
        question = self._waiting.pop(next(iter(self._waiting)))
        self._asked = question
        self._owner.run_worker(
            lambda: question.ask(reader), thread=True, group=GROUP, exit_on_error=False
        )

    def answered(self, event: Worker.StateChanged) -> None:
        """To be called with the owner's worker events."""
        if event.worker.group != GROUP or not event.worker.is_finished:
            return
        event.stop()
        question, self._asked = self._asked, None
        if question is not None and question.generation == self._generation:
            if event.state is WorkerState.SUCCESS:
                question.answer(event.worker.result)
            elif event.state is WorkerState.ERROR:
                self._reader = None  # the store may have been opened anew
                self._failed(f"the lines could not be read: {event.worker.error}")
        self.next()
