from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tui_fake_session import FakeSession
from tui_fakes import ALERTS, NOW, alert, snapshot
from tui_pilot import console, piloted

from console.alerts.alert import Alert
from console.records.clock import HOUR

MANY: Sequence[Alert] = [alert(i, f"alert number {i} of fraud") for i in range(1, 41)]


@pytest.mark.parametrize(
    ("keys", "verb", "args", "word"),
    [
        (["a"], "ack", {}, "acked"),
        (["exclamation_mark"], "noise", {}, "marked as noise"),
        (["asterisk"], "important", {}, "marked as important"),
        (["s", "1"], "snooze", {"until": NOW + HOUR}, "snoozed 1 hour"),
        (["s", "4"], "snooze", {"until": NOW + 4 * HOUR}, "snoozed 4 hours"),
        (["s", "w"], "snooze", {}, "snoozed until worse"),
        (["s", "j", "enter"], "snooze", {"until": NOW + 4 * HOUR}, "snoozed 4 hours"),
        (["r", "f"], "resolve", {"reason": "fixed"}, "resolved fixed"),
        (["r", "e"], "resolve", {"reason": "expected"}, "resolved expected"),
        (["r", "a"], "resolve", {"reason": "false_alarm"}, "resolved false alarm"),
    ],
)
@piloted
async def test_acts_are_sent_and_told(
    keys: list[str], verb: str, args: dict[str, object], word: str
) -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press(*keys)
        assert [(act.verb, act.alert_id, dict(act.args)) for act in driver.session.acts] == [
            (verb, "alert-1", args)
        ]
        assert word in driver.footer
        assert "z undoes" in driver.footer


@piloted
async def test_an_act_shows_before_the_session_says_so() -> None:
    session = FakeSession(snapshot())
    session.confirms = False
    async with console(session) as driver:
        await driver.press("a")
        assert "✓" in driver.row("alert-1")
        session.push(snapshot(2))  # a picture from before the act was carried out
        await driver.quiet()
        assert "✓" in driver.row("alert-1")


@piloted
async def test_an_act_that_is_never_confirmed_is_let_go() -> None:
    session = FakeSession(snapshot())
    session.confirms = False
    wall = [NOW]
    async with console(session, wall=lambda: wall[0]) as driver:
        await driver.press("a")
        wall[0] += 60
        session.push(snapshot(2))
        await driver.quiet()
        assert "✓" not in driver.row("alert-1")


@piloted
async def test_a_refused_act_says_why() -> None:
    session = FakeSession(snapshot())
    session.refuse = "the journal is full"
    async with console(session) as driver:
        await driver.press("a")
        assert "not done: the journal is full" in driver.footer
        assert "✓" not in driver.row("alert-1")


@piloted
async def test_escape_leaves_a_choice_undone() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("s")
        assert "Snooze" in driver.text
        await driver.press("escape", "r", "escape")
        assert not driver.session.acts
        assert driver.pane == "inbox"


@piloted
async def test_undo_says_what_it_undid() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j", "a")
        assert "✓" in driver.row("alert-2")
        await driver.press("z")
        assert driver.session.undone[0].alert_id == "alert-2"
        assert "undone: acked  age of churn drifted after import" in driver.footer
        assert "✓" not in driver.row("alert-2")
        await driver.press("z")
        assert "nothing to undo" in driver.footer


@piloted
async def test_acts_work_from_the_message_too() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("tab", "a")
        assert driver.session.acts[0].alert_id == "alert-1"


@piloted
async def test_the_cursor_follows_its_alert_when_the_order_changes() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j", "tab")
        driver.session.push(snapshot(2, inbox=[ALERTS[3], ALERTS[2], ALERTS[1], ALERTS[0]]))
        await driver.quiet()
        assert driver.inbox == ["alert-4", "alert-3", "alert-2", "alert-1"]
        assert driver.selected == "alert-2"


@piloted
async def test_nothing_moves_under_the_cursor() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j")
        new = [replace(alert(9 + i, f"new {i} of fraud"), rank=1) for i in range(3)]
        last = alert(20, "last of fraud")
        driver.session.push(snapshot(2, inbox=[*new, *ALERTS, last]))
        await driver.quiet()
        assert driver.inbox == [f"alert-{i}" for i in range(1, 6)]
        assert "3 new above, 1 new below" in driver.text
        await driver.press("a")
        assert driver.session.acts[0].alert_id == "alert-2"
        await driver.press("full_stop")
        assert driver.inbox[:3] == ["alert-9", "alert-10", "alert-11"]
        assert driver.selected == "alert-2"
        assert "new above" not in driver.text


@piloted
async def test_leaving_the_inbox_takes_the_new_order() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j")
        driver.session.push(snapshot(2, inbox=[alert(9, "new of fraud"), *ALERTS]))
        await driver.quiet()
        await driver.press("tab")
        await driver.quiet()
        assert driver.inbox[0] == "alert-9"
        assert driver.selected == "alert-2"


@piloted
async def test_a_vanished_row_leaves_the_cursor_on_its_neighbour() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j")
        driver.session.push(snapshot(2, inbox=[ALERTS[0], *ALERTS[2:]]))
        await driver.quiet()
        assert driver.selected == "alert-3"
        driver.session.push(snapshot(3, inbox=[]))
        await driver.quiet()
        assert "nothing needs you" in driver.text
        await driver.press("a", "s", "r", "enter", "y", "w", "exclamation_mark")
        assert not driver.session.acts
        assert "no alert here" in driver.footer


@piloted
async def test_what_was_resolved_does_not_take_the_cursor_to_the_end() -> None:
    async with console(FakeSession(snapshot())) as driver:
        await driver.press("j", "r", "f")
        assert driver.selected == "alert-2"
        done = replace(ALERTS[1], state="resolved")
        driver.session.push(snapshot(3, inbox=[ALERTS[0], *ALERTS[2:4], ALERTS[4], done]))
        await driver.quiet()
        await driver.press("full_stop")
        assert driver.selected == "alert-3"


@piloted
async def test_no_act_hits_what_is_off_the_screen() -> None:
    async with console(FakeSession(snapshot(inbox=MANY))) as driver:
        rows = driver.home.inbox.rows
        rows.scroll_to(y=20, animate=False, immediate=True)
        await driver.until(lambda: not rows.on_screen)
        await driver.press("a")
        assert not driver.session.acts
        assert "press again" in driver.footer
        assert rows.on_screen
        await driver.press("a")
        assert driver.session.acts[0].alert_id == "alert-1"


@piloted
async def test_while_history_loads_the_best_alert_is_under_the_cursor() -> None:
    async with console(FakeSession(snapshot(share=0.4, inbox=[ALERTS[1]]))) as driver:
        assert "reading" in driver.text
        assert "40 % of 120 MB" in driver.text
        driver.session.push(snapshot(2, share=0.6, inbox=ALERTS))
        await driver.quiet()
        assert driver.selected == "alert-1"
