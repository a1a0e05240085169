"""One log record in full."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from console.store.pages import LogLine
from console.tui.clean import clean
from console.tui.present.line import Line, Piece
from console.tui.present.logs import fact, record_lines, record_text
from console.tui.present.raw import file_line
from console.tui.screens.asking import AskingScreen, Question
from console.tui.screens.base import ConsoleScreen
from console.tui.view import View
from console.tui.widgets.bars import Heading
from console.tui.widgets.lists import RecordDocument


class FactsScreen(ConsoleScreen):
    """Names and texts, in full."""

    def __init__(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._facts = facts
        self._heading = Heading("", title, id="record-heading")
        self._document = RecordDocument(id="record")

    def compose(self) -> ComposeResult:
        """The text and the keys."""
        yield self._heading
        yield self._document
        yield self.keys

    def on_mount(self) -> None:
        """Writes it."""
        self._heading.active = True
        self._document.show(self._write, from_top=True)
        self._document.focus()

    def _write(self, width: int) -> list[Line]:
        return [line for name, text in self._facts for line in fact(name, text, width, "text")]

    def tick(self) -> None:
        """There is no header."""

    def apply(self, view: View) -> None:
        """They do not change."""

    def action_copy(self) -> None:
        """Copies them, through the terminal."""
        self.console_app.copy("".join(f"{name}: {clean(text)}\n" for name, text in self._facts))

    def action_back(self) -> None:
        """Back."""
        self.dismiss()


class RecordScreen(AskingScreen):
    """Everything that is known of a log line, and the line as its file holds it now."""

    def __init__(self, line: LogLine) -> None:
        super().__init__()
        self._line = line
        self._raw: str | None = None
        self._heading = Heading("", "Record", id="record-heading")
        self._document = RecordDocument(id="record")

    def compose(self) -> ComposeResult:
        """The text and the keys."""
        yield self.header
        yield self.notice
        yield self._heading
        yield self._document
        yield self.keys

    def begin(self) -> None:
        """Writes what is known."""
        calendar = self.console_app.calendar
        self._heading.active = True
        self._heading.show((Piece(calendar.exact(self._line.ts), "dim"),))
        self._document.show(self._write, from_top=True)
        self._document.focus()

    def _write(self, width: int) -> list[Line]:
        lines = record_lines(self._line, width, self.console_app.calendar)
        return [*lines, *file_line(self._raw, width)]

    def question(self, view: View) -> Question | None:  # noqa: ARG002
        """The line of the file."""
        line = self._line
        return Question(line.key, lambda desk: desk.raw_line(line.file, line.offset) or "")

    def answered(self, answer: str) -> None:
        """Shows it."""
        self._raw = answer
        self._document.show(self._write, from_top=False)

    def action_copy(self) -> None:
        """Copies it, through the terminal."""
        self.console_app.copy(record_text(self._line, self.console_app.calendar))
