"""Writers, rotators and `kill -9`: every complete line is stored once, whatever happens to files.

The writer (`torture_writer.py`) rotates, truncates, links, packs and soils its files in every way
that we know of, while a collector is killed again and again, with and without watches and under a
clock that jumps. At the end the store is compared with the writer's own ledger. What was destroyed
before anybody could read it is no fault, but has to be said.

A minute by default; for as long as asked by MODEL_CONSOLE_TORTURE_S, with the seed of
MODEL_CONSOLE_TORTURE_SEED:

    MODEL_CONSOLE_TORTURE_S=3600 uv run pytest -n 0 tests/torture
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from torture_oracle import compare

from console.config.load import settings_for
from console.engine.engine import Engine
from console.engine.intake import HOLD_S
from console.records.clock import system_clock
from console.store.database import Store

SECONDS = float(os.environ.get("MODEL_CONSOLE_TORTURE_S", "60"))
SEED = int(os.environ.get("MODEL_CONSOLE_TORTURE_SEED") or random.SystemRandom().randrange(10**6))
HERE = Path(__file__).parent
START_S = 60.0
READING = b"alerts in the store"
WORLDS = ("calm", "calm", "calm", "clock", "watchless")


@pytest.mark.slow
@pytest.mark.xdist_group("crash")
def test_every_complete_line_is_stored_once(
    tmp_path: Path, measured: Callable[[str], None]
) -> None:
    sys.stdout.write(f"MODEL_CONSOLE_TORTURE_SEED={SEED}\n")  # shown when it fails
    folder, outside, store = tmp_path / "fleet", tmp_path / "outside", tmp_path / "store.duckdb"
    stop, told = tmp_path / "stop", tmp_path / "ledgers.json"
    turn = tmp_path / "turn"
    arguments = [folder, outside, told, SEED, turn, stop]
    writer = subprocess.Popen([sys.executable, HERE / "torture_writer.py", *map(str, arguments)])
    kills: Counter[str] = Counter()
    try:
        wait_for((folder / "console.toml").exists, writer)
        rng = random.Random(SEED)
        said = tmp_path / "said.txt"
        one_life(folder, store, said, "calm", READING, 3.0)
        turn.touch()
        began = time.monotonic()
        while time.monotonic() - began < SECONDS:
            # Most lives end while lines are read, some while the store is opened, few are long.
            world = rng.choice(WORLDS)
            word = b"collecting" if rng.random() < 0.2 else READING
            lasting = rng.uniform(2, 8) if rng.random() < 0.1 else rng.uniform(0, 1.2)
            one_life(folder, store, said, world, word, lasting)
            kills[world] += 1
            if rng.random() < 0.2:
                time.sleep(rng.uniform(0.2, 1.5))
        stop.touch()
        writer.wait(timeout=60)
    finally:
        writer.kill()
        writer.wait()
    assert writer.returncode == 0
    finish(folder, store)

    ledgers = json.loads(told.read_text(encoding="utf-8"))
    verdict = compare(ledgers, store, folder)
    rotations: Counter[str] = sum(
        (Counter(each["rotations"]) for each in ledgers.values()), Counter()
    )
    lines = sum(each["lines"] + len(each["twice"]) for each in ledgers.values())
    bad = sum(len(each["bad"]) for each in ledgers.values())
    measured(
        f"torture, seed {SEED}: {kills.total()} kills in {time.monotonic() - began:.0f} s "
        f"({_listed(kills)}); {lines} lines and {bad} undecodable ones; {rotations.total()} "
        f"rotations ({_listed(rotations)}); destroyed before they were read, and said: "
        f"{_listed(verdict.lost)}; stored twice when a file was cut back, and said: "
        f"{_listed(verdict.doubled)}"
    )
    if verdict.faults:
        pytest.fail("\n".join([f"seed {SEED}, in {tmp_path}:", *verdict.faults]))
    assert len(ledgers) == len(list(folder.glob("*/")))
    assert min(rotations.values()) > 0


def one_life(
    folder: Path, store: Path, said: Path, world: str, word: bytes, seconds: float
) -> None:
    """A collector from its start to its kill, so many seconds after it has said a word."""
    command = [sys.executable, HERE / "torture_collector.py", world, folder, "--store", store]
    with said.open("ab") as out:
        spoken = out.tell()
        collector = subprocess.Popen([*map(str, command)], stderr=out, stdout=subprocess.DEVNULL)
        try:
            wait_for(lambda: word in said.read_bytes()[spoken:], collector)
            time.sleep(seconds)
        finally:
            collector.send_signal(signal.SIGKILL)
            collector.wait()
    assert collector.returncode == -signal.SIGKILL, said.read_text(encoding="utf-8")[-2000:]


def finish(folder: Path, path: Path) -> None:
    """Collects what is left, undisturbed, until no file is waited for any more."""
    settings = settings_for([folder], None)
    with (
        Store.open(path, system_clock) as store,
        Engine([folder], settings, store, system_clock) as engine,
    ):
        busy_at = time.monotonic()
        while time.monotonic() - busy_at < HOLD_S + 8:
            if engine.step().idle:
                time.sleep(0.05)
            else:
                busy_at = time.monotonic()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Waits for something that a process does."""
    end = time.monotonic() + START_S
    while not condition():
        assert process.poll() is None, f"ended with {process.returncode}"
        assert time.monotonic() < end, f"not within {START_S} s"
        time.sleep(0.01)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
