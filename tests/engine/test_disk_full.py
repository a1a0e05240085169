"""A disk that is full is said, and passes: nothing is lost or doubled once there is room."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.config.settings import Retention, Settings
from console.engine import session as sessions
from console.engine.session import Session
from console.engine.snapshot import Snapshot
from console.store import database
from console.store.database import Store, StoreError

MB = 10**6
DISK = 48 * MB
LINES = 60_000
PATIENCE_S = 20.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, 48 MB large."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(place)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: a full disk needs the right to mount a tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


class Balloon:
    """A file that takes up the room of a disk."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "balloon"
        self._disk = disk

    def leave(self, room: int) -> None:
        """Takes up all but so many bytes."""
        here = os.statvfs(self._disk)
        with self._file.open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, max(here.f_bavail * here.f_frsize - room, 1))

    def burst(self) -> None:
        """Gives the room back."""
        self._file.unlink()


def _write(path: Path, begin: int) -> None:
    """Log lines that do not compress well."""
    with path.open("a", encoding="utf-8") as file:
        for k in range(begin, begin + LINES):
            noise = os.urandom(40).hex()
            line = {"ts": 1_767_225_600 + k / 100, "kind": "log", "message": f"{k} {noise}"}
            file.write(json.dumps(line) + "\n")


def _until(seen: list[Snapshot], wanted: Callable[[Snapshot], bool]) -> Snapshot:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if seen and wanted(seen[-1]):
            return seen[-1]
        time.sleep(0.02)
    raise AssertionError(seen[-1] if seen else "nothing was shown")


@pytest.mark.parametrize(
    ("room", "log", "failing"),
    [
        pytest.param(1 * MB, 64 << 20, "commit", id="log"),
        pytest.param(12 * MB, 5 << 20, "write a checkpoint", id="checkpoint"),
    ],
)
def test_a_full_disk_is_said_and_passes(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, log: int, failing: str
) -> None:
    monkeypatch.setattr(sessions, "BACK_OFF_S", (0.2,))
    monkeypatch.setattr(database, "CHECKPOINT_IDLE", log)
    monkeypatch.setattr(database, "CHECKPOINT_ALWAYS", log)
    source, store, balloon = tmp_path / "app.jsonl", disk / "store.duckdb", Balloon(disk)
    _write(source, 0)
    settings = Settings(retention=Retention(free=0))
    seen: list[Snapshot] = []
    failures: list[str] = []
    session = Session([source], settings, store)
    balloon.leave(room)
    session.start(seen.append, failures.append)
    try:
        full = _until(seen, lambda shown: any("trying again" in one for one in shown.notices))
        (notice,) = full.notices
        assert notice.startswith(f"cannot {failing}: ")
        assert "No space left on device: nothing is lost, trying again" in notice
        _write(source, LINES)
        time.sleep(0.5)
        balloon.burst()
        well = _until(seen, lambda shown: shown.progress.rows == 2 * LINES)
        _until(seen, lambda shown: not shown.notices)
        assert well.progress.rejects == 0
    finally:
        session.stop()
    assert failures == []
    with Store.open(store, time.time) as opened:
        found = opened.reader().sql(
            'SELECT count(*), count(DISTINCT message), count(DISTINCT "offset") FROM log', 1
        )
        assert found.rows() == [(2 * LINES,) * 3]


def test_reading_waits_before_the_disk_is_full(disk: Path, tmp_path: Path) -> None:
    source, store, balloon = tmp_path / "app.jsonl", disk / "store.duckdb", Balloon(disk)
    _write(source, 0)
    settings = replace(Settings(), retention=Retention(free=30 * MB))
    seen: list[Snapshot] = []
    failures: list[str] = []
    balloon.leave(20 * MB)
    session = Session([source], settings, store)
    session.start(seen.append, failures.append)
    try:
        full = _until(seen, lambda shown: bool(shown.notices))
        (notice,) = full.notices
        assert notice.startswith(f"the disk of {store} is nearly full (")
        assert "30 MB are left to others" in notice
        time.sleep(0.3)
        assert seen[-1].progress.rows == 0
        balloon.burst()
        _until(seen, lambda shown: shown.progress.rows == LINES and not shown.notices)
    finally:
        session.stop()
    assert failures == []


def test_a_store_that_cannot_be_made_on_a_full_disk_is_made_later(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "BACK_OFF_S", (0.2,))
    source, store, balloon = tmp_path / "app.jsonl", disk / "store.duckdb", Balloon(disk)
    _write(source, 0)
    for room in (0, 8192):
        balloon.leave(room)
        with pytest.raises(StoreError) as raised:
            Store.open(store, time.time)
        assert str(raised.value) == f"cannot open {store}: its disk is full: make room on it"
        assert raised.value.passing
        balloon.burst()
    balloon.leave(0)
    seen: list[Snapshot] = []
    failures: list[str] = []
    session = Session([source], Settings(retention=Retention(free=0)), store)
    session.start(seen.append, failures.append)
    try:
        full = _until(seen, lambda shown: bool(shown.notices))
        assert "its disk is full: make room on it: nothing is lost" in full.notices[0]
        assert not full.progress.caught_up
        balloon.burst()
        _until(seen, lambda shown: shown.progress.rows == LINES and not shown.notices)
    finally:
        session.stop()
    assert failures == []
