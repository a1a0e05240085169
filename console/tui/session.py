"""What the screen needs of the collection behind it, and nothing more.

The screen holds no connection and knows no SQL: it is handed snapshots, sends actions, and asks at
a desk. Whoever offers this (the engine in its thread, or later another process over a socket)
can be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from console.engine.marking import Mark
    from console.engine.snapshot import Snapshot
    from console.records.action import Action, Verb
    from console.tui.desk import Desk


class Session(Protocol):
    """The running collection, as the screen sees it."""

    @property
    def user(self) -> str:
        """Who acts: the name of the account."""
        ...

    @property
    def paths(self) -> str:
        """What is followed, as the header shows it."""
        ...

    def start(
        self, on_snapshot: Callable[[Snapshot], None], on_failure: Callable[[str], None], /
    ) -> None:
        """Begins to read, in threads of its own, and returns at once.

        Both callbacks may be called from any thread and return at once. `on_failure` gets the one
        clear line of what ended the collection; after it no snapshot comes.
        """
        ...

    def attend(self) -> None:
        """The user has touched a key: what comes is to be shown at once for a while."""
        ...

    def act(self, verb: Verb, alert_id: str, /, **args: str | float) -> Action:
        """Enters an act in the journal and returns it at once; a snapshot that shows it follows.

        `args` as in `records.action.Action`. Raises ValueError with one clear line.
        """
        ...

    def act_on(
        self, verb: Verb, alert_ids: Sequence[str], /, **args: str | float
    ) -> tuple[Action, ...]:
        """The same act on several alerts, which `undo` takes back as one. Raises as `act` does."""
        ...

    def mark(self, mark: Mark, /) -> str:
        """Marks an event by hand and returns the file that keeps it; may read and write files.

        Raises ValueError with one clear line.
        """
        ...

    def undoable(self) -> tuple[Action, ...]:
        """The user's last act that still stands, with the others of its stroke; empty for none."""
        ...

    def undo(self) -> tuple[Action, ...]:
        """Takes back what is `undoable`, and returns it. A snapshot that shows it follows."""
        ...

    def desk(self) -> Desk | None:
        """A desk of its own for one caller; None while the store is not open yet."""
        ...

    def stop(self) -> None:
        """Ends the collection, commits what is whole, and joins every thread. Safe to repeat."""
        ...
