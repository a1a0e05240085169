"""Reads `[[recipients]]` and `[receiver]` of console.toml, and refuses what would tell a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from console.config import values
from console.config.delivery import RECEIVER_PORT, Receiver, Recipient, Secret
from console.config.quiet import quiet
from console.config.values import Key, UnfitError, UntoldError

if TYPE_CHECKING:
    from console.config.document import Document, KeyPath

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
LOOPBACK = ("localhost", "::1")
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+")


def address(value: Any) -> str:
    """An e-mail address, nothing around it."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value) or not value.isprintable():
        raise UnfitError('wanted an address, such as "oncall@example.org"')
    return value


def addresses(value: Any) -> tuple[str, ...]:
    """One address, or a list of them."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed:
        raise UnfitError('wanted addresses, such as ["oncall@example.org"]')
    return tuple(address(item) for item in listed)


def host(value: Any) -> tuple[str, int | None]:
    """`host`, `host:port` or `[IPv6]:port`."""
    wanted = 'wanted a host, such as "smtp.example.org:587"'
    if not isinstance(value, str) or not re.fullmatch(
        r"[\w.\-]+(:\d+)?|\[[\d:a-fA-F]+\](:\d+)?", value
    ):
        raise UnfitError(wanted)
    try:
        parts = urlsplit(f"//{value}")
        name, port = parts.hostname, parts.port
    except ValueError:
        raise UnfitError(wanted) from None
    if not name or port == 0:
        raise UnfitError(wanted)
    return name, port


def url(value: Any) -> str:
    """An address of the web without a user, a password or a query: these hold secrets."""
    unfit = UntoldError('wanted an address, such as "https://hooks.example.org/model-console"')
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        raise unfit
    try:
        parts = urlsplit(value)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit:
        raise unfit
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise UntoldError("it holds a user or a query, so a secret: name a url_file or url_env")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UnfitError("wanted true or false")
    return value


def variable(value: Any) -> str:
    """The name of a variable of the environment."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z_][A-Z0-9_]*", value):
        raise UntoldError("wanted the name of a variable of the environment, such as SMTP_PASSWORD")
    return value


def _secret_keys(name: str) -> dict[str, Key]:
    return {
        f"{name}_file": Key(f"{name}_file", values.path),
        f"{name}_env": Key(f"{name}_env", variable),
    }


RECIPIENT: Mapping[str, Key] = {
    "name": Key("name", values.text),
    "kind": Key("kind", values.one_of("email", "webhook", "pagerduty", "apprise")),
    "to": Key("to", addresses),
    "from": Key("sender", address),
    "server": Key("server", host),
    "security": Key("security", values.one_of("starttls", "tls", "none")),
    "user": Key("user", values.text),
    **_secret_keys("password"),
    "url": Key("url", url),
    **_secret_keys("url"),
    **_secret_keys("token"),
    **_secret_keys("key"),
    **_secret_keys("signing_key"),
    "ca_file": Key("authority", values.path),
    "timeout": Key("timeout_s", values.duration),
    "severity": Key("severity", values.one_of("critical", "warning", "info")),
    "models": Key("models", values.names),
    "stages": Key("stages", values.names),
    "owners": Key("owners", values.names),
    "detectors": Key("detectors", values.names),
    "updates": Key("updates", flag),
    "digests": Key("digests", flag),
    "quiet": Key("quiet", quiet),
    "timezone": Key("timezone", values.timezone),
    "critical_passes": Key("critical_passes", flag),
    "most": Key("most", values.at_least(1)),
    "per": Key("per_s", values.duration),
}
RECEIVER: Mapping[str, Key] = {
    "listen": Key("listen", host),
    "file": Key("file", values.path),
    **_secret_keys("token"),
}
_ONLY: Mapping[str, tuple[str, ...]] = {
    "email": ("to", "from", "server", "security", "user", "password_file", "password_env"),
    "webhook": (
        *("url", "url_file", "url_env", "token_file", "token_env"),
        *("signing_key_file", "signing_key_env"),
    ),
    "pagerduty": ("url", "url_file", "url_env", "key_file", "key_env"),
    "apprise": ("url_file", "url_env"),
}
"""Keys that only some kinds of recipients have."""
_COMMON = ("ca_file", "timeout")


def recipient_of(
    document: Document, path: KeyPath, fields: dict[str, Any], folder: Path
) -> Recipient:
    """A recipient of the fields that its table fills. Raises SettingsError."""
    said = dict(fields)
    kind = said.get("kind")
    if kind is None:
        raise document.error(path, "this [[recipients]] lacks its kind: add one")
    given = document.data["recipients"][path[-1]]
    foreign = {key for keys in _ONLY.values() for key in keys} - set(_ONLY[kind])
    for name in given:
        if name in foreign or (kind == "apprise" and name in _COMMON):
            raise document.error((*path, name), f"{name} is of no use to kind {kind}: take it out")
    server, port = said.pop("server", ("", None))
    secrets = {
        name: _secret(document, path, said, name, folder)
        for name in ("password", "url", "token", "key", "signing_key")
    }
    if secrets["url"] is not None:
        if "url" in said:
            raise document.error((*path, "url"), "url is given twice: take one out")
        said["url"] = secrets["url"]
    if kind == "pagerduty":
        said.setdefault("url", PAGERDUTY)
    people = kind in ("email", "apprise") and said.get("severity") != "critical"
    said.setdefault("digests", people)
    if "authority" in said:
        said["authority"] = Path(os.path.normpath(folder / said["authority"]))
    found = Recipient(
        server=server,
        port=port,
        password=secrets["password"],
        token=secrets["key"] or secrets["token"],
        signing=secrets["signing_key"],
        **said,
    )
    _complete(document, path, found)
    return found


def receiver_of(document: Document, fields: dict[str, Any], folder: Path) -> Receiver:
    """The receiver of the fields that its table fills. Raises SettingsError."""
    said = dict(fields)
    token = _secret(document, ("receiver",), said, "token", folder)
    name, port = said.get("listen", ("127.0.0.1", None))
    if not is_loopback(name) and token is None:
        problem = f"listen is {name}, open to others: give a token_file or token_env, or 127.0.0.1"
        raise document.error(("receiver", "listen"), problem)
    file = Path(os.path.normpath(folder / said["file"]))
    return Receiver(file, name, RECEIVER_PORT if port is None else port, token)


def is_loopback(name: str) -> bool:
    """Whether a host is this machine itself, as seen by itself alone."""
    return name in LOOPBACK or re.fullmatch(r"127(\.\d{1,3}){3}", name) is not None


def _secret(
    document: Document, path: KeyPath, said: dict[str, Any], name: str, folder: Path
) -> Secret | None:
    file, variable = said.pop(f"{name}_file", None), said.pop(f"{name}_env", None)
    if file is not None and variable is not None:
        raise document.error((*path, f"{name}_env"), f"{name} is given twice: take one out")
    if file is not None:
        return Secret(file=Path(os.path.normpath(folder / file)))
    return None if variable is None else Secret(variable=variable)


def _complete(document: Document, path: KeyPath, found: Recipient) -> None:
    """Raises SettingsError where a channel lacks what it needs."""
    wanted = {
        "email": ("to", "server", "sender"),
        "webhook": ("url",),
        "pagerduty": ("token",),
        "apprise": ("url",),
    }
    names = {"sender": "from", "token": "key_file or key_env"}
    if found.kind == "apprise":
        names["url"] = "url_file or url_env"
    for need in wanted[found.kind]:
        if not getattr(found, need):
            problem = f"this [[recipients]] of kind {found.kind} lacks its {names.get(need, need)}"
            raise document.error(path, f"{problem}: add it")
    if (found.user is None) != (found.password is None):
        problem = "user and password go together: give both, or none"
        raise document.error(path, problem)
    if found.password is not None and found.security == "none" and not is_loopback(found.server):
        problem = "a password would cross the network unprotected: use starttls or tls"
        raise document.error((*path, "security"), problem)
    shown = urlsplit(found.url if isinstance(found.url, str) else "")
    if found.token and shown.scheme == "http" and not is_loopback(shown.hostname or ""):
        problem = "a token would cross the network unprotected: use https"
        raise document.error((*path, "url"), problem)
    if not found.timeout_s:
        raise document.error((*path, "timeout"), 'timeout is "0s": wanted some seconds')
    if not found.per_s:
        raise document.error((*path, "per"), 'per is "0s": wanted some seconds')
