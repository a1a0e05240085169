"""A whole session: files in, events in over HTTP, alerts out, and no secret left anywhere."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from console.config.load import load
from console.engine.session import Session
from console.engine.snapshot import Snapshot

SECRET = "s3cr3t-Value"


@pytest.fixture
def hook() -> Iterator[tuple[int, list[tuple[str, Any]]]]:
    """A server that refuses `/refused/...` and takes everything else: port and posts."""
    posts: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((self.path, json.loads(content)))
            self.send_response(401 if self.path.startswith("/refused") else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_address[1], posts
    server.shutdown()
    server.server_close()
    thread.join()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def fleet(folder: Path, hook_port: int, receiver_port: int, age_s: float) -> Path:
    """A folder with one metric that breaks its limit, `age_s` ago; recipients and a receiver."""
    (folder / "metrics").mkdir(parents=True)
    now = time.time() - age_s
    rows = [
        {
            "ts": now - 120 + n,
            "model": "fraud",
            "name": "latency_ms",
            "value": 9.0 if n < 90 else 99,
        }
        for n in range(120)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "metrics" / "serving.jsonl").write_text(text)
    (folder / "url").write_text(f"http://127.0.0.1:{hook_port}/refused/{SECRET}?key={SECRET}\n")
    (folder / "password").write_text(SECRET)
    (folder / "console.toml").write_text(f"""
[console]
window = "1s"
prediction_window = "1s"
lateness = "1s"

[[rules]]
series = "latency_ms"
above = 50.0
severity = "critical"

[[sources]]
path = "metrics/*.jsonl"

[[recipients]]
name = "good"
kind = "webhook"
url = "http://127.0.0.1:{hook_port}/good"

[[recipients]]
name = "refused"
kind = "webhook"
url_file = "url"

[[recipients]]
name = "nobody"
kind = "email"
to = "a@b.example"
from = "c@d.example"
server = "127.0.0.1:{free_port()}"
security = "none"
user = "u"
password_file = "password"

[receiver]
listen = "127.0.0.1:{receiver_port}"
file = "received/events.jsonl"
""")
    (folder / "received").mkdir()
    return folder


class Seen:
    """A session, and what it showed."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.snapshots: list[Snapshot] = []
        self.failures: list[str] = []
        self.session = Session([folder], load(folder / "console.toml"), store)
        self.session.start(self.snapshots.append, self.failures.append)

    def until(self, done: Callable[[], bool]) -> None:
        """Waits for something."""
        end = time.monotonic() + 30
        while not done():
            assert time.monotonic() < end, (self.failures, self.notices)
            time.sleep(0.01)

    @property
    def notices(self) -> str:
        """What the screen says of the collection itself."""
        return "\n".join(self.snapshots[-1].notices) if self.snapshots else ""


def test_alerts_go_out_events_come_in_and_no_secret_stays(
    tmp_path: Path,
    hook: tuple[int, list[tuple[str, Any]]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    port, posts = hook
    receiver_port = free_port()
    folder = fleet(tmp_path / "fleet", port, receiver_port, 0.0)
    store = tmp_path / "s.duckdb"
    seen = Seen(folder, store)
    try:
        seen.until(lambda: any(path == "/good" for path, _ in posts))
        seen.until(lambda: "refused" in seen.notices and "nobody" in seen.notices)
        connection = http.client.HTTPConnection("127.0.0.1", receiver_port, timeout=10)
        alert = {"labels": {"alertname": "DiskFull"}, "startsAt": "2026-05-28T20:00:00Z"}
        body = json.dumps({"alerts": [alert]})
        connection.request("POST", "/alertmanager", body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()
        seen.until(lambda: "incident" in _types(seen.session))
    finally:
        seen.session.stop()
    told = next(body for path, body in posts if path == "/good")
    assert told["alerts"][0]["labels"]["series"] == "latency_ms"
    assert "the address in" in seen.notices
    assert "refuses it (401)" in seen.notices
    assert "connection refused" in seen.notices
    assert seen.failures == []
    texts = [seen.notices, *capfd.readouterr(), repr(load(folder / "console.toml"))]
    assert all(SECRET not in text for text in texts)
    for file in tmp_path.glob("s.duckdb*"):
        assert SECRET.encode() not in file.read_bytes()
    assert not [thread for thread in threading.enumerate() if "courier" in thread.name]


def test_nothing_goes_out_of_old_files(
    tmp_path: Path, hook: tuple[int, list[tuple[str, Any]]]
) -> None:
    port, posts = hook
    folder = fleet(tmp_path / "fleet", port, free_port(), 7200.0)
    seen = Seen(folder, tmp_path / "s.duckdb")
    try:
        seen.until(lambda: bool(seen.snapshots) and bool(seen.snapshots[-1].inbox))
        time.sleep(0.3)
    finally:
        seen.session.stop()
    assert posts == []


def test_what_is_over_by_the_end_of_a_backlog_is_no_news(
    tmp_path: Path, hook: tuple[int, list[tuple[str, Any]]]
) -> None:
    port, posts = hook
    folder = fleet(tmp_path / "fleet", port, free_port(), 7200.0)
    now = time.time()
    calm = [
        {"ts": now - 7200 + 10 * n, "model": "fraud", "name": "latency_ms", "value": 9}
        for n in range(720)
    ]
    last = [{"ts": now, "model": "fraud", "name": "other", "value": 1}]
    with (folder / "metrics" / "serving.jsonl").open("a") as file:
        file.write("".join(json.dumps(row) + "\n" for row in [*calm, *last]))
    seen = Seen(folder, tmp_path / "s.duckdb")
    try:
        seen.until(lambda: any(s.live and s.inbox for s in seen.snapshots))
        time.sleep(1.5)
    finally:
        seen.session.stop()
    assert {alert.state for alert in seen.snapshots[-1].inbox if alert.loud} == {"resolved"}
    assert posts == []


def test_an_address_that_is_taken_is_said_and_the_rest_goes_on(
    tmp_path: Path, hook: tuple[int, list[tuple[str, Any]]]
) -> None:
    port, _ = hook
    folder = fleet(tmp_path / "fleet", port, port, 7200.0)
    seen = Seen(folder, tmp_path / "s.duckdb")
    try:
        seen.until(lambda: bool(seen.snapshots) and bool(seen.snapshots[-1].inbox))
    finally:
        seen.session.stop()
    assert f"cannot receive events on 127.0.0.1:{port}: address already in use" in seen.notices


def _types(session: Session) -> list[str]:
    reader = session.reader()
    assert reader is not None
    try:
        return list(reader.sql("select type from events", 10)["type"])
    finally:
        reader.close()
