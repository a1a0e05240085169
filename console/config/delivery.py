"""Who is told, when and how, frozen: `[[recipients]]` and `[receiver]` of console.toml.

A secret is named by the file or the environment variable that holds it, and read at the moment it
is used. No object of the settings ever holds one, so none can reach a log, an error or the screen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from console.config.quiet import Quiet

Kind = Literal["email", "webhook", "pagerduty", "apprise"]
Security = Literal["starttls", "tls", "none"]
Notify = Literal["bell", "osc9", "osc777", "off"]
NOTIFY: tuple[Notify, ...] = ("bell", "osc9", "osc777", "off")
"""How the terminal calls for a new critical alert: its bell, or a notification of the desktop."""
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
"""Usual port of a mail server, by how the connection is protected."""
RECEIVER_PORT = 9099
_LONGEST_SECRET = 1 << 16


class SecretError(Exception):
    """A secret cannot be had: the line says where it was looked for, never what it is."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret lies: a file, or a variable of the environment."""

    file: Path | None = None
    variable: str | None = None

    @property
    def place(self) -> str:
        """Where, for people to read."""
        return f"${self.variable}" if self.file is None else str(self.file)

    def read(self) -> str:
        """The secret as it is at this moment: one line of text. Raises SecretError."""
        text = self._of_variable() if self.file is None else self._of_file(self.file)
        if not text or not text.isprintable():
            raise SecretError(f"{self.place} holds no single line of text: put the secret there")
        return text

    def _of_variable(self) -> str:
        found = os.environ.get(self.variable or "", "").strip()
        if not found:
            raise SecretError(f"{self.place} is not set: set it where the console is started")
        return found

    @staticmethod
    def _of_file(file: Path) -> str:
        try:
            with file.open("rb") as opened:
                return opened.read(_LONGEST_SECRET).decode("utf-8").strip()
        except OSError as error:
            problem = (error.strerror or "cannot be read").lower()
            raise SecretError(f"{file}: {problem}: put the secret there") from None
        except UnicodeDecodeError:
            raise SecretError(f"{file} is not UTF-8: save it as text") from None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One `[[recipients]]`: who is told of which alerts, when, and over which channel."""

    name: str
    kind: Kind
    to: tuple[str, ...] = ()
    """Addresses of an e-mail."""
    sender: str | None = None
    """`from` of an e-mail."""
    server: str = ""
    port: int | None = None
    security: Security = "starttls"
    user: str | None = None
    password: Secret | None = None
    url: str | Secret | None = field(default=None, repr=False)
    """Of a webhook, or an address of Apprise's; one that contains a secret is a Secret."""
    token: Secret | None = None
    """Bearer token of a webhook, or PagerDuty's routing key."""
    signing: Secret | None = None
    """Key by which the posts of a webhook are signed."""
    authority: Path | None = None
    """`ca_file`: certificates of authorities to trust instead of the system's."""
    timeout_s: float = 10.0
    severity: Literal["critical", "warning", "info"] = "warning"
    """The least that is told."""
    models: tuple[str, ...] = ()
    """Names or globs; empty: every one. So are stages, owners and detectors."""
    stages: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    updates: bool = True
    """Whether it is told of what changes after the first message, but for the end."""
    digests: bool = True
    """Whether it gets the reports at intervals and after events; from a file by default only who is
    told by e-mail or Apprise, and not of critical alerts alone."""
    quiet: tuple[Quiet, ...] = ()
    timezone: str = "UTC"
    critical_passes: bool = True
    """Whether critical alerts are sent in quiet hours."""
    most: int = 20
    per_s: float = 3600.0
    """At most so many messages in so many seconds; critical ones have as many of their own."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """`[receiver]`: where events come in over HTTP, and the file that they are appended to."""

    file: Path
    host: str = "127.0.0.1"
    port: int = RECEIVER_PORT
    token: Secret | None = None
