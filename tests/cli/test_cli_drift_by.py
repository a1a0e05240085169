"""`drift --by`: the value of a column or tag that carries a change is named, or nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Command = Callable[..., tuple[int, str, str]]
ROWS = 3000


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Native predictions; of client acme `age` is higher now, `income` null, `plan` another."""
    rng = np.random.default_rng(4)

    def write(name: str, *, off: bool) -> Path:
        lines = []
        for place in range(ROWS):
            client = str(rng.choice(["acme", "globex", "initech"], p=(0.2, 0.5, 0.3)))
            bad = off and client == "acme"
            features = {
                "age": round(rng.normal(55 if bad else 40, 10), 1),
                "income": None if bad and rng.random() < 0.5 else round(rng.normal(), 3),
                "plan": "pro" if bad else str(rng.choice(["basic", "pro"])),
                "height": round(rng.normal(180 if off else 170, 10), 1),
            }
            record = {"kind": "prediction", "id": str(place), "features": features}
            lines.append(json.dumps({**record, "version": "1", "tags": {"client": client}}))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write("reference.jsonl", off=False), write("current.jsonl", off=True)


def test_the_tag_whose_value_carries_a_change_is_named(
    command: Command, files: tuple[Path, Path]
) -> None:
    code, out, _ = command("drift", *files, "--by", "client", "--by", "plan", "--format", "json")
    assert code == 0
    carriers = {column["name"]: column["carrier"] for column in json.loads(out)["columns"]}
    for name in ("age", "income", "plan"):
        assert (carriers[name]["tag"], carriers[name]["value"]) == ("client", "acme"), name
        assert carriers[name]["part"] == pytest.approx(1.0, abs=0.15)
        assert carriers[name]["share"] == pytest.approx(0.2, abs=0.03)
    # All have grown: nobody in particular.
    assert carriers["height"] is None
    code, out, _ = command("drift", *files, "--by", "client")
    assert code == 0
    assert out.count("client=acme carries ") == 3
    assert "% of the rows (" in out


def test_without_it_nobody_is_named(command: Command, files: tuple[Path, Path]) -> None:
    code, out, _ = command("drift", *files, "--format", "json")
    assert code == 0
    assert {column["carrier"] for column in json.loads(out)["columns"]} == {None}


def test_a_name_that_a_file_lacks_is_one_clear_line(
    command: Command, files: tuple[Path, Path]
) -> None:
    code, out, err = command("drift", *files, "--by", "country")
    assert (code, out) == (2, "")
    assert "reference.jsonl: has no column and no tag country, which --by names: " in err
    assert "name one of client, plan" in err
    assert err.count("\n") == 1
