"""The walk by segment: one client breaks, and the alert names it, however it is cut and killed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from clients import START, write_clients
from segment_store import same, windows_of

from console.config.load import settings_for
from console.engine import intake
from console.engine.engine import Engine
from console.engine.replay import replay, replayed
from console.store.database import Store

NOW = START.timestamp() + 30 * 86400


def clock() -> float:
    return NOW


def stored(path: Path) -> list[pl.DataFrame]:
    with Store.open(path, clock) as store:
        return windows_of(store)


def told(folder: Path, path: Path | None = None) -> list[dict[str, object]]:
    found = replay([folder], settings_for([folder], None), path, clock=clock)
    return [alert.to_json() for alert in found.alerts]


def test_the_alert_names_the_client(tmp_path: Path) -> None:
    alerts = told(write_clients(tmp_path / "fleet"))
    (alert,) = [alert for alert in alerts if alert["series"] == "amount"]
    assert alert["detector"] == "quality"
    assert "client=acme carries all of the nulls of amount: 0 % to 100 % there" in str(
        alert["what"]
    )
    assert str(alert["where"]).endswith("client=acme")
    why = alert["why"]
    assert isinstance(why, list)
    assert (why[0]["kind"], why[0]["series"]) == ("segment", "client=acme")


def test_settings_name_the_segments_or_that_there_are_none(tmp_path: Path) -> None:
    folder = write_clients(tmp_path / "fleet", 'segments = ["plan", "version"]', hours=24)
    with replayed([folder], settings_for([folder], None), clock=clock) as store:
        windows, performance, _ = windows_of(store)
    for frame in (windows, performance):
        assert set(frame["tag"]) == {"plan"}
        assert set(frame["value"]) == {"free", "paid"}
    assert windows["n"].sum() == 60 * 24 - 1000  # those that the reference was learned from
    assert performance["n"].sum() == 60 * 22
    folder = write_clients(tmp_path / "other", "segments = []", hours=24)
    with replayed([folder], settings_for([folder], None), clock=clock) as store:
        assert [frame.height for frame in windows_of(store)[:2]] == [0, 0]


def walked(folder: Path, path: Path, most: int, steps: int = 0) -> list[dict[str, object]]:
    """The alerts of a walk of steps of so many bytes.

    It is begun anew from its store every few `steps`, each other time after a step that broke
    off between what it releases and what it judges.
    """
    settings = settings_for([folder], None)
    for opened in range(1000):
        with Store.open(path, clock) as store, Engine([folder], settings, store, clock) as engine:
            done = 0
            while not steps or done < steps:
                done += 1
                if engine.step(to_the_end=True, most=most).idle:
                    engine.finish()
                    return [alert.to_json() for alert in engine.inbox()]
            if opened % 2:
                with pytest.MonkeyPatch.context() as patched, suppress(BrokenOffError):
                    patched.setattr(engine, "_judge", break_off)
                    engine.step(to_the_end=True, most=most)
    raise AssertionError("the walk does not end")


class BrokenOffError(Exception):
    """As if the process were killed."""


def break_off(_: float) -> None:
    raise BrokenOffError


def test_neither_the_size_of_the_batches_nor_a_restart_changes_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_clients(tmp_path / "fleet")
    whole, cut, broken = (tmp_path / f"{name}.duckdb" for name in ("whole", "cut", "broken"))
    alerts = told(folder, whole)
    for name in ("READ_BYTES", "FIRST_BYTES"):
        monkeypatch.setattr(intake, name, 150_000)
    assert walked(folder, cut, 150_000) == alerts
    assert walked(folder, broken, 150_000, steps=2) == alerts
    same(stored(whole), stored(cut))
    for before, after in zip(stored(cut), stored(broken), strict=True):
        assert before.equals(after)
