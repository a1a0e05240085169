"""How records become bytes: clocks, JSON lines, text logs, and files that are only appended to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from console.demo.fleet import ClockStyle, Layout
from console.demo.templates import Template

_DAY_MS = 86_400_000
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def json_line(record: Mapping[str, object]) -> bytes:
    """One line of JSON Lines with its newline."""
    return (_encode(record) + "\n").encode()


class Stamp:
    """Tells the time in one style, to the millisecond."""

    __slots__ = ("_date", "_day", "_style")

    def __init__(self, style: ClockStyle) -> None:
        self._style = style
        self._day = -1
        self._date = ""

    def __call__(self, ts: float) -> str | int:
        """The time as a record of this clock writes it."""
        if self._style == "millis":
            return round(ts * 1000)
        if self._style == "offset":
            return self.text(ts + 3600.0, "T", ".") + "+01:00"
        return self.text(ts, "T", ".") + ("Z" if self._style == "iso" else "")

    def text(self, ts: float, between: str, point: str) -> str:
        """Date, time and milliseconds in UTC, with the given separators."""
        day, rest = divmod(round(ts * 1000), _DAY_MS)
        if day != self._day:
            self._day = day
            self._date = datetime.fromtimestamp(day * 86400, UTC).strftime("%Y-%m-%d")
        minutes, ms = divmod(rest, 60_000)
        hour, minute = divmod(minutes, 60)
        second, ms = divmod(ms, 1000)
        return f"{self._date}{between}{hour:02d}:{minute:02d}:{second:02d}{point}{ms:03d}"


def text_line(
    layout: Layout, stamp: str, template: Template, message: str, exception: str | None
) -> bytes:
    """A record of Python logging in one of two layouts, its traceback below it."""
    if layout == "dash":
        line = f"{stamp} - {template.logger} - {template.level} - {message}\n"
    else:
        line = f"{stamp} {template.level} {template.logger}: {message}\n"
    return (f"{line}{exception}\n" if exception else line).encode()


class Folder:
    """Appends whole lines to the files of a folder; counts them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.lines: dict[str, int] = {}

    def append(self, name: str, records: list[bytes]) -> None:
        """Writes records, each a line or several, in one go."""
        path = self._root / name
        if name not in self.lines:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.lines[name] = 0
        data = b"".join(records)
        with path.open("ab") as file:
            file.write(data)
        self.lines[name] += data.count(b"\n")
