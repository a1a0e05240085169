"""What takes a while, done in a thread, and other programs that get the terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from typing import TypeVar

from textual.app import App, SuspendNotSupported
from textual.message import Message

from console.tui.present.line import Piece

Result = TypeVar("Result")


class Done(Message):
    """Something was done in a thread; what it came to is told in the thread of the screen."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self.tell = tell


class ErrandApp(App[None]):
    """An app that runs errands."""

    def say(self, *line: Piece | str) -> None:
        """Tells in the footer what was done."""
        raise NotImplementedError

    def errand(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[str], None],
    ) -> None:
        """Does something that takes a while in a thread; tells in the thread of the screen."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - told in the footer, whatever it is
                reason = str(error)
                self.post_message(Done(lambda: failed(reason)))
            else:
                self.post_message(Done(lambda: done(result)))

        self.run_worker(run, thread=True, group="errand")

    def on_done(self, message: Done) -> None:
        """An errand came back."""
        message.tell()

    def run_outside(self, command: Sequence[str]) -> None:
        """Gives the terminal to another program until it ends."""
        try:
            with self.suspend():
                subprocess.run(command, check=False)
        except SuspendNotSupported:
            self.say(Piece("this terminal cannot be handed on", "warning"))
        except OSError as error:
            self.say(Piece("cannot start ", "warning"), f"{command[0]}: {error.strerror or error}")
