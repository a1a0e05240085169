"""`model-console emit` appends exactly one record, or says why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., tuple[int, str, str]]


def written(path: Path) -> dict[str, Any]:
    (line,) = path.read_text().splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


@pytest.mark.parametrize(
    ("arguments", "record"),
    [
        (
            ["event", "--type", "deploy", "--title", "v12 serves all", "--planned", "--id", "d1"],
            {"kind": "event", "type": "deploy", "title": "v12 serves all"}
            | {"planned": True, "id": "d1"},
        ),
        (["metric", "loss", "0.31"], {"kind": "metric", "name": "loss", "value": 0.31}),
        (["metric", "loss", "-2"], {"kind": "metric", "name": "loss", "value": -2.0}),
        (
            ["log", "error", "no feature"],
            {"kind": "log", "level": "ERROR", "message": "no feature"},
        ),
        (["label", "r1", "fraud"], {"kind": "label", "id": "r1", "label": "fraud"}),
        (["--json", '{"message": "x", "more": [1]}'], {"message": "x", "more": [1]}),
    ],
)
def test_each_kind(
    arguments: list[str], record: dict[str, Any], command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    common = ["--model", "m", "--version", "2", "--tag", "k=v=w", "--ts", "2026-11-20T10:00:00Z"]
    assert command("emit", path, *arguments, *common) == (0, "", "")
    assert written(path) == {
        **record,
        "ts": "2026-11-20T10:00:00Z",
        "model": "m",
        "version": "2",
        "tags": {"k": "v=w"},
    }


def test_the_time_is_now_unless_it_is_given(command: Command, tmp_path: Path) -> None:
    command("emit", tmp_path / "a", "metric", "x", "1", "--ts", "1700000000.5")
    assert written(tmp_path / "a")["ts"] == 1700000000.5
    command("emit", tmp_path / "b", "metric", "x", "1")
    assert written(tmp_path / "b")["ts"].endswith("Z")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "what to append? name one of event, metric, log, label, or give --json\n"),
        (["event", "--type", "deploy"], "an event needs --type and --title: "),
        (["metric", "loss"], "metric takes 2 words, here are 1: "),
        (["metric", "loss", "low"], "low is no number: metric NAME VALUE\n"),
        (["metric", "loss", "1", "--title", "x"], "--type, --title, --id, --end-ts and --planned"),
        (["metric", "loss", "1", "--tag", "k"], "--tag k: wanted KEY=VALUE\n"),
        (["metric", "loss", "1", "--ts", "noon"], "no record of the contract: ts: wanted ISO 8601"),
        (["--json", "{"], "--json is no JSON: "),
        (["--json", "[" * 100_000], "--json is no JSON: "),
        (["--json", "[]"], "--json: wanted one object, in braces\n"),
        (["--json", "{}"], "no record of the contract: kind: wanted one of metric, "),
        (["--json", '{"name": "a", "value": "b"}'], "no record of the contract: value: "),
        (["log", "--json", "{}"], "--json gives the whole record: leave log out\n"),
        (["metrics", "a", "1"], "model-console emit: argument KIND: invalid choice: 'metrics'"),
    ],
)
def test_what_is_no_record_is_told_and_not_written(
    arguments: list[str], said: str, command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    code, out, err = command("emit", path, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert err.count("\n") == 1
    assert not path.exists()


def test_a_folder_that_is_not_there(command: Command, tmp_path: Path) -> None:
    code, _, err = command("emit", tmp_path / "no" / "f", "metric", "x", "1")
    assert (code, err) == (2, f"{tmp_path}/no/f: no such file or directory\n")
