"""Whose session the console takes up again."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.cli.arguments import Target
from console.cli.watch import session_of
from console.config.load import settings_for


def session(path: Path) -> str:
    return session_of(Target((path,), settings_for([path], None), None))


def test_a_session_is_of_a_folder_not_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for team in ("fraud", "churn"):
        (tmp_path / team / "logs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "fraud")
    mine = session(Path("logs"))
    monkeypatch.chdir(tmp_path / "churn")
    assert session(Path("logs")) != mine
    assert session(Path("../fraud/logs")) == mine
    assert session(tmp_path / "fraud/logs") == mine
