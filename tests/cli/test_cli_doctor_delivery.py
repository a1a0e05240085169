"""What the doctor says of recipients: what is missing, never a secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
SECRET = "s3cr3t-Value"
SETTINGS = """
[[recipients]]
name = "on call"
kind = "pagerduty"
key_file = "key"

[[recipients]]
name = "team"
kind = "apprise"
url_env = "TEAM_URL"

[receiver]
file = "in/events.jsonl"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with recipients."""
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "console.toml").write_text(SETTINGS)
    return tmp_path / "fleet"


def said(command: Command, folder: Path) -> dict[str, list[tuple[str, str]]]:
    """What is said of delivery, by subject: verdict and text."""
    _, out, err = command("doctor", folder, "--format", "json")
    assert SECRET not in out + err
    found: dict[str, list[tuple[str, str]]] = {}
    for finding in json.loads(out)["findings"]:
        if finding["area"] == "delivery":
            found.setdefault(finding["subject"], []).append((finding["verdict"], finding["text"]))
    return found


def test_what_is_missing_is_told(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEAM_URL", raising=False)
    found = said(command, folder)
    assert found["on call"] == [("mend", f"token: {folder / 'key'}: no such file or directory")]
    assert found["team"] == [("mend", "url: $TEAM_URL is not set")]
    assert found["receiver"] == [("mend", f"{folder / 'in'} is not there")]


def test_what_is_there_is_well(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_URL", f"json://{SECRET}")
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o600)
    (folder / "in").mkdir()
    found = said(command, folder)
    assert [verdict for findings in found.values() for verdict, _ in findings] == ["ok"] * 3
    (folder / "key").chmod(0o644)
    assert said(command, folder)["on call"][0][0] == "note"


def test_apprise_may_be_missing(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_URL", f"json://{SECRET}")
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert ("mend", "Apprise is not installed") in said(command, folder)["team"]
