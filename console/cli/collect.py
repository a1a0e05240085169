"""`model-console collect`: the collection without a screen, for a service manager."""

from __future__ import annotations

import argparse
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from console.cli.arguments import Parser, add_paths, target
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.narration import progress_text, tell
from console.records.clock import iso

if TYPE_CHECKING:
    from console.engine.snapshot import Snapshot

_DESCRIPTION = """\
Follows files as the console does, without a screen, until it is told to stop
(SIGTERM, or ctrl+c). Says on standard error what opens and closes, and once a
minute how far it is."""

_EXAMPLES = """\
  model-console collect /var/log/models
  systemd-run --user model-console collect --config /etc/models/console.toml"""

_LOOK_S = 0.25
_STATUS_S = 60.0


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("collect", _DESCRIPTION, _EXAMPLES)
    add_paths(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Collects until a signal: 0 after SIGTERM, 130 after SIGINT."""
    found = target(arguments)
    from console.engine.session import Session

    narrator = Narrator()
    with _signals() as caught:
        session = Session(found.paths, found.settings, found.store)
        tell(f"collecting {session.paths} into {found.store or 'memory'}")
        session.start(narrator.see, narrator.fail)
        try:
            while not caught and not session.wait(_LOOK_S):
                narrator.speak(time.monotonic())
        finally:
            session.stop()
    narrator.speak(time.monotonic())
    if narrator.failure is not None:
        raise UsageError(narrator.failure)
    tell("stopped, all that was read is stored")
    return 128 + signal.SIGINT if signal.SIGINT in caught else 0


class Narrator:
    """Says what changes from one snapshot to the next.

    The engine's thread only leaves its newest snapshot here, so that nobody who is slow to read
    standard error can hold up the collection.
    """

    def __init__(self) -> None:
        self.failure: str | None = None
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._states: dict[str, tuple[str, str]] | None = None
        self._notices: tuple[str, ...] = ()
        self._next_status = 0.0

    def see(self, snapshot: Snapshot) -> None:
        """Takes the engine's newest snapshot."""
        with self._lock:
            self._newest = snapshot

    def fail(self, problem: str) -> None:
        """Takes the line of what ended the collection."""
        self.failure = problem

    def speak(self, now: float) -> None:
        """Tells what is new; `now` is a monotonic time."""
        with self._lock:
            snapshot, self._newest = self._newest, None
        if snapshot is not None:
            for line in self.lines(snapshot, now):
                tell(line)

    def lines(self, snapshot: Snapshot, now: float) -> Iterator[str]:
        """What a snapshot says that the ones before it did not."""
        at = iso(snapshot.now)
        states: dict[str, tuple[str, str]] = {
            alert.id: (alert.state, alert.severity) for alert in snapshot.inbox
        }
        first, known = self._states is None, self._states or {}
        if first:
            yield f"{at} {len(states)} alerts in the store"
        for alert in snapshot.inbox:
            before = known.get(alert.id)
            if before == states[alert.id] or (first and alert.state != "open"):
                continue
            word = "new" if before is None and not first else alert.state
            yield f"{at} {word} {alert.severity} {alert.model or '-'} {alert.title}"
        self._states = states
        for notice in snapshot.notices:
            if notice not in self._notices:
                yield f"{at} {notice}"
        self._notices = snapshot.notices
        if now >= self._next_status:
            self._next_status = now + _STATUS_S
            behind = snapshot.progress.behind_s
            yield f"{at} {progress_text(snapshot.progress)}, {behind:.1f} s behind"


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that asked for the end; the handlers only note them."""
    caught: list[int] = []

    def note(number: int, _frame: object) -> None:
        caught.append(number)

    wanted = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, note) for number in wanted}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
