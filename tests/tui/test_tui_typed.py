"""What is typed faster than the screen follows goes where it was meant to go."""

from __future__ import annotations

from textual import events
from tui_fake_session import FakeSession
from tui_fakes import snapshot
from tui_pilot import Driver, console, piloted

from console.tui.screens.goto import GoTo
from console.tui.screens.home import HomeScreen
from console.tui.screens.logs import LogsScreen

NAMED = {" ": "space", ":": "colon", "-": "minus", "/": "slash", "\r": "enter", "\x1b": "escape"}


def typed_at_once(driver: Driver, text: str) -> None:
    for letter in text:
        shown = letter if letter.isprintable() else None
        driver.app.post_message(events.Key(NAMED.get(letter, letter), shown))


async def logs(driver: Driver) -> LogsScreen:
    await driver.press("4")
    await driver.until(lambda: isinstance(driver.app.screen, LogsScreen), "opened")
    await driver.quiet()
    return driver.logs


@piloted
async def test_a_time_typed_behind_the_key_that_asks_for_it_is_gone_to() -> None:
    async with console(FakeSession(snapshot())) as driver:
        shown = await logs(driver)
        typed_at_once(driver, "t12:00\r")
        await driver.until(lambda: " 12:0" in driver.line("4 Logs"), "gone to")
        assert driver.app.screen is shown


@piloted
async def test_the_key_behind_an_answer_goes_to_the_view_that_asked() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await logs(driver)
        typed_at_once(driver, "t12:00\r1")
        await driver.until(lambda: isinstance(driver.app.screen, HomeScreen), "gone home")


@piloted
async def test_the_key_behind_escape_goes_to_what_lies_below() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await logs(driver)
        typed_at_once(driver, "t3\x1b1")
        await driver.until(lambda: isinstance(driver.app.screen, HomeScreen), "gone home")


@piloted
async def test_a_filter_typed_behind_its_key_is_a_filter_and_does_nothing_else() -> None:
    async with console(FakeSession(snapshot())) as driver:
        shown = await logs(driver)
        typed_at_once(driver, "/12345 feature\r")
        await driver.until(lambda: "only “12345 feature”" in driver.line("4 Logs"), "filtered")
        assert driver.app.screen is shown


@piloted
async def test_what_is_pasted_behind_a_key_keeps_its_place() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await logs(driver)
        driver.app.post_message(events.Key("t", "t"))
        driver.app.post_message(events.Paste("12:00"))
        driver.app.post_message(events.Key("enter", None))
        await driver.until(lambda: " 12:0" in driver.line("4 Logs"), "gone to")


@piloted
async def test_digits_into_a_question_open_no_view() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await logs(driver)
        typed_at_once(driver, "t7531")
        await driver.quiet()
        assert isinstance(driver.app.screen, GoTo)
        assert "7531" in driver.text
