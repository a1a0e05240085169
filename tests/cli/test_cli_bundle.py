"""`model-console bundle`: which alert is meant, where the folder is, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
T0 = 1_763_888_400.0


@pytest.fixture
def store(command: Command, tmp_path: Path) -> Path:
    """A store with one alert at least."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    rows = [
        {
            "ts": T0 + 60 * number,
            "model": "fraud",
            "name": "latency_ms",
            "value": 400.0 if number >= 120 else 100.0 + number % 7,
        }
        for number in range(180)
    ]
    (folder / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "console.toml").write_text('[[rules]]\nseries = "latency_ms"\nabove = 250\n')
    path = tmp_path / "s.duckdb"
    assert command("replay", folder, "--store", path)[0] == 0
    return path


def ids(command: Command, store: Path) -> list[str]:
    """The ids of the alerts, best first."""
    _, out, _ = command("alerts", "--store", store, "--format", "json")
    return [alert["id"] for alert in json.loads(out)["alerts"]]


def test_an_id_its_beginning_and_a_rank_name_the_same(
    command: Command, store: Path, tmp_path: Path
) -> None:
    first, *_ = ids(command, store)
    for named in (first, first[:6], "1"):
        target = tmp_path / f"b-{named}"
        code, out, err = command("bundle", named, "--store", store, "--output", target)
        assert (code, out) == (0, f"{target}\n")
        assert "13 files" in err or "12 files" in err
        assert json.loads((target / "alert.json").read_text())["id"] == first


def test_without_a_name_the_folder_is_named_after_the_alert(
    command: Command, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, *_ = ids(command, store)
    code, out, _ = command("bundle", "1", "--store", store, "--format", "json")
    document = json.loads(out)
    assert (code, document["folder"], document["alert"]) == (0, f"bundle-{first}", first)
    assert (tmp_path / f"bundle-{first}" / "notebook.ipynb").is_file()


@pytest.mark.parametrize("named", ["999", "zzz", "0", ""])
def test_an_unknown_alert_is_one_clear_line(
    command: Command, store: Path, tmp_path: Path, named: str
) -> None:
    code, out, err = command("bundle", named, "--store", store, "--output", tmp_path / "b")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "no such alert" in err
    assert not (tmp_path / "b").exists()


def test_a_folder_of_something_else_is_left_alone(
    command: Command, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    code, _, err = command("bundle", "1", "--store", store, "--output", tmp_path / "mine")
    assert code == 2
    assert err.endswith("is there and is no bundle: name another folder\n")
