"""A collector that is killed while a message is on its way: it comes again, by the same key."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

KILLS = 3


class Hook:
    """A server that takes every message at once, and is slow to say so."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.slow = True
        self._ended = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.taken.append((self.headers["Idempotency-Key"], body))
                if hook.slow:
                    hook._ended.wait(5)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Whoever is killed hangs up."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()

    def until(self, count: int) -> None:
        """Waits until so many messages have come."""
        end = time.monotonic() + 60
        while len(self.taken) < count:
            assert time.monotonic() < end
            time.sleep(0.01)

    def close(self) -> None:
        """The end."""
        self._ended.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A server."""
    one = Hook()
    yield one
    one.close()


@pytest.mark.slow
def test_killed_while_it_tells_people(
    tmp_path: Path, hook: Hook, measured: Callable[[str], None]
) -> None:
    folder, store = tmp_path / "fleet", tmp_path / "s.duckdb"
    folder.mkdir()
    url = f"http://127.0.0.1:{hook.server.server_address[1]}/"
    (folder / "console.toml").write_text(
        '[console]\nwindow = "1s"\nprediction_window = "1s"\nlateness = "1s"\n'
        '[[rules]]\nseries = "latency_ms"\nabove = 50.0\nseverity = "critical"\n'
        f'[[recipients]]\nname = "hook"\nkind = "webhook"\nurl = "{url}"\ntimeout = "30s"\n'
    )
    now = time.time()
    rows = [
        {"ts": now - 120 + n, "model": "fraud", "name": "latency_ms", "value": 9 if n < 90 else 99}
        for n in range(120)
    ]
    (folder / "serving.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for kill in range(KILLS):
        one = collector(folder, store)
        hook.until(kill + 1)
        one.kill()
        one.wait()
    hook.slow = False
    one = collector(folder, store)
    hook.until(KILLS + 1)
    time.sleep(1.0)
    one.terminate()
    assert one.wait(30) == 0
    settled = len(hook.taken)
    one = collector(folder, store)
    time.sleep(3.0)
    one.terminate()
    assert one.wait(30) == 0
    first = [key for key, body in hook.taken if reason(body) == "it is new"]
    assert len(first) == KILLS + 1
    assert len(set(first)) == 1
    assert sum(reason(body) == "it is new" for _, body in hook.taken[settled:]) == 0
    measured(f"delivery: killed {KILLS} times on the way, {len(first)} messages by one key")


def reason(body: dict[str, Any]) -> str:
    """Why the only alert of a message is told."""
    return str(body["alerts"][0]["annotations"]["reason"])


def collector(folder: Path, store: Path) -> subprocess.Popen[bytes]:
    """A collector in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "console", "collect", str(folder), "--store", str(store)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
