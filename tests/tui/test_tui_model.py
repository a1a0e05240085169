from __future__ import annotations

from dataclasses import replace

import pytest
from tui_fake_answers import hostile_model
from tui_fake_session import FakeSession
from tui_fakes import EMPTY, MODELS, NOW, hostile, snapshot
from tui_pilot import Driver, compare, console, looks, piloted, without_chart

from console.engine.snapshot import Snapshot
from console.records.clock import HOUR
from console.store.rawrows import CellQuery
from console.tui.screens.column import ColumnScreen
from console.tui.screens.home import HomeScreen
from console.tui.screens.model import ModelScreen
from console.tui.screens.rows import RawScreen, RowsScreen


async def opened(driver: Driver, *keys: str) -> ModelScreen:
    await driver.press(*keys)
    screen = driver.app.screen
    assert isinstance(screen, ModelScreen)
    await driver.until(lambda: screen.answer is not None, "answered")
    await driver.quiet()
    return screen


@looks("data", "loading", "failing", "empty", "hostile")
@piloted
async def test_looks(name: str, size: tuple[int, int]) -> None:
    firsts: dict[str, Snapshot] = {"empty": EMPTY, "hostile": hostile()}
    session = FakeSession(firsts.get(name, snapshot()))
    if name == "hostile":
        session.the_desk.answers["model"] = hostile_model()
    if name == "failing":
        session.the_desk.fail = OSError("disk gone")
    if name == "loading":
        session.desk = lambda: None  # type: ignore[method-assign]
    async with console(session, size=size) as driver:
        await driver.press("2")
        await driver.quiet()
        assert max(len(line) for line in driver.text.splitlines()) <= size[0]
        compare(f"model-{name}-{size[0]}x{size[1]}", without_chart(driver.text))


@piloted
async def test_the_model_under_the_cursor_and_the_next_in_the_same_places() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await opened(driver, "tab", "tab", "j", "enter")
        assert "churn v7" in driver.line("2 Model")
        places = [line.find("latency_p95_ms") for line in driver.text.splitlines()]
        await opened(driver, "m")
        assert "recommendations" in driver.line("2 Model")
        assert places == [line.find("latency_p95_ms") for line in driver.text.splitlines()]
        await opened(driver, "M", "M")
        assert "fraud v12" in driver.line("2 Model")


@piloted
async def test_the_time_cursor_moves_the_numbers() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "2")
        assert session.the_desk.about[-1] == ("fraud", (NOW - 6 * HOUR, NOW))
        await opened(driver, "t", *"12:00", "enter")
        noon = NOW - 2 * HOUR - 202
        assert session.the_desk.about[-1] == ("fraud", (noon - 6 * HOUR, noon))
        assert "the time cursor" in driver.line("2 Model")
        await opened(driver, "escape")
        assert session.the_desk.about[-1] == ("fraud", (NOW - 6 * HOUR, NOW))
        await driver.press("escape")
        assert isinstance(driver.app.screen, HomeScreen)


@piloted
async def test_from_a_column_to_the_line_of_the_file() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "2", "tab", "tab", "tab")
        assert "▸" in driver.line("age")
        await driver.press("enter")
        assert driver.shows(ColumnScreen)
        await driver.sees("adds to psi")
        await driver.sees("60..70")
        await driver.press("j", "enter")
        assert driver.shows(RowsScreen)
        await driver.sees("predictions.jsonl")
        asked = session.the_desk.about[-1][0]
        assert isinstance(asked, CellQuery)
        assert asked.cell.above == 30.0
        await driver.press("j", "enter")
        assert driver.shows(RawScreen)
        await driver.sees('"kind": "prediction"')
        assert "1,000" in driver.text
        await driver.press("y")
        assert "byte 1000" in driver.app.clipboard
        await driver.press("escape", "escape", "escape")
        assert driver.shows(ModelScreen)
        assert "age" in driver.text


@piloted
async def test_a_metric_has_its_rows_and_a_version_its_beginning() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "2")
        await driver.press("tab", "j", "enter")
        assert driver.shows(RowsScreen)
        await driver.until(lambda: session.the_desk.asked[-1] == "series_rows", "asked")
        assert session.the_desk.about[-1][0] == 2
        await driver.press("escape", "shift+tab", "shift+tab", "j", "enter")
        assert driver.app.view.time.cursor == NOW - 6 * HOUR


@piloted
async def test_filter_narrows_every_pane() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await opened(driver, "2", "slash", *"error", "enter")
        assert "latency_p95_ms" not in driver.text
        assert driver.text.count("error_rate") == 3
        await driver.press("escape")
        assert "latency_p95_ms" in driver.text


@piloted
async def test_what_comes_in_is_asked_for_once_a_second() -> None:
    session, wall = FakeSession(snapshot()), [NOW]
    async with console(session, wall=lambda: wall[0]) as driver:
        await opened(driver, "2")
        before = len(session.the_desk.asked)
        for revision in range(2, 8):
            session.push(snapshot(revision))
            await driver.quiet()
        assert len(session.the_desk.asked) == before
        wall[0] += 1.0
        session.push(snapshot(9))
        await driver.until(lambda: len(session.the_desk.asked) == before + 1, "asked once more")


@piloted
async def test_a_question_that_takes_long_is_told_and_can_be_withdrawn() -> None:
    session, wall = FakeSession(snapshot()), [NOW]
    desk = session.the_desk
    desk._wait = lambda: desk.interrupted.wait(20)
    async with console(session, wall=lambda: wall[0]) as driver:
        await driver.press("2")
        await driver.until(lambda: desk.asked, "asked")
        wall[0] += 2.0
        driver.app.screen.tick()  # type: ignore[attr-defined]
        await driver.sees("working on it for 2 s; esc withdraws")
        await driver.press("escape")
        await driver.sees("withdrawn")
        assert desk.interrupted.is_set()
        desk.interrupted.set()
        await driver.press("r")
        await driver.sees("latency_p95_ms")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@piloted
async def test_a_model_that_is_being_learned_says_for_how_long(size: tuple[int, int]) -> None:
    young = replace(MODELS[3], health="learning", known_h=4)
    shown = [*MODELS[:3], young]
    async with console(FakeSession(snapshot(models=shown)), size=size) as driver:
        assert driver.line("eta v3").rstrip().endswith("learning: 4 of 28 h")
        assert "learning" not in driver.line("fraud v12")
        driver.app.look_at("eta")
        await driver.press("shift+tab", "shift+tab", "j", "j", "j", "enter")
        await driver.quiet()
        assert "learning: 4 of 28 h" in driver.line("─ 2 Model")
