"""One program on a pseudo-terminal, with the questions that the speed table asks."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

HELPERS = Path(__file__).parents[2] / "helpers"
sys.path.insert(0, str(HELPERS))
from terminal_probe import loaded_probe, surroundings  # noqa: E402 - its folder is named above

TOOL = loaded_probe()
PATIENCE_S, KEY_S = 600.0, 20.0


class Measured:
    """A terminal, and times in milliseconds."""

    def __init__(self, terminal: Any) -> None:
        self.terminal = terminal

    def until(self, *texts: str) -> float:
        """Milliseconds until all texts are on the screen. Raises TimeoutError with the screen."""
        return self._until(lambda: all(text in self.terminal.text() for text in texts), texts)

    def gone(self, text: str) -> float:
        """Milliseconds until a text is on the screen no more."""
        return self._until(lambda: text not in self.terminal.text(), text)

    def _until(
        self, condition: Callable[[], bool], wanted: object, limit: float = PATIENCE_S
    ) -> float:
        spent = self.terminal.until(condition, limit)
        if spent is None:
            raise TimeoutError(f"no {wanted} on the screen:\n{self.terminal.text()}")
        return 1000 * float(spent)

    def settle(self) -> None:
        """Lets what is on its way arrive."""
        self.terminal.settle(0.3, 2.0)

    def send(self, text: str) -> None:
        """Types."""
        os.write(self.terminal.fd, TOOL.KEYS.get(text, text).encode())

    def cursor_moves(self, keys: Sequence[str], turns: int) -> list[float]:
        """Milliseconds from each key to the first cell whose background is another.

        The background is the cursor's: new data alone change letters, and are not waited for.
        """
        times = []
        for turn in range(turns):
            before = [self._ground(y) for y in range(self.terminal.screen.lines)]
            self.terminal.screen.dirty.clear()
            self.send(keys[turn % len(keys)])
            times.append(self._until(partial(self._moved, before), keys, KEY_S))
            self.terminal.settle(0.03, 0.15)
        return times

    def _ground(self, y: int) -> list[tuple[str, bool]]:
        return [(cell.bg, cell.reverse) for cell in self.terminal.row(y)]

    def _moved(self, before: list[list[tuple[str, bool]]]) -> bool:
        return any(self._ground(y) != before[y] for y in list(self.terminal.screen.dirty))

    def changes(self, keys: Sequence[str], turns: int) -> list[float]:
        """Milliseconds from each key to the first cell that is drawn differently."""
        times = []
        for turn in range(turns):
            spent = self.terminal.press(keys[turn % len(keys)], KEY_S)
            if spent is None:
                raise TimeoutError(f"no answer to {keys}:\n{self.terminal.text()}")
            times.append(1000 * spent)
            self.settle()
        return times

    def idle_cpu(self, seconds: float) -> float:
        """Share of one core that the program takes while nobody touches it (Linux)."""
        before, begun = self._ticks(), time.monotonic()
        end = begun + seconds
        while time.monotonic() < end:
            self.terminal.read(0.05)
        spent = (self._ticks() - before) / os.sysconf("SC_CLK_TCK")
        return spent / (time.monotonic() - begun)

    def _ticks(self) -> int:
        fields = Path(f"/proc/{self.terminal.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


@contextmanager
def shown(command: Sequence[str], home: Path, size: str = "160x48") -> Iterator[Measured]:
    """Starts a program for a user who has never run it; ends it behind the block."""
    columns, lines = map(int, size.split("x"))
    for name, value in {**surroundings(home), "HOME": str(home)}.items():
        os.environ[name] = value
    home.mkdir(exist_ok=True)
    terminal = TOOL.Terminal(list(command), columns, lines)
    try:
        yield Measured(terminal)
    finally:
        terminal.close()
        terminal.until(lambda: terminal.ended() is not None, KEY_S)


def summary(times: Sequence[float]) -> str:
    """`p50 12 ms, p95 31 ms`."""
    ranked = sorted(times)
    p95 = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    return f"p50 {statistics.median(ranked):.0f} ms, p95 {p95:.0f} ms"
