"""What the console says to the terminal itself: its title, and a call for a new critical alert."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from console.alerts.alert import Alert
from console.alerts.delivery.terminal import call, newly_critical
from console.config.delivery import Notify
from console.tui.clean import clean
from console.tui.present.health import at_rest

SAVE, RESTORE = "\x1b[22;0t", "\x1b[23;0t"
"""The terminal keeps its own title meanwhile (xterm, and what follows it)."""


def title_of(paths: str, alerts: Iterable[Alert]) -> str:
    """`(2) fleet · model-console`: how many are open, of what."""
    open_now = sum(1 for alert in alerts if not at_rest(alert) and alert.state == "open")
    name = clean(paths, most=60)
    return (f"({open_now}) " if open_now else "") + f"{name} · model-console"


class Terminal:
    """Tells the terminal what has changed since it was last told."""

    def __init__(self, write: Callable[[str], None], notify: Notify) -> None:
        self._write = write
        self._notify = notify
        self._title = ""
        self._before: Sequence[Alert] | None = None

    def show(self, paths: str, alerts: Sequence[Alert], *, loading: bool) -> None:
        """Titles the window; calls for what has become critical since, once history is read."""
        title = title_of(paths, alerts)
        if title != self._title:
            self._write(("" if self._title else SAVE) + f"\x1b]2;{title}\x07")
            self._title = title
        if loading:
            return
        fresh = newly_critical(self._before, alerts) if self._before is not None else ()
        if fresh:
            said = call(fresh[0].title, self._notify, tmux="TMUX" in os.environ)
            self._write(said.decode("utf-8", "replace"))
        self._before = alerts

    def leave(self) -> None:
        """Gives the terminal its own title back."""
        if self._title:
            self._write(RESTORE)
