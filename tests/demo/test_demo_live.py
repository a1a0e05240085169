"""The live fleet has a history, goes on in whole lines, and something happens soon."""

from __future__ import annotations

import os
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from console.config.load import load
from console.demo import live
from console.demo.live import LiveFleet, live_plan
from console.records.clock import HOUR, MINUTE

NOW = 1_780_000_000.0


class FakeClock:
    """A clock that runs as fast as the test says."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def _content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_goes_on_in_whole_lines_until_stopped(tmp_path: Path) -> None:
    clock = FakeClock()
    fleet = LiveFleet(tmp_path / "fleet", clock, history_s=HOUR)
    fleet.prepare()
    history = _content(fleet.folder)
    before = fleet.truth()
    fleet.start()
    try:
        clock.now += 5.0 * MINUTE
        deadline = time.monotonic() + 20.0
        while fleet.truth().end < clock.now and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        fleet.stop()
    assert fleet.failure is None
    assert "demo-fleet" not in {thread.name for thread in threading.enumerate()}
    after = _content(fleet.folder)
    assert all(data.startswith(history[name]) for name, data in after.items() if name in history)
    assert all(data.endswith(b"\n") for data in after.values())
    lines = sum(fleet.truth().lines.values()) - sum(before.lines.values())
    assert lines / 300.0 > 2.0, "several lines a second look alive"
    clock.now += HOUR
    time.sleep(2.0 * live.STEP_S)
    assert _content(fleet.folder) == after


def test_history_has_no_record_from_before_it(tmp_path: Path) -> None:
    fleet = LiveFleet(tmp_path, FakeClock(), history_s=HOUR)
    fleet.prepare()
    first = (tmp_path / "delivery-time/upstream.log").read_text()[:19]
    assert first >= time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(NOW - HOUR))
    assert "live-campaign" not in (tmp_path / "delivery-time/events.jsonl").read_text()


def test_settings_load(tmp_path: Path) -> None:
    fleet = LiveFleet(tmp_path, FakeClock(), history_s=MINUTE)
    fleet.prepare()
    settings = load(tmp_path / "console.toml")
    assert settings.window_s == 30.0
    assert settings.prediction_window_s == 300.0
    assert {rule.hold_s for rule in settings.rules} == {120.0}
    assert {model.name for model in settings.models} == {model.name for model in live.FLEET}


def test_something_is_open_and_something_new_comes_soon() -> None:
    incidents = live_plan(NOW).incidents
    open_ = [item for item in incidents if item.start < NOW < item.end]
    assert len(open_) >= 3
    assert any(item.start > NOW - 2.0 * MINUTE for item in open_)
    coming = sorted(item.start for item in incidents if item.start >= NOW)
    assert coming[0] <= NOW + 2.0 * MINUTE
    assert all(later - one <= 5.0 * MINUTE for one, later in pairwise(coming))
    assert coming[-1] > NOW + 47.0 * HOUR


def test_no_model_has_two_incidents_at_once_but_for_the_drift() -> None:
    loud = [item for item in live_plan(NOW).incidents if item.kind != "drift"]
    for model in live.FLEET:
        spans = sorted((item.start, item.end) for item in loud if item.model == model.name)
        assert all(one[1] <= later[0] for one, later in pairwise(spans))


def test_taken_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        LiveFleet(tmp_path, FakeClock()).start()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs folders that can be renamed")
def test_a_folder_that_goes_ends_the_fleet_without_a_word(tmp_path: Path) -> None:
    clock = FakeClock()
    fleet = LiveFleet(tmp_path / "fleet", clock, history_s=MINUTE)
    fleet.start()
    (tmp_path / "fleet").rename(tmp_path / "gone")
    (tmp_path / "fleet").write_text("no folder any more")
    clock.now += HOUR
    deadline = time.monotonic() + 20.0
    while fleet.failure is None and time.monotonic() < deadline:
        time.sleep(0.02)
    fleet.stop()
    assert isinstance(fleet.failure, OSError)


@pytest.mark.slow
def test_a_day_of_history_is_written_in_a_few_seconds(tmp_path: Path) -> None:
    began = time.process_time()
    LiveFleet(tmp_path, FakeClock()).prepare()
    assert time.process_time() - began < 6.0
