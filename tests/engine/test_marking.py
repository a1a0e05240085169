"""An event marked by hand is a record like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fleets import write_fleet

from console.config.load import settings_for
from console.engine.marking import FILE, Mark, place_for, write
from console.engine.replay import replay
from console.store.database import Store

MARK = Mark("deploy", 'v2 "quoted"\n', 1_772_450_000.0, 1_772_450_600.0, "fraud", "2")


def test_a_folder_without_sources_gets_a_file_of_marks_that_a_replay_sees(tmp_path: Path) -> None:
    folder = write_fleet(tmp_path / "fleet", 3)
    (folder / "console.toml").unlink()
    settings = settings_for([folder], None)
    with Store.open(None, lambda: 0.0) as store:
        path = place_for(store.reader(), [folder], settings)
    assert path == folder / FILE
    write(MARK, path)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["kind"] == "event"
    assert (record["type"], record["title"], record["model"]) == ("deploy", MARK.title, "fraud")
    kept = tmp_path / "replayed.duckdb"
    replay([folder], settings, kept)
    with Store.open(kept, lambda: 0.0) as store:
        events = store.reader().events(0.0, 2e9)
        assert events["title"].to_list() == [MARK.title]
        assert place_for(store.reader(), [folder], settings) == path


def test_where_no_file_of_events_is_followed_it_is_said(tmp_path: Path) -> None:
    folder = write_fleet(tmp_path / "fleet", 1)
    settings = settings_for([folder], None)
    with Store.open(None, lambda: 0.0) as store:
        with pytest.raises(ValueError, match=r"console.toml follows no file of events"):
            place_for(store.reader(), [folder], settings)
        with pytest.raises(ValueError, match="no followed folder"):
            place_for(store.reader(), [folder / "fraud.jsonl"], settings)


def test_what_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot write"):
        write(MARK, tmp_path / "gone" / FILE)
    with pytest.raises(ValueError, match="no event of the contract"):
        write(Mark("", "", 0.0), tmp_path / FILE)
