"""Log messages with variable parts, and what fills them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from console.demo.draws import Draws

_HOSTS = ("edge-01", "edge-02", "edge-03", "batch-01", "batch-02")
_COUNTRIES = ("DE", "FR", "NL", "PL", "IT", "AT")
_DEPOTS = ("Hamburg", "Leipzig", "Koeln", "Ulm", "Graz")
_PARTITIONS = ("p00", "p01", "p02", "p03", "p04", "p05", "p06", "p07")
_HEX = "0123456789abcdef"


def _identity(draws: Draws) -> str:
    return "".join(_HEX[int(draws.uniform() * 16)] for _ in range(8))


_FILLERS: dict[str, Callable[[Draws], str]] = {
    "ms": lambda draws: str(draws.whole(3, 180)),
    "slow": lambda draws: str(draws.whole(310, 990)),
    "sec": lambda draws: f"{draws.between(0.4, 28.0):.1f}",
    "n": lambda draws: str(draws.whole(1, 64)),
    "rows": lambda draws: str(draws.whole(1200, 98000)),
    "pct": lambda draws: f"{draws.between(0.1, 9.9):.1f}",
    "ratio": lambda draws: f"{draws.between(0.8, 0.99):.3f}",
    "mb": lambda draws: str(draws.whole(180, 2400)),
    "id": _identity,
    "order": lambda draws: str(draws.whole(4_100_000, 4_999_999)),
    "user": lambda draws: str(draws.whole(10_000, 99_999)),
    "ticket": lambda draws: str(draws.whole(200_000, 299_999)),
    "host": lambda draws: draws.pick(_HOSTS),
    "country": lambda draws: draws.pick(_COUNTRIES),
    "depot": lambda draws: draws.pick(_DEPOTS),
    "part": lambda draws: draws.pick(_PARTITIONS),
    "ip": lambda draws: f"10.{draws.whole(1, 9)}.{draws.whole(0, 255)}.{draws.whole(1, 254)}",
}
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """One statement of a program that writes log records."""

    level: str
    logger: str
    message: str
    weight: float = 1.0
    exception: str | None = None
    """Traceback that goes with it, several lines."""

    @property
    def exception_name(self) -> str:
        """Class of the exception that the traceback ends with."""
        last = (self.exception or "").rsplit("\n", 1)[-1]
        return last.split(":", 1)[0].rsplit(".", 1)[-1]


class Writer:
    """A template that is ready to be filled."""

    __slots__ = ("_exception", "_message", "template")

    def __init__(self, template: Template) -> None:
        self.template = template
        self._message = _compile(template.message)
        self._exception = _compile(template.exception) if template.exception else None

    def fill(self, draws: Draws) -> tuple[str, str | None]:
        """Message and traceback of one record."""
        message = _fill(self._message, draws)
        return message, _fill(self._exception, draws) if self._exception else None


_Parts = list[str | Callable[[Draws], str]]


def _compile(text: str) -> _Parts:
    pieces = _PART.split(text)
    return [_FILLERS[piece] if place % 2 else piece for place, piece in enumerate(pieces)]


def _fill(parts: _Parts, draws: Draws) -> str:
    return "".join(part if isinstance(part, str) else part(draws) for part in parts)


def traceback(*frames: tuple[str, int, str, str], error: str) -> str:
    """A Python traceback of the given (file, line, function, source) frames."""
    lines = ["Traceback (most recent call last):"]
    for file, line, function, source in frames:
        lines += [f'  File "{file}", line {line}, in {function}', f"    {source}"]
    return "\n".join([*lines, error])
