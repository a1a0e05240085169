"""Compare, sources and costs, SQL, and the digest."""

from __future__ import annotations

from pathlib import Path

import pytest
from tui_fake_session import FakeSession
from tui_fakes import EMPTY, NOW, hostile, hostile_text, snapshot
from tui_pilot import Driver, compare, console, looks, piloted

from console.engine.snapshot import Snapshot
from console.records.clock import DAY, HOUR
from console.tui.habits import Habits
from console.tui.screens.compare import CompareScreen
from console.tui.screens.home import HomeScreen
from console.tui.screens.record import FactsScreen
from console.tui.screens.rows import RowsScreen
from console.tui.screens.sources import SourcesScreen
from console.tui.screens.sql import SqlScreen

VIEWS = {"compare": "5", "sources": "6", "sql": "7", "digest": "8"}


@looks("data", "loading", "failing", "empty", "hostile")
@pytest.mark.parametrize("view", VIEWS)
@piloted
async def test_looks(view: str, name: str, size: tuple[int, int]) -> None:
    firsts: dict[str, Snapshot] = {"empty": EMPTY, "hostile": hostile()}
    session = FakeSession(firsts.get(name, snapshot()))
    if name == "hostile":
        session.the_desk.answers["name"] = hostile_text()
    if name == "failing":
        session.the_desk.fail = OSError("disk gone")
    if name == "loading":
        session.desk = lambda: None  # type: ignore[method-assign]
    async with console(session, size=size) as driver:
        await driver.press(VIEWS[view])
        await driver.quiet()
        if view == "sql" and name in ("data", "failing", "hostile"):
            await driver.press(*"select 1", "enter")
            await driver.quiet()
        assert max(len(line) for line in driver.text.splitlines()) <= size[0]
        compare(f"{view}-{name}-{size[0]}x{size[1]}", driver.text)


async def opened(driver: Driver, view: str) -> None:
    await driver.press(VIEWS[view])
    await driver.quiet()


# Compare


@piloted
async def test_the_newest_two_versions_are_compared_first() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "compare")
        left, right = session.the_desk.about[-1]
        assert [side.version for side in (left, right)] == ["11", "12"]
        assert "▸" in driver.line("latency_p95_ms")
        assert "▸" not in driver.line("error_rate")
        await driver.press("o")
        assert "error_rate" not in driver.text
        await driver.press("o", "x")
        await driver.quiet()
        assert session.the_desk.about[-1] == (right, left)


@piloted
async def test_any_side_can_be_chosen() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "compare")
        await driver.press("c")
        assert "churn" in driver.text
        await driver.press("3")
        await driver.quiet()
        left = session.the_desk.about[-1][0]
        assert (left.start, left.end) == (NOW - 6 * HOUR - DAY, NOW - DAY)
        await driver.press("C", "escape", "u")
        await driver.quiet()
        assert session.the_desk.about[-1][0].version == "11"
        await driver.press("m")
        await driver.quiet()
        assert session.the_desk.about[-1][0].model != "fraud"
        await driver.press("escape")
        assert driver.shows(HomeScreen)
        await driver.press("5")
        assert driver.shows(CompareScreen)


# Sources


@piloted
async def test_what_could_not_be_decoded_is_one_key_away() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "sources")
        assert "4 lines not decoded" in driver.line("6 Sources")
        await driver.press("enter")
        assert "every line of it was decoded" in driver.footer
        await driver.press("j", "enter")
        assert driver.shows(RowsScreen)
        await driver.quiet()
        assert session.the_desk.about[-1] == ("/fleet/serving/fraud.log",)
        await driver.press("escape")
        await driver.until(lambda: driver.shows(SourcesScreen))
        await driver.press("tab", "enter")
        await driver.sees("“fraud”")
        await driver.press("escape", "slash", *"notes", "enter")
        assert "predictions.jsonl" not in driver.text
        await driver.press("escape", "escape")
        assert driver.shows(HomeScreen)


def listed(driver: Driver, name: str) -> bool:
    """Whether a file is among those that are not followed: it is its own reason there."""
    return any(line.count(name) == 2 for line in driver.text.splitlines())


@piloted
async def test_what_is_not_followed_is_listed_with_why_and_what_helps() -> None:
    session, wall = FakeSession(snapshot()), [NOW]
    async with console(session, wall=lambda: wall[0]) as driver:
        await opened(driver, "sources")
        assert "3 not followed" in driver.line("6 Sources")
        assert "binary, of no known format" in driver.line("model.bin")
        await driver.press("shift+tab", "enter")
        await driver.until(lambda: driver.shows(FactsScreen))
        assert "leave it out of [[sources]]" in driver.text
        await driver.press("escape")
        session.the_desk.answers["name"] = "late.bin"
        session.push(snapshot(2))
        await driver.quiet()
        assert "late.bin" not in driver.line("binary, of no known format")
        wall[0] += 10.0
        session.push(snapshot(3))
        await driver.until(lambda: listed(driver, "late.bin"))
        session.the_desk.answers["name"] = "last.bin"
        await driver.press("r")
        await driver.until(lambda: listed(driver, "last.bin"))


# SQL


@piloted
async def test_a_query_is_completed_asked_remembered_and_exported(tmp_path: Path) -> None:
    session, habits = FakeSession(snapshot()), Habits(tmp_path)
    async with console(session, habits=habits) as driver:
        await opened(driver, "sql")
        await driver.press(*"sel", "tab", *"val", "tab", *"from met", "tab")
        box = driver.app.focused
        assert getattr(box, "value", "") == "SELECT value from metrics "
        await driver.press("enter")
        await driver.sees("model-3")
        assert session.the_desk.about[-1] == ("SELECT value from metrics",)
        assert "there are more" in driver.text
        await driver.press("up", "up", "down")
        assert getattr(box, "value", "") == ""
        await driver.press("escape")
        assert driver.pane == "result"
        await driver.press("j", "enter")
        assert driver.shows(FactsScreen)
        assert "model-1" in driver.text
        await driver.press("y", "escape")
        assert "model: model-1" in driver.app.clipboard
        await driver.press("right", "e")
        assert ".csv" in driver.text
        await driver.press("enter")
        await driver.sees("31 rows written")
        target = session.the_desk.about[-1:][0][1]
        assert target.endswith("query-20261123-140322.csv")
        await driver.press("i", "up")
        assert getattr(driver.app.focused, "value", "") == "SELECT value from metrics"
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path)) as driver:
        await opened(driver, "sql")
        await driver.press("up")
        assert getattr(driver.app.focused, "value", "") == "SELECT value from metrics"


@piloted
async def test_a_query_that_fails_keeps_its_words_and_one_that_hangs_is_withdrawn() -> None:
    session, wall = FakeSession(snapshot()), [NOW]
    desk = session.the_desk
    async with console(session, wall=lambda: wall[0]) as driver:
        await opened(driver, "sql")
        desk.fail = ValueError("cannot answer the query: no column foo")
        await driver.press(*"select foo", "enter")
        await driver.sees("no column foo")
        assert "select foo" in driver.text
        desk.fail = None
        desk._wait = lambda: desk.interrupted.wait(20)
        desk.interrupted.clear()
        await driver.press("enter")
        wall[0] += 3.0
        driver.app.screen.tick()  # type: ignore[attr-defined]
        await driver.sees("working on it for 3 s")
        await driver.press("escape")
        await driver.sees("withdrawn")
        assert desk.interrupted.is_set()
        assert driver.shows(SqlScreen)


# Digest


@piloted
async def test_the_digest_is_read_and_copied() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await opened(driver, "digest")
        assert "5 alerts raised" in driver.text or "alerts raised" in driver.text
        await driver.press("y")
        assert "auc of fraud falling" in driver.app.clipboard
        assert "deploy v12 to production" in driver.app.clipboard
        await driver.press("plus", "t", *"09:00", "enter")
        assert "auc of fraud falling" not in driver.text
        await driver.press("escape", "escape")
        assert driver.shows(HomeScreen)
