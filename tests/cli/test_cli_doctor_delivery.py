"""What the doctor says of recipients: what is missing, never a secret."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

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


def test_a_test_message_goes_out_and_what_came_of_it_is_said(
    command: Command, folder: Path
) -> None:
    posts: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(202 if len(posts) == 1 else 401)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        (folder / "console.toml").write_text(
            f'[[recipients]]\nname = "hook"\nkind = "webhook"\nurl = "{url}"\n'
        )
        code, out, _ = command("doctor", folder, "--tell", "hook")
        assert (code, "took the test message" in out) == (0, True)
        code, out, _ = command("doctor", folder, "--tell", "hook")
        assert (code, "refuses it (401)" in out) == (1, True)
        code, _, err = command("doctor", folder, "--tell", "nobody")
        assert (code, err) == (2, "nobody: no such recipient: wanted one of hook\n")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    (alert,) = posts[0]["alerts"]
    assert alert["annotations"]["description"].startswith("This is a test of model-console")
