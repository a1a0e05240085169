"""Killed anywhere, a hundred times: every whole line is stored once, and alerts are the same.

A writer appends, rotates and truncates (see `writer.py`) while a collector follows and is killed
with SIGKILL at random moments. Then the store is compared with what was written, and its alerts
with those of a run over the same files that nobody disturbed.
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
from typing import Any

import pytest

from console.config.load import settings_for
from console.engine.engine import Engine
from console.engine.intake import HOLD_S
from console.engine.replay import replay
from console.records.clock import system_clock
from console.store.database import Store

KILLS = int(os.environ.get("MODEL_CONSOLE_KILLS", "100"))
"""More of them for a torture of hours; fewer never."""
WRITER = Path(__file__).with_name("writer.py")


@pytest.mark.slow
def test_a_hundred_kills_lose_and_double_nothing(
    tmp_path: Path, measured: Callable[[str], None]
) -> None:
    folder, store = tmp_path / "fleet", tmp_path / "store.duckdb"
    stop, summary = tmp_path / "stop", tmp_path / "summary.json"
    writer = subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), str(stop), str(summary), "7"]
    )
    try:
        wait_for((folder / "console.toml").exists, 20)
        rng = random.Random(7)
        early = sum(killed_while_collecting(folder, store, rng) for _ in range(KILLS))
        stop.touch()
        writer.wait(timeout=60)
    finally:
        writer.kill()
        writer.wait()
    finish(folder, store)

    written: dict[str, int] = json.loads(summary.read_text(encoding="utf-8"))
    assert stored_numbers(store) == {
        stream: Counter({"once": count}) for stream, count in written.items()
    }
    assert min(written.values()) > 1_000
    disturbed, undisturbed = alerts_of_store(folder, store), alerts_of_replay(folder)
    assert disturbed == undisturbed
    assert len(undisturbed) >= 1
    files = sum(path.is_file() for path in folder.rglob("*.*"))
    measured(
        f"{KILLS} kills, {early} of them before the first commit; {written} lines in {files} "
        f"files; {len(undisturbed)} alerts"
    )


def killed_while_collecting(folder: Path, store: Path, rng: random.Random) -> bool:
    """One life of the collector; whether it ended before there was a store at all."""
    collector = subprocess.Popen(
        [sys.executable, "-m", "console", "collect", str(folder), "--store", str(store)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert collector.stderr is not None
    # The interpreter's own start is not worth a kill: wait until it says that it collects.
    collector.stderr.readline()
    time.sleep(rng.uniform(0.05, 1.2))
    collector.send_signal(signal.SIGKILL)
    _, errors = collector.communicate(timeout=30)
    assert collector.returncode == -signal.SIGKILL, errors.decode()
    return not store.exists()


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


def stored_numbers(path: Path) -> dict[str, Counter[str]]:
    """How many numbers of each stream are stored once, and which are not."""
    with Store.open(path, system_clock) as store:
        reader = store.reader()
        metrics = reader.sql(
            "SELECT model AS stream, (attributes->>'$.number')::BIGINT AS number, count(*) AS n "
            "FROM metric JOIN series USING (series_id) GROUP BY ALL",
            10_000_000,
        )
        logs = reader.sql(
            "SELECT 'log' AS stream, regexp_extract(message, 'number=([0-9]+)', 1)::BIGINT AS "
            "number, count(*) AS n FROM logs GROUP BY ALL",
            10_000_000,
        )
    found: dict[str, Counter[str]] = {}
    for frame in (metrics, logs):
        for stream, number, n in frame.iter_rows():
            found.setdefault(stream, Counter())["once" if n == 1 else f"{number}: {n} times"] += 1
    return found


def alerts_of_store(folder: Path, store: Path) -> list[Any]:
    command = [sys.executable, "-m", "console", "alerts", str(folder), "--store", str(store)]
    shown = subprocess.run([*command, "--format", "json"], capture_output=True, check=True)
    return comparable(json.loads(shown.stdout)["alerts"])


def alerts_of_replay(folder: Path) -> list[Any]:
    result = replay([folder], settings_for([folder], None))
    return comparable([alert.to_json() for alert in result.alerts])


def comparable(alerts: list[dict[str, Any]]) -> list[Any]:
    """What an alert says, without where among others it stands and which file a line came from."""
    for alert in alerts:
        for place in ("rank", "priority", "rank_reasons", "features"):
            alert.pop(place)
        for log in alert["related_logs"]:
            log.pop("file")
            log.pop("offset")
    return sorted(alerts, key=lambda alert: (alert["opened_at"], alert["id"]))


def wait_for(condition: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds} s")
        time.sleep(0.05)
