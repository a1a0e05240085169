"""History through the very same walk, in event time, as fast as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.engine import Engine
from console.records.clock import Clock, system_clock
from console.store.database import Store

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.config.settings import Settings
    from console.engine.snapshot import Progress


@dataclass(frozen=True)
class ReplayResult:
    """What a replay found, and how much it read."""

    alerts: tuple[Alert, ...]
    """Ranked, best first."""
    files: int
    rows: int
    rejects: int
    seconds: float


@contextmanager
def replayed(
    paths: Sequence[Path],
    settings: Settings,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock = system_clock,
) -> Iterator[Store]:
    """A store with the rows and windows of everything below `paths`, on which no detector ran.

    It keeps nothing once it is left. Raises StoreError and OSError.
    """
    with Store.open(None, clock) as store:
        with Engine(paths, settings, store, clock, detectors=()) as engine:
            _run(engine, store, progress)
        yield store


def _run(engine: Engine, store: Store, progress: Callable[[Progress], None] | None) -> None:
    while not engine.step(to_the_end=True).idle:
        store.settle(idle=False)
        if progress is not None:
            progress(engine.intake.progress())
    engine.finish()


def replay(
    paths: Sequence[Path],
    settings: Settings,
    store_path: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    clock: Clock = system_clock,
) -> ReplayResult:
    """Reads everything below `paths` to its end and returns the alerts that it raises.

    `store_path` None keeps nothing. Raises StoreError and OSError.
    """
    began = time.perf_counter()
    with Store.open(store_path, clock) as store, Engine(paths, settings, store, clock) as engine:
        _run(engine, store, progress)
        done = engine.intake.progress()
        return ReplayResult(
            alerts=engine.inbox(),
            files=done.files,
            rows=done.rows,
            rejects=done.rejects,
            seconds=time.perf_counter() - began,
        )
