"""A store of a small fleet whose logs are full of secrets, and bundles of its alerts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from console.alerts.alert import Alert
from console.config.load import load
from console.config.settings import Settings
from console.engine.replay import replay
from console.store.database import Store

T0 = 1_763_888_400.0
SECRET = "Zx9hunter2Q"
PLANTED = (
    f"login failed for bob password={SECRET}",
    f"GET https://api.example.com/v1/items?key={SECRET} gave 500",
    f"Authorization: Bearer {SECRET}.{SECRET}",
    f"postgres://scorer:{SECRET}@db.internal:5432/scores refused",
    f"mail to {SECRET}@example.com bounced",
    f'config {{"api_key": "{SECRET}", "retries": 3}}',
    f"<script>alert('{SECRET[:3]}')</script> \x1b]0;owned\x07 [/foo]",
    f"ACME-{SECRET}",
)


@dataclass(frozen=True)
class Fleet:
    """A store, its alerts and its settings."""

    path: Path
    alerts: tuple[Alert, ...]
    settings: Settings

    def opened(self) -> Store:
        """The store."""
        return Store.open(self.path, lambda: T0)


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Four hours of a metric that breaks its limit, with lines that hold secrets beside it."""
    folder = tmp_path_factory.mktemp("fleet")
    rows = []
    for minute in range(240):
        broken = minute >= 180
        at = T0 + 60 * minute
        rows += [
            {"ts": at, "model": "fraud", "stage": "serving", "name": "latency_ms",
             "value": (400.0 if broken else 100.0) + minute % 7, "version": "12"},
            {"ts": at + 1, "model": "fraud", "stage": "serving", "level": "INFO", "message": "ok"},
        ]  # fmt: skip
        if broken:
            text = PLANTED[minute % len(PLANTED)]
            rows.append(
                {"ts": at + 2, "model": "fraud", "stage": "serving", "level": "ERROR",
                 "logger": "app", "message": text, "exception": f"Error: token={SECRET}"}
            )  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "serving.jsonl").write_text(text)
    (folder / "console.toml").write_text(
        '[[rules]]\nmodel = "fraud"\nseries = "latency_ms"\nabove = 250\nfor = "5m"\n'
        'severity = "critical"\n[bundle]\nredact = ["ACME-\\\\w+"]\n'
    )
    settings = load(folder / "console.toml")
    store = folder / "s.duckdb"
    alerts = replay([folder / "serving.jsonl"], settings, store).alerts
    return Fleet(store, alerts, settings)


@pytest.fixture(scope="session")
def planted() -> SimpleNamespace:
    """What was planted."""
    return SimpleNamespace(SECRET=SECRET)


Build = Callable[..., Path]


@pytest.fixture
def build(fleet: Fleet, tmp_path: Path) -> Iterator[Build]:
    """Builds the bundle of the fleet's first alert."""
    from console.bundle.build import build as really

    with fleet.opened() as store:

        def made(target: Path = tmp_path / "bundle", place: int = 0, **more: object) -> Path:
            alert = fleet.alerts[place]
            return really(alert, store.reader(), target, fleet.settings, clock=lambda: T0, **more)  # type: ignore[arg-type]

        yield made
