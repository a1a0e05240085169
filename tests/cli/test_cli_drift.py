"""`model-console drift`: a table for people, one document for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest

from console.cli.comparison.table import histogram
from console.config.load import COMPATS, TESTS
from console.stats.twosample import menu
from console.stats.twosample.cells import Compat

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A reference and a current file: `age` is shifted, `plan` has a new value, `same` neither."""
    generator = np.random.default_rng(1)

    def table(shift: float, plans: list[str]) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "id": np.arange(2000),
                "age": generator.normal(40 + shift, 10, 2000),
                "plan": generator.choice(plans, 2000),
                "same": generator.normal(size=2000),
            }
        )

    reference, current = tmp_path / "reference.csv", tmp_path / "current.parquet"
    table(0, ["basic", "pro"]).write_csv(reference)
    table(8, ["basic", "pro", "\x1b[31mvip"]).write_parquet(current)
    return reference, current


def test_the_table_names_what_moved(command: Command, files: tuple[Path, Path]) -> None:
    code, out, err = command("drift", *files)
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert rows["age"].split()[1] == "DRIFT"
    assert rows["same"].split()[1] == "ok"
    assert rows["plan"].split()[1] == "UNSEEN"
    assert "! age: higher by 0." in out
    assert "\x1b" not in out
    assert err.endswith("1 of 3 columns drifted, 2 alerts; 2,000 against 2,000 rows\n")


def test_the_document(command: Command, files: tuple[Path, Path]) -> None:
    code, out, err = command("drift", *files, "--format", "json", "--test", "psi")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["summary"]["drifted"] == ["age"]
    assert said["summary"]["ignored"] == ["id"]
    columns = {column["name"]: column for column in said["columns"]}
    age = columns["age"]
    assert age["test"] == "ks"
    assert age["statistic"] > age["threshold"] > 0
    assert age["p_value"] < 1e-10
    assert age["effect"]["direction"] == "higher"
    assert age["effect"]["low"] < 0.8 < age["effect"]["high"]
    assert age["measured"]["test"] == "psi"
    assert age["measured"]["statistic"] > 0.2
    assert sum(age["histogram"]["current"]) == pytest.approx(1.0)
    assert columns["plan"]["unseen"]["names"] == ["\x1b[31mvip"]
    assert not columns["same"]["drifted"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv", "none.csv"], "none.csv: cannot be read, no such file or directory: "),
        ([".", "."], ".: is a folder: "),
        (["a.csv", "b.csv"], "b.csv: has no column of a.csv: "),
        (["a.csv", "b.csv", "--test", "x"], "model-console drift: argument --test: invalid choice"),
    ],
)
def test_one_line_says_what_is_wrong(
    arguments: list[str],
    said: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("x\n1\n2\n")
    Path("b.csv").write_text("y\n1\n2\n")
    code, out, err = command("drift", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_histograms_show_what_is_not_empty() -> None:
    assert histogram([0.0, 0.001, 0.5, 1.0], 1.0, " .:#") == " .:#"
    assert histogram([0.0], 0.0, " .") == " "


def test_the_names_are_those_of_the_tests() -> None:
    assert tuple(menu.TESTS) == TESTS
    assert get_args(Compat) == COMPATS
