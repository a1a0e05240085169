"""The list widget alone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from tui_pilot import piloted

from console.tui.present.line import Line, Piece
from console.tui.widgets.paint import PALETTE
from console.tui.widgets.rows import Rows


@dataclass(frozen=True)
class Item:
    key: int
    text: str = "row"


class ItemRows(Rows[Item]):
    drawn = 0

    def key_of(self, item: Item) -> Hashable:
        return item.key

    def stamp_of(self, item: Item) -> Hashable:
        return item

    def draw(self, item: Item, width: int, *, selected: bool) -> Line:
        self.drawn += 1
        return (Piece(f"{'>' if selected else ' '}{item.text} {item.key}"),)


class RowsScreen(Screen[None]):
    COMPONENT_CLASSES = PALETTE

    def compose(self) -> ComposeResult:
        yield ItemRows(id="rows")


class RowsApp(App[None]):
    CSS = ".role--dim { text-style: dim; }"

    def get_default_screen(self) -> Screen[None]:
        return RowsScreen()


def items(*keys: int) -> list[Item]:
    return [Item(key) for key in keys]


async def rows_of(pilot: Pilot[None], count: int = 100) -> ItemRows:
    rows = pilot.app.query_one(ItemRows)
    rows.show(items(*range(count)))
    await pilot.pause()
    return rows


def screen(rows: ItemRows) -> list[str]:
    return [rows.render_line(y).text.strip() for y in range(rows.size.height)]


@piloted
async def test_the_cursor_keeps_its_key_and_its_height() -> None:
    async with RowsApp().run_test(size=(40, 10)) as pilot:
        rows = await rows_of(pilot)
        rows.move_to(50)
        rows.scroll_to(y=45, animate=False, immediate=True)
        await pilot.pause()
        assert screen(rows)[5] == ">row 50"
        rows.show(items(*range(1000, 1020), *range(100)))
        await pilot.pause()
        assert screen(rows)[5] == ">row 50"
        rows.show(items(*range(30, 100)))
        await pilot.pause()
        assert screen(rows)[5] == ">row 50"


@piloted
async def test_rows_off_the_cursor_hold_the_topmost_row() -> None:
    async with RowsApp().run_test(size=(40, 10)) as pilot:
        rows = await rows_of(pilot)
        rows.scroll_to(y=60, animate=False, immediate=True)
        await pilot.pause()
        rows.show(items(*range(-5, 100)))
        await pilot.pause()
        assert screen(rows)[0] == "row 60"
        assert not rows.on_screen


@piloted
async def test_only_what_is_seen_is_drawn_and_only_once() -> None:
    async with RowsApp().run_test(size=(40, 10)) as pilot:
        rows = await rows_of(pilot, 100_000)
        await pilot.pause()
        assert rows.drawn <= 40
        before = rows.drawn
        rows.refresh()
        await pilot.pause()
        assert rows.drawn == before
        rows.show([Item(key, "new") for key in range(100_000)])
        await pilot.pause()
        assert rows.drawn <= before + 10


@piloted
async def test_a_theme_is_seen_at_once() -> None:
    async with RowsApp().run_test(size=(40, 10)) as pilot:
        rows = await rows_of(pilot)
        first = rows.render_line(5)
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert first._segments[0].style != rows.render_line(5)._segments[0].style


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 12), unique=True, max_size=12), min_size=1, max_size=6),
    st.integers(0, 12),
)
def test_the_cursor_lands_on_a_row_or_its_nearest_neighbour(
    orders: list[list[int]], start: int
) -> None:
    rows = ItemRows()
    index: dict[Hashable, int] = {key: place for place, key in enumerate(orders[0])}
    rows._items = items(*orders[0])
    rows._keys, rows._index = list(index), dict(index)
    rows._cursor = min(start, max(len(index) - 1, 0))
    for order in orders[1:]:
        before = list(rows._keys)
        here = rows._cursor
        new: dict[Hashable, int] = {key: place for place, key in enumerate(order)}
        place = rows._place(dict(new), len(order))
        if before and order:
            left = [key for key in before if key in new]
            if before[here] in new:
                assert order[place] == before[here]
            elif left:
                distance = {key: abs(before.index(key) - here) for key in left}
                assert distance[order[place]] == min(distance.values())
            assert 0 <= place < len(order)
        rows._keys, rows._cursor = list(order), place if order else 0
