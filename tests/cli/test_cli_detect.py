"""`model-console detect` as a user runs it."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    """A steady series of an hour's rows with one spike and one missing value."""
    draw = random.Random(0)
    file = tmp_path / "metrics.csv"
    rows = [f"2026-01-{1 + i // 288:02} {i // 12 % 24:02}:{i % 12 * 5:02}:00" for i in range(3000)]
    values = [f"{draw.gauss(50, 2):.3f}" for _ in rows]
    values[2500], values[100] = "99.5", ""
    lines = [f"{stamp},{value}" for stamp, value in zip(rows, values, strict=True)]
    file.write_text("timestamp,value\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_every_row_has_its_score_in_order(command: Command, metrics: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"
    assert command("detect", metrics, "--output", output) == (0, "", "")
    with metrics.open(newline="") as read, output.open(newline="") as written:
        given, found = list(csv.reader(read)), list(csv.reader(written))
    assert found[0] == ["timestamp", "value", "anomaly_score"]
    assert [row[:2] for row in found[1:]] == given[1:]
    scores = [float(row[2]) for row in found[1:]]
    assert scores[100] == 0.0
    assert scores[2500] >= 0.5
    assert all(0.0 <= score <= 1.0 for score in scores)
    code, out, err = command("detect", metrics)
    assert (code, err) == (0, "")
    assert out == output.read_text(encoding="utf-8")


def test_several_series_are_judged_apart_and_named(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    record = {"model": "m", "metrics": {"a": 1.0, "b": 2}}
    lines = [json.dumps({"ts": 1_700_000_000 + 60 * i, **record}) for i in range(3)]
    file.write_text("\n".join(lines) + "\n")
    code, out, err = command("detect", file)
    assert (code, err) == (0, "")
    rows = [line.split(",") for line in out.splitlines()]
    assert rows[0] == ["timestamp", "value", "anomaly_score", "series"]
    assert [row[3] for row in rows[1:]] == ["m/a", "m/b"] * 3
    assert rows[2][:2] == ["1700000000", "2"]


def test_what_cannot_be_read_is_one_line(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("ts,value\n1700000000,1\nlater,2\n", encoding="utf-8")
    code, out, err = command("detect", file)
    assert code == 0
    assert out.splitlines()[2] == "later,2,0"
    assert err == f"{file}:3: no time: 'later': 1 such in the file, scored 0 or passed over\n"


def test_errors_are_one_line_that_says_what_to_mend(command: Command, tmp_path: Path) -> None:
    empty, words = tmp_path / "empty.csv", tmp_path / "words.csv"
    empty.write_text("")
    words.write_text("ts,host\n1700000000,x\n")
    output = tmp_path / "scores.csv"
    for arguments, said in (
        ((empty,), f"{empty}:1: the file is empty: "),
        ((words, "--output", output), f"{words}:1: no column of numbers beside the time: "),
        ((tmp_path / "none.csv",), "no such file or directory"),
        ((words, "--output", words), "is the file that is read: name another --output"),
    ):
        code, out, err = command("detect", *arguments)
        assert (code, out) == (2, "")
        assert said in err
        assert err.count("\n") == 1
    assert not output.exists()
    assert words.read_text() == "ts,host\n1700000000,x\n"


def test_nothing_heavy_is_loaded(metrics: Path) -> None:
    script = (
        "import sys; from console.cli.main import run; "
        f"code = run(['detect', {str(metrics)!r}, '--output', {str(metrics) + '.out'!r}]); "
        "heavy = {'numpy', 'polars', 'duckdb', 'scipy', 'textual', 'watchdog'} & set(sys.modules); "
        "sys.exit(code or bool(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
