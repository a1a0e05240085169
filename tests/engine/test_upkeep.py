"""Upkeep between the steps: what goes has no say any more, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fleets import write_fleet

from console.config.load import load
from console.config.settings import Retention
from console.engine import upkeep as housekeeping
from console.engine.engine import Engine
from console.engine.upkeep import Upkeep
from console.records.clock import HOUR
from console.store.database import Store

HOURS = 30
END = 1_772_409_600.0 + HOURS * HOUR
SHORT = Retention(metrics_s=6 * HOUR, logs_s=3 * HOUR, windows_s=12 * HOUR)
Tend = Callable[[], None]


@contextmanager
def _walk(
    folder: Path, store_path: Path, retention: Retention
) -> Iterator[tuple[Engine, Store, Upkeep, Tend]]:
    settings = replace(load(folder / "console.toml"), retention=retention)
    with (
        Store.open(store_path, lambda: END) as store,
        Engine([folder], settings, store, lambda: END) as engine,
    ):
        upkeep, clock = Upkeep(settings, store), count(0.0, housekeeping.ROUND_S + 1)

        def tend() -> None:
            """A whole round."""
            now = next(clock)
            upkeep.turn(engine.watermark, now, idle=True)
            while upkeep.busy:
                upkeep.turn(engine.watermark, now, idle=True)

        yield engine, store, upkeep, tend


def _alerts(engine: Engine) -> list[Any]:
    return [alert.to_json() for alert in engine.inbox(END)]


def _read_all(engine: Engine, tend: Tend | None) -> None:
    while not engine.step(to_the_end=True, most=1 << 16).idle:
        if tend is not None:
            tend()
    engine.finish()


def _column(store: Store, sql: str) -> Any:
    return store.reader().sql(sql, 1).item()


def test_rows_and_windows_go_at_their_age_and_alerts_stay_as_they_are(tmp_path: Path) -> None:
    folder = write_fleet(tmp_path / "fleet", HOURS)
    with _walk(folder, tmp_path / "all.db", Retention()) as (engine, _, _, _):
        _read_all(engine, None)
        expected = _alerts(engine)
        assert expected
    with _walk(folder, tmp_path / "short.db", SHORT) as (engine, store, _, tend):
        _read_all(engine, tend)
        tend()
        assert _alerts(engine) == expected
        reached = engine.watermark
        assert reached is not None
        for kind, kept in (("metrics", 6), ("logs", 3)):
            oldest = _column(store, f"SELECT epoch(min(ts)) FROM {kind}")
            assert 0 <= oldest - (reached - kept * HOUR) <= 600
        oldest = _column(store, "SELECT epoch(min(start)) FROM windows")
        assert 0 <= oldest - (reached - 12 * HOUR) <= 600
        # Two commits may have met in a window: to add up so few is not worth a delete.
        assert _column(store, "SELECT count(*) FROM window_metrics") <= 1.1 * 2 * 12 * 60
    # What was read is not read again because its rows are gone.
    with _walk(folder, tmp_path / "short.db", SHORT) as (engine, store, _, _):
        assert engine.step(to_the_end=True).rows == 0
        assert _alerts(engine) == expected


def test_a_store_that_is_too_large_loses_its_oldest_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "WINDOWS_KEPT_S", 10 * HOUR)
    folder = write_fleet(tmp_path / "fleet", HOURS)
    with _walk(folder, tmp_path / "s.db", Retention(size=1_000_000)) as (engine, store, keep, tend):
        _read_all(engine, None)
        tend()
        assert keep.notice is not None
        assert keep.notice.startswith("the store is larger than its 1 MB although little is left")
        oldest = _column(store, "SELECT epoch(min(ts)) FROM metrics")
        assert END - 7 * HOUR <= oldest <= END - 5 * HOUR
        oldest = _column(store, "SELECT epoch(min(start)) FROM windows")
        assert END - 11 * HOUR <= oldest <= END - 9 * HOUR


def test_pieces_wait_for_the_lines_to_read(tmp_path: Path) -> None:
    folder = write_fleet(tmp_path / "fleet", 4)
    with _walk(folder, tmp_path / "s.db", SHORT) as (engine, _, keep, _):
        keep.turn(engine.watermark, 0.0, idle=True)
        assert not keep.busy
        _read_all(engine, None)
        turns = 0
        now = 1.0
        while turns == 0 or keep.busy:
            keep.turn(engine.watermark, now, idle=False)
            keep.turn(engine.watermark, now + housekeeping.BUSY_S / 2, idle=False)
            turns, now = turns + 1, now + housekeeping.BUSY_S
        assert turns >= 10
        keep.turn(engine.watermark, now + 1, idle=True)
        assert not keep.busy
