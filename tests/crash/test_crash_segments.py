"""Killed anywhere: the alert names the same segment, and the windows by segment are the same.

Files of predictions and labels grow while a collector follows them and is killed with SIGKILL at
random moments. Then its alerts and windows are compared with those of a run over the same files
that nobody disturbed.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clients import write_clients
from segment_store import same, windows_of

from console.config.load import settings_for
from console.engine.engine import Engine
from console.engine.intake import HOLD_S
from console.engine.replay import replay
from console.records.clock import system_clock
from console.store.database import Store

KILLS = 6
PIECES = 200
LATENESS = '\n[console]\nlateness = "4h"'
"""As fast as time runs here, some seconds: longer than a line of another file is waited for."""


@pytest.mark.slow
def test_kills_change_neither_windows_by_segment_nor_the_segment_that_is_named(
    tmp_path: Path, measured: Callable[[str], None]
) -> None:
    whole = write_clients(tmp_path / "whole", LATENESS)
    folder, store = tmp_path / "fleet", tmp_path / "store.duckdb"
    folder.mkdir()
    (folder / "console.toml").write_bytes((whole / "console.toml").read_bytes())
    pieces, rng = grown(whole, folder), random.Random(11)
    for _ in range(KILLS):
        killed_while_collecting(folder, store, pieces, rng)
    rest = sum(1 for _ in pieces)
    finish(folder, store)

    undisturbed = tmp_path / "undisturbed.duckdb"
    settings = settings_for([folder], None)
    expected = [alert.to_json() for alert in replay([folder], settings, undisturbed).alerts]
    with Store.open(undisturbed, system_clock) as one, Store.open(store, system_clock) as other:
        same(windows_of(one), windows_of(other))
        with Engine([folder], settings, other, system_clock) as engine:
            found = [alert.to_json() for alert in engine.inbox()]
    assert any(str(alert["where"]).endswith("client=acme") for alert in expected)
    assert found == expected
    measured(
        f"{KILLS} kills; {rest} of {PIECES} pieces written after the last; {len(found)} alerts"
    )
    assert rest < PIECES / 2


def grown(whole: Path, folder: Path) -> Iterator[None]:
    """Appends both files of a fleet piece by piece; lines are cut anywhere."""
    files = {path.name: path.read_bytes() for path in sorted(whole.glob("*.jsonl"))}
    for piece in range(PIECES):
        for name, data in files.items():
            start, end = (len(data) * place // PIECES for place in (piece, piece + 1))
            with (folder / name).open("ab", buffering=0) as out:
                out.write(data[start:end])
        yield


def killed_while_collecting(
    folder: Path, store: Path, pieces: Iterator[None], rng: random.Random
) -> None:
    """One life of the collector, which ends soon after it has begun to write to its store."""
    collector = subprocess.Popen(
        [sys.executable, "-m", "console", "collect", str(folder), "--store", str(store)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert collector.stderr is not None
    collector.stderr.readline()
    next(pieces, None)
    before, begun = written(store), time.monotonic()
    while written(store) == before:
        assert time.monotonic() - begun < 20
        time.sleep(0.01)
    end = time.monotonic() + rng.uniform(0.0, 0.8)
    while time.monotonic() < end:
        next(pieces, None)
        time.sleep(0.015)
    collector.send_signal(signal.SIGKILL)
    _, errors = collector.communicate(timeout=30)
    assert collector.returncode == -signal.SIGKILL, errors.decode()


def written(store: Path) -> list[tuple[str, int]]:
    """The sizes of a store's files."""
    return sorted((path.name, path.stat().st_size) for path in store.parent.glob(f"{store.name}*"))


def finish(folder: Path, path: Path) -> None:
    """Collects what is left, undisturbed, until no file holds time back any more."""
    settings = settings_for([folder], None)
    with (
        Store.open(path, system_clock) as store,
        Engine([folder], settings, store, system_clock) as engine,
    ):
        busy_at = time.monotonic()
        while time.monotonic() - busy_at < HOLD_S + 1:
            if engine.step().idle:
                time.sleep(0.05)
            else:
                busy_at = time.monotonic()
        engine.finish()
