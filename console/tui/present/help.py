"""The help: our few words of prose, with links, and the keys from the one table of commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from rich.cells import cell_len

from console.tui.commands import Keymap, of_pane
from console.tui.present.line import EMPTY, Line, Piece, fit, piece, wrap

FOLDER = Path(__file__).parent.parent / "help"
KEYS_WIDTH = 14
Told = Callable[[int], Sequence[Line]]
"""What is to be told of the moment, in lines of a width."""
INDEX = "index"
"""The page that names all others."""
PAGES = (
    ("1 Home", ("models", "timeline", "inbox", "alert", "guide")),
    ("2 One model", ("model", "column", "rows")),
    ("3 Timeline", ("tracks",)),
    ("4 Logs", ("logs", "record", "templates")),
    ("5 Compare", ("compare",)),
    ("6 Sources and costs", ("sources",)),
    ("7 SQL", ("sql", "result")),
    ("8 Digest", ("digest",)),
    ("Behind it all", ("statistics", "decisions")),
)
"""The pages of every view, and those of none."""
_INLINE = re.compile(
    r"`(?P<code>[^`]*)`|\*\*(?P<strong>[^*]+)\*\*|\[(?P<name>[^\]]+)\]\((?P<page>[a-z]+)\.md\)"
)


@lru_cache(maxsize=64)
def prose(page: str) -> str:
    """The Markdown of a page: headings, paragraphs, lists and links to other pages, no more."""
    if page == INDEX:
        return _index()
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def _index() -> str:
    titles = {page: prose(page).splitlines()[0].lstrip("# ") for _, of in PAGES for page in of}
    items = [
        f"- **{view}**: " + " · ".join(f"[{titles[page]}]({page}.md)" for page in pages)
        for view, pages in PAGES
    ]
    return "\n".join(["# All pages", "", *items])


def links(page: str) -> list[str]:
    """The pages that a page leads to, in the order of its text."""
    return [found["page"] for found in _INLINE.finditer(prose(page)) if found["page"]]


def help_lines(
    page: str,
    width: int,
    *,
    more: Told | None = None,
    keymap: Keymap | None = None,
    link: int | None = None,
) -> list[Line]:
    """What `more` is to be told of the moment, prose, and the keys of the pane that it is of.

    `link` is the place, among its `links`, of the one that stands out.
    """
    told = more(width) if more else ()
    lines = [*told, EMPTY] if told else []
    lines += markdown_lines(prose(page), width, link)
    commands = of_pane(page)
    lines += [EMPTY, (Piece(" Keys", "strong"),)] if commands else []
    for command in commands:
        shown = command.shown(keymap or {})
        keys = Piece(f" {fit(shown, KEYS_WIDTH)} ", "accent")
        inside = wrap((piece(f"{command.word}: {command.help}"),), width - KEYS_WIDTH - 3)
        lines.append((keys, *inside[0]))
        lines += [(Piece(" " * (KEYS_WIDTH + 2)), *rest) for rest in inside[1:]]
    return lines


def markdown_lines(text: str, width: int, link: int | None = None) -> list[Line]:
    """Our own help's Markdown as lines: `#` headings, paragraphs, `-` items, `code`, links."""
    lines: list[Line] = []
    count = iter(range(len(text)))
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
            inside = wrap(_inline(words, count, link), width - cell_len(bullet) - 1)
            lines.append((Piece(bullet, "dim"), *inside[0]))
            lines += [(Piece(" " * cell_len(bullet)), *rest) for rest in inside[1:]]
    return lines


def _inline(text: str, count: Iterator[int], link: int | None) -> Line:
    """Code and links stand out, the chosen link most; `count` numbers the links of the page."""
    pieces: list[Piece] = []
    done = 0
    for found in _INLINE.finditer(text):
        pieces.append(piece(text[done : found.start()]))
        done = found.end()
        if found["page"]:
            pieces.append(piece(found["name"], "match" if next(count) == link else "info"))
        elif found["strong"]:
            pieces.append(piece(found["strong"], "strong"))
        else:
            pieces.append(piece(found["code"], "accent"))
    pieces.append(piece(text[done:]))
    return tuple(part for part in pieces if part.text)
