"""A line of the screen as plain data: pieces of text, each with the role that gives its colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, chop_cells, set_cell_size

from console.tui.clean import clean

Role = Literal[
    "text", "dim", "strong", "critical", "warning", "info", "ok", "accent", "event", "match"
]
ROLES: tuple[Role, ...] = (
    "text", "dim", "strong", "critical", "warning", "info", "ok", "accent", "event", "match",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """Clean text of one role."""

    text: str
    role: Role = "text"


Line = tuple[Piece, ...]
EMPTY: Line = ()


def piece(text: str, role: Role = "text") -> Piece:
    """A piece of text that may come from data."""
    return Piece(clean(text), role)


def line(*parts: Piece | str) -> Line:
    """A line of pieces; a bare text is of the role `text`."""
    return tuple(piece(part) if isinstance(part, str) else part for part in parts)


def cells(of: Line) -> int:
    """Width in terminal cells."""
    return sum(cell_len(part.text) for part in of)


def plain(of: Line) -> str:
    """The text alone."""
    return "".join(part.text for part in of)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells: padded, or cut with an ellipsis; clean."""
    text = clean(text)
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "\u2026" if width > 0 else ""
    return " " * (width - size) + text if right else text + " " * (width - size)


def crop(of: Line, width: int) -> Line:
    """The line in at most `width` cells; an ellipsis tells that it went on."""
    if cells(of) <= width:
        return of
    kept: list[Piece] = []
    left = width - 1
    for part in of:
        size = cell_len(part.text)
        if size > left:
            kept.append(Piece(set_cell_size(part.text, max(left, 0)) + "\u2026", part.role))
            break
        kept.append(part)
        left -= size
    return tuple(kept) if width > 0 else ()


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left and `right` at the right end; `left` gives way."""
    right = crop(right, width)
    space = width - cells(right)
    left = crop(left, max(space - 1, 0))
    return (*left, Piece(" " * max(space - cells(left), 0)), *right)


def wrap(of: Line, width: int) -> list[Line]:
    """The line broken at spaces into lines of at most `width` cells; a longer word is cut."""
    width = max(width, 1)
    done: list[Line] = []
    row: list[Piece] = []
    used = 0
    for part in of:
        for whole, spaces in _words(part.text):
            word = whole
            size = cell_len(word)
            if row and used + size > width and word:
                done.append(_trimmed(row))
                row, used = [], 0
            if size > width:
                chunks = chop_cells(whole, width)
                done.extend((Piece(chunk, part.role),) for chunk in chunks[:-1])
                word = chunks[-1]
                size = cell_len(word)
            gap = spaces[: max(width - used - size, 0)]
            if row and row[-1].role == part.role:
                row[-1] = Piece(row[-1].text + word + gap, part.role)
            else:
                row.append(Piece(word + gap, part.role))
            used += size + len(gap)
    if row or not done:
        done.append(_trimmed(row))
    return done


def _words(text: str) -> list[tuple[str, str]]:
    """Words with the spaces that follow them; leading spaces are an empty word's."""
    words: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        end = position
        while end < len(text) and text[end] != " ":
            end += 1
        after = end
        while after < len(text) and text[after] == " ":
            after += 1
        words.append((text[position:end], text[end:after]))
        position = after
    return words


def _trimmed(row: list[Piece]) -> Line:
    if row and row[-1].text.endswith(" "):
        row[-1] = Piece(row[-1].text.rstrip(" "), row[-1].role)
    return tuple(part for part in row if part.text)
