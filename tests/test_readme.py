"""What the README shows works as printed, as far as that can be seen without a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from console.cli.usage import COMMANDS
from console.config.document import parse
from console.config.load import CONSOLE, MODEL, RULE, SOURCE, read
from console.config.settings import Settings
from console.emit.record import check

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_two_commands_of_the_beginning_are_the_first_thing_to_run() -> None:
    assert blocks("sh")[0] == (
        "python3 -m pip install uv && python3 -m uv run model-console sample_data\n"
        "python3 -m pip install uv && python3 -m uv run pytest\n"
    )


def test_the_records_are_records() -> None:
    lines = [json.loads(line) for block in blocks("json") for line in block.splitlines()]
    assert len(lines) == 5
    for record in lines:
        check(record)


def test_the_settings_are_settings() -> None:
    block, *others = blocks("toml")
    for other in others:
        assert read(parse(README, other)) != Settings()
    settings = read(parse(README, block))
    assert settings.rules[0].hold_s == 300.0
    for keys in (SOURCE, RULE, MODEL, CONSOLE):
        known = [key for key in keys if re.search(rf"^{key} = ", block, re.MULTILINE)]
        assert len(known) >= 3


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = blocks("python")
    (tmp_path / "logs").mkdir()
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
    records = (tmp_path / "logs" / "fraud.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in records] == ["metric", "prediction", "label"]


def test_every_command_is_told() -> None:
    for name in COMMANDS:
        assert f"| `model-console {name}" in TEXT


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert target.startswith("https://") or (README.parent / target).exists(), target
