"""What a command says to people, on standard error; standard output is for data alone."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from console.config.document import printable

if TYPE_CHECKING:
    from console.engine.snapshot import Progress

_EVERY_S = 0.1


def tell(line: str) -> None:
    """One line on standard error, with nothing in it that a terminal would obey."""
    print(printable(line), file=sys.stderr, flush=True)


class ProgressLine:
    """How far reading has come, in one line of standard error that renews itself.

    Silent unless standard error is a terminal, or `always` asks for it.
    """

    def __init__(self, *, always: bool = False) -> None:
        self._in_place = sys.stderr.isatty()
        self._shown = always or self._in_place
        self._next = 0.0
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        """Shows the progress, at most ten times a second; once a second where it is a log."""
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + (_EVERY_S if self._in_place else 1.0)
        line = progress_text(progress)
        if self._in_place:
            print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)
        else:
            tell(line)

    def close(self) -> None:
        """Takes the line away."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def progress_text(progress: Progress) -> str:
    """`reading 43 %, 12 files, 1,204,233 rows (3 rejected), 412,000 rows/s`."""
    total = progress.bytes_total
    share = f"{100 * progress.bytes_read // total} %" if total else "..."
    rejects = f" ({progress.rejects:,} rejected)" if progress.rejects else ""
    return (
        f"reading {share}, {progress.files:,} files, {progress.rows:,} rows{rejects}, "
        f"{progress.rows_per_second:,.0f} rows/s"
    )
