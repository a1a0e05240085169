"""Takes what looks like a secret out of a text that leaves the machine.

Best effort: what a secret looks like is known for the common kinds only, and further patterns can
be added. Every pattern is bounded, so that the time taken grows with the length of the text alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

_NAME = (
    r"[\w.-]{0,40}(?:password|passwd|passphrase|pwd|secret|token|credentials?|authorization"
    r"|api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|encryption[_-]?key|auth[_-]?key"
    r"|account[_-]?key|session[_-]?(?:id|key)|cookie)[\w.-]{0,20}|[A-Z][A-Z0-9_]{0,40}_(?:KEY|PASS|PW|PIN)"
    r"|(?<![\w.-])(?:pass|pin|otp|cvv|dsn)"
)
_VALUE = (
    r"\\{1,3}\"[^\"\\]{0,4000}\\{1,3}\"|\"(?:[^\"\\]|\\.){0,4000}\"|'(?:[^'\\]|\\.){0,4000}'"
    r"|(?:(?:bearer|basic|digest|token)\s{1,3})?[^\s,;&\"'<>|]{1,4000}"
)
_SENSITIVE = re.compile(f"(?:{_NAME})", re.IGNORECASE)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "key",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"[\s\S]{0,20000}?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)"
        ),
    ),
    ("token", re.compile(r"\beyJ[\w-]{8,4000}\.[\w-]{4,8000}(?:\.[\w-]{0,4000})?")),
    (
        "token",
        re.compile(
            r"\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{15,255}"
            r"|xox[abeoprs]-[\w-]{8,255}|xapp-[\w-]{8,255}|sk-[\w-]{16,255}"
            r"|[spr]k_(?:live|test)_\w{8,255}|AIza[\w-]{30,60}|ya29\.[\w.-]{10,4000}"
            r"|(?:AKIA|ASIA|AGPA|AROA|AIDA|ANPA)[A-Z0-9]{12,20}|npm_\w{30,60}|pypi-[\w-]{30,4000}"
            r"|hf_\w{20,60}|dop_v1_[a-f0-9]{40,80}|SG\.[\w-]{10,40}\.[\w-]{20,80}|[\w-]{20,40}\.apps"
            r"\.googleusercontent\.com)\b"
        ),
    ),
    (
        "webhook",
        re.compile(
            r"https://(?:hooks\.slack\.com|discord(?:app)?\.com/api/webhooks)/[^\s\"'<>]{1,400}"
        ),
    ),
    ("login", re.compile(r"(?<=://)[^\s/@\"'<>]{1,300}(?::[^\s/\"'<>]{0,300})?(?=@)")),
    (
        "query",
        re.compile(r"(\bhttps?://[^\s?\"'<>]{1,2000}\?)[^\s\"'<>#]{1,4000}", re.IGNORECASE),
    ),
    (
        "password",
        re.compile(
            rf"((?:{_NAME})(?:\\{{0,3}}[\"'])?(?:\s{{0,3}}(?:=>|:=|[:=])\s{{0,3}}|\s{{1,3}}(?:is|was)\s{{1,3}}))({_VALUE})",
            re.IGNORECASE,
        ),
    ),
    (
        "password",
        re.compile(rf"(--?(?:{_NAME})\s{{1,3}})((?!-){_VALUE})", re.IGNORECASE),
    ),
    (
        "token",
        re.compile(r"(\b(?:bearer|basic)\s{1,3})([\w.~+/=-]{8,4000})", re.IGNORECASE),
    ),
    ("e-mail", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    ("address", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")),
    (
        "address",
        re.compile(
            r"(?<![\w:.])(?:[0-9a-f]{1,4}:){4,7}(?::?[0-9a-f]{1,4}){1,4}(?![\w:])", re.IGNORECASE
        ),
    ),
    ("card", re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-]?\d)")),
)
"""Kind and shape; a first group is what stays in front."""
_CARD_KIND = "card"


class Redactor:
    """Redacts texts, and counts by kind what it took out.

    `extra` are regular expressions of the user's own, `spared` kinds that may stay.
    """

    def __init__(self, extra: Iterable[str] = (), *, spared: Collection[str] = ()) -> None:
        self.extra = tuple(re.compile(pattern) for pattern in extra)
        own = [("configured", pattern) for pattern in self.extra]
        self._patterns = [(k, p) for k, p in (*own, *_PATTERNS) if k not in spared]
        self.counts: Counter[str] = Counter()

    def text(self, text: str) -> str:
        """The text with every secret replaced by `[redacted: KIND]`."""
        for kind, pattern in self._patterns:
            text = pattern.sub(lambda match, kind=kind: self._replaced(kind, match), text)  # type: ignore[misc]
        return text

    def value(self, value: Any) -> Any:
        """A JSON value with its texts redacted, and whatever a telling key holds taken out."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {
                    self.text(str(key)): self._of_key(str(key), item) for key, item in value.items()
                }
            case list() | tuple():
                return [self.value(item) for item in value]
        return value

    def json(self, text: str) -> str:
        """A JSON text, redacted as its value; one that is no JSON as a text."""
        try:
            value = json.loads(text)
        except ValueError:
            return self.text(text)
        return json.dumps(self.value(value), ensure_ascii=False)

    def _of_key(self, key: str, item: Any) -> Any:
        if isinstance(item, bool | None) or not _SENSITIVE.search(key):
            return self.value(item)
        if isinstance(item, int | float):
            # A count of tokens, say, is no secret; a number that may be a PIN is.
            return (
                item
                if not re.search(r"(?i)pass|pin|otp|cvv|secret|pwd", key)
                else self._mark("password")
            )
        return self._mark("password")

    def _replaced(self, kind: str, match: re.Match[str]) -> str:
        kept = match[1] if match.re.groups and kind != "configured" else ""
        taken = match[match.re.groups] if match.re.groups > 1 else match[0][len(kept) :]
        if kind == _CARD_KIND and not _is_card(match[0]):
            return match[0]
        if "[redacted: " in taken or taken in {"null", "None", "true", "false"}:
            return match[0]
        return kept + self._mark(kind)

    def _mark(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"[redacted: {kind}]"


def _is_card(text: str) -> bool:
    """Whether the digits of a text have the check digit of a payment card (Luhn)."""
    digits = [int(c) for c in text if c.isdigit()][::-1]
    doubled = [2 * d - 9 * (d > 4) for d in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0
