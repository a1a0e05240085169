"""Sends what waits for one recipient, in a thread of its own: nobody waits for a slow server.

Promised is "at least once". A notice is settled when the other side has taken it, and the fact is
stored by whoever called `put`; a process killed between the two sends that one message again, with
the same key (the Message-ID of a mail, `Idempotency-Key` of a webhook, `dedup_key` of PagerDuty),
so that a receiver which looks at it sees no double. A summary that is repeated may have grown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from console.alerts.delivery.channel import Channel, DeliveryError
from console.alerts.delivery.notice import Message, Notice
from console.alerts.delivery.pacing import GIVE_UP_S, Plan, Sent, pause, plan
from console.config.delivery import Recipient, SecretError
from console.records.clock import MINUTE, Clock

GRACE_S = 1.0
"""How long the end waits for a message that is on its way, before it is broken off."""
LAST_S = 5.0
"""How long it then waits for the thread; only the system's resolver of names can hold it longer."""

Status = Literal["waiting", "sent", "covered", "needless", "given up"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some notices."""

    notices: tuple[Notice, ...]
    status: Status
    at: float
    attempts: int = 0
    problem: str | None = None
    critical: bool = False
    """Of a message that was sent: it counts against the limit of critical ones."""
    counts: bool = False
    """It is what the message was sent for, so it counts against the limit."""


Report = Callable[[Outcome], None]


class Courier:
    """What waits for one recipient, and the way to him."""

    def __init__(
        self, recipient: Recipient, channel: Channel, clock: Clock, report: Report
    ) -> None:
        """`report` is called from the courier's thread and must return at once."""
        self.recipient = recipient
        self._channel = channel
        self._clock = clock
        self._report = report
        self._changed = threading.Condition()
        self._waiting: dict[str, Notice] = {}
        self._attempts: dict[str, int] = {}
        self._sent: list[Sent] = []
        self._failures = 0
        self._not_before = 0.0
        self._problem: str | None = None
        self._ending = threading.Event()
        self._puts = 0
        self._thread: threading.Thread | None = None

    def put(self, notices: Iterable[Notice], *, sent: Iterable[Sent] = ()) -> None:
        """Takes notices that are to be sent; `sent` is what was sent before a restart."""
        with self._changed:
            self._sent += sent
            self._waiting.update((notice.id, notice) for notice in notices)
            self._puts += 1
            self._changed.notify_all()

    def start(self) -> None:
        """Begins to send, in a thread of its own."""
        self._thread = threading.Thread(
            target=self._run, name=f"courier {self.recipient.name}", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Asks for the end, after the message that is on its way."""
        with self._changed:
            self._ending.set()
            self._changed.notify_all()

    def stop(self) -> None:
        """Ends, and joins the thread; a message on its way is broken off if it takes long."""
        self.end()
        if self._thread is not None:
            self._thread.join(GRACE_S)
            if self._thread.is_alive():
                self._channel.abort()
                self._thread.join(LAST_S)

    @property
    def notice(self) -> str | None:
        """What the user should know: why nothing is sent, without any secret."""
        with self._changed:
            if self._problem is None:
                return None
            return f"{self.recipient.name}: {self._problem}; {len(self._waiting)} waiting"

    def turn(self, now: float) -> float | None:
        """Sends at most one message; when there may be more to do, None for only after a `put`."""
        with self._changed:
            if now < self._not_before:
                return self._not_before
            waiting = sorted(self._waiting.values(), key=lambda notice: (notice.at, notice.id))
            horizon = now - max(self.recipient.per_s, MINUTE)
            self._sent = [sent for sent in self._sent if sent.at > horizon]
            todo = plan(self.recipient, self._channel.manner, waiting, self._sent, now)
        if todo.needless:
            self._settle(todo.needless, Outcome(todo.needless, "needless", now))
        if todo.message is None:
            return todo.next_at
        return self._send(todo, todo.message, now)

    def _send(self, todo: Plan, message: Message, now: float) -> float | None:
        try:
            self._channel.send(message)
        except (DeliveryError, SecretError) as error:
            return self._failed(message, error, now)
        except Exception as error:  # noqa: BLE001 - a courier that dies unheard tells nobody
            fault = DeliveryError(f"a fault of model-console's own ({type(error).__name__})")
            return self._failed(message, fault, now)
        with self._changed:
            self._failures, self._problem = 0, None
            self._sent.append(Sent(now, message.critical))
        if todo.covered:
            self._settle(todo.covered, Outcome(todo.covered, "covered", now))
        first, *others = message.notices
        done = Outcome((first,), "sent", now, critical=message.critical, counts=True)
        self._settle((first,), done)
        if others:
            self._settle(others, Outcome(tuple(others), "sent", now))
        return now

    def _failed(self, message: Message, error: DeliveryError | SecretError, now: float) -> float:
        problem = str(error)
        final = isinstance(error, DeliveryError) and error.final
        old = tuple(n for n in message.notices if final or now - n.at > GIVE_UP_S)
        with self._changed:
            self._failures += 1
            after = error.after_s if isinstance(error, DeliveryError) else 0.0
            self._not_before = now + max(after, pause(self._failures, message.key))
            self._problem = problem
            for notice in message.notices:
                self._attempts[notice.id] = self._attempts.get(notice.id, 0) + 1
            attempts = max(self._attempts[notice.id] for notice in message.notices)
        if self._ending.is_set():  # it was broken off: no failure of the other side
            return self._not_before
        if old:
            self._settle(old, Outcome(old, "given up", now, attempts, problem))
        kept = tuple(notice for notice in message.notices if notice not in old)
        if kept:
            self._report(Outcome(kept, "waiting", now, attempts, problem))
        return self._not_before

    def _settle(self, notices: Iterable[Notice], outcome: Outcome) -> None:
        with self._changed:
            for notice in notices:
                self._waiting.pop(notice.id, None)
                self._attempts.pop(notice.id, None)
        self._report(outcome)

    def _run(self) -> None:
        while not self._ending.is_set():
            with self._changed:
                puts = self._puts
            again = self.turn(self._clock())
            with self._changed:
                if self._ending.is_set() or self._puts != puts:
                    continue
                pause_s = None if again is None else again - self._clock()
                if pause_s is None or pause_s > 0:
                    # Not longer than a minute: the wall clock may be set.
                    self._changed.wait(None if pause_s is None else min(pause_s, MINUTE))
