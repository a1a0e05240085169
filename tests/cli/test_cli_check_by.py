"""`[[checks]]` with `by`: the conditions are asked of the rows of every value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of client acme `age` is higher now, and half of `plan` null; client new has just come."""
    rng = np.random.default_rng(2)

    def table(name: str, clients: list[str], *, off: bool) -> None:
        client = rng.choice(clients, 2000)
        bad = off & (client == "acme")
        gone = bad & (rng.random(2000) < 0.5)
        pl.DataFrame(
            {
                "client": client,
                "age": rng.normal(40, 10, 2000) + 8 * bad,
                "plan": [None if one else "basic" for one in gone],
            }
        ).write_csv(tmp_path / name)

    table("reference.csv", ["acme", "globex"], off=False)
    table("today.csv", ["acme", "globex", "new"], off=True)
    return tmp_path


def configured(folder: Path, check: str) -> Path:
    model = '[models.m]\nreference = "reference.csv"\n'
    (folder / "console.toml").write_text(f'{model}[[checks]]\nmodel = "m"\n{check}\n')
    return folder / "today.csv"


def test_every_value_is_judged_by_itself(command: Command, folder: Path) -> None:
    rows = configured(
        folder,
        'by = "client"\nnulls = 0.3\ndrift = "significant"\ncolumns = ["age", "plan"]\nrows = 500',
    )
    code, out, _ = command("check", rows, "--format", "json")
    assert code == 1
    told = {
        (one["suite"], one["name"], one["column"]): one["verdict"]
        for one in json.loads(out)["conditions"]
    }
    assert {suite for suite, _, _ in told} == {"m client=acme", "m client=globex", "m client=new"}
    failed = {key for key, verdict in told.items() if verdict != "holds"}
    assert failed == {("m client=acme", "nulls", "plan"), ("m client=acme", "drift", "age")}


@pytest.mark.parametrize("name", ["country", "empty"])
def test_a_name_that_the_rows_lack_is_one_clear_line(
    command: Command, folder: Path, name: str
) -> None:
    rows = configured(folder, f'by = "{name}"\nnulls = 0.3')
    pl.read_csv(rows).with_columns(pl.lit(None, pl.String).alias("empty")).write_csv(rows)
    code, out, _ = command("check", rows, "--format", "json")
    assert code == 2
    (one,) = json.loads(out)["conditions"]
    assert one["verdict"] == "broken"
    assert f"by = '{name}': no column and no tag: name one of client" in json.dumps(one)
