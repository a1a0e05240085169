"""What a session lets in and out: the receiver of events, and the outbox of its alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from console.records.clock import Clock

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.engine.engine import Engine
    from console.engine.outbox import Outbox
    from console.store.database import Store


def followed(paths: Sequence[Path], settings: Settings) -> tuple[Path, ...]:
    """What is followed: the paths, and the file that the receiver appends to."""
    return (*paths, settings.receiver.file) if settings.receiver else tuple(paths)


class Mailroom:
    """Opened with the store and closed before it. Costs nothing where nothing is configured."""

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, wake: Callable[[], None]
    ) -> None:
        """`wake` is called from other threads when there is something to store."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._wake = wake
        self._outbox: Outbox | None = None
        self._told: list[str] = []
        self._read = False
        """All that was there had been read before the last step."""
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        receiver = self._settings.receiver
        if receiver is not None:
            from console.alerts.delivery.receiver import ReceiverServer

            try:
                server = ReceiverServer(receiver, self._clock)
            except OSError as error:
                where = f"{receiver.host}:{receiver.port}"
                why = (error.strerror or str(error)).lower()
                self._told.append(f"cannot receive events on {where}: {why}: mend [receiver]")
            else:
                self._closing.callback(server.close)
        if self._settings.recipients:
            from console.engine.outbox import Outbox

            outbox = Outbox(self._settings, self._store, self._clock, self._wake)
            self._outbox = self._closing.enter_context(outbox)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.__exit__(kind, error, trace)

    def turn(self, engine: Engine, *, changed: bool) -> None:
        """Between two steps; `changed`: alerts may have changed. Raises StoreError."""
        if self._outbox is not None:
            intake = engine.intake
            # A step judges before it reads: what it has just read is judged by the next one.
            judged, self._read = self._read, intake.progress().caught_up
            live = intake.live_now() is not None and judged
            self._outbox.turn(engine.inbox, changed=changed, live=live)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, a line each."""
        return (*self._told, *(self._outbox.notices if self._outbox else ()))
