from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tui_fake_session import FakeSession
from tui_fakes import ALERTS, EMPTY, MODELS, NOW, alert, snapshot
from tui_pilot import console, piloted

from console.alerts.alert import Alert
from console.tui.screens.help import HelpScreen
from console.tui.screens.logs import LogsScreen

MANY: Sequence[Alert] = [alert(i, f"alert number {i} of fraud") for i in range(1, 41)]


@piloted
async def test_home_shows_every_part() -> None:
    async with console(FakeSession(snapshot())) as driver:
        text = driver.text
        for part in (
            "./fleet",
            "2 Models",
            "3 Timeline",
            "1 Inbox (4)",
            "What",
            "Where",
            "When",
            "Why",
            "Cost",
            "Change",
            "Logs",
            "fraud v12",
            "deploy v12",
            "86 %",
        ):
            assert part in text, part
        assert driver.pane == "inbox"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["j"], "alert-2"),
        (["down", "down"], "alert-3"),
        (["j", "j", "k"], "alert-2"),
        (["j", "up"], "alert-1"),
        (["G"], "alert-40"),
        (["end", "g"], "alert-1"),
        (["G", "home"], "alert-1"),
        (["k"], "alert-1"),
        (["n"], "alert-2"),
        (["N"], "alert-40"),
    ],
)
@piloted
async def test_keys_move_the_cursor(keys: list[str], expected: str) -> None:
    async with console(FakeSession(snapshot(inbox=MANY))) as driver:
        await driver.press(*keys)
        assert driver.selected == expected


@piloted
async def test_half_pages() -> None:
    async with console(FakeSession(snapshot(inbox=MANY))) as driver:
        rows = driver.home.inbox.rows
        half = rows.size.height // 2
        await driver.press("ctrl+d")
        assert rows.cursor == half
        await driver.press("pagedown", "ctrl+u", "pageup")
        assert rows.cursor == 0


@piloted
async def test_tab_changes_the_pane() -> None:
    async with console(FakeSession(snapshot())) as driver:
        seen = []
        for _ in range(4):
            await driver.press("tab")
            seen.append(driver.pane)
        assert seen == ["alert", "models", "timeline", "inbox"]
        await driver.press("shift+tab")
        assert driver.pane == "timeline"
        for key in ("1", "escape"):
            await driver.press(key)
            assert driver.pane == "inbox"
            await driver.press("tab")


@piloted
async def test_filter_of_the_inbox() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("slash", *"churn")
        assert driver.inbox == ["alert-2"]
        assert "1 found" in driver.text
        assert "esc clears" in driver.text
        await driver.press("enter")
        assert driver.pane == "inbox"
        assert driver.inbox == ["alert-2"]
        await driver.press("a")
        assert driver.session.acts[0].alert_id == "alert-2"
        await driver.press("escape")
        assert len(driver.inbox) == 5
        await driver.press("slash", *"critical", "escape")
        assert len(driver.inbox) == 5
        await driver.press("slash", *"zzz", "enter")
        assert "nothing like that" in driver.text


@piloted
async def test_filter_of_models_and_timeline() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("tab", "tab", "slash", *"et", "enter")
        assert [model.name for model in driver.home.models.items] == ["eta"]
        assert "(1 of 4)" in driver.text
        await driver.press("escape", "tab", "slash", *"fraud", "enter")
        assert [lane.model for lane in driver.home.lanes.items] == ["fraud"]
        await driver.press("escape")
        assert len(driver.home.lanes.items) == 5


@piloted
async def test_the_alerts_of_a_model_alone() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("tab", "tab", "j", "i")
        assert driver.pane == "inbox"
        assert driver.inbox == ["alert-2"]
        assert "only churn, esc clears" in driver.text
        await driver.press("escape")
        assert len(driver.inbox) == 5


@pytest.mark.parametrize("key", ["enter", "l", "o"])
@piloted
async def test_drill_into_the_logs_and_back(key: str) -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j", key)
        assert isinstance(driver.app.screen, LogsScreen)
        await driver.press("escape")
        assert driver.pane == "inbox"
        assert driver.selected == "alert-2"


@piloted
async def test_zoom_and_time_cursor() -> None:
    async with console(FakeSession(snapshot())) as driver:
        assert "last 6 h" in driver.text
        await driver.press("plus")
        assert "last 3 h" in driver.text
        await driver.press("minus", "minus")
        assert "last 12 h" in driver.text
        await driver.press("plus", "left_square_bracket", "left")
        cursor = driver.app.view.time.cursor
        assert cursor is not None
        assert cursor == pytest.approx(NOW - 2 * driver.home.lanes.axis.seconds)
        assert "at 13:" in driver.line("3 Timeline")
        assert "│" in driver.line("all models")
        await driver.press("right_square_bracket")
        assert (driver.app.view.time.cursor or 0) > cursor
        await driver.press("right", "escape")
        assert driver.app.view.time.cursor is None


@piloted
async def test_logs_open_at_the_time_cursor() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press(*["left"] * 20, "tab", "tab", "tab", "j", "enter")
        await driver.quiet()
        line = driver.logs.rows.selected
        assert line is not None
        assert line.ts >= (driver.app.view.time.cursor or 0) > line.ts - 10
        assert line.model == "fraud"


@piloted
async def test_the_gauges_follow_the_time_cursor() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        assert "then" not in driver.text
        await driver.press("t", *"12:00", "enter")
        await driver.sees("as of 12:00")
        assert "then" in driver.line("fraud v12")
        await driver.press("escape")
        await driver.quiet()
        assert "as of" not in driver.text
        assert "then" not in driver.text


@piloted
async def test_go_to_a_time() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("t", *"12:00", "enter")
        assert "at 12:00" in driver.line("3 Timeline")
        await driver.press("t", *"soon", "enter")
        assert "not a time: soon" in driver.text
        await driver.press("escape", "t", *"now", "enter")
        assert driver.app.view.time.cursor is None


@piloted
async def test_pause_freezes_the_screen_and_catches_up() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("space")
        assert "paused" in driver.text
        driver.session.push(snapshot(2, inbox=ALERTS[1:]))
        await driver.quiet()
        assert len(driver.inbox) == 5
        await driver.press("tab", "space")
        assert len(driver.inbox) == 4
        assert "paused" not in driver.text


@piloted
async def test_why_here() -> None:
    async with console(FakeSession(snapshot()), size=(200, 60)) as driver:
        assert "+1.40" not in driver.text
        await driver.press("w")
        assert "+1.40  a performance metric" in driver.text
        await driver.press("w")
        assert "+1.40" not in driver.text


@piloted
async def test_copy_as_markdown() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("y")
        assert driver.app.clipboard.startswith("## auc of fraud falling")
        assert "- **Why:**" in driver.app.clipboard
        assert "copied" in driver.footer


@pytest.mark.parametrize("tabs", [0, 1, 2, 3])
@piloted
async def test_help_is_that_of_the_pane(tabs: int) -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press(*["tab"] * tabs)
        name = driver.pane
        await driver.press("question_mark")
        assert isinstance(driver.app.screen, HelpScreen)
        assert name.capitalize() in driver.text
        if name in ("inbox", "alert"):
            assert "Why this alert is number 1" in driver.text
        await driver.press("G", "g", "ctrl+d", "ctrl+u", "escape")
        assert driver.pane == name


@piloted
async def test_palette_runs_a_command_on_the_pane() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j", "colon")
        await driver.press(*"acknowl")
        await driver.until(lambda: "ack: acknowledges" in driver.text, "found")
        await driver.press("down", "enter")
        await driver.until(lambda: driver.session.acts, "acted")
        assert driver.session.acts[0].alert_id == "alert-2"


@piloted
async def test_mouse_selects_and_the_second_click_drills() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.pilot.click("#inbox", offset=(10, 2))
        assert driver.selected == "alert-3"
        await driver.pilot.click("#timeline-heading", offset=(3, 0))
        await driver.until(lambda: driver.pane == "timeline")
        await driver.pilot.click("#inbox", offset=(10, 1), times=2)
        await driver.until(lambda: isinstance(driver.app.screen, LogsScreen))


@piloted
async def test_empty_console_says_how_to_feed_it_and_fills() -> None:
    session = FakeSession(EMPTY)
    async with console(session, size=(80, 24)) as driver:
        assert "Waiting for records below ./fleet" in driver.text
        assert "model-console emit ./fleet/metrics.jsonl" in driver.text
        assert driver.pane == "guide"
        assert "ack" not in driver.footer
        await driver.press("tab", "1", "a", "question_mark", "escape")
        session.push(snapshot(2))
        await driver.quiet()
        assert driver.pane == "inbox"
        assert "2 Models" in driver.text


@piloted
async def test_failure_of_the_session_is_one_clear_line() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        session.break_down("the store x.db is held by process 42")
        await driver.quiet()
        assert "✕ the store x.db is held by process 42" in driver.text
        assert "auc of fraud falling" in driver.text


@piloted
async def test_notices_are_counted_and_told_in_the_help() -> None:
    async with console(FakeSession(snapshot(notices=("clock skew of 3 h", "disk full")))) as driver:
        line = driver.line("! clock skew of 3 h")
        assert line.endswith("+1 more, ? tells")
        await driver.press("question_mark")
        assert "disk full" in driver.text


@pytest.mark.parametrize("notices", [("/fleet/" + "x" * 300,), ("/fleet/" + "x" * 300, "b")])
@piloted
async def test_a_notice_that_does_not_fit_says_where_the_rest_is(notices: tuple[str, ...]) -> None:
    async with console(FakeSession(snapshot(notices=notices)), size=(80, 24)) as driver:
        line = driver.line("! /fleet/xxx")
        assert "x… " in line
        assert line.endswith("? tells")
        await driver.press("question_mark")
        assert sum(line.count("x" * 60) for line in driver.text.splitlines()) >= 4


@piloted
async def test_history_is_shown_at_its_own_time() -> None:
    async with console(FakeSession(snapshot(live=False))) as driver:
        assert "history, ends 2026-11-23 14:03 UTC" in driver.text
        assert "behind" not in driver.text


@piloted
async def test_resizing_keeps_everything() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j")
        for size in ((80, 24), (40, 12), (200, 60), (100, 30)):
            await driver.pilot.resize_terminal(*size)
            await driver.quiet()
            assert driver.selected == "alert-2"
            assert max(len(line) for line in driver.text.splitlines()) <= size[0]
        assert "age of churn drifted" in driver.text


@piloted
async def test_many_snapshots_become_one_picture() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        for revision in range(2, 200):
            session.push(snapshot(revision, models=MODELS[: 1 + revision % 4]))
        await driver.quiet()
        assert driver.app.view.snapshot is not None
        assert driver.app.view.snapshot.revision == 199


@piloted
async def test_quitting_stops_the_session() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("q")
    assert session.stopped
    assert driver.app.return_code == 0
    session.push(snapshot(2))  # late news do no harm


@pytest.mark.parametrize(("share", "told"), [(0.4, "reading …"), (1.0, "no model is known yet")])
@piloted
async def test_while_no_model_is_known_the_timeline_says_why(share: float, told: str) -> None:
    first = replace(snapshot(share=share, models=(), inbox=()), events=())
    async with console(FakeSession(first)) as driver:
        lines = driver.text.splitlines()
        models, lanes = (next(i for i, row in enumerate(lines) if name in row)
                         for name in ("2 Models", "3 Timeline"))  # fmt: skip
        assert told in lines[lanes + 1]
        assert ("reading" in lines[models + 1]) == (share < 1.0)
        assert "no model of that name" not in driver.text


@piloted
async def test_logs_that_name_no_model_are_no_first_run() -> None:
    deaf = replace(EMPTY, progress=snapshot().progress)
    async with console(FakeSession(deaf)) as driver:
        assert driver.pane == "inbox"
        assert "no record names a model" in driver.text
        assert "Waiting for records" not in driver.text
        await driver.press("4")
        await driver.until(lambda: "scored request" in driver.text, "the logs")
