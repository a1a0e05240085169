"""The views beside home, each made when it is first gone to."""

from __future__ import annotations

from console.tui.screens.base import ConsoleScreen
from console.tui.view import View


def make(name: str, view: View) -> ConsoleScreen:
    """The screen of a view; raises KeyError for a name that is none."""
    return {"model": _model, "logs": _logs, "timeline": _timeline}[name](view)


def _model(_view: View) -> ConsoleScreen:
    from console.tui.screens.model import ModelScreen

    return ModelScreen()


def _timeline(_view: View) -> ConsoleScreen:
    from console.tui.screens.timeline import TimelineScreen

    return TimelineScreen()


def _logs(view: View) -> ConsoleScreen:
    from console.tui.screens.logs import LogsScreen

    return LogsScreen(at=view.time.cursor)
