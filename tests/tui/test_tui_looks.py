"""Whole screens as text, compared to files; UPDATE_SNAPSHOTS=1 writes them anew.

The drawings of plotext may differ by a version; charts are tested by themselves.
"""

from __future__ import annotations

import pytest
from tui_fake_session import FakeSession
from tui_fakes import EMPTY, NOW, hostile, hostile_text, log_line, snapshot
from tui_pilot import compare, console, piloted, without_chart

from console.engine.snapshot import Snapshot

SIZES = ((80, 24), (120, 40), (240, 70))
PICTURES: dict[str, Snapshot | None] = {
    "data": snapshot(),
    "empty": EMPTY,
    "loading": snapshot(share=0.43),
    "hostile": hostile(),
    "history": snapshot(live=False, notices=("two files write the same model",)),
    "opening": None,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
@piloted
async def test_home(name: str, size: tuple[int, int]) -> None:
    async with console(FakeSession(PICTURES[name]), size=size) as driver:
        assert max(len(line) for line in driver.text.splitlines()) <= size[0]
        compare(f"home-{name}-{size[0]}x{size[1]}", without_chart(driver.text))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@piloted
async def test_logs(size: tuple[int, int]) -> None:
    async with console(FakeSession(snapshot()), size=size) as driver:
        await driver.press("enter")
        await driver.until(lambda: "┃" in driver.text and driver.logs.feed.idle)
        await driver.quiet()
        compare(f"logs-{size[0]}x{size[1]}", driver.text)


@piloted
async def test_hostile_logs_and_record() -> None:
    lines = [log_line(i, NOW + i, hostile_text() + "x" * 10_000, "ERROR") for i in range(30)]
    async with console(FakeSession(hostile(), lines), size=(80, 24)) as driver:
        await driver.press("4")
        await driver.until(lambda: "␛" in driver.text and driver.logs.feed.idle)
        await driver.quiet()
        compare("logs-hostile-80x24", driver.text)
        await driver.press("enter")
        await driver.quiet()
        compare("record-hostile-80x24", driver.text)


@piloted
async def test_reading_on_a_small_screen_gives_the_message_the_room() -> None:
    async with console(FakeSession(snapshot()), size=(80, 24)) as driver:
        await driver.press("tab")
        await driver.quiet()
        compare("reading-80x24", without_chart(driver.text))


@piloted
async def test_choice_and_help() -> None:
    async with console(FakeSession(snapshot()), size=(80, 24)) as driver:
        await driver.press("s")
        compare("snooze-80x24", driver.text)
        await driver.press("escape", "question_mark")
        await driver.quiet()
        compare("help-80x24", driver.text)
