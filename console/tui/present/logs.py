"""A log line in one row, and one record in full."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from rich.cells import cell_len

from console.store.pages import LogLine
from console.tui.clean import clean, clean_lines
from console.tui.present.line import EMPTY, Line, Piece, Role, fit, piece, wrap
from console.tui.present.words import DASH, Calendar, count, version_tag

RELATED = "▌"
MARKED = "◆"
LEVEL_ROLE: dict[str, Role] = {
    "CRITICAL": "critical",
    "ERROR": "critical",
    "WARNING": "warning",
    "DEBUG": "dim",
    "TRACE": "dim",
}
LEVEL_WORD = {"CRITICAL": "CRIT", "WARNING": "WARN"}
LEVEL_CELLS = 5
WHERE_MOST = 18
WIDE = 100


@dataclass(frozen=True, slots=True)
class LogLook:
    """What the rows of a log view have in common."""

    calendar: Calendar
    related: frozenset[str] = field(default_factory=frozenset)
    """Template ids of the alert's related logs."""
    onset: float | None = None
    """Lines from here on lie in the incident."""
    ended: float | None = None
    incident: Role = "info"
    """The colour of the incident."""
    where: bool = True
    """Whether the lines may be of several models or stages."""
    text: str = ""
    """What to highlight."""
    marked: frozenset[tuple[float, int, int]] = frozenset()
    """Keys of the lines that the user marked."""
    columns: int = 0
    """Which set of columns: where, logger, or file and byte."""
    day: str = ""
    """The day of the cursor when there are lines of others, which then show theirs."""


def row(line: LogLine, look: LogLook, width: int) -> Line:
    """Time, level, where, message; `▌` marks a related template, `┃` the span of the incident."""
    inside = (
        look.onset is not None
        and line.ts >= look.onset
        and (look.ended is None or line.ts < look.ended)
    )
    related = line.template_id is not None and line.template_id in look.related
    pieces = [
        Piece("┃" if inside else " ", look.incident),
        Piece(MARKED if line.key in look.marked else RELATED if related else " ", "accent"),
    ]
    pieces.append(Piece(_stamp(line.ts, look, wide=width >= WIDE), "dim"))
    level = (line.level or "").upper()
    role = LEVEL_ROLE.get(level, "text")
    pieces.append(Piece(fit(LEVEL_WORD.get(level, level), LEVEL_CELLS) + " ", role))
    if look.columns or (look.where and width >= WIDE):
        pieces.append(Piece(fit(_where(line, look.columns), WHERE_MOST) + " ", "dim"))
    message = clean(line.message, most=2 * max(width, 200))
    if line.exception:
        last = line.exception.strip().rsplit("\n", 1)[-1]
        message += f"  ⤶ {clean(last, most=200)}"
    body: Role = "accent" if related else role
    pieces += highlighted(message, look.text, body)
    return tuple(pieces)


def _where(line: LogLine, columns: int) -> str:
    """What stands between level and message."""
    if columns == 1:
        return line.logger or DASH
    if columns == 2:
        return f"{PurePath(line.file).name}:{line.offset}"
    return "/".join(part for part in (line.model, line.stage) if part)


def _stamp(ts: float, look: LogLook, *, wide: bool) -> str:
    """The time, with milliseconds where there is room, with the day where it is another."""
    text = look.calendar.fine(ts) if wide else look.calendar.clock(ts)
    if look.day and look.calendar.date(ts) != look.day:
        text = f"{look.calendar.day(ts)} {look.calendar.minute(ts)}"
    return fit(text, 12 if wide or look.day else 8) + " "


def highlighted(text: str, wanted: str, role: Role) -> list[Piece]:
    """The text with every occurrence of `wanted` marked."""
    folded, needle = text.casefold(), wanted.casefold()
    if not needle or len(folded) != len(text):
        return [Piece(text, role)]
    pieces: list[Piece] = []
    place = 0
    while (found := folded.find(needle, place)) >= 0:
        if found > place:
            pieces.append(Piece(text[place:found], role))
        pieces.append(Piece(text[found : found + len(needle)], "match"))
        place = found + len(needle)
    if place < len(text):
        pieces.append(Piece(text[place:], role))
    return pieces


def record_lines(line: LogLine, width: int, calendar: Calendar) -> list[Line]:
    """Everything that is known of a record."""
    facts: list[tuple[str, str]] = [
        ("time", calendar.exact(line.ts)),
        ("level", line.level or DASH),
        ("model", f"{line.model or DASH} {version_tag(line.version)}".rstrip()),
        ("stage", line.stage or DASH),
        ("logger", line.logger or DASH),
        ("file", line.file),
        ("byte", count(line.offset) if line.offset < 100_000 else f"{line.offset:,}"),
    ]
    lines = [
        row
        for label, text in facts
        for row in fact(
            label, text, width, LEVEL_ROLE.get(text, "text") if label == "level" else "text"
        )
    ]
    lines += [EMPTY, *block(clean_lines(line.message), width, "strong")]
    if line.exception:
        lines += [EMPTY, *block(clean_lines(line.exception), width, "critical")]
    attributes = _attributes(line.attributes)
    if attributes:
        lines.append(EMPTY)
        lines += [row for name, text in attributes for row in fact(name, text, width, "text")]
    return lines


def fact(label: str, text: str, width: int, role: Role) -> list[Line]:
    """A label and its text beside it, wrapped."""
    name = fit(label, max(8, min(cell_len(clean(label)), 24)))
    body = wrap((piece(text, role),), width - cell_len(name) - 4)
    return [
        (Piece(f"  {name if place == 0 else ' ' * cell_len(name)}  ", "dim"), *rest)
        for place, rest in enumerate(body)
    ]


def block(texts: Sequence[str], width: int, role: Role) -> list[Line]:
    """Lines of text, indented and wrapped."""
    return [
        (Piece("  "), *line)
        for text in texts
        for line in (wrap((Piece(text, role),), width - 3) if text else [EMPTY])
    ]


def _attributes(text: str | None) -> list[tuple[str, str]]:
    """The further fields of the record, one by one where they are an object."""
    if not text:
        return []
    try:
        parsed = json.loads(text)
    except ValueError:
        return [("fields", text)]
    if not isinstance(parsed, dict):
        return [("fields", text)]
    return [
        (name, entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False))
        for name, entry in parsed.items()
    ]


def record_text(line: LogLine, calendar: Calendar) -> str:
    """The record as plain text, for the clipboard."""
    head = f"{calendar.exact(line.ts)} {line.level or ''} {line.logger or ''} ".replace("  ", " ")
    lines = [head + clean(line.message)]
    if line.exception:
        lines += clean_lines(line.exception)
    if line.attributes:
        lines.append(clean(line.attributes))
    lines.append(f"({clean(line.file)}, byte {line.offset})")
    return "\n".join(lines) + "\n"
