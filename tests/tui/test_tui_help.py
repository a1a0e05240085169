"""The help: its pages, their links, and the way about them."""

from __future__ import annotations

import re

import pytest
from tui_fake_session import FakeSession
from tui_fakes import snapshot
from tui_pilot import compare, console, piloted

from console.tui.commands import ALL
from console.tui.present.help import FOLDER, INDEX, PAGES, help_lines, links, prose
from console.tui.present.line import cells, plain
from console.tui.screens.help import HelpScreen
from console.tui.screens.home import HomeScreen

LISTED = [page for _, pages in PAGES for page in pages]


def test_every_page_is_listed_once_in_the_console_and_on_the_web() -> None:
    files = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    assert sorted(LISTED) == sorted(files)
    assert {*ALL, "sql"} <= files
    assert links(INDEX) == LISTED
    table = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(([a-z]+)\.md\)", table)) == files


@pytest.mark.parametrize("page", [*LISTED, INDEX])
def test_every_link_of_a_page_leads_to_one(page: str) -> None:
    assert prose(page).count("](") == len(links(page))
    assert set(links(page)) <= set(LISTED)
    for link in range(len(links(page))):
        lines = help_lines(page, 76, link=link)
        assert any(part.role == "match" for line in lines for part in line)
    for width in (30, 76):
        assert all(cells(line) <= width for line in help_lines(page, width))
    assert "**" not in "".join(plain(line) for line in help_lines(page, 76))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@piloted
async def test_one_gets_from_any_page_to_any_other(size: tuple[int, int]) -> None:
    async with console(FakeSession(snapshot()), size=size) as driver:
        await driver.press("question_mark")
        screen = driver.app.screen
        assert isinstance(screen, HelpScreen)
        assert screen.page == "inbox"
        await driver.press("tab", "enter")
        assert screen.page == "statistics"
        await driver.quiet()
        assert "in plain words" in driver.text
        await driver.press("tab", "enter")
        assert screen.page == "decisions"
        await driver.press("h", "h", "shift+tab", "enter")
        assert screen.page == "decisions"
        await driver.press("i")
        await driver.quiet()
        compare(f"help-index-{size[0]}x{size[1]}", driver.text)
        await driver.press(*"jjjjjjjjj")
        await driver.press("enter")
        assert screen.page == "logs"
        assert "next hit" in driver.text or size[1] < 40
        await driver.press("i", "k", "enter")
        assert screen.page == "decisions"
        await driver.press("enter", "backspace", "left")
        assert screen.page == "logs"
        await driver.press("escape")
        assert driver.shows(HomeScreen)


@piloted
async def test_the_notices_are_told_on_the_first_page_alone() -> None:
    async with console(FakeSession(snapshot(notices=("disk full",)))) as driver:
        await driver.press("question_mark")
        assert "! disk full" in driver.text
        await driver.press("tab", "enter")
        await driver.quiet()
        assert driver.text.count("disk full") == 1  # below the header
        await driver.press("h")
        await driver.quiet()
        assert driver.text.count("disk full") == 2
