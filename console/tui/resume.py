"""How a session was left, and how it is taken up again: view, filters, time, marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from console.tui.memory import Memory
from console.tui.timespan import ZOOMS, TimeSpan
from console.tui.view import View

if TYPE_CHECKING:
    from console.store.pages import LogLine
    from console.tui.desk import LogKey

MARKS = 200


def left(
    view: View, on: str, views: Mapping[str, Memory], marks: Iterable[LogLine]
) -> dict[str, Any]:
    """What is remembered; `on` names the view that was on the screen, `views` what each said."""
    time = view.time
    return {
        "on": on,
        "chosen": view.chosen,
        "model": view.model,
        "views": dict(views),
        "time": [time.width, time.end, time.cursor],
        "marks": [astuple(line) for line in marks][-MARKS:],
    }


def taken_up(view: View, session: Mapping[str, Any]) -> View:
    """The view as it was left; what does not fit any more is let go."""
    chosen, model = session.get("chosen"), session.get("model")
    return replace(
        view,
        chosen=chosen if isinstance(chosen, str) else view.chosen,
        model=model if isinstance(model, str) else None,
        time=_time(session.get("time")) or view.time,
    )


def _time(stored: object) -> TimeSpan | None:
    if not isinstance(stored, list) or len(stored) != 3 or stored[0] not in ZOOMS:
        return None
    if not all(part is None or isinstance(part, int | float) for part in stored):
        return None
    return TimeSpan(*stored)


def marks_of(session: Mapping[str, Any]) -> dict[LogKey, LogLine]:
    """The marked lines."""
    found: dict[LogKey, LogLine] = {}
    listed = session.get("marks")
    if not listed:
        return found
    from console.store.pages import LogLine

    for entry in listed if isinstance(listed, list) else []:
        try:
            line = LogLine(*entry)
            found[float(line.ts), int(line.file_id), int(line.offset)] = line
        except (TypeError, ValueError):
            continue
    return found
