"""The commands that run the engine or open its store, from end to end."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
FIRST = 1_763_888_400.0  # 2025-11-23T09:00:00Z
ROWS = 180


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three hours of one metric, above its limit in the last one, and a line that is none."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    lines = [
        json.dumps(
            {
                "ts": FIRST + 60 * number,
                "model": "fraud",
                "stage": "serving",
                "name": "latency_p95_ms",
                "value": 400.0 if number >= 120 else 100.0 + number % 7,
            }
        )
        for number in range(ROWS)
    ]
    (folder / "serving.jsonl").write_text("\n".join([*lines[:50], "{oops", *lines[50:]]) + "\n")
    (folder / "console.toml").write_text(
        '[[rules]]\nmodel = "fraud"\nseries = "latency_p95_ms"\nabove = 250\nfor = "5m"\n'
        'severity = "critical"\n'
    )
    return folder


@contextmanager
def collecting(folder: Path, store: Path) -> Iterator[subprocess.Popen[str]]:
    """`collect` in a process of its own, when it has read everything."""
    command = [sys.executable, "-m", "console", "collect", str(folder), "--store", str(store)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        too_late = threading.Timer(60, process.kill)
        too_late.start()
        try:
            assert any(re.search(" (new|open) critical fraud ", line) for line in process.stderr)
            yield process
        finally:
            too_late.cancel()
            process.kill()


def test_replay_prints_one_json_document(command: Command, folder: Path) -> None:
    code, out, err = command("replay", folder, "--format", "json")
    assert code == 0
    alerts = json.loads(out)["alerts"]
    assert [alert["rank"] for alert in alerts] == list(range(1, len(alerts) + 1))
    assert alerts[0]["series"] == "latency_p95_ms"
    assert alerts[0]["severity"] == "critical"
    assert alerts[0]["started_at"].startswith("2025-11-23T11:0")
    assert re.search(rf"^{len(alerts)} alerts from {ROWS} rows of 1 files \(1 rejected\) in ", err)
    assert err.count("\n") == 1


def test_replay_keeps_nothing_unless_it_is_told(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    before = set(tmp_path.rglob("*.duckdb"))
    _, first, _ = command("replay", folder, "--format", "json")
    assert set(tmp_path.rglob("*.duckdb")) == before
    _, second, _ = command("replay", folder, "--format", "json", "--store", tmp_path / "s.duckdb")
    assert second == first
    assert (tmp_path / "s.duckdb").exists()


def test_replay_prints_a_table(command: Command, folder: Path) -> None:
    code, out, _ = command("replay", folder)
    assert code == 0
    head, rule, first, *_ = out.splitlines()
    assert head.split() == ["rank", "severity", "model", "title", "since", "(UTC)", "state"]
    assert set(rule) == {"-", " "}
    assert first.split()[:3] == ["1", "critical", "fraud"]


def test_replay_of_nothing_says_so(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = command("replay", tmp_path / "empty", "--format", "json")
    assert (code, json.loads(out)) == (0, {"alerts": []})
    assert "model-console doctor says why" in err


def test_progress_is_silent_unless_it_is_asked_for(command: Command, folder: Path) -> None:
    assert "reading" not in command("replay", folder)[2]
    assert "reading" in command("replay", folder, "--progress")[2]


@pytest.fixture
def store(command: Command, folder: Path, tmp_path: Path) -> Path:
    """A store of the folder."""
    path = tmp_path / "kept.duckdb"
    assert command("replay", folder, "--store", path)[0] == 0
    return path


def test_alerts_are_those_of_the_store(command: Command, folder: Path, store: Path) -> None:
    replayed = json.loads(command("replay", folder, "--format", "json")[1])
    code, out, err = command("alerts", folder, "--store", store, "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == replayed
    assert command("alerts", folder, "--store", store)[1] == command("replay", folder)[1]


def test_query_in_every_format(command: Command, store: Path) -> None:
    sql = "select name, count(*) as n, max(ts) as last from metrics group by name"
    code, out, err = command("query", sql, "--store", store, "--format", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == [
        {"name": "latency_p95_ms", "n": ROWS, "last": "2025-11-23T11:59:00Z"}
    ]
    _, out, _ = command("query", sql, "--store", store, "--format", "csv")
    assert list(csv.reader(out.splitlines())) == [
        ["name", "n", "last"],
        ["latency_p95_ms", str(ROWS), "2025-11-23T11:59:00Z"],
    ]
    _, out, _ = command("query", sql, "--store", store)
    assert out.splitlines()[2].split() == ["latency_p95_ms", str(ROWS), "2025-11-23T11:59:00Z"]


def test_query_says_when_there_is_more(command: Command, store: Path) -> None:
    sql = "select ts from metrics"
    code, out, err = command("query", sql, "--store", store, "--limit", "3", "--format", "json")
    assert (code, len(json.loads(out))) == (0, 3)
    assert err == "there are more rows than these 3: raise --limit\n"


@pytest.mark.parametrize("sql", ["selec 1", "drop table metric", "select 1; select 2", ""])
def test_query_reads_only(sql: str, command: Command, store: Path) -> None:
    code, out, err = command("query", sql, "--store", store)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_collect_ends_cleanly(
    number: int, code: int, command: Command, folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "collected.duckdb"
    with collecting(folder, store) as process:
        code_of_others, out, err = command("query", "select 1", "--store", store)
        assert (code_of_others, out) == (2, "")
        assert str(process.pid) in err
        process.send_signal(number)
        assert process.wait(20) == code
        assert process.stderr is not None
        assert process.stderr.read().endswith("stopped, all that was read is stored\n")
    _, out, _ = command("query", "select count(*) as n from metrics", "--store", store)
    assert str(ROWS) in out


@pytest.mark.slow
def test_collect_sees_what_is_appended(command: Command, folder: Path, tmp_path: Path) -> None:
    store = tmp_path / "collected.duckdb"
    with collecting(folder, store) as process:
        later = folder / "later.jsonl"
        at = str(FIRST + 60 * ROWS)
        command("emit", later, "metric", "auc", "0.9", "--model", "fraud", "--ts", at)
        time.sleep(2.0)
        process.terminate()
        assert process.wait(20) == 0
    _, out, _ = command("query", "select name from metrics", "--store", store, "--format", "csv")
    assert out.splitlines().count("auc") == 1
