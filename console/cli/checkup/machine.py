"""The machine: disk, terminal, file watching, versions."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from console import __version__
from console.cli.checkup.finding import Finding

LEAST_FREE = 1 << 30
"""Bytes of free disk below which a store should not be started."""
SMALLEST = (80, 24)
LIBRARIES = ("duckdb", "polars", "textual", "plotext", "watchdog", "numpy", "scipy")

_INOTIFY = Path("/proc/sys/fs/inotify")


def store(path: Path | None) -> Iterator[Finding]:
    """Whether the store can be opened, and has room. Opens one that is there, makes none."""
    if path is None:
        yield Finding("store", ":memory:", "note", "nothing is kept when the console is left")
        return
    if path.is_file():
        yield _opened(path)
    else:
        yield Finding("store", str(path), "ok", "not there yet, it is made when it is needed")
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        mend = f"make {folder} writable, or choose another --store"
        yield Finding("store", str(folder), "mend", "cannot be written to", mend)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        mend = "make room, or put --store on another disk"
        yield Finding("store", str(folder), "mend", f"{size(free)} free on its disk", mend)
    else:
        yield Finding("store", str(folder), "ok", f"{size(free)} free on its disk")


def _opened(path: Path) -> Finding:
    from console.records.clock import system_clock
    from console.store.database import Store, StoreError

    try:
        with Store.open(path, system_clock) as opened:
            notices = "; ".join(opened.notices)
    except StoreError as error:
        return Finding("store", str(path), "mend", str(error), "as it says")
    text = f"{size(path.stat().st_size)}, opens"
    return Finding("store", str(path), "note" if notices else "ok", notices or text)


def terminal(environment: Mapping[str, str], *, is_terminal: bool) -> Iterator[Finding]:
    """Whether the screen will be complete: size, colour, characters."""
    if not is_terminal:
        text = "standard output is none: the console itself needs one"
        yield Finding("terminal", "terminal", "note", text)
        return
    name = environment.get("TERM", "")
    if name in ("", "dumb"):
        mend = "set TERM, to xterm-256color for one"
        yield Finding("terminal", "TERM", "mend", f"{name or 'not set'}: no screen", mend)
    columns, lines = shutil.get_terminal_size()
    shown = f"{columns} x {lines}"
    if columns < SMALLEST[0] or lines < SMALLEST[1]:
        mend = "make it at least 80 x 24"
        yield Finding("terminal", "size", "mend", shown, mend)
    else:
        yield Finding("terminal", "size", "ok", shown)
    yield Finding("terminal", "colour", "ok", _colour(name, environment))
    encoding = (sys.stdout.encoding or "ascii").lower()
    if "utf" in encoding:
        yield Finding("terminal", "characters", "ok", encoding)
    else:
        mend = "set LANG to a UTF-8 locale, C.UTF-8 for one"
        text = f"{encoding}: charts and marks cannot be drawn"
        yield Finding("terminal", "characters", "mend", text, mend)


def _colour(name: str, environment: Mapping[str, str]) -> str:
    if environment.get("NO_COLOR"):
        return "off, NO_COLOR is set"
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return "16 million"
    return "256" if "256color" in name else "16"


def watching(folders: int, limits: Path = _INOTIFY) -> Iterator[Finding]:
    """Whether inotify can watch that many folders; without it new lines are seen by polling."""
    try:
        watches = int((limits / "max_user_watches").read_text())
        instances = int((limits / "max_user_instances").read_text())
    except (OSError, ValueError):
        return
    text = f"{folders:,} folders to watch, {watches:,} watches and {instances:,} instances allowed"
    if folders > watches // 2 or instances < 16:
        mend = "raise fs.inotify.max_user_watches and max_user_instances with sysctl"
        yield Finding("system", "inotify", "mend", text, mend)
    else:
        yield Finding("system", "inotify", "ok", text)


def versions() -> Iterator[Finding]:
    """What is installed, without importing it."""
    python = f"Python {platform.python_version()}, {platform.platform()}"
    yield Finding("versions", "model-console", "ok", f"{__version__}, {python}")
    for library in LIBRARIES:
        try:
            yield Finding("versions", library, "ok", version(library))
        except PackageNotFoundError:
            mend = "install model-console anew"
            yield Finding("versions", library, "mend", "is not installed", mend)


def size(count: int) -> str:
    """Bytes for people: `3.2 GB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"
