"""A bundle is whole, private, redacted, and tells the alert's number anew."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import nbformat
import polars as pl
import pytest

from console.bundle import reproduce
from console.bundle.build import STEPS, BundleError, CancelledError

Build = Callable[..., Path]
FILES = {
    "after.parquet",
    "alert.json",
    "before.parquet",
    "chart.svg",
    "chart.txt",
    "index.html",
    "logs.jsonl",
    "manifest.json",
    "message.md",
    "notebook.ipynb",
    "query.sql",
    "recipe.json",
    "reproduce.py",
}


def document(folder: Path, name: str) -> Any:
    """A JSON file of the bundle."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_everything_is_there_and_for_nobody_else(build: Build) -> None:
    folder = build()
    assert {path.name for path in folder.iterdir()} == FILES
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_the_manifest_holds_for_every_file(build: Build) -> None:
    folder = build()
    manifest = document(folder, "manifest.json")
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    for name, told in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert told["sha256"] == hashlib.sha256(content).hexdigest()
        assert told["bytes"] == len(content)
    assert manifest["reproduced"] is True
    assert manifest["files"]["logs.jsonl"]["redactions"]["password"] > 0


def test_the_rows_are_those_before_and_after_the_onset(build: Build, fleet: Any) -> None:
    folder = build()
    before, after = (pl.read_parquet(folder / f"{side}.parquet") for side in ("before", "after"))
    assert before["value"].max() < 250 < after["value"].min()  # type: ignore[operator]
    assert {"ts", "value", "version", "file", "offset"} <= set(before.columns)
    assert before.height >= 100
    assert after.height >= 55


def test_the_number_is_told_anew(build: Build, fleet: Any) -> None:
    folder = build()
    recipe = document(folder, "recipe.json")
    assert recipe["number"] == fleet.alerts[0].evidence.after
    found = reproduce.number(reproduce.rows_of(folder), recipe)
    assert found == pytest.approx(fleet.alerts[0].evidence.after, rel=1e-9)
    said = subprocess.run(
        [sys.executable, "reproduce.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("reproduced: ")


def test_a_number_that_was_tampered_with_is_found_out(build: Build) -> None:
    folder = build()
    recipe = document(folder, "recipe.json")
    (folder / "recipe.json").write_text(json.dumps({**recipe, "number": recipe["number"] * 1.001}))
    with pytest.raises(AssertionError):
        reproduce.check(folder)


def test_the_query_runs_on_the_files_alone(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build()
    monkeypatch.chdir(folder)
    rows = duckdb.connect().execute(Path("query.sql").read_text()).fetchall()
    assert [row[0] for row in rows] == ["before", "after"]
    assert rows[1][-1] > 0


def test_no_secret_of_the_logs_is_in_it(build: Build, planted: SimpleNamespace) -> None:
    folder = build()
    for path in folder.iterdir():
        assert planted.SECRET.encode() not in path.read_bytes(), path.name
    for side in ("before", "after"):
        assert planted.SECRET not in pl.read_parquet(folder / f"{side}.parquet").write_json()
    lines = (folder / "logs.jsonl").read_text(encoding="utf-8")
    assert "[redacted: configured]" in lines
    assert "login failed for bob" in lines


@pytest.mark.parametrize("place", range(3))
def test_no_secret_is_in_any_bundle(
    build: Build, fleet: Any, planted: SimpleNamespace, place: int, tmp_path: Path
) -> None:
    if place >= len(fleet.alerts):
        place = len(fleet.alerts) - 1
    folder = build(tmp_path / "other", place)
    for path in folder.iterdir():
        assert planted.SECRET.encode() not in path.read_bytes(), path.name
    reproduce.check(folder)


def test_what_is_data_is_shown_and_never_obeyed(build: Build) -> None:
    folder = build()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    for name in ("index.html", "message.md", "chart.txt", "chart.svg"):
        assert "\x1b" not in (folder / name).read_text(encoding="utf-8")
    assert ET.parse(folder / "chart.svg").getroot().tag.endswith("svg")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_the_notebook_is_one_and_holds_no_data(build: Build, fleet: Any) -> None:
    text = (build() / "notebook.ipynb").read_text(encoding="utf-8")
    nbformat.validate(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
    assert fleet.alerts[0].id not in text
    assert "fraud" not in text


def test_log_lines_are_ranked(build: Build) -> None:
    folder = build()
    lines = [json.loads(text) for text in (folder / "logs.jsonl").read_text().splitlines()]
    assert [line["rank"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0]["level"] == "ERROR"
    scores = [line["score"] for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert all(line["file"].endswith("serving.jsonl") and line["offset"] >= 0 for line in lines)


def test_the_same_alert_gives_the_same_bundle(build: Build, tmp_path: Path) -> None:
    one, other = build(tmp_path / "one"), build(tmp_path / "other")
    assert document(one, "manifest.json") == document(other, "manifest.json")


def test_an_earlier_bundle_gives_way_and_nothing_else_does(build: Build, tmp_path: Path) -> None:
    folder = build()
    (folder / "note.txt").write_text("mine")
    assert {path.name for path in build().iterdir()} == FILES
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("x")
    with pytest.raises(BundleError, match="is there and is no bundle"):
        build(tmp_path / "home")
    assert (tmp_path / "home" / "thesis.txt").exists()


def test_it_tells_how_far_it_is_and_can_be_cancelled(build: Build, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    build(progress=lambda *told: seen.append(told))
    assert [done for _, done, _ in seen] == list(range(len(STEPS) + 1))
    for after in range(len(STEPS) + 1):
        calls = iter(range(100))
        with pytest.raises(CancelledError):
            build(
                tmp_path / "never", cancelled=lambda calls=calls, after=after: next(calls) >= after
            )
        assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
