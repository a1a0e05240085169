"""Help for what has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.tui.present.help import Told, help_lines
from console.tui.present.line import Piece
from console.tui.widgets.document import Document
from console.tui.widgets.paint import PALETTE, OneLine

if TYPE_CHECKING:
    from console.tui.app import ConsoleApp


class HelpDocument(Document):
    """The text."""

    BINDINGS = [  # noqa: RUF012
        Binding("j,down", "down", show=False),
        Binding("k,up", "up", show=False),
        Binding("g,home", "top", show=False),
        Binding("G,end", "bottom", show=False),
        Binding("ctrl+d,pagedown,space", "half(1)", show=False),
        Binding("ctrl+u,pageup", "half(-1)", show=False),
    ]


class HelpScreen(ModalScreen[None]):
    """Prose and keys of one pane; any of the usual ways out."""

    COMPONENT_CLASSES = PALETTE

    BINDINGS = [Binding("escape,q,question_mark,f1", "dismiss(None)", show=False)]  # noqa: RUF012

    def __init__(self, pane: str, more: Told | None = None) -> None:
        super().__init__()
        self._pane, self._more = pane, more
        self._document = HelpDocument(id="help")

    def compose(self) -> ComposeResult:
        """The text and how to leave."""
        with Vertical(classes="box"):
            yield self._document
            yield OneLine((Piece(" esc", "accent"), Piece(" closes · j k scroll", "dim")))

    def on_mount(self) -> None:
        """As tall as it needs to be."""
        document = self._document
        keymap = cast("ConsoleApp", self.app).keymap
        document.show(
            lambda width: help_lines(self._pane, width, more=self._more, keymap=keymap),
            from_top=True,
        )
        document.focus()
        self.call_after_refresh(self._grow)

    def _grow(self) -> None:
        document = self._document
        most = max(self.app.size.height - 6, 4)
        document.styles.height = min(max(len(document.lines), 4), most)

    def on_resize(self) -> None:
        """Never taller than the screen."""
        self._grow()
