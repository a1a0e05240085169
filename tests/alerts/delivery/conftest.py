"""Servers on the loopback address that take alerts, or refuse them as they are told."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from console.alerts.alert import Alert, Cause, Evidence, Member, RelatedLog
from console.alerts.delivery.notice import Notice
from console.config.delivery import Recipient

NOW = 1_780_000_000.0
ALERT = Alert(
    id="a1",
    fingerprint="f1",
    severity="warning",
    state="open",
    trigger="unexpected",
    model="fraud",
    stage="serving",
    version="12",
    series="latency_p95_ms",
    detector="threshold",
    started_at=NOW - 600,
    opened_at=NOW - 300,
    updated_at=NOW - 60,
    ended_at=None,
    title="latency_p95_ms up 118 ms → 402 ms · fraud",
    what="Latency rose.",
    where="fraud 12 · serving",
    when="Since 09:00 UTC.",
    impact="212 predictions a second wait.",
    why=(Cause("deploy v12", "event", 0.86, "d1", NOW - 700), Cause("Unknown", "unknown", 0.14)),
    evidence=Evidence(before=118.0, after=402.0, points=((NOW - 600, 118.0), (NOW, 402.0))),
    members=(Member("fraud", "serving", "error_rate", "anomaly", NOW - 500),),
    related_logs=(RelatedLog("timeout <*>", "ERROR", 12, 38.0, "timeout 3", "serving.log", 0),),
    suggestions=("Press l for the lines", "Look at memory (Enter drills down)"),
)


def notice(**changes: Any) -> Notice:
    """A notice of the alert, with some fields changed."""
    document = ALERT.to_json()
    made = Notice(
        id="n1",
        recipient="r",
        alert_id="a1",
        reason="new",
        at=NOW,
        severity="warning",
        state="open",
        gist="",
        thread="n1",
        title=ALERT.title,
        alert=document,
    )
    return replace(made, **changes)


@dataclass
class Posted:
    """A request that a server got."""

    path: str
    headers: dict[str, str]
    body: Any
    content: bytes = b""


@dataclass
class HttpServer:
    """Answers with the next of `answers`, with 202 once they are used up."""

    answers: list[int | str] = field(default_factory=list)
    """Statuses; `hang`: nothing is answered; `half`: half a line is; `cut`: hangs up."""
    posts: list[Posted] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    encrypt: Callable[[Any], None] = lambda _: None
    """Speaks TLS from now on, with a context."""

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    """A server of HTTP."""
    told = HttpServer()

    class Handler(BaseHTTPRequestHandler):
        timeout: ClassVar[float] = 5

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            told.posts.append(Posted(self.path, dict(self.headers), json.loads(content), content))
            answer = told.answers.pop(0) if told.answers else 202
            self.close_connection = True
            if answer == "hang":
                told.released.wait(5)
            elif answer == "half":
                self.wfile.write(b"HTTP/1.1 2")
            elif isinstance(answer, int):
                self.send_response(answer)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.encrypt = lambda context: setattr(
        server, "socket", context.wrap_socket(server.socket, server_side=True)
    )
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield told
    told.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class MailServer:
    """Takes mail; `answers` come before, one each."""

    mails: list[Mail] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    port: int = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes an address, or not."""
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes a mail."""
        if self.answers:
            answer = self.answers.pop(0)
            if answer == "hang up":
                assert server.transport is not None
                server.transport.close()
            return answer
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


Serve = Callable[..., MailServer]


@pytest.fixture
def mail_server() -> Iterator[Serve]:
    """Starts servers of SMTP: `password` wanted of user `u`, `tls` a context, used `at_once`."""
    running: list[Controller] = []

    def start(password: str | None = None, tls: Any = None, *, at_once: bool = False) -> MailServer:
        told = MailServer()

        def authenticate(
            server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
        ) -> AuthResult:
            fits = data.login == b"u" and data.password == (password or "").encode()
            return AuthResult(success=fits, handled=False)

        controller = Controller(
            told,
            hostname="127.0.0.1",
            port=free_port(),
            authenticator=authenticate if password else None,
            auth_required=password is not None,
            auth_require_tls=tls is not None and not at_once,
            tls_context=None if at_once else tls,
            require_starttls=tls is not None and not at_once,
            ssl_context=tls if at_once else None,
        )
        controller.start()
        running.append(controller)
        told.port = controller.port
        return told

    yield start
    for controller in running:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def mail_recipient(port: int, **changes: Any) -> Recipient:
    """A recipient of mail, unprotected."""
    made = Recipient(
        name="r",
        kind="email",
        to=("oncall@example.org", "second@example.org"),
        sender="console@example.org",
        server="127.0.0.1",
        port=port,
        security="none",
        timeout_s=0.5,
    )
    return replace(made, **changes)


def hook(url: Any, **changes: Any) -> Recipient:
    """A webhook."""
    return replace(Recipient(name="r", kind="webhook", url=url, timeout_s=0.5), **changes)


@pytest.fixture(scope="session")
def post() -> SimpleNamespace:
    """The helpers of this file: test modules cannot import a conftest."""
    return SimpleNamespace(
        NOW=NOW,
        ALERT=ALERT,
        notice=notice,
        free_port=free_port,
        mail=mail_recipient,
        hook=hook,
    )
