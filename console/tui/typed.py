"""Keys in the order in which they were typed, each to what those before it have opened.

A key is handled in the queues of widgets. What is typed, pasted or sent by a script behind a key
that opens something would go where the focus still is: `t2026-...` to the view below the question
for a time, where 2 is another view and r resolves an alert.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

Typed = events.Key | events.Paste
TRIPS = 2
"""The first comes behind what handles the key, the second behind what that has sent up."""


class InOrder:
    """Lets one key through at a time; the next when what it would go to is settled.

    It is when errands that were sent up from there, through every queue to the app, have come back
    and the focus is still the same.
    """

    def __init__(self, app: App[None], give: Callable[[Typed], Awaitable[None]]) -> None:
        """`give` hands a key to whatever has the focus."""
        self._app, self._give = app, give
        self._held: deque[Typed] = deque()
        self._number = 0
        self._ticked = 0
        self._under_way = False

    async def take(self, typed: Typed) -> None:
        """Gives it now, or when those before it are through."""
        if self._under_way:
            self._held.append(typed)
        else:
            await self._let_through(typed)

    async def tick(self) -> None:
        """Waits no longer for a key that has been on its way since the last tick.

        What it was given to may be gone.
        """
        if self._under_way and self._number == self._ticked:
            await self._next()
        self._ticked = self._number

    async def _let_through(self, typed: Typed) -> None:
        self._under_way = True
        self._number += 1
        receiver = self._receiver()
        await self._give(typed)
        await self._send(self._number, receiver, 1)

    def _receiver(self) -> MessagePump | None:
        app = self._app
        return (app.focused or app.screen) if app.screen_stack else None

    async def _send(self, number: int, receiver: MessagePump | None, trip: int) -> None:
        path: list[MessagePump] = []
        pump = receiver
        while pump is not None and pump is not self._app:
            path.append(pump)
            pump = pump._parent  # noqa: SLF001 - the way that messages bubble, of any pump
        await self._pass(number, [*path, self._app], partial(self._back, number, receiver, trip))

    async def _pass(
        self, number: int, path: list[MessagePump], back: Callable[[], Awaitable[None]]
    ) -> None:
        if number != self._number:
            return
        for place, pump in enumerate(path):
            # A queue that takes nothing any more has nothing before us either.
            step = (
                back if pump is self._app else partial(self._pass, number, path[place + 1 :], back)
            )
            if pump.call_later(step):
                return
        self._under_way = False

    async def _back(self, number: int, receiver: MessagePump | None, trip: int) -> None:
        if number != self._number or not self._under_way:
            return
        now = self._receiver()
        if now is receiver and trip >= TRIPS:
            await self._next()
        else:
            await self._send(number, now, trip + 1 if now is receiver else 1)

    async def _next(self) -> None:
        self._under_way = False
        if self._held:
            await self._let_through(self._held.popleft())
