from __future__ import annotations

import pytest
from tui_fake_session import FakeSession
from tui_fakes import EMPTY, NOW, ONSET, hostile, hostile_text, snapshot
from tui_pilot import Driver, compare, console, looks, piloted

from console.engine.snapshot import Snapshot
from console.records.clock import HOUR, MINUTE
from console.tui.screens.home import HomeScreen
from console.tui.screens.logs import LogsScreen
from console.tui.screens.mark import MarkScreen
from console.tui.screens.model import ModelScreen
from console.tui.screens.timeline import TimelineScreen


async def opened(driver: Driver) -> TimelineScreen:
    await driver.press("3")
    screen = driver.app.screen
    assert isinstance(screen, TimelineScreen)
    await driver.quiet()
    return screen


def cursor(driver: Driver) -> float:
    found = driver.app.view.time.cursor
    assert found is not None
    return found


@looks("data", "loading", "failing", "empty", "hostile")
@piloted
async def test_looks(name: str, size: tuple[int, int]) -> None:
    firsts: dict[str, Snapshot] = {"empty": EMPTY, "hostile": hostile()}
    session = FakeSession(firsts.get(name, snapshot()))
    if name == "hostile":
        session.the_desk.answers["name"] = hostile_text()
    if name == "failing":
        session.the_desk.fail = OSError("disk gone")
    if name == "loading":
        session.desk = lambda: None  # type: ignore[method-assign]
    async with console(session, size=size) as driver:
        await opened(driver)
        assert max(len(line) for line in driver.text.splitlines()) <= size[0]
        compare(f"timeline-{name}-{size[0]}x{size[1]}", driver.text)


@piloted
async def test_jumps_from_incident_to_incident_and_opens_one() -> None:
    async with console(FakeSession(snapshot())) as driver:
        screen = await opened(driver)
        row = [item.key for item in screen.rows.items].index(("fraud", "happened"))
        await driver.press(*["j"] * row, "N")
        assert cursor(driver) == ONSET + MINUTE
        assert "null rate of age" in driver.footer
        await driver.press("N")
        assert cursor(driver) == ONSET
        await driver.press("n", "N", "enter")
        assert driver.shows(HomeScreen)
        assert driver.selected in ("alert-1", "alert-3")
        assert driver.pane == "inbox"
        await driver.press("3", "n", "n", "n")
        assert "no later incident" in driver.footer


@piloted
async def test_jumps_from_event_to_event() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await opened(driver)
        await driver.press("E")
        assert cursor(driver) == ONSET - 2 * MINUTE
        assert "deploy" in driver.line("3 Timeline")
        await driver.press("E", "e", "e")
        assert "no later event" in driver.footer


@piloted
async def test_versions_open_the_model_and_logs_the_logs() -> None:
    async with console(FakeSession(snapshot())) as driver:
        screen = await opened(driver)
        keys = [item.key for item in screen.rows.items]
        assert ("fraud", "logs") in keys
        await driver.press(*["j"] * keys.index(("fraud", "versions")), "enter")
        assert driver.shows(ModelScreen)
        await driver.press("3", "j", "left", "enter")
        assert driver.shows(LogsScreen)
        await driver.press("escape")
        assert driver.shows(TimelineScreen)


@piloted
async def test_zoom_and_pages_ask_anew_and_pause_does_not() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver)
        await driver.press("plus")
        await driver.quiet()
        assert session.the_desk.about[-1][0] == (NOW - 3 * HOUR, NOW)
        await driver.press("less_than_sign")
        await driver.quiet()
        assert session.the_desk.about[-1][0] == (NOW - 4.5 * HOUR, NOW - 1.5 * HOUR)
        await driver.press("greater_than_sign")
        await driver.quiet()
        assert driver.app.view.time.end is None


@piloted
async def test_an_event_is_marked_by_hand() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver)
        await driver.press("E", "m")
        assert driver.shows(MarkScreen)
        await driver.press("enter")
        assert "give a type" in driver.text
        await driver.press(*"deploy", "tab", *"v13", "enter")
        await driver.sees("marked in /fleet/events.jsonl")
        mark = session.marks[0]
        assert (mark.type, mark.title, mark.end_ts) == ("deploy", "v13", None)
        assert mark.ts == pytest.approx(cursor(driver), abs=1.0)
        session.refuse = "no followed folder"
        await driver.press("m", *"x", "down", *"y", "enter")
        await driver.sees("not marked: no followed folder")
        await driver.press("m", "escape")
        assert len(session.marks) == 1
