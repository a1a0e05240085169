"""Help for what has the focus, and from there every other page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.tui.present.help import INDEX, Told, help_lines, links
from console.tui.present.line import Line, Piece
from console.tui.widgets.document import Document
from console.tui.widgets.paint import PALETTE, OneLine

if TYPE_CHECKING:
    from console.tui.app import ConsoleApp

KEYS = (
    ("esc", "closes"),
    ("j k", "scroll"),
    ("tab enter", "links"),
    ("i", "all pages"),
    ("h", "back"),
)


class HelpDocument(Document):
    """The text."""

    BINDINGS = [  # noqa: RUF012
        Binding("j,down", "screen.move(1)", show=False),
        Binding("k,up", "screen.move(-1)", show=False),
        Binding("g,home", "top", show=False),
        Binding("G,end", "bottom", show=False),
        Binding("ctrl+d,pagedown,space", "half(1)", show=False),
        Binding("ctrl+u,pageup", "half(-1)", show=False),
    ]

    def bring(self, line: int) -> None:
        """Scrolls until a line can be seen."""
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if not top <= line < top + height:
            self.scroll_to(y=max(line - height // 2, 0), animate=False, immediate=True, force=True)


class HelpScreen(ModalScreen[None]):
    """Prose and keys of one pane first; any of the usual ways out."""

    COMPONENT_CLASSES = PALETTE

    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,question_mark,f1", "dismiss(None)", show=False),
        Binding("tab", "link(1)", show=False),
        Binding("shift+tab", "link(-1)", show=False),
        Binding("enter", "follow", show=False),
        Binding("i", "open('index')", show=False),
        Binding("h,left,backspace", "back", show=False),
    ]

    def __init__(self, pane: str, more: Told | None = None) -> None:
        super().__init__()
        self._pages = [pane]
        self._more = more
        self._link: int | None = None
        self._document = HelpDocument(id="help")

    def compose(self) -> ComposeResult:
        """The text and how to get about."""
        keys = [(Piece(f" {key}", "accent"), Piece(f" {word} ", "dim")) for key, word in KEYS]
        with Vertical(classes="box"):
            yield self._document
            yield OneLine(tuple(part for pair in keys for part in pair))

    def on_mount(self) -> None:
        """As tall as it needs to be."""
        self._show(from_top=True)
        self._document.focus()

    @property
    def page(self) -> str:
        """The page that is read."""
        return self._pages[-1]

    def _show(self, *, from_top: bool) -> None:
        more = self._more if len(self._pages) == 1 else None
        keymap = cast("ConsoleApp", self.app).keymap
        page, link = self.page, self._link

        def write(width: int) -> list[Line]:
            return help_lines(page, width, more=more, keymap=keymap, link=link)

        self._document.show(write, from_top=from_top)
        self.call_after_refresh(self._grow)

    def _grow(self) -> None:
        document = self._document
        most = max(self.app.size.height - 6, 4)
        document.styles.height = min(max(len(document.lines), 4), most)

    def on_resize(self) -> None:
        """Never taller than the screen."""
        self._grow()

    def action_move(self, step: int) -> None:
        """A line on or back; from link to link where the page is nothing but links."""
        if self.page == INDEX:
            self.action_link(step)
        elif step > 0:
            self._document.action_down()
        else:
            self._document.action_up()

    def action_link(self, step: int) -> None:
        """The next or previous link of the page, round the end."""
        number = len(links(self.page))
        if not number:
            return
        before = self._link if self._link is not None else (-1 if step > 0 else 0)
        self._link = (before + step) % number
        self._show(from_top=False)
        lines = self._document.lines
        self._document.bring(
            next(
                place
                for place, line in enumerate(lines)
                if any(part.role == "match" for part in line)
            )
        )

    def action_follow(self) -> None:
        """The page that the link leads to."""
        if self._link is not None:
            self.action_open(links(self.page)[self._link])

    def action_open(self, page: str) -> None:
        """Another page; `h` comes back."""
        if page != self.page:
            self._pages.append(page)
        self._link = 0 if page == INDEX else None
        self._show(from_top=True)

    def action_back(self) -> None:
        """The page before."""
        if len(self._pages) > 1:
            self._pages.pop()
            self._link = 0 if self.page == INDEX else None
            self._show(from_top=True)
