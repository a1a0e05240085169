"""The part of the log that is held: pages are joined at either end, and cut at the other."""

from __future__ import annotations

from dataclasses import dataclass

from console.store.pages import LogLine, LogPage

PAGE = 400
"""Lines of one question."""
MOST = 4000
"""Lines that are held."""
OVERLAP_S = 10.0
"""A line that comes so late is still put in its place while the tail is followed."""


@dataclass(frozen=True, slots=True)
class LogWindow:
    """Consecutive lines in order of time, and whether more lie on either side."""

    lines: tuple[LogLine, ...] = ()
    more_before: bool = False
    more_after: bool = False

    def with_before(self, page: LogPage) -> LogWindow:
        """The page joined before the first line."""
        lines = _joined(page.lines, self.lines)
        return LogWindow(lines[:MOST], page.more_before, self.more_after or len(lines) > MOST)

    def with_after(self, page: LogPage) -> LogWindow:
        """The page joined after the last line."""
        lines = _joined(self.lines, page.lines)
        return LogWindow(lines[-MOST:], self.more_before or len(lines) > MOST, page.more_after)

    def first_from(self, ts: float) -> LogLine | None:
        """The first line not before a time; else the last line."""
        return next((line for line in self.lines if line.ts >= ts), None) or (
            self.lines[-1] if self.lines else None
        )


def window(page: LogPage) -> LogWindow:
    """A page alone."""
    return LogWindow(page.lines, page.more_before, page.more_after)


def tail_key(held: LogWindow) -> tuple[float, int, int]:
    """From where on to ask for what is new: a little before the last line, for the late ones."""
    return held.lines[-1].ts - OVERLAP_S, -1, -1


def _joined(first: tuple[LogLine, ...], second: tuple[LogLine, ...]) -> tuple[LogLine, ...]:
    """Both in order, each line once; quick where they do not overlap."""
    if not first or not second or first[-1].key < second[0].key:
        return first + second
    by_key = {line.key: line for line in (*first, *second)}
    return tuple(by_key[key] for key in sorted(by_key))
