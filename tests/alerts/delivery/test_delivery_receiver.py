"""Alertmanager's webhook in: lines of a file, each change of an alert once."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.delivery import receiver
from console.alerts.delivery.receiver import Intray, ReceiverServer, RefusedError
from console.config.delivery import Receiver, Secret
from console.emit.record import check

NOW = 1_780_000_000.0
SECRET = "s3cr3t-Value"
ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "DiskFull", "model": "fraud", "stage": "devops", "node": "n1"},
    "annotations": {"summary": "disk of n1 is full"},
    "startsAt": "2026-05-28T20:00:00.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus/x",
    "fingerprint": "abc123",
}
DOCUMENT = {"version": "4", "status": "firing", "alerts": [ALERT]}
Start = Callable[..., ReceiverServer]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where events go."""
    return tmp_path / "events.jsonl"


@pytest.fixture
def start(file: Path) -> Iterator[Start]:
    """Starts servers."""
    running: list[ReceiverServer] = []

    def begin(**changes: Any) -> ReceiverServer:
        server = ReceiverServer(Receiver(file, "127.0.0.1", 0, **changes), lambda: NOW)
        running.append(server)
        return server

    yield begin
    for server in running:
        server.close()


def post(server: ReceiverServer, document: Any = None, **headers: str) -> tuple[int, str]:
    """Status and text of the answer."""
    content = document if isinstance(document, bytes) else json.dumps(document or DOCUMENT).encode()
    path = headers.pop("path", "/alertmanager")
    sent = {
        "Content-Type": "application/json",
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", path, content, sent)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def lines(file: Path) -> list[dict[str, Any]]:
    """The records of the file."""
    return [json.loads(text) for text in file.read_text().splitlines()] if file.exists() else []


def test_an_alert_becomes_an_event(start: Start, file: Path) -> None:
    server = start()
    assert post(server) == (200, "1 taken\n")
    (record,) = lines(file)
    check(record)
    assert record == {
        "kind": "event",
        "ts": "2026-05-28T20:00:00.123Z",
        "type": "incident",
        "title": "DiskFull: disk of n1 is full",
        "id": "alertmanager-abc123-2026-05-28T20:00:00.123Z",
        "planned": False,
        "model": "fraud",
        "stage": "devops",
        "tags": ALERT["labels"],
    }


def test_what_is_repeated_is_written_once_and_its_end_too(start: Start, file: Path) -> None:
    server = start()
    over = {**ALERT, "status": "resolved", "endsAt": "2026-05-28T21:00:00Z"}
    for _ in range(3):
        assert post(server)[0] == 200
    for _ in range(2):
        assert post(server, {"alerts": [ALERT, over, over]})[0] == 200
    first, end = lines(file)
    assert end == {**first, "end_ts": "2026-05-28T21:00:00.000Z"}
    assert post(start(), {"alerts": [ALERT, over]}) == (200, "0 taken\n")  # after a restart


def test_a_token_is_wanted_where_there_is_one(
    start: Start, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", SECRET)
    server = start(token=Secret(variable="TOKEN"))
    for given_token in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer é"}):
        status, said = post(server, **given_token)
        assert (status, said) == (401, "a token is wanted\n")
    assert post(server, Authorization=f"Bearer {SECRET}")[0] == 200
    monkeypatch.delenv("TOKEN")
    assert post(server, Authorization=f"Bearer {SECRET}")[0] == 503


@pytest.mark.parametrize(
    ("document", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[" * 100_000, {}, 400),
        ([], {}, 200),
        ([1], {}, 400),
        ({"alerts": 1}, {}, 400),
        ({"alerts": [1]}, {}, 400),
        ({"alerts": [ALERT] * 1001}, {}, 413),
        (None, {"Content_Type": "text/plain"}, 415),
        (None, {"path": "/other"}, 404),
        (None, {"Content_Length": str(1 << 21)}, 413),
        (None, {"Content_Length": "-1"}, 411),
        (None, {"Content_Length": "x"}, 411),
    ],
)
def test_what_is_no_document_is_refused(
    start: Start, file: Path, document: Any, headers: dict[str, str], status: int
) -> None:
    server = start()
    if document == []:
        document = {"alerts": []}
    assert post(server, document, **headers)[0] == status
    assert lines(file) == []
    assert post(server)[0] == 200  # it still stands


def test_half_a_request_writes_nothing(
    start: Start, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "LONGEST_S", 0.3)
    server = start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        head = b"POST /alertmanager HTTP/1.1\r\nContent-Type: application/json\r\n"
        sock.sendall(head + b"Content-Length: 500\r\n\r\n{")
        assert b"200" not in sock.recv(100)  # cut off in time
    assert lines(file) == []
    assert post(server)[0] == 200


def test_a_file_that_cannot_be_written_is_said(start: Start, file: Path) -> None:
    server = start()
    file.mkdir()
    assert post(server)[0] == 503
    file.rmdir()
    assert post(server)[0] == 200


def test_an_address_that_is_taken_is_an_error(start: Start, file: Path) -> None:
    taken = start().port
    with pytest.raises(OSError, match="in use"):
        ReceiverServer(Receiver(file, "127.0.0.1", taken), lambda: NOW)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
alerts = st.fixed_dictionaries({}, optional=dict.fromkeys(ALERT, anything))


@given(st.lists(alerts, max_size=3) | anything)
def test_whatever_comes_is_a_record_or_refused(
    tmp_path_factory: pytest.TempPathFactory, several: Any
) -> None:
    path = tmp_path_factory.mktemp("in") / "events.jsonl"
    try:
        Intray(path, lambda: NOW).take({"alerts": several})
    except RefusedError:
        return
    for record in lines(path):
        check(record)
