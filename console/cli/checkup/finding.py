"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "note", "mend"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what it is, and what to do about it."""

    area: str
    """`settings`, `delivery`, `sources`, `clocks`, `store`, `terminal`, `system`, `versions`."""
    subject: str
    """The file or thing."""
    verdict: Verdict
    """`mend`: it does not work as it is; `note`: worth knowing."""
    text: str
    mend: str | None = None
    """What to do, for a finding that is to be mended."""
