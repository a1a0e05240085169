"""Drives the app in tests: waits for conditions, reads the screen, compares it to a file."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ParamSpec

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from tui_fake_session import FakeSession
from tui_fakes import NOW

from console.tui.app import ConsoleApp
from console.tui.habits import Habits
from console.tui.screens.home import HomeScreen
from console.tui.screens.logs import LogsScreen
from console.tui.widgets.bars import Footer

P = ParamSpec("P")
SIZES = ((80, 24), (120, 40), (240, 70))
QUICK = {("data", SIZES[0]), ("data", SIZES[1]), ("hostile", SIZES[0])}
"""What every view is compared with in every run; the other states and sizes in a full one."""


def looks(*names: str) -> pytest.MarkDecorator:
    """Parametrises a test with `name` and `size`: every state of a view at every size."""
    return pytest.mark.parametrize(
        ("name", "size"),
        [
            pytest.param(
                name,
                size,
                id=f"{name}-{size[0]}x{size[1]}",
                marks=() if (name, size) in QUICK else pytest.mark.slow,
            )
            for name in names
            for size in SIZES
        ],
    )


FOLDER = Path(__file__).parent / "snapshots"
PATIENCE_S = 30.0


def piloted(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs an async test to its end."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


class Driver:
    """The app under test."""

    def __init__(self, app: ConsoleApp, session: FakeSession, pilot: Pilot[None]) -> None:
        self.app, self.session, self.pilot = app, session, pilot

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        deadline = time.perf_counter() + PATIENCE_S
        while not condition():
            assert time.perf_counter() < deadline, f"{what or 'not'} in time:\n{self.text}"
            await self.pilot.pause()

    async def sees(self, text: str) -> None:
        await self.until(lambda: text in self.text, text)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def quiet(self) -> None:
        """Until nothing is asked, drawn or on its way."""
        for _ in range(3):
            await self.app.workers.wait_for_complete()
            await self.pilot.pause()

    @property
    def text(self) -> str:
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in lines) + "\n"

    def line(self, part: str) -> str:
        """The one line of the screen that has a text."""
        found = [line for line in self.text.splitlines() if part in line]
        assert found, f"{part!r} is not on the screen:\n{self.text}"
        return found[0]

    def row(self, alert_id: str) -> str:
        """An alert's row of the inbox, as it stands on the screen."""
        rows = self.home.inbox.rows
        place = [entry.id for entry in rows.items].index(alert_id) - rows.scroll_offset.y
        region = rows.region
        line = self.text.splitlines()[region.y + place]
        return line[region.x : region.x + region.width]

    @property
    def home(self) -> HomeScreen:
        stack = self.app.screen_stack
        return next(screen for screen in stack if isinstance(screen, HomeScreen))

    @property
    def logs(self) -> LogsScreen:
        assert isinstance(self.app.screen, LogsScreen)
        return self.app.screen

    def shows(self, kind: type[Screen[Any]]) -> bool:
        """Whether a screen of that kind is on top."""
        return isinstance(self.app.screen, kind)

    @property
    def footer(self) -> str:
        return "".join(part.text for part in self.app.screen.query_one(Footer).line)

    @property
    def pane(self) -> str:
        return str(getattr(self.app.focused, "pane", ""))

    @property
    def inbox(self) -> list[str]:
        """The ids of the inbox, in the order of the screen."""
        return [entry.id for entry in self.home.inbox.rows.items]

    @property
    def selected(self) -> str:
        alert = self.home.inbox.selected
        return alert.id if alert else ""


@asynccontextmanager
async def console(
    session: FakeSession,
    size: tuple[int, int] = (120, 40),
    wall: Callable[[], float] | None = None,
    habits: Habits | None = None,
) -> AsyncIterator[Driver]:
    """The app on a session, its first snapshot drawn, its chart too."""
    app = ConsoleApp(session, clock=wall or (lambda: NOW), habits=habits)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, session, pilot)
        await driver.until(session.started.is_set, "started")
        await driver.quiet()
        yield driver


def without_chart(text: str) -> str:
    """The picture with every letter of a chart as a dot."""
    return re.sub(r"[⠁-⣿]", "⠿", text)


def compare(name: str, text: str) -> None:
    """Compares a screen to its file; UPDATE_SNAPSHOTS=1 writes it anew."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.exists(), f"no snapshot {file.name}; UPDATE_SNAPSHOTS=1 writes it"
    expected = file.read_text(encoding="utf-8")
    assert text == expected, f"{name} differs; UPDATE_SNAPSHOTS=1 accepts it:\n{text}"
