"""How fast the screen is, on a real terminal, beside an empty Textual app and lnav. A table.

    python -m tests.benchmarks.screen.evaluate
    python -m tests.benchmarks.screen.evaluate --rows 10000000 --rate 50000

The bars (issue 7): a first frame at most 1.3 times the empty app's, an inbox on ten million rows
within a second of it; key to screen p95 50 ms at rest and 100 ms while 50,000 records a second come
in; a page, a jump to the end or to a time of the log 100 ms, a filter's first page 500 ms; idle
with four models live under 5 % of a core and 300 MiB. lnav is that of the system's packages; where
it is missing its rows say so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.screen.screen_terminal import KEY_S, Measured, shown, summary
from tests.benchmarks.screen.screen_world import NEEDLE, SPAN_S, streaming, write_world
from tests.benchmarks.screen.screen_world import stamp as stamped

ROOT = Path(__file__).parents[3]
CONSOLE = (sys.executable, "-m", "console")
EMPTY = (sys.executable, str(ROOT / "tests" / "probe" / "empty_app.py"))
VIEWS = (
    ("home", "1", ("1 Inbox",), ("j", "k")),
    ("model", "2", ("2 Model",), ("tab",)),
    ("timeline", "3", ("3 Timeline",), ("j", "k")),
    ("logs", "4", ("4 Logs", "served in"), ("k", "j")),
    ("compare", "5", ("5 Compare",), ("j", "k")),
    ("sources", "6", ("6 Sources", "serving.log"), ("j", "k")),
    ("sql", "7", ("7 SQL",), ("a", "b")),
)
"""Name, key, what it shows when it is ready, and keys that move its cursor."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="lines of the log")
    parser.add_argument("--rate", type=int, default=50_000, help="records a second of the stream")
    parser.add_argument("--turns", type=int, default=40, help="keys a view and size")
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--sizes", nargs="+", default=["160x48", "240x70"])
    parser.add_argument("--idle", type=float, default=30.0, help="seconds")
    options = parser.parse_args()
    _row("load of the machine beside each figure", "console", "beside it")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = write_world(folder / "fleet", options.rows)
        command = _stored(folder)
        _starts(folder, command, options.starts)
        for size in options.sizes:
            _keys(folder, command, size, options.turns)
        for size in options.sizes:
            _keys(folder, command, size, options.turns, rate=options.rate)
        _logs(folder, command, log, options.turns)
        _idle(folder, options.idle)


def _stored(folder: Path) -> tuple[str, ...]:
    """Reads the world into a store; returns the command that shows it."""
    fleet, store = str(folder / "fleet"), str(folder / "fleet.duckdb")
    begun = time.perf_counter()
    subprocess.run(
        [*CONSOLE, "replay", fleet, "--store", store],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    size = sum(path.stat().st_size for path in (folder / "fleet").iterdir()) / 1e6
    _row(f"reading {size:,.0f} MB once", f"{time.perf_counter() - begun:.0f} s")
    return (*CONSOLE, fleet, "--store", store)


def _starts(folder: Path, command: Sequence[str], starts: int) -> None:
    ours, useful, empty = [], [], []
    for turn in range(starts):
        with shown(command, folder / f"start-{turn}") as console:
            first = console.until("model-console")
            ours.append(first)
            useful.append(first + console.until("1 Inbox (", "error_rate"))
        with shown(EMPTY, folder / "empty") as bare:
            empty.append(bare.until("ready"))
    _row(
        "first frame, the best of each",
        f"{min(ours):.0f} ms, {min(ours) / min(empty):.2f} of the empty app's",
        f"empty Textual app {min(empty):.0f} ms",
    )
    _row("inbox with its alert after the first frame", f"{min(useful) - min(ours):.0f} ms")


def _keys(
    folder: Path, command: Sequence[str], size: str, turns: int, *, rate: int | None = None
) -> None:
    with ExitStack() as stack:
        console = stack.enter_context(shown(command, folder / "keys", size))
        console.until("1 Inbox (", "error_rate")
        if rate:
            stack.enter_context(streaming(folder / "fleet", rate))
        for view, key, ready, keys in VIEWS:
            console.send("1")
            console.until("1 Inbox")
            console.send(key)
            console.until(*ready)
            console.settle()
            when = f"{rate:,} records/s" if rate else "at rest"
            # The panes of a model may have a row each, or none: the heading tells where one is.
            measure = console.changes if view == "model" else console.cursor_moves
            try:
                measure(keys, 2)
                found = summary(measure(keys, turns))
            except TimeoutError:
                found = f"FAILED: a key without an answer within {KEY_S:g} s"
            _row(f"key to screen, {view}, {size}, {when}", found)
            if view == "sql":
                console.send("esc")
                console.settle()


def _logs(folder: Path, command: Sequence[str], log: Path, turns: int) -> None:
    middle = log.stat().st_mtime - SPAN_S / 2
    with shown(command, folder / "logs") as console:
        console.until("1 Inbox (", "error_rate")
        console.send("4")
        console.until("4 Logs", "served in")
        console.settle()
        found = _walked(console, turns)
        console.send("t")
        console.until("Go to time")
        console.send(stamped(middle)[:16])
        console.settle()
        found["jump to a time"] = [_answered(console, f" {stamped(middle)[11:16]}:0")]
        console.send("/")
        console.settle()
        console.send(NEEDLE[:-1])
        found["first page of a filter"] = [_answered(console, NEEDLE)]
    beside = _lnav(folder, log, middle, turns)
    for name, times in found.items():
        lnav = beside.get(name)
        _row(f"log, {name}", summary(times), f"lnav {summary(lnav)}" if lnav else "lnav SKIPPED")


def _walked(program: Measured, turns: int) -> dict[str, list[float]]:
    found = {"jump to the end, to the begin": program.changes(("g", "G"), 6)}
    program.send("g")
    program.settle()
    found["page"] = program.changes(("pgdn",), turns)
    return found


def _lnav(folder: Path, log: Path, middle: float, turns: int) -> dict[str, list[float]]:
    if shutil.which("lnav") is None:
        sys.stderr.write("SKIPPED: lnav is not installed (apt-get install lnav)\n")
        return {}
    with shown(("lnav", str(log)), folder / "lnav") as lnav:
        _row("log, until the last line is indexed", "kept in the store", _indexed(lnav))
        found = _walked(lnav, turns)
        lnav.send(f":goto {stamped(middle)[:16]}")
        lnav.settle()
        found["jump to a time"] = [_answered(lnav, f" {stamped(middle)[11:16]}:0")]
        lnav.send(f":filter-in {NEEDLE[:-1]}")
        lnav.settle()
        found["first page of a filter"] = [_answered(lnav, NEEDLE)]
    return found


def _answered(program: Measured, text: str) -> float:
    """Milliseconds from Enter, behind what was typed, until a text is on the screen."""
    begun = time.perf_counter()
    program.send("enter")
    program.until(text)
    return 1000 * (time.perf_counter() - begun)


def _indexed(lnav: Measured) -> str:
    first = lnav.until("served in")
    lnav.send("G")
    return f"lnav {first + lnav.until('100%'):.0f} ms"


def _idle(folder: Path, seconds: float) -> None:
    live = folder / "live"
    live.mkdir()
    with ExitStack() as stack:
        stack.enter_context(streaming(live, 4))
        store = str(folder / "live.duckdb")
        console = stack.enter_context(
            shown((*CONSOLE, str(live), "--store", store), folder / "idle")
        )
        console.until("4 models")
        console.idle_cpu(10)
        _row(
            "idle, four models live at one record a second each",
            f"{console.idle_cpu(seconds):.1%} of a core, {console.terminal.rss_mib():.0f} MiB",
        )


def _row(name: str, ours: str, beside: str = "") -> None:
    load = f"{os.getloadavg()[0]:4.1f}"
    sys.stdout.write(f"{load} {name:54} {ours:42} {beside}".rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
