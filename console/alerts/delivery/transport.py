"""The wire: one POST over HTTP, no redirect followed, and what may go wrong told in our words."""

from __future__ import annotations

import base64
import contextlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from console import __version__
from console.alerts.delivery.channel import DeliveryError
from console.config.delivery import Recipient, Secret
from console.records.clock import HOUR

LONGEST_WAIT_S = HOUR
"""A server that wants to be left alone longer is asked again after that."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How the other side took it."""

    status: int
    after_s: float = 0.0


@dataclass(frozen=True)
class Signed:
    """By which key a post is signed, and when; the key is shown by nothing."""

    key: str = field(repr=False)
    at: float

    def headers(self, content: bytes) -> dict[str, str]:
        """The time in epoch seconds, and the HMAC-SHA256 of it, a dot and the content.

        A receiver that recomputes it and refuses old times takes no forged and no replayed post.
        """
        stamp = str(int(self.at))
        mac = hmac.new(self.key.encode(), f"{stamp}.".encode() + content, "sha256").hexdigest()
        return {"X-Model-Console-Timestamp": stamp, "X-Model-Console-Signature": f"sha256={mac}"}


class Wire:
    """Posts to one recipient's address. Used by one thread, `abort` by any."""

    def __init__(self, recipient: Recipient) -> None:
        self._recipient = recipient
        self._connection: http.client.HTTPConnection | None = None

    def post(
        self, document: Any, key: str, token: str | None = None, signed: Signed | None = None
    ) -> None:
        """Sends a JSON document. Raises DeliveryError unless the answer is 2xx, SecretError."""
        content = json.dumps(document).encode()
        secret = isinstance(self._recipient.url, Secret)
        parts = _parts(self._recipient.url)
        where = parts.hostname if not secret else f"the address in {_place(self._recipient.url)}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"model-console/{__version__}",
            "Idempotency-Key": key,
        }
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        elif parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        if signed is not None:
            headers |= signed.headers(content)
        try:
            answer = self._ask(parts, content, headers)
        except ssl.SSLError as error:  # one of them is a ValueError, too
            raise unreachable(str(where), error) from None
        except (http.client.HTTPException, ValueError):
            # Their texts may hold the address or a header: they are not told.
            raise DeliveryError(f"{where} gave no answer of HTTP") from None
        except OSError as error:
            raise unreachable(str(where), error) from None
        refusal = judged(answer, str(where))
        if refusal is not None:
            raise refusal

    def abort(self) -> None:
        """Breaks off the connection."""
        connection = self._connection
        if connection is not None:
            shut(connection.sock)

    def _ask(self, parts: SplitResult, content: bytes, headers: Mapping[str, str]) -> Answer:
        one = self._recipient
        host = parts.hostname or ""
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, parts.port, timeout=one.timeout_s, context=trust(one.authority)
            )
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=one.timeout_s)
        self._connection = connection
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        try:
            connection.request("POST", target, content, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, _seconds(response.headers.get("Retry-After")))
        finally:
            self._connection = None
            connection.close()


def judged(answer: Answer, where: str) -> DeliveryError | None:
    """What an answer means; None if the message was taken."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return DeliveryError(f"{where} answers with a redirect ({status}): give its target")
    if status in (401, 403, 404, 407):
        return DeliveryError(f"{where} refuses it ({status}): mend the address or the token")
    passing = status in (408, 425, 429) or status >= 500
    return DeliveryError(f"{where} answers {status}", final=not passing, after_s=answer.after_s)


def unreachable(where: str, error: OSError) -> DeliveryError:
    """What the operating system or TLS says, in one line."""
    if isinstance(error, TimeoutError):
        reason = "no answer in time"
    elif isinstance(error, ssl.SSLCertVerificationError):
        reason = f"its certificate is not trusted ({error.verify_message}): see ca_file"
    elif isinstance(error, ssl.SSLError):
        reason = f"no encrypted connection ({(error.reason or 'TLS').lower()})"
    elif isinstance(error, socket.gaierror):
        reason = "its name is not known"
    else:
        reason = (error.strerror or type(error).__name__).lower()
    return DeliveryError(f"{where}: {reason}")


def trust(authority: Path | None) -> ssl.SSLContext:
    """Checks certificates, with the system's authorities or those of a file.

    Raises DeliveryError if the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError):
        raise DeliveryError(f"{authority}: no certificates in it: mend ca_file") from None


def shut(sock: socket.socket | None) -> None:
    """Ends what another thread waits for on a socket."""
    with contextlib.suppress(OSError):
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)


def _parts(url: str | Secret | None) -> SplitResult:
    """The parts of an address, read now. Raises DeliveryError, SecretError."""
    secret = isinstance(url, Secret)
    text = url.read() if isinstance(url, Secret) else str(url)
    problem = f"{_place(url)} holds no address of http or https" if secret else "no address"
    try:
        parts = urlsplit(text)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or any(c.isspace() for c in text):
        raise DeliveryError(problem)
    return parts


def _place(url: str | Secret | None) -> str:
    return url.place if isinstance(url, Secret) else "url"


def _seconds(text: str | None) -> float:
    """Seconds of a `Retry-After`; its form as a date is taken for none."""
    return min(float(text), LONGEST_WAIT_S) if text and text.isdecimal() and len(text) < 9 else 0.0
