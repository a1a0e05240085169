"""The rows of a step of many files: each by its own file's clock, all of them handled at once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from console.config.settings import Settings
from console.engine.aggregates import Kind
from console.engine.catalogue import Catalogue
from console.engine.engine import Engine
from console.engine.gathering import gathered
from console.engine.intake import Reading
from console.engine.lateness import newest_before
from console.records.clock import epoch
from console.records.frames import LOGS, records
from console.stats import volumes
from console.store.appending import Appending
from console.store.commit import FileState
from console.store.database import Store

START = datetime(2026, 3, 2)
WALL = epoch(START) + 86_400
KINDS = {kind: Kind(60, volumes.merge) for kind in ("logs", "volumes")}


def reading(file_id: int, *seconds: int) -> Reading:
    """A file with a line at each of so many seconds after `START`, and one that is not decoded."""
    rows = {
        "ts": [START + timedelta(seconds=s) for s in seconds],
        "offset": [10 * place for place in range(len(seconds))],
    }
    frame = pl.DataFrame(rows, schema={"ts": LOGS["ts"], "offset": pl.Int64})
    missing = [pl.lit(None, dtype=kind).alias(n) for n, kind in LOGS.items() if n not in rows]
    end = 10 * len(seconds)
    rejects = pl.DataFrame({"offset": [end], "reason": ["no JSON"], "raw": [b"{"]})
    read = records(logs=frame.with_columns(missing), rejects=rejects)
    clocks, newest = newest_before(read, None, WALL)
    state = FileState(
        file_id, "a.log", 0, 0, b"", 0, end, b"", end, "text", None, None, newest, 0, 0
    )
    return Reading(0, state, read, end, clocks)


def test_a_row_is_late_by_the_clock_of_its_own_file() -> None:
    ahead, behind = reading(1, 600, 0), reading(2, 0, 60)
    both = gathered([ahead, behind], KINDS, 120, 0)
    assert both.late["logs"].to_list() == [False, True, False, False]
    assert both.written["late"].to_list() == [False, True, False, False]
    assert both.records.logs["file_id"].to_list() == [1, 1, 2, 2]
    assert both.newest == epoch(START) + 600


def test_what_is_not_decoded_has_the_time_of_what_stood_beside_it() -> None:
    both = gathered([reading(1, 600, 0), reading(2, 0, 60), reading(3)], KINDS, 120, 0)
    times = [START + timedelta(seconds=600), START + timedelta(seconds=60), None]
    assert both.records.rejects["ts"].to_list() == times
    assert both.records.rejects["file_id"].to_list() == [1, 2, 3]


def test_a_step_of_many_files_writes_to_each_table_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many, one = tmp_path / "many", tmp_path / "one"
    many.mkdir()
    one.mkdir()
    for number in range(20):
        record = {"ts": epoch(START) + number, "model": "m", "name": "loss", "value": number}
        (many / f"{number}.jsonl").write_text(f"{json.dumps(record)}\n")
    (one / "one.jsonl").write_text("".join(p.read_text() for p in sorted(many.iterdir())))
    calls: Counter[str] = Counter()
    identify, insert = Catalogue.identify, Appending.insert

    def identifying(self: Catalogue, metrics: pl.DataFrame) -> Any:
        calls["identify"] += metrics.height > 0
        return identify(self, metrics)

    def inserting(self: Appending, table: str, frame: pl.DataFrame) -> None:
        calls[table] += 1
        insert(self, table, frame)

    monkeypatch.setattr(Catalogue, "identify", identifying)
    monkeypatch.setattr(Appending, "insert", inserting)
    found = []
    for folder in (one, many):
        calls.clear()
        with (
            Store.open(tmp_path / f"{folder.name}.duckdb", lambda: WALL) as store,
            Engine([folder], Settings(), store, lambda: WALL) as engine,
        ):
            assert engine.step(to_the_end=True).rows == 20
        found.append(dict(calls))
    assert found[0] == found[1]
    assert found[0]["metric"] == found[0]["identify"] == 1
