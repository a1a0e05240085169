"""Who is told of alerts: whether what they need is there; and a test message, if one is wanted."""

from __future__ import annotations

import importlib.util
import stat
from collections.abc import Iterator

from console.cli.checkup.finding import Finding
from console.cli.errors import UsageError
from console.config.delivery import Recipient, Secret, SecretError
from console.config.settings import Settings
from console.records.clock import Clock

AREA = "delivery"


def delivery(settings: Settings) -> Iterator[Finding]:
    """Every recipient, and the receiver of events; nothing for settings without any."""
    for one in settings.recipients:
        yield from _recipient(one)
    receiver = settings.receiver
    if receiver is not None:
        where = f"{receiver.host}:{receiver.port}"
        if receiver.file.parent.is_dir():
            yield Finding(AREA, "receiver", "ok", f"{where} into {receiver.file}")
        else:
            text = f"{receiver.file.parent} is not there"
            yield Finding(AREA, "receiver", "mend", text, "make the folder, or mend `file`")
        if receiver.token is not None:
            yield from _secret("receiver", "token", receiver.token)


def tell(settings: Settings, name: str, clock: Clock) -> Finding:
    """Sends a test message to a recipient, and what came of it. Raises UsageError."""
    known = {one.name: one for one in settings.recipients}
    if name not in known:
        listed = ", ".join(known) or "none, console.toml has no [[recipients]]"
        raise UsageError(f"{name}: no such recipient: wanted one of {listed}")
    from console.alerts.delivery.channel import DeliveryError, open_channel
    from console.alerts.delivery.notice import trial

    one = known[name]
    try:
        open_channel(one).send(trial(name, clock()))
    except (DeliveryError, SecretError) as error:
        return Finding(AREA, name, "mend", f"the test message was not taken: {error}", "see above")
    return Finding(AREA, name, "ok", "took the test message")


def _recipient(one: Recipient) -> Iterator[Finding]:
    if one.kind == "apprise" and importlib.util.find_spec("apprise") is None:
        mend = "pip install 'model-console[apprise]'"
        yield Finding(AREA, one.name, "mend", "Apprise is not installed", mend)
    if one.authority is not None and not one.authority.is_file():
        yield Finding(AREA, one.name, "mend", f"{one.authority} is not there", "mend `ca_file`")
    named = {
        "password": one.password,
        "url": one.url,
        "token": one.token,
        "signing_key": one.signing,
    }
    broken = False
    for name, secret in named.items():
        if isinstance(secret, Secret):
            for finding in _secret(one.name, name, secret):
                broken = broken or finding.verdict == "mend"
                yield finding
    if not broken:
        least = "everything" if one.severity == "info" else f"{one.severity} or worse"
        yield Finding(AREA, one.name, "ok", f"{one.kind}, {least}, at most {one.most} messages")


def _secret(subject: str, name: str, secret: Secret) -> Iterator[Finding]:
    """Whether a secret can be had, and by whom."""
    try:
        secret.read()
    except SecretError as error:
        problem, _, mend = str(error).rpartition(": ")
        yield Finding(AREA, subject, "mend", f"{name}: {problem}", mend)
        return
    if secret.file is not None and secret.file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        text = f"{name}: {secret.file} can be read by others (chmod 600 keeps it to you)"
        yield Finding(AREA, subject, "note", text)
