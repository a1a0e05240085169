"""What a screen remembers between two runs: read with care, since anybody may have written it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from console.tui.widgets.rows import Rows

Memory = Mapping[str, Any]
"""What a screen said of itself, as it came back from JSON."""


def part(memory: Memory, name: str) -> Memory:
    """A part that has parts of its own; empty if it is none."""
    found = memory.get(name)
    return found if isinstance(found, dict) else {}


def text(memory: Memory, name: str) -> str:
    """A text; empty if it is none."""
    found = memory.get(name)
    return found if isinstance(found, str) else ""


def number(memory: Memory, name: str) -> float | None:
    """A number; None if it is none."""
    found = memory.get(name)
    return float(found) if isinstance(found, int | float) and isfinite(found) else None


def cursor_of(rows: Rows[Any]) -> str:
    """The row under the cursor, so that it can be found in another run; empty for none."""
    return repr(rows.key_of(rows.selected)) if rows.items else ""


def put_cursor(rows: Rows[Any], wanted: str) -> bool:
    """Puts the cursor on such a row, if there is one."""
    keys = (repr(rows.key_of(item)) for item in rows.items)
    place = next((place for place, key in enumerate(keys) if key == wanted), None)
    if place is not None:
        rows.move_to(place, by_user=False)
    return place is not None
