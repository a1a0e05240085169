"""The entries of the command palette: those of the pane that has the focus, and a few more."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.widget import Widget

from console.tui.commands import of_pane

if TYPE_CHECKING:
    from console.tui.app import ConsoleApp

OWN = ("down", "up", "top", "bottom", "half(1)", "half(-1)", "app.command_palette")
"""Commands that make no sense by name."""
KEPT = ("Theme", "Screenshot")
"""What we keep of Textual's own."""


def entries(
    app: ConsoleApp, pane: Widget | None, textuals: Iterable[SystemCommand]
) -> Iterable[SystemCommand]:
    """The commands of the pane by name, then Textual's theme and screenshot."""
    seen = set()
    for command in of_pane(str(getattr(pane, "pane", ""))):
        if command.name in OWN or command.word in seen or pane is None:
            continue
        seen.add(command.word)
        yield SystemCommand(
            f"{command.word}: {command.help}",
            command.shown(app.keymap),
            partial(app.run_action, command.name, pane),
        )
    for entry in textuals:
        if entry.title in KEPT:
            yield entry
