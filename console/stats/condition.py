"""What becomes of one condition of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["holds", "fails", "broken"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, and what became of it."""

    suite: str
    name: str
    verdict: Verdict
    said: str
    column: str | None = None
    value: float | None = None
    limit: float | None = None


def condition(
    name: str,
    said: str,
    *,
    holds: bool | None,
    column: str | None = None,
    value: float | None = None,
    limit: float | None = None,
) -> Condition:
    """A condition of a suite that is yet to be named; one that could not be told if None."""
    verdict: Verdict = "broken" if holds is None else "holds" if holds else "fails"
    return Condition("", name, verdict, said, column, value, limit)
