"""What comes from data is shown, never obeyed: controls become visible pictures.

Textual and rich pass escape sequences, C1 controls and bidirectional overrides on to the terminal.
Everything of the user's files goes through `clean` before its width is measured, and every strip
does so once more as it is drawn.
"""

from __future__ import annotations

import re

ESCAPE = "\u241b"
"""Stands for one whole escape sequence."""
HIDDEN = "\ufffd"
"""Stands for a character that has no picture of its own: C1, bidirectional, zero width."""
MOST = 20_000
"""Characters of one text that are looked at; the rest is told by an ellipsis."""

_STRING_END = r"(?:\x07|\x1b\\|\x9c)"
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    rf"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*{_STRING_END}"  # OSC, DCS, SOS, ...
    r"|\x1b[ -/]*[0-~]?"
)
_INVISIBLE = (
    r"\x80-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff"
)
_SUSPECT = re.compile(
    rf"[\x00-\x1f\x7f\u2028\u2029\ufe00-\ufe0f{_INVISIBLE}]"
    r"|[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3}"
)
_PILE = re.compile(
    r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})"
    r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_SELECTORS = re.compile(r"[\ufe00-\ufe0f]")
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {
    0x09: " ",
    0x7F: "\u2421",
    0x2028: "\u2424",
    0x2029: "\u2424",
}


def clean(text: str, *, most: int = MOST) -> str:
    """The text in one line: no control, no escape, nothing that has no width or turns the order.

    Never raises; `clean(clean(x)) == clean(x)`.
    """
    if len(text) > most:
        text = text[: most - 1] + "\u2026"
    if not _SUSPECT.search(text):
        return text
    text = _SEQUENCE.sub(ESCAPE, text)
    text = _HIDDEN.sub(HIDDEN, text)
    text = _SELECTORS.sub("", text)
    return _PILE.sub(r"\1", text).translate(_PICTURES)


def clean_lines(text: str, *, most: int = MOST) -> list[str]:
    """The lines of a multi-line text, each clean, tabs as four spaces."""
    plain = text[:most].replace("\r\n", "\n").replace("\t", "    ")
    lines = [clean(line) for line in plain.split("\n")]
    return [*lines, "\u2026"] if len(text) > most else lines
