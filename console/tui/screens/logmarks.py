"""What one does to single lines of the log: marks, context, the file in a pager."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.tui.desk import LogKey
from console.tui.opening import Opened, opened, pager_command
from console.tui.present.line import Piece, piece
from console.tui.screens.base import ConsoleScreen
from console.tui.widgets.loglist import LogRows

if TYPE_CHECKING:
    from console.store.pages import LogLine

COLUMNS = ("model and stage", "logger", "file and byte")


class LineScreen(ConsoleScreen):
    """A screen of log lines."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = LogRows(id="logs")

    def go_to_line(self, line: LogLine) -> None:
        """Puts the cursor on a line, wherever it is."""
        raise NotImplementedError

    def action_mark(self) -> None:
        """Marks the line, or no more."""
        line = self.rows.selected
        if line is None:
            return
        marks = self.console_app.marks
        if marks.pop(line.key, None) is None:
            marks[line.key] = line
        self.show_marks()

    def show_marks(self) -> None:
        """Draws the marks that there are."""
        rows = self.rows
        rows.look = replace(rows.look, marked=frozenset(self.console_app.marks))
        rows.refresh()

    def action_next_mark(self, step: int) -> None:
        """The next or previous marked line."""
        line = self.rows.selected
        marks = self.console_app.marks
        here: LogKey = line.key if line is not None else (0.0, -1, -1)
        later = sorted(key for key in marks if (key > here if step > 0 else key < here))
        if not later:
            told = "no mark after this line" if step > 0 else "no mark before this line"
            self.say((Piece(told if marks else "no line is marked yet: m marks one", "dim"),))
            return
        self.go_to_line(marks[later[0] if step > 0 else later[-1]])

    def action_columns(self) -> None:
        """Other columns between level and message."""
        rows = self.rows
        rows.look = replace(rows.look, columns=(rows.look.columns + 1) % len(COLUMNS))
        rows.refresh()
        self.say((Piece(f"showing {COLUMNS[rows.look.columns]}", "ok"),))

    def action_context(self) -> None:
        """All lines round this one, whatever is filtered here; esc comes back."""
        line = self.rows.selected
        if line is not None:
            self.console_app.open_logs(model=line.model, at=line.ts, key=line.key)

    def action_open_file(self, editor: bool) -> None:  # noqa: FBT001 - an action's argument
        """Opens the file at the line, in the pager or in the editor."""
        line = self.rows.selected
        if line is None:
            return
        app, file, offset = self.console_app, line.file, line.offset

        def show(found: Opened) -> None:
            app.run_outside(pager_command(found, editor=editor))

        def failed(reason: str) -> None:
            self.say((piece(reason, "warning"),))

        app.errand(lambda: opened(file, offset), show, failed)
