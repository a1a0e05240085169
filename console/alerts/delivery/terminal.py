"""What makes a terminal call for a new critical alert: the bytes, and when they are due."""

from __future__ import annotations

from collections.abc import Iterable

from console.alerts.alert import Alert
from console.config.delivery import Notify

LONGEST = 120
_BELL = b"\x07"


def call(text: str, manner: Notify, *, tmux: bool = False) -> bytes:
    """The bell, or a notification of the desktop that says `text`; nothing for `off`.

    OSC 9 is iTerm2's, Windows Terminal's and kitty's, OSC 777 is urxvt's, foot's, Ghostty's and
    VTE's. A terminal that knows neither ignores it. `tmux` wraps it, so that tmux hands it through
    where its option `allow-passthrough` is on. Nothing of `text` can end the sequence or add one.
    """
    if manner == "off":
        return b""
    if manner == "bell":
        return _BELL
    said = "".join(c if c.isprintable() and c != ";" else " " for c in text[: 4 * LONGEST])
    plain = " ".join(said.split())[:LONGEST]
    body = f"9;{plain}" if manner == "osc9" else f"777;notify;model-console;{plain}"
    sequence = b"\x1b]" + body.encode("utf-8", "replace") + b"\x1b\\"
    if tmux:
        sequence = b"\x1bPtmux;" + sequence.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
    return sequence


def newly_critical(before: Iterable[Alert], now: Iterable[Alert]) -> tuple[Alert, ...]:
    """The alerts that are critical and open now, and were not before: those worth a call."""
    known = {alert.id for alert in before if _calls(alert)}
    return tuple(alert for alert in now if _calls(alert) and alert.id not in known)


def _calls(alert: Alert) -> bool:
    return alert.severity == "critical" and alert.state == "open"
