"""The walk by segment: one client breaks, and the alert names it, however it is cut and killed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from clients import HOURS, START, write_clients

from console.config.load import settings_for
from console.engine import intake
from console.engine.engine import Engine
from console.engine.replay import replay
from console.store.database import Store

NOW = START.timestamp() + 30 * 86400


def clock() -> float:
    return NOW


def stored(path: Path) -> list[pl.DataFrame]:
    """The windows by segment, and the tags and values that are known."""
    with Store.open(path, clock) as store:
        reader = store.reader()
        span = (START.timestamp(), NOW)
        windows = [
            reader.segment_windows("fraud", *span, late=True),
            reader.segment_performance("fraud", *span, late=True),
        ]
        state = store.restore().states["segments"]
        return [*windows, pl.DataFrame({"state": [state]})]


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
    folder = write_clients(tmp_path / "fleet", 'segments = ["plan", "version"]')
    path = tmp_path / "store.duckdb"
    assert not any("carries" in str(alert["what"]) for alert in told(folder, path))
    windows, performance, _ = stored(path)
    for frame in (windows, performance):
        assert set(frame["tag"]) == {"plan"}
        assert set(frame["value"]) == {"free", "paid"}
    assert performance["n"].sum() == 60 * (HOURS - 2)
    none = tmp_path / "none.duckdb"
    told(write_clients(tmp_path / "other", "segments = []"), none)
    assert [frame.height for frame in stored(none)[:2]] == [0, 0]


def walked(folder: Path, path: Path, most: int, steps: int) -> list[dict[str, object]]:
    """The alerts of a walk of steps of so many bytes, begun anew from its store every few steps."""
    settings = settings_for([folder], None)
    while True:
        with Store.open(path, clock) as store, Engine([folder], settings, store, clock) as engine:
            for _ in range(steps):
                if engine.step(to_the_end=True, most=most).idle:
                    engine.finish()
                    return [alert.to_json() for alert in engine.inbox()]


def test_neither_the_size_of_the_batches_nor_a_restart_changes_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_clients(tmp_path / "fleet")
    whole, cut, broken = (tmp_path / f"{name}.duckdb" for name in ("whole", "cut", "broken"))
    alerts = told(folder, whole)
    for name in ("READ_BYTES", "FIRST_BYTES"):
        monkeypatch.setattr(intake, name, 90_000)
    assert walked(folder, cut, 90_000, 1000) == alerts
    assert walked(folder, broken, 90_000, 2) == alerts
    same(stored(whole), stored(cut))
    for before, after in zip(stored(cut), stored(broken), strict=True):
        assert before.equals(after)


def same(one: list[pl.DataFrame], other: list[pl.DataFrame]) -> None:
    """Equal but for the last digits of sums of floats, whose order differs."""
    for before, after in zip(one, other, strict=True):
        floats = [name for name, kind in before.schema.items() if "Float64" in str(kind)]
        assert before.drop(floats).equals(after.drop(floats))
        for name in floats:
            assert _flat(before[name]) == pytest.approx(_flat(after[name]), nan_ok=True)


def _flat(values: pl.Series) -> list[float]:
    flat = values.explode(empty_as_null=False) if values.dtype.is_nested() else values
    return flat.fill_null(float("nan")).to_list()
