"""Tells at once that a file has changed. Only a hint: the sweep of `Collection.poll` is the truth.

watchdog drops events without a word when its queue overflows, and sees nothing on network mounts;
what it tells only brings the next look at a file forward.
"""

from __future__ import annotations

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


class Watcher(FileSystemEventHandler):
    """Collects the paths that change below some folders, and wakes whoever waits for them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Begins to watch. `notice` says why not, where it cannot."""
        self.notice: str | None = None
        """Why changes are only seen by looking every second; None while they are told at once."""
        self._changed: set[Path] = set()
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._observer: BaseObserver | None = None
        observer = Observer()
        try:
            for folder in folders:
                observer.schedule(self, str(folder), recursive=True, event_filter=_EVENTS)
            observer.start()
        except OSError as error:
            self.notice = f"changes are looked for every second: {error.strerror or error}"
            observer.stop()
        else:
            self._observer = observer

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
        self._woken.set()
