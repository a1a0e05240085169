from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tui_fake_session import FakeSession
from tui_fakes import ALERTS, NOW, alert, snapshot
from tui_pilot import Driver, console, piloted

from console.records.clock import DAY, HOUR
from console.tui.commands import COMMANDS, VIEWS
from console.tui.habits import KEYS, QUERIES, Habits
from console.tui.screens.home import HomeScreen
from console.tui.screens.logs import LogsScreen
from console.tui.screens.model import ModelScreen
from console.tui.terminal import Terminal

NAMES = tuple(name for name, _, _ in VIEWS)
ODD = {
    "rows": {"sources": 3, "tracks": "gone", "compare": []}, "filters": [1], "filter": {},
    "open": "nowhere", "left": [1, 2, 3, 4, 5], "right": ["x", 0.0, 1.0, [], None], "only": "yes",
    "query": 7, "level": "LOUD", "columns": float("inf"), "follow": False, "ts": 1e300,
    "line": [[], {}], "shared": None, "needle": 5, "text": None,
}  # fmt: skip
"""What somebody might have written into a remembered session."""


def test_what_was_chosen_and_asked_is_there_again(tmp_path: Path) -> None:
    habits = Habits(tmp_path / "new", "fleet")
    habits.choose_theme("console-light")
    for query in ("select 1", "select 2", "select 1"):
        habits.asked(query)
    habits.leave({"view": "logs"})
    again = Habits(tmp_path / "new", "fleet")
    assert again.theme == "console-light"
    assert again.queries == ("select 2", "select 1")
    assert again.session() == {"view": "logs"}
    assert Habits(tmp_path / "new", "other").session() == {}


def test_only_so_many_queries_are_kept(tmp_path: Path) -> None:
    habits = Habits(tmp_path)
    for number in range(QUERIES + 10):
        habits.asked(f"select {number}")
    assert len(Habits(tmp_path).queries) == QUERIES


@pytest.mark.parametrize("text", ["", "{torn", "[1]", '{"theme": 3, "queries": [1]}', "\xff"])
def test_what_cannot_be_read_is_taken_for_empty(tmp_path: Path, text: str) -> None:
    for name in ("screen.json", "queries.json"):
        (tmp_path / name).write_text(text, encoding="latin-1")
    habits = Habits(tmp_path)
    assert (habits.theme, habits.queries, dict(habits.session())) == (None, (), {})


def test_what_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    habits = Habits(blocked)
    habits.choose_theme("x")
    habits.asked("select 1")
    habits.leave({})
    Habits(None).leave({})


def test_keys_of_the_users_own_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    habits = Habits(tmp_path)
    assert habits.keys() == ({}, "")
    (tmp_path / KEYS).write_text('ack = "ctrl+a"\n', encoding="utf-8")
    assert habits.keys() == ({"ack": "ctrl+a"}, "")
    (tmp_path / KEYS).write_text("ack = 3\n", encoding="utf-8")
    assert "wanted a text" in habits.keys()[1]
    (tmp_path / KEYS).write_text("ack = \n", encoding="utf-8")
    assert str(tmp_path / KEYS) in habits.keys()[1]


@piloted
async def test_a_session_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path, "fleet")) as driver:
        await driver.press("slash", *"auc", "enter", "t", *"12:00", "enter", "4")
        await driver.until(lambda: driver.logs.rows.items)
        await driver.press("m")
        marked = driver.logs.rows.selected
        assert marked is not None
        driver.app.theme = "console-light"
        await driver.quiet()
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path, "fleet")) as driver:
        await driver.until(lambda: driver.shows(LogsScreen) and driver.logs.rows.items)
        assert driver.app.theme == "console-light"
        assert set(driver.app.marks) == {marked.key}
        assert driver.app.marks[marked.key] == marked
        await driver.press("1")
        assert driver.home.inbox.filter == "auc"
        assert "as of 12:00" in driver.text
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path, "other")) as driver:
        assert driver.app.theme == "console-light"
        assert driver.home.inbox.filter == ""


def focused(driver: Driver) -> Any:
    """What has the keys."""
    return driver.app.focused


@piloted
async def test_every_view_is_found_as_it_was_left(tmp_path: Path) -> None:
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path, "fleet")) as driver:
        await driver.press("shift+tab", "shift+tab", "slash", *"chu", "enter", "escape")
        await driver.press("slash", *"fra", "enter", "4")
        await driver.until(lambda: driver.logs.rows.items)
        await driver.press("slash", *"request", "enter", "v", "C")
        await driver.quiet()
        await driver.press("k", "k", "k")
        line = driver.logs.rows.selected
        await driver.press("3", "j", "j")
        await driver.quiet()
        await driver.press("5", "o", "c", "3")
        await driver.quiet()
        await driver.press("j", "6", "tab", "j", "slash", *"fraud", "enter")
        await driver.quiet()
        await driver.press("7", *"select 17", "escape")
        await driver.press("2", "tab", "tab")
        open_at = focused(driver).id
    session = FakeSession(snapshot())
    async with console(session, habits=Habits(tmp_path, "fleet")) as driver:
        await driver.until(lambda: driver.shows(ModelScreen))
        await driver.quiet()
        assert focused(driver).id == open_at != "performance"
        await driver.press("1")
        assert "“fra”" in driver.line("2 Models")
        await driver.press("4")
        await driver.until(lambda: driver.logs.rows.items)
        assert "INFO and worse · only “request”" in driver.line("4 Logs")
        await driver.sees("lines")
        assert driver.logs.rows.selected == line
        assert driver.logs.rows.look.columns == 1
        await driver.press("3")
        await driver.quiet()
        assert focused(driver).cursor == 2
        await driver.press("5")
        await driver.quiet()
        left = session.the_desk.about[-1][0]
        assert (left.start, left.end) == (NOW - 6 * HOUR - DAY, NOW - DAY)
        assert "those alone, o shows all" in driver.line("5 Compare")
        assert focused(driver).cursor == 1
        await driver.press("6")
        await driver.quiet()
        assert "“fraud”" in driver.line("6 Sources")
        assert focused(driver).id == "checkpoints"
        await driver.press("7")
        assert focused(driver).value == "select 17"
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path, "fleet")) as driver:
        await driver.press("escape")  # home: the others were not gone to
    views = Habits(tmp_path, "fleet").session()["views"]
    assert views["sql"] == {"query": "select 17"}
    assert views["logs"]["text"] == "request"


@piloted
async def test_a_time_cursor_that_was_moved_since_goes_before_the_line(tmp_path: Path) -> None:
    habits = Habits(tmp_path)
    async with console(FakeSession(snapshot()), habits=habits) as driver:
        await driver.press("4")
        await driver.until(lambda: driver.logs.rows.items)
        await driver.press("k", "1")
    async with console(FakeSession(snapshot()), habits=habits) as driver:
        await driver.press("t", *"12:00", "enter", "4")
        await driver.until(lambda: driver.logs.rows.items)
        assert " 12:00:0" in driver.line("4 Logs")


@pytest.mark.parametrize(
    "session",
    [
        {"on": "nowhere", "time": [1, 2], "marks": 3},
        {"on": 4, "chosen": 5, "model": [], "filter": {}, "time": ["x", None, None]},
        {"marks": [[1], None, ["x"] * 13], "time": [21600.0, "now", {}]},
        {"filter": "auc", "views": dict.fromkeys(("home", *NAMES), ODD)},
        {"views": dict.fromkeys(NAMES, 3)},
    ],
)
@piloted
async def test_an_odd_session_does_no_harm(tmp_path: Path, session: dict[str, object]) -> None:
    Habits(tmp_path).leave(session)
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path)) as driver:
        assert driver.shows(HomeScreen)
        assert driver.app.marks == {}
        for key in "23456781":
            await driver.press(key)
            await driver.quiet()
            if key == "7":
                await driver.press("escape")
        assert driver.app.return_code is None


@piloted
async def test_keys_of_the_users_own_work_and_are_shown(tmp_path: Path) -> None:
    (tmp_path / KEYS).write_text('act-ack = "ctrl+a"\nzoom-back = "f5,f6"\n', encoding="utf-8")
    session = FakeSession(snapshot())
    async with console(session, habits=Habits(tmp_path)) as driver:
        assert "ctrl+a ack" in driver.footer
        await driver.press("a")
        assert session.acts == []
        await driver.press("ctrl+a", "f6")
        assert [act.verb for act in session.acts] == ["ack"]
        assert driver.app.view.time.width == 3 * HOUR
        await driver.press("question_mark", "G")
        assert "ctrl+a" in driver.text or "f5 f6" in driver.text


@piloted
async def test_a_key_of_no_command_is_told(tmp_path: Path) -> None:
    (tmp_path / KEYS).write_text('fly = "f7"\n', encoding="utf-8")
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path)) as driver:
        assert "no command is called fly" in driver.footer


def test_every_command_has_a_name_of_its_own_that_keys_can_be_given() -> None:
    by_id: dict[str, set[str]] = {}
    for command in COMMANDS:
        by_id.setdefault(command.id, set()).add(command.name)
    assert all(len(names) == 1 for names in by_id.values()), by_id


def test_the_terminal_is_titled_and_called_once_for_a_new_critical() -> None:
    said: list[str] = []
    terminal = Terminal(said.append, "bell")
    terminal.show("./fl\x1beet", ALERTS, loading=True)
    assert said == ["\x1b[22;0t\x1b]2;(3) ./fl␛et · model-console\x07"]
    terminal.show("./fl\x1beet", ALERTS, loading=False)
    terminal.show("./fl\x1beet", ALERTS, loading=False)
    assert len(said) == 1
    new = alert(9, "another", "critical")
    terminal.show("./fl\x1beet", (*ALERTS, new), loading=False)
    assert said[1:] == ["\x1b]2;(4) ./fl␛et · model-console\x07", "\x07"]
    terminal.leave()
    assert said[-1] == "\x1b[23;0t"


@piloted
async def test_ctrl_c_says_how_to_leave_and_copies_what_is_selected(tmp_path: Path) -> None:
    (tmp_path / KEYS).write_text('leave = "f10"\n', encoding="utf-8")
    async with console(FakeSession(snapshot()), habits=Habits(tmp_path)) as driver:
        await driver.press("ctrl+c")
        assert "f10 quits" in driver.footer
        assert not driver.app._notifications
        await driver.press("question_mark", "ctrl+c")
        assert not driver.app._notifications
        await driver.press("escape", "7", *"select q", "ctrl+c")
        assert "esc leaves the line, then f10 quits" in driver.footer
        await driver.press("shift+home", "ctrl+c")
        assert driver.app.clipboard == "select q"
        await driver.quiet()
        driver.app.screen.keys.hush()  # type: ignore[attr-defined]
        assert "esc leave the line" in driver.footer
