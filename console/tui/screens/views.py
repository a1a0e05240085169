"""The views beside home, each made when it is first gone to."""

from __future__ import annotations

from console.tui.screens.base import ConsoleScreen
from console.tui.view import View


def make(name: str, view: View) -> ConsoleScreen:
    """The screen of a view; raises KeyError for a name that is none."""
    makers = {
        "model": _model,
        "timeline": _timeline,
        "logs": _logs,
        "compare": _compare,
        "sources": _sources,
        "sql": _sql,
        "digest": _digest,
    }
    return makers[name](view)


def _model(_view: View) -> ConsoleScreen:
    from console.tui.screens.model import ModelScreen

    return ModelScreen()


def _timeline(_view: View) -> ConsoleScreen:
    from console.tui.screens.timeline import TimelineScreen

    return TimelineScreen()


def _compare(_view: View) -> ConsoleScreen:
    from console.tui.screens.compare import CompareScreen

    return CompareScreen()


def _sources(_view: View) -> ConsoleScreen:
    from console.tui.screens.sources import SourcesScreen

    return SourcesScreen()


def _sql(_view: View) -> ConsoleScreen:
    from console.tui.screens.sql import SqlScreen

    return SqlScreen()


def _digest(_view: View) -> ConsoleScreen:
    from console.tui.screens.digest import DigestScreen

    return DigestScreen()


def _logs(view: View) -> ConsoleScreen:
    from console.tui.screens.logs import LogsScreen

    return LogsScreen(at=view.time.cursor)
