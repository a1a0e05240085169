"""Acts on many alerts, notes, the bundle, and keys that come too fast."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual import events
from tui_fake_session import FakeSession
from tui_fakes import EVENTS, NOW, alert, hostile_text, snapshot
from tui_pilot import compare, console, looks, piloted, without_chart

from console.records.clock import DAY, HOUR, MINUTE
from console.tui.app import ConsoleApp
from console.tui.screens.choose import Choose
from console.tui.screens.evidence import shell_command
from console.tui.screens.logs import LogsScreen

MANY = tuple(
    alert(number, f"alert number {number}", "critical" if number == 3 else "warning")
    for number in range(1, 31)
)


def done(session: FakeSession) -> list[tuple[str, str]]:
    return [(act.verb, act.alert_id) for act in session.acts]


@piloted
async def test_an_act_is_for_all_that_are_marked() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("v", "j", "v")
        assert "2 marked" in driver.line("1 Inbox")
        await driver.press("a")
        assert done(session) == [("ack", "alert-1"), ("ack", "alert-3")]
        assert "2 acked" in driver.footer
        assert "marked" not in driver.line("1 Inbox")
        assert "z undoes them all" in driver.footer
        assert ("✓" in driver.row("alert-1"), "✓" in driver.row("alert-2")) == (True, False)
        await driver.press("z")
        assert done(session) == []
        assert "undone: acked  2 alerts" in driver.footer
        assert "✓" not in driver.row("alert-1")


@piloted
async def test_what_one_key_did_to_many_is_shown_before_it_is_taken_back() -> None:
    session = FakeSession(snapshot(inbox=MANY))
    async with console(session, size=(80, 24)) as driver:
        await driver.press("V", "exclamation_mark", "y", "j", "a")
        assert len(session.acts) == 30
        await driver.press("z")
        assert len(session.acts) == 29
        await driver.press("z")
        assert driver.shows(Choose)
        assert "as they were before: 29 alerts" in driver.text
        compare("undo-preview-80x24", driver.text)
        await driver.press("escape")
        assert len(session.acts) == 29
        await driver.press("z", "y")
        assert done(session) == []
        assert "undone: marked as noise  29 alerts" in driver.footer
        await driver.press("z")
        assert "nothing to undo" in driver.footer


@piloted
async def test_many_are_shown_before_anything_is_done_and_criticals_are_left_out() -> None:
    session = FakeSession(snapshot(inbox=MANY))
    async with console(session, size=(80, 24)) as driver:
        await driver.press("V")
        assert "29 marked, 1 critical left out" in driver.footer
        await driver.press("exclamation_mark")
        assert driver.shows(Choose)
        assert "mark as noise: 29 alerts" in driver.text
        compare("preview-80x24", driver.text)
        await driver.press("escape")
        assert done(session) == []
        await driver.press("exclamation_mark", "y")
        assert len(session.acts) == 29
        assert ("noise", "alert-3") not in done(session)


@piloted
async def test_a_critical_that_was_marked_singly_can_still_be_left_out() -> None:
    session = FakeSession(snapshot(inbox=MANY))
    async with console(session, size=(80, 24)) as driver:
        await driver.press("V", "j", "j", "v", "s", "1")
        assert driver.shows(Choose)
        await driver.press("m")
        assert len(session.acts) == 29
        assert ("snooze", "alert-3") not in done(session)


@piloted
async def test_what_leaves_the_list_is_marked_no_more() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("v")
        await driver.press("slash", *"churn", "enter")
        assert "marked" not in driver.line("1 Inbox")
        await driver.press("a")
        assert done(session) == [("ack", "alert-2")]
        await driver.press("escape", "v", "escape")
        assert "marked" not in driver.line("1 Inbox")


@piloted
async def test_two_that_are_marked_off_the_screen_are_shown_first() -> None:
    session = FakeSession(snapshot(inbox=MANY))
    async with console(session, size=(80, 24)) as driver:
        await driver.press("v", "G", "a")
        assert driver.shows(Choose)
        assert "alert number 1" in driver.text


@piloted
async def test_a_note_pins_the_time_cursor() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("t", *"13:00", "enter", "c", *"look here", "enter")
        act = session.acts[0]
        assert (act.verb, act.args["text"]) == ("note", "[2026-11-23 13:00:00] look here")
        await driver.press("c", "escape")
        assert len(session.acts) == 1


@piloted
async def test_a_snooze_until_the_event_ends() -> None:
    lasting = EVENTS[2].__class__(
        "m", NOW - HOUR, NOW + 90 * MINUTE, "fraud", None, None, "campaign", "sale", True
    )
    first = snapshot()
    session = FakeSession(first.__class__(**{
        **{name: getattr(first, name) for name in first.__dataclass_fields__},
        "events": (*first.events, lasting),
    }))  # fmt: skip
    async with console(session) as driver:
        await driver.press("s")
        assert "event ends" in driver.text
        await driver.press("e")
        assert session.acts[0].args["until"] == NOW + 90 * MINUTE


@piloted
async def test_the_bundle_is_built_where_one_says() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("b")
        assert "bundle-alert-1" in driver.text
        await driver.press("enter")
        await driver.sees("built ")
        assert session.the_desk.asked[-1] == "bundle"
        assert session.the_desk.about[-1][1] == str(Path.cwd() / "bundle-alert-1")
        session.the_desk.fail = ValueError("it is there and is no bundle")
        await driver.press("b", "enter")
        await driver.sees("no bundle: it is there and is no bundle")


@piloted
async def test_the_shell_has_the_terminal_and_its_folder_is_gone_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = FakeSession(snapshot())
    ran: list[list[str]] = []
    async with console(session) as driver:
        monkeypatch.setattr(ConsoleApp, "run_outside", lambda self, command: ran.append(command))
        await driver.press("x")
        await driver.until(lambda: ran, "opened")
        folder = Path(session.the_desk.about[-1][1])
        assert str(folder) in ran[0][-1]
        await driver.until(lambda: not folder.parent.exists(), "cleared away")


def test_the_shell_is_a_python_with_the_frames() -> None:
    command = shell_command("/tmp/b'undle")
    assert command[0] == sys.executable
    compile(command[-1], "shell", "exec")
    assert "before, after" in command[-1]


@piloted
async def test_keys_sent_with_a_slash_are_typed_into_the_filter() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        for key, letter in (("slash", "/"), ("a", "a"), ("g", "g"), ("e", "e")):
            driver.app.post_message(events.Key(key, letter))
        await driver.until(lambda: driver.home.inbox.filter == "age", "typed")
        assert session.acts == []


@piloted
async def test_a_mute_rule_says_what_it_matches_and_when_it_ends() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("j", "m")
        assert "this very alert" in driver.text
        assert "matches 1 alert" in driver.line("this very alert")
        assert "matches 4 alerts" in driver.line("4  this detector")
        compare("mute-120x40", without_chart(driver.text))
        await driver.press("3", "d")
        act = session.acts[0]
        assert (act.verb, act.alert_id) == ("mute", "alert-2")
        assert act.args == {
            "of_model": "churn", "of_detector": "performance", "until": NOW + DAY
        }  # fmt: skip
        assert "muted this detector on this model for 1 day" in driver.footer
        await driver.press("m", "1", "escape")
        assert len(session.acts) == 1


@piloted
async def test_alerts_are_assigned_merged_and_split() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("A", "enter")
        assert (session.acts[-1].verb, session.acts[-1].args) == ("assign", {"to": "anna"})
        await driver.press("M")
        assert "mark the others" in driver.footer
        await driver.press("v", "M")
        assert (session.acts[-1].verb, session.acts[-1].alert_id) == ("merge", "alert-1")
        assert session.acts[-1].args == {"into": driver.selected}
        await driver.press("S", "1")
        assert session.acts[-1].args == {"series": "null_rate(age)", "stage": "features"}


@piloted
async def test_what_is_looked_at_teaches() -> None:
    session, wall = FakeSession(snapshot()), [NOW]
    async with console(session, wall=lambda: wall[0]) as driver:
        wall[0] += 30.0
        await driver.press("j")
        assert session.exposures == []  # nobody had put the cursor on the first one
        wall[0] += 4.0
        await driver.press("j")
        look = session.exposures[0]
        assert look.alert_id == "alert-3" or look.alert_id == "alert-2"
        assert look.args["position"] == 2.0
        assert look.args["cursor_ms"] == 4000
        wall[0] += 0.1
        await driver.press("k", "k")
        assert len(session.exposures) == 1
        wall[0] += 0.1
        await driver.press("enter")
        assert session.exposures[-1].args["opened"] == 1.0
        wall[0] += 60.0
        await driver.press("escape", "j")
        looks = [float(look.args["cursor_ms"]) for look in session.exposures]
        assert max(looks) < 10_000  # the logs lay on top


# Log lines


@piloted
async def test_lines_are_marked_and_gone_back_to() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("4")
        await driver.until(lambda: driver.logs.rows.items)
        await driver.press("k", "m")
        marked = driver.logs.rows.selected
        assert "◆" in driver.text
        await driver.press("g")
        await driver.quiet()
        await driver.press("u")
        await driver.quiet()
        assert driver.logs.rows.selected == marked
        await driver.press("u")
        assert "no mark after" in driver.footer
        await driver.press("m", "U")
        assert "no line is marked yet" in driver.footer


@piloted
async def test_context_shows_all_lines_round_one_and_comes_back() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("4", "slash", *"timeout", "enter")
        await driver.until(lambda: "only “timeout”" in driver.text)
        await driver.quiet()
        line = driver.logs.rows.selected
        filtered = driver.app.screen
        await driver.press("c")
        await driver.quiet()
        assert driver.app.screen is not filtered
        assert driver.logs.rows.selected == line
        assert "scored request" in driver.text
        await driver.press("escape")
        assert driver.app.screen is filtered


@looks("data", "hostile")
@piloted
async def test_templates_look(name: str, size: tuple[int, int]) -> None:
    session = FakeSession(snapshot())
    if name == "hostile":
        session.the_desk.answers["name"] = hostile_text()
    async with console(session, size=size) as driver:
        await driver.press("4")
        assert "T templates" in driver.footer
        await driver.press("T")
        await driver.sees("timeout after <*> ms")
        await driver.quiet()
        compare(f"templates-{name}-{size[0]}x{size[1]}", driver.text)


@piloted
async def test_the_log_is_folded_to_its_templates() -> None:
    session = FakeSession(snapshot())
    async with console(session) as driver:
        await driver.press("4", "T")
        await driver.sees("timeout after <*> ms")
        await driver.quiet()
        order = [driver.text.index(part) for part in ("timeout", "missing", "cache", "scored")]
        assert order == sorted(order)
        assert "gone" in driver.line("cache warmed")
        await driver.press("o")
        assert "most frequent first" in driver.line("4 Templates")
        assert driver.text.index("scored") < driver.text.index("timeout")
        await driver.press("o")
        await driver.press("slash", *"timeout", "enter", "enter")
        assert driver.shows(LogsScreen)
        await driver.until(lambda: driver.logs.rows.items)
        assert {line.template_id for line in driver.logs.rows.items} == {"t2"}
        assert "only timeout after" in driver.line("4 Logs")


@piloted
async def test_columns_and_the_pager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    session = FakeSession(snapshot())
    ran: list[list[str]] = []
    monkeypatch.setattr(ConsoleApp, "run_outside", lambda self, command: ran.append(command))
    monkeypatch.setenv("PAGER", "less -R")
    monkeypatch.setenv("EDITOR", "nano")
    monkeypatch.delenv("VISUAL", raising=False)
    (tmp_path / "serving").mkdir()
    (tmp_path / "serving" / "fraud.log").write_text("x" * 99 + "\n", encoding="utf-8")
    async with console(session) as driver:
        await driver.press("4")
        await driver.until(lambda: driver.logs.rows.items)
        await driver.press("C")
        assert "serving.api" in driver.text
        await driver.press("C")
        assert "fraud.log:" in driver.text
        await driver.press("p")
        await driver.sees("cannot open serving/fraud.log")
        monkeypatch.chdir(tmp_path)
        await driver.press("p")
        await driver.sees("shorter than it was")
        await driver.press("g")
        await driver.quiet()
        await driver.press("p")
        await driver.until(lambda: len(ran) == 1)
        await driver.press("P")
        await driver.until(lambda: len(ran) == 2)
    target = str(tmp_path / "serving" / "fraud.log")
    assert ran == [["less", "-R", "+1g", target], ["nano", "+1", target]]
