"""Stored rows as a table, and one row in full."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath

from console.store.rawrows import RawRow
from console.tui.clean import clean, clean_lines
from console.tui.present.line import EMPTY, Line, Piece, piece
from console.tui.present.logs import block, fact
from console.tui.present.table import Column, Row
from console.tui.present.words import DASH, Calendar

IN_FULL = ("features", "attributes")
"""Fields that are objects: shown at the end of a row, one by one in full."""


def columns_of(rows: Sequence[RawRow]) -> tuple[Column, ...]:
    """Time, the fields that any row has, and where it stands."""
    names = list(dict.fromkeys(name for row in rows for name, _ in row.fields))
    wanted = len(names) + 2
    plain = [name for name in names if name not in IN_FULL]
    return (
        Column("time", most=23, wanted=wanted),
        *(Column(clean(name), most=24, wanted=wanted - 1) for name in plain),
        Column("file", most=28, wanted=2),
        Column("byte", right=True, wanted=1),
        *(Column(name, most=60, least=10) for name in names if name in IN_FULL),
    )


def raw_rows(rows: Sequence[RawRow], calendar: Calendar) -> list[Row]:
    """One line a row, in the columns of `columns_of`."""
    names = list(dict.fromkeys(name for row in rows for name, _ in row.fields))
    plain = [name for name in names if name not in IN_FULL]
    lists = [name for name in names if name in IN_FULL]
    found = []
    for row in rows:
        texts = dict(row.fields)
        found.append(
            Row(
                row.key,
                (
                    Piece(_moment(row.ts, calendar), "dim"),
                    *(piece(texts.get(name, "")) for name in plain),
                    piece(PurePath(row.file).name, "dim"),
                    Piece(f"{row.offset:,}", "dim"),
                    *(piece(texts.get(name, ""), "dim") for name in lists),
                ),
                row,
            )
        )
    return found


def _moment(ts: float, calendar: Calendar) -> str:
    """Date and time; a dash where none is known."""
    return f"{calendar.date(ts)} {calendar.fine(ts)}" if ts else DASH


def raw_lines(row: RawRow, line: str | None, width: int, calendar: Calendar) -> list[Line]:
    """All fields; the line of the file as it is now, `""` for one that is gone, None: not yet."""
    lines: list[Line] = []
    facts = [("time", calendar.exact(row.ts) if row.ts else DASH)]
    facts += [(name, text) for name, text in row.fields if name not in IN_FULL]
    facts += [("file", row.file), ("byte", f"{row.offset:,}")]
    for name, text in facts:
        lines += fact(name, text, width, "text")
    for name, text in row.fields:
        if name in IN_FULL:
            lines += [EMPTY, (piece(f"  {name}", "strong"),)]
            for inner, value in _object(text):
                lines += fact(inner, value, width, "text")
    return [*lines, *file_line(line, width)]


def file_line(line: str | None, width: int) -> list[Line]:
    """The line of the file as it is now: `""` for one that is gone, None for not asked yet."""
    if line is None:
        return []
    if not line:
        return [EMPTY, (Piece("  the file has no such line any more", "dim"),)]
    head: Line = (Piece("  the line, as the file holds it now", "strong"),)
    return [EMPTY, head, *block(clean_lines(line), width, "dim")]


def raw_text(row: RawRow, calendar: Calendar) -> str:
    """The row as plain text, for the clipboard."""
    fields = [f"{name}: {clean(text)}" for name, text in row.fields]
    return (
        "\n".join([calendar.exact(row.ts), *fields, f"({clean(row.file)}, byte {row.offset})"])
        + "\n"
    )


def _object(text: str) -> list[tuple[str, str]]:
    try:
        parsed = json.loads(text)
    except ValueError:
        return [("", text)]
    if not isinstance(parsed, dict):
        return [("", text)]
    return [
        (name, entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False))
        for name, entry in parsed.items()
    ]
