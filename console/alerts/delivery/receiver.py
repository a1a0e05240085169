"""Alertmanager's webhook, made events: over HTTP in, as lines of a followed file out.

What comes in is appended to a file that the console follows like any other, so that it is stored
exactly once and a replay sees it again. A request is answered with 200 when its lines are in the
file; Alertmanager repeats it otherwise, and what it repeats is known by its id.
"""

from __future__ import annotations

import hmac
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from console.alerts.delivery.transport import shut
from console.config.delivery import Receiver, SecretError
from console.emit.append import append
from console.emit.record import line
from console.records.clock import Clock, from_iso, iso

PATH = "/alertmanager"
LONGEST_BODY = 1 << 20
MOST_ALERTS = 1000
MOST_AT_ONCE = 8
"""Requests that are answered at the same time; more are turned away."""
IDLE_S = 5.0
LONGEST_S = 20.0
"""How long a request may pause, and take in all."""
MOST_LABELS = 64
LONGEST_TEXT = 500
MOST_REMEMBERED = 20_000
_TAIL = 4 << 20


class RefusedError(Exception):
    """A request is not taken."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


class Intray:
    """Appends alerts to the file, each change of one once."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, bool], None] = dict.fromkeys(_written(file))

    def take(self, document: Any) -> int:
        """Appends what is new in a document of Alertmanager's; how many lines that are.

        Raises RefusedError for another document, OSError.
        """
        alerts = document.get("alerts") if isinstance(document, dict) else None
        if not isinstance(alerts, list) or not all(isinstance(one, dict) for one in alerts):
            raise RefusedError(400, "wanted the document of Alertmanager's webhook")
        if len(alerts) > MOST_ALERTS:
            raise RefusedError(413, f"{MOST_ALERTS} alerts are the most")
        with self._lock:
            records = {_key(record): record for record in (self._event(one) for one in alerts)}
            new = {key: record for key, record in records.items() if key not in self._known}
            if new:
                append(self._file, b"".join(line(record) for record in new.values()))
            self._known.update((key, None) for key in new)
            while len(self._known) > MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
        return len(new)

    def _event(self, alert: Mapping[str, Any]) -> dict[str, Any]:
        """The native record (contracts §1) of an alert."""
        labels = _texts(alert.get("labels"))
        notes = _texts(alert.get("annotations"))
        start = _moment(alert.get("startsAt")) or iso(self._clock())
        name = labels.get("alertname", "alert")
        summary = notes.get("summary") or notes.get("description") or name
        record: dict[str, Any] = {
            "kind": "event",
            "ts": start,
            "type": "incident",
            "title": summary if name in summary else f"{name}: {summary}",
            "id": f"alertmanager-{_fingerprint(alert, labels)}-{start}",
            "planned": False,
            **{field: labels[field] for field in ("model", "stage", "version") if field in labels},
            "tags": labels,
        }
        end = _moment(alert.get("endsAt")) if alert.get("status") == "resolved" else None
        return record if end is None else {**record, "end_ts": end}


class ReceiverServer:
    """Listens until it is closed, in threads of its own."""

    def __init__(self, receiver: Receiver, clock: Clock) -> None:
        """Raises OSError if the address cannot be had."""
        self._server = _Server(receiver, Intray(receiver.file, clock))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Ends it, and joins its thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, receiver: Receiver, intray: Intray) -> None:
        self.receiver = receiver
        self.intray = intray
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in receiver.host else socket.AF_INET
        super().__init__((receiver.host, receiver.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread, if there is a place."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answers, and no longer than a request may take."""
        too_long = threading.Timer(LONGEST_S, shut, (request,))
        too_long.daemon = True
        too_long.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            too_long.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a client that hangs up is its own affair."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "model-console"
    sys_version = ""
    timeout: ClassVar[float] = IDLE_S

    def do_POST(self) -> None:
        """Takes one document."""
        try:
            self._check()
            taken = self.server.intray.take(self._document())
        except RefusedError as error:
            self._answer(error.status, str(error))
        except SecretError:
            self._answer(503, "the token cannot be read")
        except OSError:
            self._answer(503, "the file cannot be written")
        else:
            self._answer(200, f"{taken} taken")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Says nothing: the screen belongs to the console, and a request may hold a secret."""

    def _check(self) -> None:
        token = self.server.receiver.token
        if token is not None:
            given = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), token.read().encode()):
                raise RefusedError(401, "a token is wanted")
        if self.path.rstrip("/") != PATH:
            raise RefusedError(404, f"post to {PATH}")
        # A page in a browser may post to this machine, but not this type without asking first.
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(415, "application/json is wanted")

    def _document(self) -> Any:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            raise RefusedError(411, "a length is wanted")
        if len(length) > 9 or int(length) > LONGEST_BODY:
            raise RefusedError(413, f"{LONGEST_BODY} bytes are the most")
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            raise RefusedError(400, "the document is not whole")
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise RefusedError(400, "the document is no JSON") from None

    def _answer(self, status: int, text: str) -> None:
        content = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True


def _written(file: Path) -> Iterator[tuple[str, bool]]:
    """The keys of the records that the file ends with."""
    with suppress(OSError), file.open("rb") as opened:
        opened.seek(0, 2)
        opened.seek(max(0, opened.tell() - _TAIL))
        for text in opened.read(_TAIL).splitlines():
            with suppress(ValueError, RecursionError):
                record = json.loads(text)
                if isinstance(record, dict) and isinstance(record.get("id"), str):
                    yield _key(record)


def _key(record: Mapping[str, Any]) -> tuple[str, bool]:
    return str(record["id"]), "end_ts" in record


def _fingerprint(alert: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    given = alert.get("fingerprint")
    if isinstance(given, str) and given.isalnum() and len(given) <= 64:
        return given
    return blake2b(json.dumps(labels, sort_keys=True).encode(), digest_size=8).hexdigest()


def _texts(value: Any) -> dict[str, str]:
    """The texts of an object, cut where they are long."""
    if not isinstance(value, dict):
        return {}
    kept = [(name, text) for name, text in value.items() if isinstance(text, str) and text]
    return {name[:LONGEST_TEXT]: text[:LONGEST_TEXT] for name, text in kept[:MOST_LABELS]}


def _moment(value: Any) -> str | None:
    """A time in UTC; None for what is none, or is Alertmanager's word for never."""
    try:
        ts = from_iso(value)
        return iso(ts) if ts > 0 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None
