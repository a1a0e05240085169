"""Help for a pane: our few words of prose, and its keys from the one table of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.cells import cell_len

from console.tui.commands import Keymap, of_pane
from console.tui.present.line import EMPTY, Line, Piece, fit, piece, wrap

FOLDER = Path(__file__).parent.parent / "help"
KEYS_WIDTH = 14
Told = Callable[[int], Sequence[Line]]
"""What is to be told of the moment, in lines of a width."""


def prose(pane: str) -> str:
    """The Markdown of a pane's help: headings, paragraphs and lists, nothing more."""
    return (FOLDER / f"{pane}.md").read_text(encoding="utf-8")


def help_lines(
    pane: str, width: int, *, more: Told | None = None, keymap: Keymap | None = None
) -> list[Line]:
    """What `more` is to be told of the moment, prose, and the keys."""
    told = more(width) if more else ()
    lines = [*told, EMPTY] if told else []
    lines += markdown_lines(prose(pane), width)
    lines += [EMPTY, (Piece(" Keys", "strong"),)]
    for command in of_pane(pane):
        shown = command.shown(keymap or {})
        keys = Piece(f" {fit(shown, KEYS_WIDTH)} ", "accent")
        inside = wrap((piece(f"{command.word}: {command.help}"),), width - KEYS_WIDTH - 3)
        lines.append((keys, *inside[0]))
        lines += [(Piece(" " * (KEYS_WIDTH + 2)), *rest) for rest in inside[1:]]
    return lines


def markdown_lines(text: str, width: int) -> list[Line]:
    """Our own help's Markdown as lines: `#` headings, paragraphs, `-` items, `code`."""
    lines: list[Line] = []
    for block in text.strip().split("\n\n"):
        if lines:
            lines.append(EMPTY)
        if block.startswith("#"):
            lines.append((piece(f" {block.lstrip('# ')}", "strong"),))
            continue
        items = block.split("\n- ") if block.startswith("- ") else [block]
        for item in items:
            bullet = " · " if block.startswith("- ") else " "
            words = " ".join(item.removeprefix("- ").split())
            inside = wrap(_coded(words), width - cell_len(bullet) - 1)
            lines.append((Piece(bullet, "dim"), *inside[0]))
            lines += [(Piece(" " * cell_len(bullet)), *rest) for rest in inside[1:]]
    return lines


def _coded(text: str) -> Line:
    return tuple(
        piece(part, "accent" if place % 2 else "text")
        for place, part in enumerate(text.split("`"))
        if part
    )
