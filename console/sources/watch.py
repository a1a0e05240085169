"""Tells at once that a file has changed. Only a hint: the sweep of `Collection.poll` is the truth.

watchdog sees nothing on network mounts, tells of an overflow of the kernel's queue only in its log,
and passes over folders for which the system has no watch left; what it tells only brings the next
look at a file forward. What it writes to its log is kept from the screen.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    DirCreatedEvent,
]
_MANY = 10_000
_LOG = logging.getLogger("watchdog")
_OVERFLOW = "more changed at once than the system tells: it is found by looking every second"


class Watcher(FileSystemEventHandler):
    """Collects the paths that change below some folders, and wakes whoever waits for them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Begins to watch. `notice` says why not, where it cannot."""
        self.notice: str | None = None
        """Why changes are only seen by looking every second; None while they are told at once."""
        self._changed: set[Path] = set()
        self._told: list[str] = []
        self._lock = threading.Lock()
        self._log = _Log(self)
        _LOG.addHandler(self._log)
        _LOG.propagate = False
        self._woken = threading.Event()
        self._observer: BaseObserver | None = None
        observer = Observer()
        before = _watches()
        try:
            for folder in folders:
                observer.schedule(self, str(folder), recursive=True, event_filter=_EVENTS)
            observer.start()
        except OSError as error:
            self.notice = f"changes are looked for every second: {error.strerror or error}"
            observer.stop()
        else:
            self._observer = observer
            self.notice = _unwatched(folders, _watches() - before)

    def overflowed(self) -> None:
        """The system dropped what it had to tell. Runs in the observer's thread."""
        with self._lock:
            if _OVERFLOW not in self._told:
                self._told.append(_OVERFLOW)
        self._woken.set()

    def notices(self) -> tuple[str, ...]:
        """What was to be said since it began to watch, the notice of that apart."""
        with self._lock:
            return tuple(self._told)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Takes the paths of an event down. Runs in the observer's thread."""
        with self._lock:
            for path in (event.src_path, event.dest_path):
                if path and len(self._changed) < _MANY:
                    self._changed.add(Path(os.fsdecode(path)))
        self._woken.set()

    def wait(self, timeout_s: float) -> bool:
        """Waits until something changes or `wake` is called; False if the time passed."""
        woken = self._woken.wait(timeout_s)
        self._woken.clear()
        return woken

    def wake(self) -> None:
        """Ends a `wait`."""
        self._woken.set()

    def changed(self) -> set[Path]:
        """The paths that changed since this was last asked."""
        with self._lock:
            changed, self._changed = self._changed, set()
        return changed

    def stop(self) -> None:
        """Ends watching and joins its threads."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
        _LOG.removeHandler(self._log)
        self._woken.set()


class _Log(logging.Handler):
    """Listens for the one word that watchdog has for an overflow."""

    def __init__(self, watcher: Watcher) -> None:
        super().__init__(logging.WARNING)
        self._watcher = watcher

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self._watcher.overflowed()


def _watches() -> int:
    """How many watches this process has, as the kernel counts them; 0 where it does not tell."""
    count = 0
    for info in Path("/proc/self/fdinfo").glob("*"):
        with contextlib.suppress(OSError):  # closed while it was looked at
            count += info.read_text(encoding="ascii").count("inotify wd:")
    return count


def _unwatched(folders: Sequence[Path], watches: int) -> str | None:
    """What to say if not every folder is watched; else None."""
    below = sum(
        not Path(place, name).is_symlink()
        for folder in folders
        for place, names, _ in os.walk(folder)
        for name in names
    )
    if watches == 0 or watches >= below + len(folders):
        return None
    return (
        f"only {watches} of {below + len(folders)} folders can be watched (fs.inotify."
        "max_user_watches): the others are looked at every second"
    )
