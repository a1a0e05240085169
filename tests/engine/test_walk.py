"""The whole walk on a small fleet: replayed, cut differently, followed, acted on, restarted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from fleets import START, write_fleet

from console.config.load import settings_for
from console.engine import intake
from console.engine.replay import replay
from console.engine.session import Session
from console.engine.snapshot import Snapshot
from console.store.database import Store
from console.store.pages import LogQuery
from console.store.restored import Restored

NOW = START.timestamp() + 30 * 86400
BEGAN = time.monotonic()


def clock() -> float:
    """A month after the fleet's first day, going on as time does."""
    return NOW + time.monotonic() - BEGAN


def alerts_of(folder: Path) -> list[dict[str, object]]:
    result = replay([folder], settings_for([folder], None), clock=clock)
    return [alert.to_json() for alert in result.alerts]


def test_history_is_replayed_to_an_alert_with_a_whole_message(tmp_path: Path) -> None:
    folder = write_fleet(tmp_path / "fleet")
    result = replay([folder], settings_for([folder], None), clock=clock)
    assert (result.files, result.rows, result.rejects) == (3, 600 + 600 + 200, 0)
    (alert,) = [alert for alert in result.alerts if alert.model == "fraud"]
    assert (alert.detector, alert.series, alert.severity) == ("threshold", "latency_ms", "critical")
    assert alert.started_at == START.timestamp() + 7 * 3600
    assert alert.ended_at is not None
    assert all([alert.what, alert.where, alert.when, alert.impact, alert.why, alert.suggestions])
    assert len(alert.evidence.points) > 20


@pytest.mark.parametrize("size", [700, 5_000])
def test_the_size_of_the_batches_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    folder = write_fleet(tmp_path / "fleet")
    whole = alerts_of(folder)
    for name in ("READ_BYTES", "FIRST_BYTES", "STEP_BYTES"):
        monkeypatch.setattr(intake, name, size)
    assert alerts_of(folder) == whole


class Watching:
    """A running session, and a way to wait for what it shows."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.failures: list[str] = []
        self.snapshot: Snapshot | None = None
        self._changed = threading.Condition()
        self.session = Session([folder], settings_for([folder], None), store, clock, "ann")

    def __enter__(self) -> Self:
        self.session.start(self._show, self.failures.append)
        return self

    def __exit__(self, *_: object) -> None:
        self.session.stop()

    def _show(self, snapshot: Snapshot) -> None:
        with self._changed:
            self.snapshot = snapshot
            self._changed.notify_all()

    def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        with self._changed:
            shown = self._changed.wait_for(
                lambda: self.snapshot is not None and condition(self.snapshot), 60
            )
            assert shown, (self.failures, self.snapshot)
            assert self.snapshot is not None
            return self.snapshot


def test_it_is_followed_acted_on_and_found_as_it_was_left(tmp_path: Path) -> None:
    folder, store = write_fleet(tmp_path / "fleet"), tmp_path / "store.duckdb"
    with Watching(folder, store) as watching:
        shown = watching.until(lambda s: s.progress.caught_up and len(s.inbox) == 1)
        assert not shown.live
        assert shown.now == START.timestamp() + (600 - 1) * 60
        assert {pane.name for pane in shown.models} == {"fraud", "churn"}
        (alert,) = shown.inbox
        watching.session.act("noise", alert.id)
        watching.until(lambda s: s.inbox[0].state == "noise")
        (taken,) = watching.session.undo()
        assert taken.verb == "noise"
        watching.until(lambda s: s.inbox[0].state == "resolved")
        watching.session.act("noise", alert.id)
        watching.until(lambda s: s.inbox[0].state == "noise")
    with Watching(folder, store) as watching:
        shown = watching.until(lambda s: s.progress.caught_up)
        assert [(a.id, a.state) for a in shown.inbox] == [(alert.id, "noise")]
        assert shown.progress.rows == 1400
        (undone,) = watching.session.undo()
        assert undone.alert_id == alert.id
        watching.until(lambda s: s.inbox[0].state == "resolved")


def test_what_is_stored_is_shown_before_any_file_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, store = write_fleet(tmp_path / "fleet"), tmp_path / "store.duckdb"
    with Watching(folder, store) as watching:
        was = watching.until(lambda s: s.progress.caught_up and len(s.inbox) == 1)
    look, let_go = intake.Intake.look, threading.Event()

    def held_up(self: intake.Intake, *, final: bool = False) -> None:
        let_go.wait(60)
        look(self, final=final)

    monkeypatch.setattr(intake.Intake, "look", held_up)
    restored: list[Restored] = []
    restore = Store.restore

    def counted(self: Store) -> Restored:
        restored.append(restore(self))
        return restored[-1]

    monkeypatch.setattr(Store, "restore", counted)
    with Watching(folder, store) as watching:
        shown = watching.until(lambda _: True)
        assert not let_go.is_set()
        assert (shown.inbox, shown.now) == (was.inbox, was.now)
        assert {pane.name for pane in shown.models} == {"fraud", "churn"}
        assert shown.progress.rows == was.progress.rows
        assert not shown.progress.caught_up
        assert len(restored) == 1
        let_go.set()
        assert watching.until(lambda s: s.progress.caught_up).inbox == was.inbox


def test_what_one_key_did_to_several_is_taken_back_as_one_after_a_restart(tmp_path: Path) -> None:
    folder, store = write_fleet(tmp_path / "fleet"), tmp_path / "store.duckdb"
    with Watching(folder, store) as watching:
        (alert,) = watching.until(lambda s: s.progress.caught_up and len(s.inbox) == 1).inbox
        watching.session.act("important", alert.id)
        watching.session.act_on("noise", (alert.id, "one-that-went"))
        watching.until(lambda s: s.inbox[0].state == "noise")
    with Watching(folder, store) as watching:
        watching.until(lambda s: s.progress.caught_up)
        assert [act.alert_id for act in watching.session.undoable()] == [alert.id, "one-that-went"]
        assert {act.verb for act in watching.session.undo()} == {"noise"}
        watching.until(lambda s: s.inbox[0].state == "resolved")
        assert [act.verb for act in watching.session.undoable()] == ["important"]


def test_a_line_that_is_appended_is_seen_and_can_be_read(tmp_path: Path) -> None:
    folder, store = write_fleet(tmp_path / "fleet"), tmp_path / "store.duckdb"
    with Watching(folder, store) as watching:
        rows = watching.until(lambda s: s.progress.caught_up and bool(s.models)).progress.rows
        record = {"ts": NOW - 5, "model": "fraud", "level": "ERROR", "message": "here I am"}
        with (folder / "late.jsonl").open("w", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")
        shown = watching.until(lambda s: s.progress.rows == rows + 1)
        assert shown.live
        assert shown.now >= NOW
        reader = watching.session.reader()
        assert reader is not None
        page = reader.logs_newest(LogQuery(model="fraud"), 1)
        assert [line.message for line in page.lines] == ["here I am"]


def test_a_store_that_is_held_is_one_clear_line(tmp_path: Path) -> None:
    folder, store = write_fleet(tmp_path / "fleet"), tmp_path / "store.duckdb"
    store.write_text("this is no database", encoding="utf-8")
    watching = Watching(folder, store)
    with watching:
        assert watching.session.wait(30)
    assert len(watching.failures) == 1
    assert "\n" not in watching.failures[0]
    assert str(store) in watching.failures[0]
