"""Tells recipients of alerts: decides between two steps, and leaves the sending to the couriers.

What a recipient knows is the last row of his chain in the table `outbox`, and what he is to be told
is the difference of the inbox to it. Rows are committed before they are sent, and their fate is
committed after: a process killed anywhere neither loses a message nor forgets that it was sent,
but for the one that was on its way (see `alerts.delivery.courier`). Nothing is told of history:
only once files are followed live and all that is on disk has been read. `replay` has no outbox.
"""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from console.alerts.codec import decode, encode
from console.alerts.delivery.channel import Channel, open_channel
from console.alerts.delivery.courier import Courier, Outcome
from console.alerts.delivery.decide import decide
from console.alerts.delivery.notice import Notice
from console.alerts.delivery.pacing import Sent
from console.records.clock import DAY, MINUTE, Clock
from console.store.commit import Commit
from console.store.errors import StoreError
from console.store.outbox import WAITING, StoredNotice

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.config.delivery import Recipient
    from console.config.settings import Settings
    from console.store.database import Store

REMEMBERED_S = 30 * DAY
"""How long it is remembered what a recipient was told of an alert."""
LOOK_S = MINUTE
"""The inbox is compared at least so often, for what only time changes."""

Open = Callable[["Recipient"], Channel]


class Outbox:
    """Everything that recipients are told, from one store. Used by the engine's thread."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        wake: Callable[[], None] = lambda: None,
        open_channel: Open = open_channel,
    ) -> None:
        """Takes up what a store holds, and begins to send what waits. Raises StoreError."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._wake = wake
        self._outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._told: dict[str, dict[str, Notice]] = {one.name: {} for one in settings.recipients}
        self._open: dict[str, StoredNotice] = {}
        self._looked_at = self._tidied_at = float("-inf")
        self._pending = True
        self._couriers = {
            one.name: Courier(one, open_channel(one), clock, self._report)
            for one in settings.recipients
        }
        if self._couriers:
            self._restore()
            for courier in self._couriers.values():
                courier.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for courier in self._couriers.values():
            courier.end()
        for courier in self._couriers.values():
            courier.stop()
        with suppress(StoreError):  # then what was sent last is sent again, as it is promised
            self._settle()

    def turn(self, inbox: Callable[[float], Iterable[Alert]], *, changed: bool, live: bool) -> None:
        """Stores what became of messages, and what is to be told of `inbox(now)`.

        `changed`: the inbox may have changed since the last call; `live`: what it shows is today's,
        and everything has been read. Raises StoreError.
        """
        if not self._couriers:
            return
        self._settle()
        self._pending = self._pending or changed
        now = self._clock()
        due = self._pending or not 0 <= now - self._looked_at < LOOK_S
        if not (live and due):
            return
        self._pending, self._looked_at = False, now
        alerts = tuple(inbox(now))
        self._tidy({alert.id for alert in alerts}, now)
        fresh = [
            notice
            for one in self._settings.recipients
            for notice in decide(one, alerts, self._told[one.name], self._settings, now)
        ]
        if not fresh:
            return
        self._write([_stored(notice) for notice in fresh])
        for notice in fresh:
            self._told[notice.recipient][notice.alert_id] = notice
            self._couriers[notice.recipient].put([notice])

    @property
    def notices(self) -> tuple[str, ...]:
        """Which recipients cannot be reached and why, a line each, without any secret."""
        said = (courier.notice for courier in self._couriers.values())
        return tuple(line for line in said if line is not None)

    def _restore(self) -> None:
        for row in self._store.reader().notices(float("-inf")):
            courier = self._couriers.get(row.recipient)
            if courier is None:
                continue  # no longer in the settings; told again if it comes back
            notice = decode(Notice, json.loads(row.body))
            self._told[row.recipient][row.alert_id] = notice
            if row.status == WAITING:
                self._open[row.id] = row
                courier.put([notice])
            if row.counted is not None and row.settled_at is not None:
                courier.put((), sent=[Sent(row.settled_at, row.counted == "critical")])

    def _tidy(self, present: set[str], now: float) -> None:
        """Once a day, forgets what recipients were told of alerts that are long gone."""
        if 0 <= now - self._tidied_at < DAY:
            return
        self._tidied_at = now
        before = now - REMEMBERED_S
        for name, told in self._told.items():
            self._told[name] = {
                alert_id: notice
                for alert_id, notice in told.items()
                if alert_id in present or notice.at >= before
            }
        kept = (n.at for told in self._told.values() for n in told.values())
        with self._store.begin() as transaction:
            transaction.write(Commit(notices_since=min(before, *kept, now)))

    def _report(self, outcome: Outcome) -> None:
        """Called from the couriers' threads."""
        self._outcomes.put(outcome)
        self._wake()

    def _settle(self) -> None:
        """Stores what became of messages."""
        changed: dict[str, StoredNotice] = {}
        with suppress(queue.Empty):
            while True:
                outcome = self._outcomes.get_nowait()
                changed.update((n.id, self._after(n, outcome)) for n in outcome.notices)
        if changed:
            self._write(list(changed.values()))

    def _after(self, notice: Notice, outcome: Outcome) -> StoredNotice:
        row = self._open.get(notice.id) or _stored(notice)
        counted = ("critical" if outcome.critical else "other") if outcome.counts else None
        waits = outcome.status == WAITING
        return replace(
            row,
            status=outcome.status,
            settled_at=None if waits else outcome.at,
            attempts=outcome.attempts or row.attempts,
            problem=outcome.problem,
            counted=counted,
        )

    def _write(self, rows: list[StoredNotice]) -> None:
        with self._store.begin() as transaction:
            transaction.write(Commit(notices=tuple(rows)))
        for row in rows:
            if row.status == WAITING:
                self._open[row.id] = row
            else:
                self._open.pop(row.id, None)


def _stored(notice: Notice) -> StoredNotice:
    return StoredNotice(
        id=notice.id,
        recipient=notice.recipient,
        alert_id=notice.alert_id,
        at=notice.at,
        status=WAITING,
        settled_at=None,
        attempts=0,
        problem=None,
        counted=None,
        body=json.dumps(encode(notice), ensure_ascii=False, separators=(",", ":")),
    )
