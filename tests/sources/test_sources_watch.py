from __future__ import annotations

import ctypes
import errno
import os
import threading
import time
from pathlib import Path

import pytest
from watchdog.observers import inotify_c
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyObserver

from console.sources.watch import Watcher


def wait_for(watcher: Watcher, path: Path, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        watcher.wait(0.1)
        if path in watcher.changed():
            return True
    return False


def test_changes_are_told(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("a\n")
    watcher = Watcher([tmp_path])
    assert watcher.notice is None
    try:
        with log.open("a") as file:
            file.write("b\n")
        assert wait_for(watcher, log)
        log.rename(tmp_path / "app.log.1")
        assert wait_for(watcher, tmp_path / "app.log.1")
    finally:
        watcher.stop()


def test_our_own_reading_is_not_told(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("a\n")
    watcher = Watcher([tmp_path])
    try:
        time.sleep(0.2)
        watcher.changed()
        log.read_text()
        time.sleep(0.3)
        assert watcher.changed() == set()
    finally:
        watcher.stop()


def test_stop_joins_its_threads_and_ends_a_wait(tmp_path: Path) -> None:
    before = threading.active_count()
    watcher = Watcher([tmp_path])
    waiting = threading.Thread(target=watcher.wait, args=(60.0,))
    waiting.start()
    watcher.stop()
    waiting.join(5.0)
    assert not waiting.is_alive()
    assert threading.active_count() == before
    watcher.stop()


def test_without_watches_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: BaseObserver) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "start", refuse)
    watcher = Watcher([tmp_path])
    assert watcher.notice == "changes are looked for every second: inotify watch limit reached"
    assert not watcher.wait(0.01)
    watcher.wake()
    assert watcher.wait(0.01)
    watcher.stop()


def test_a_missing_folder_is_no_error(tmp_path: Path) -> None:
    watcher = Watcher([tmp_path / "gone"])
    assert watcher.notice is not None
    watcher.stop()


@pytest.mark.slow
def test_an_overflow_of_the_queue_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    watcher = Watcher([tmp_path])
    try:
        deadline = time.monotonic() + 10
        assert isinstance(watcher._observer, InotifyObserver)
        # The kernel's queue holds 16,384 events: its reader must not get to them in time.
        with watcher._observer._inotify_fd._lock:
            for number in range(20_000):
                os.close(os.open(tmp_path / f"{number}.log", os.O_CREAT))
        while not watcher.notices() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert watcher.notices() == (
            "more changed at once than the system tells: it is found by looking every second",
        )
    finally:
        watcher.stop()
    assert capfd.readouterr().err == ""


def test_folders_for_which_no_watch_is_left_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "b/c"):
        (tmp_path / name).mkdir()
    add = inotify_c.inotify_add_watch

    def refuse(descriptor: int, path: bytes, mask: int) -> int:
        if path.endswith(b"/b"):
            ctypes.set_errno(errno.ENOSPC)
            return -1
        return int(add(descriptor, path, mask))

    monkeypatch.setattr(inotify_c, "inotify_add_watch", refuse)
    watcher = Watcher([tmp_path])
    try:
        assert watcher.notice == (
            "only 3 of 4 folders can be watched (fs.inotify.max_user_watches):"
            " the others are looked at every second"
        )
    finally:
        watcher.stop()
