from __future__ import annotations

import threading
import time

import pytest
from tui_fake_session import FakeDesk, FakeSession
from tui_fakes import NOW, ONSET, log_line, snapshot
from tui_pilot import Driver, console, piloted

from console.store.pages import LogLine, LogQuery
from console.tui.logwindow import MOST
from console.tui.screens.home import HomeScreen
from console.tui.screens.logs import LogsScreen
from console.tui.screens.record import RecordScreen


async def opened(driver: Driver, *keys: str) -> LogsScreen:
    await driver.press(*keys)
    await driver.until(lambda: isinstance(driver.app.screen, LogsScreen), "opened")
    await settled(driver)
    return driver.logs


async def settled(driver: Driver) -> None:
    await driver.quiet()
    if isinstance(driver.app.screen, LogsScreen):
        await driver.until(lambda: driver.logs.feed.idle and driver.logs.counts.idle, "answered")
    await driver.quiet()


def message(driver: Driver) -> str:
    line = driver.logs.rows.selected
    return line.message if line else ""


@piloted
async def test_opens_at_the_onset_with_the_lines_around_it() -> None:
    async with console(FakeSession(snapshot())) as driver:
        logs = await opened(driver, "enter")
        line = logs.rows.selected
        assert line is not None
        assert ONSET <= line.ts < ONSET + 10
        assert line.model == "fraud"
        text = driver.text
        assert "13:20 onset ┃ · related ▌" in text
        assert "▌" in driver.line("feature age missing")
        assert "⤶ TimeoutError: 2000 ms" in text
        before = next(row for row in text.splitlines() if "13:19:58" in row)
        after = next(row for row in text.splitlines() if "13:20:26" in row)
        assert not before.startswith("┃")
        assert after.startswith("┃")
        assert "enter record" in driver.footer


@piloted
async def test_all_logs_follow_the_tail() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "4")
        assert "following" in driver.text
        for index in range(3):
            session.append(log_line(9000 + index, NOW + index, f"fresh line {index}"))
            await driver.sees(f"fresh line {index}")
        assert message(driver) == "fresh line 2"
        session.append(log_line(9100, NOW - 2, "late line"))
        await driver.until(lambda: "late line" in driver.text, "late but there")
        await driver.press("k")
        assert "following" not in driver.text
        session.append(log_line(9200, NOW + 9, "unseen line"))
        await settled(driver)
        assert "unseen line" not in driver.text
        await driver.press("f")
        await driver.until(lambda: "unseen line" in driver.text, "followed again")


@piloted
async def test_a_burst_longer_than_a_page_ends_at_its_newest_line() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "4")
        session.lines += [log_line(9000 + i, NOW + i / 1000, f"burst {i}") for i in range(3000)]
        session.append(log_line(20_000, NOW + 10, "the last"))
        await driver.until(lambda: "the last" in driver.text, "caught up")
        assert "burst 2999" in driver.text


@piloted
async def test_an_appended_line_is_on_the_screen_at_once() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "4")
        spent = []
        for index in range(20):
            start = time.perf_counter()
            session.append(log_line(9000 + index, NOW + index, f"fresh line {index}"))
            await driver.sees(f"fresh line {index}")
            spent.append(time.perf_counter() - start)
        assert sorted(spent)[-2] < 1.0, spent  # far more than the aim, for a busy machine


@piloted
async def test_pages_are_fetched_as_one_goes_and_the_window_stays_small() -> None:
    lines = [log_line(i, NOW - 60_000 + i) for i in range(60_000)]
    async with console(FakeSession(snapshot(), lines)) as driver:
        logs = await opened(driver, "4")
        assert len(logs.rows.items) == 400
        for _ in range(14):
            logs.rows.move_to(0)
            await settled(driver)
        assert 2000 < len(logs.rows.items) <= MOST
        keys = [line.key for line in logs.rows.items]
        assert keys == sorted(set(keys))
        place = (logs.rows.selected or lines[0]).ts
        assert place < NOW - 2000
        await driver.press("g")
        await settled(driver)
        assert logs.rows.selected == lines[0]
        await driver.press("G")
        await settled(driver)
        assert logs.rows.selected == lines[-1]


@piloted
async def test_the_wheel_fetches_pages_too() -> None:
    async with console(FakeSession(snapshot())) as driver:
        logs = await opened(driver, "4")
        logs.rows.scroll_to(y=0, animate=False, immediate=True)
        await settled(driver)
        assert len(logs.rows.items) > 400


class SlowToCount(FakeDesk):
    """A desk over so much that counting takes long."""

    def __init__(self, lines: list[LogLine]) -> None:
        super().__init__(lines)
        self.counted = threading.Event()

    def log_count(self, query: LogQuery) -> int:
        self.asked.append("count")
        self.counted.wait(20)
        return super().log_count(query)


@piloted
async def test_no_page_waits_while_the_lines_of_a_filter_are_counted() -> None:
    lines = [log_line(i, NOW - 5000 + i, f"line {i} said so") for i in range(5000)]
    session = FakeSession(snapshot(), lines)
    session.the_desk = desk = SlowToCount(lines)
    async with console(session) as driver:
        logs = await opened(driver, "4")
        desk.asked.clear()
        await driver.press("slash", *"said", "enter")
        await driver.until(lambda: "count" in desk.asked, "counting")
        assert desk.asked[0] == "newest"
        shown = logs.rows.items[0]
        await driver.press("g")
        await driver.until(lambda: logs.rows.items[0] is lines[0], "the first line of all")
        assert logs.rows.items[0] is not shown
        assert not logs.counts.idle
        assert "5,000 lines" not in driver.text
        desk.counted.set()
        await settled(driver)
        assert "5,000 lines" in driver.text


@piloted
async def test_filter_narrows_and_hits_are_found_in_their_context() -> None:
    lines = [log_line(i, NOW - 5000 + i) for i in range(5000)]
    for place in (100, 2500, 4900):
        lines[place] = log_line(place, NOW - 5000 + place, f"needle {place} [/b]")
    async with console(FakeSession(snapshot(), lines)) as driver:
        logs = await opened(driver, "4", "slash", *"NEEDLE")
        assert "enter shows only these lines" in driver.text
        await driver.press("enter")
        await settled(driver)
        assert [line.message for line in logs.rows.items] == [
            "needle 100 [/b]", "needle 2500 [/b]", "needle 4900 [/b]"
        ]  # fmt: skip
        assert "only “NEEDLE”, esc clears" in driver.text
        assert "3 lines" in driver.text
        await driver.press("escape")
        await settled(driver)
        assert len(logs.rows.items) > 300
        await driver.press("N")
        await settled(driver)
        first = message(driver)
        await driver.press("N")
        await settled(driver)
        assert (first, message(driver)) in (
            ("needle 4900 [/b]", "needle 2500 [/b]"),
            ("needle 2500 [/b]", "needle 100 [/b]"),
        )
        assert len(logs.rows.items) > 300
        await driver.press("n")
        await settled(driver)
        assert message(driver) == first
        await driver.press("N", "N", "N")
        await settled(driver)
        await driver.press("N")
        await settled(driver)
        assert "no earlier “NEEDLE”" in driver.footer
        await driver.press("escape")
        assert "NEEDLE" not in driver.line("4 Logs")
        await driver.press("n")
        assert "nothing searched for yet" in driver.footer
        await driver.press("escape")
        assert isinstance(driver.app.screen, HomeScreen)


@piloted
async def test_next_and_previous_error() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await opened(driver, "enter", "e")
        await settled(driver)
        first = driver.logs.rows.selected
        assert first is not None
        assert first.level == "ERROR"
        assert first.ts > ONSET
        await driver.press("e")
        await settled(driver)
        assert (driver.logs.rows.selected or first).ts > first.ts
        await driver.press("E")
        await settled(driver)
        assert driver.logs.rows.selected == first


@piloted
async def test_least_level() -> None:
    async with console(FakeSession(snapshot())) as driver:
        logs = await opened(driver, "4", "v", "v")
        await settled(driver)
        assert {line.level for line in logs.rows.items} == {"WARNING", "ERROR"}
        assert "WARNING and worse" in driver.text
        await driver.press("v")
        await settled(driver)
        assert {line.level for line in logs.rows.items} == {"ERROR"}
        await driver.press("V", "V", "V")
        await settled(driver)
        assert "worse" not in driver.text


@piloted
async def test_the_whole_record() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await opened(driver, "enter", "e")
        await settled(driver)
        await driver.press("enter")
        assert driver.shows(RecordScreen)
        text = driver.text
        for part in (
            "serving/fraud.log",
            "byte",
            "serving.api",
            "fraud v12",
            "Traceback (most recent call last):",
            "TimeoutError: 2000 ms",
            "request",
            "took_ms",
            "timeout after 2000 ms",
        ):
            assert part in text, part
        await driver.press("y")
        assert "TimeoutError" in driver.app.clipboard
        await driver.press("j", "G", "g", "question_mark", "escape", "escape")
        assert driver.shows(LogsScreen)
        await driver.press("y")
        assert "serving/fraud.log, byte" in driver.app.clipboard


@pytest.mark.parametrize("key", ["1", "escape"])
@piloted
async def test_back_home(key: str) -> None:
    async with console(FakeSession(snapshot())) as driver:
        await opened(driver, "4")
        await driver.press(key)
        assert isinstance(driver.app.screen, HomeScreen)
        assert driver.pane == "inbox"
        assert "1 Inbox" in driver.text


@piloted
async def test_go_to_a_time_in_the_logs() -> None:
    async with console(FakeSession(snapshot())) as driver:
        logs = await opened(driver, "4", "t", *"12:00", "enter")
        await settled(driver)
        assert "12:00:0" in driver.line("4 Logs")
        assert "following" not in driver.text
        await driver.press("t", *"now", "enter")
        await settled(driver)
        assert logs.rows.selected == driver.session.lines[-1]


@piloted
async def test_a_reader_that_fails_is_one_clear_line_and_is_asked_again() -> None:
    session = FakeSession(snapshot())
    session.the_desk.fail = OSError("disk gone")
    async with console(session) as driver:
        await driver.press("4")
        await driver.until(lambda: "not answered: disk gone" in driver.text, "told")
        session.the_desk.fail = None
        session.push(snapshot(2))
        await driver.until(lambda: "scored request" in driver.text, "read after all")
        assert "not answered" not in driver.text


@piloted
async def test_the_logs_wait_for_a_store_that_is_not_open_yet() -> None:
    session = FakeSession(snapshot())
    reader = session.the_desk
    session.the_desk = None  # type: ignore[assignment]  # not open yet
    async with console(session) as driver:
        await driver.press("4")
        await driver.quiet()
        assert "scored request" not in driver.text
        session.the_desk = reader
        session.push(snapshot(2))
        await driver.until(lambda: "scored request" in driver.text, "read")


@piloted
async def test_a_slow_reader_never_blocks_the_screen() -> None:
    session = FakeSession(snapshot())
    answer = threading.Event()
    session.the_desk = FakeDesk(session.lines, wait=lambda: answer.wait(20))
    async with console(session) as driver:
        try:
            await driver.press("4")
            assert driver.shows(LogsScreen)
            await driver.press("question_mark")
            assert "Logs" in driver.text
            await driver.press("escape", "escape")
            assert driver.shows(HomeScreen)
            await driver.press("j")
            assert driver.selected == "alert-2"
        finally:
            answer.set()


@piloted
async def test_a_question_of_no_interest_is_withdrawn_and_the_desk_given_back() -> None:
    session = FakeSession(snapshot())
    reader = session.the_desk
    reader._wait = lambda: reader.interrupted.wait(20)
    async with console(session) as driver:
        await driver.press("4", "v")  # the first page is still being fetched
        await settled(driver)
        assert {line.level for line in driver.logs.rows.items} == {
            "INFO", "WARNING", "ERROR"
        }  # fmt: skip
        assert reader.interrupted.is_set()
        reader.interrupted.clear()
        await driver.press("v", "escape")  # left while it is being asked
        assert reader.interrupted.is_set()
        await settled(driver)
    assert reader.closed


@piloted
async def test_pause_holds_the_tail() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await opened(driver, "4", "space")
        session.append(log_line(9000, NOW + 1, "held back"))
        await settled(driver)
        assert "held back" not in driver.text
        await driver.press("space")
        await driver.until(lambda: "held back" in driver.text, "caught up")
