"""The smallest Textual app there is: what a first frame costs before anybody does anything."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """Shows one word."""

    BINDINGS: ClassVar = [("q", "quit", "quit")]

    def compose(self) -> ComposeResult:
        """One widget."""
        yield Static("ready")


if __name__ == "__main__":
    EmptyApp().run()
