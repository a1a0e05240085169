"""The app on a real pseudo-terminal: what reaches the terminal, and how it is left."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

FAKES = Path(__file__).parent / "tui_fake_session.py"
PATIENCE_S = 30.0


class Terminal:
    """A program on a pseudo-terminal, every byte of it kept."""

    def __init__(self, kind: str, size: tuple[int, int] = (100, 30), **extra: str) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.code: int | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.pop("NO_COLOR", None)
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor",
                           "TEXTUAL_ANIMATIONS": "none", "COLUMNS": str(size[0]),
                           "LINES": str(size[1]), **extra}  # fmt: skip
            os.execv(sys.executable, [sys.executable, str(FAKES), kind])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    @property
    def text(self) -> str:
        # Not `display`: it fails while of a wide character only the second cell is left.
        across = range(self.screen.columns)
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return "\n".join("".join(row[x].data for x in across).rstrip() for row in rows)

    def _read(self) -> None:
        ready, _, _ = select.select([self.fd], [], [], 0.02)
        if not ready:
            return
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return
        self.raw += data
        private = rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1bP.*?\x1b\\"
        self._stream.feed(re.sub(private, b"", data, flags=re.DOTALL))

    def _ended(self) -> bool:
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is not None

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.perf_counter() + PATIENCE_S
        while not condition():
            assert time.perf_counter() < deadline, f"{what}: not in time\n{self.text}"
            self._read()

    def wait(self, text: str) -> None:
        self.until(lambda: text in self.text, text)

    def press(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def quit(self) -> None:
        self.press("q")
        self.until(self._ended, "ended")
        self._read()

    def close(self) -> None:
        if not self._ended():
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


Opened = Callable[..., Terminal]


@pytest.fixture(name="opened")
def _opened() -> Iterator[Opened]:
    terminals: list[Terminal] = []

    def start(kind: str, size: tuple[int, int] = (100, 30), **extra: str) -> Terminal:
        terminals.append(Terminal(kind, size, **extra))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


OURS = re.compile(
    rb"\x1b\[[0-9;]*m"  # colours
    rb"|\x1b\[\d+(?:;\d+)?H"  # cursor position
    rb"|\x1b\[\?\d+(?:;\d+)*[hl]|\x1b\[\?\d+(?:;\d+)*\$p"  # modes of the terminal
    rb"|\x1b\]22;[a-z]+\x07"  # shape of the mouse pointer
    rb"|\x1b\]2;(?:\(\d+\) )?\./fleet \xc2\xb7 model-console\x07"  # our title of the window
    rb"|\x1b\[[<>=]\d*u|\x1b\[\?u|\x1b\[[0-9;]*t|\x1b\[c|\x1b\[6n"
)
"""What Textual and we ourselves send."""
FOREIGN = re.compile(
    r"[\x00-\x07\x0b-\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def test_a_hostile_folder_obeys_nothing(opened: Opened) -> None:
    terminal = opened("hostile")
    terminal.wait("␛after"[:1])
    terminal.wait("Alert")
    for keys, sign in (("w\t", "Alert"), ("\t", "Models"), ("2", "Performance"),
                       ("3", "3 Timeline"), ("8", "8 Digest"), ("1", "Inbox"),
                       ("4", "Logs"), ("\r", "Record")):  # fmt: skip
        terminal.press(keys)
        terminal.wait(sign)
    terminal.wait("logger")
    terminal.press("\x1b")
    terminal.wait("Logs")
    terminal.quit()
    assert terminal.code == 0
    assert b"owned" not in terminal.raw, "a title of theirs reached the terminal"
    left = OURS.sub(b"", terminal.raw).decode()
    found = sorted({left[max(at.start() - 9, 0) : at.end() + 9] for at in FOREIGN.finditer(left)})
    assert not found, found


def test_quitting_leaves_the_terminal_as_it_was(opened: Opened) -> None:
    terminal = opened("data", (120, 50))
    before = termios.tcgetattr(terminal.fd)
    terminal.wait("auc of fraud falling")
    terminal.wait("┈")  # the chart is there, so its thread ran
    terminal.quit()
    assert terminal.code == 0
    assert terminal.raw.rstrip().endswith((b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[<u")) or (
        b"\x1b[?1049l" in terminal.raw[-400:]
    )
    assert b"\x1b[?25h" in terminal.raw[-400:]
    assert termios.tcgetattr(terminal.fd)[:4] == before[:4]


def test_a_stream_of_snapshots_and_a_quick_quit(opened: Opened) -> None:
    terminal = opened("tick")
    terminal.wait("auc of fraud falling")
    terminal.press("4")
    terminal.wait("line 100005")
    terminal.quit()
    assert terminal.code == 0
    assert b"Traceback" not in terminal.raw


def test_without_colour_all_is_told_by_letters(opened: Opened) -> None:
    terminal = opened("data", NO_COLOR="1")
    terminal.wait("auc of fraud falling")
    terminal.wait("▲")
    terminal.wait(" 1 ●")
    terminal.quit()
    colours = re.findall(rb"\x1b\[[0-9;]*?38;2;(\d+);(\d+);(\d+)[;m]", terminal.raw)
    assert colours
    assert all(len(set(colour)) == 1 for colour in colours), "only grey"


def test_the_colours_of_the_terminal_itself(opened: Opened) -> None:
    terminal = opened("data", TEXTUAL_THEME="ansi-dark")
    terminal.wait("auc of fraud falling")
    assert b"38;2;" not in terminal.raw
    assert b"48;2;" not in terminal.raw
    terminal.press("j")
    terminal.wait("age of churn")
    terminal.quit()
    assert terminal.code == 0
