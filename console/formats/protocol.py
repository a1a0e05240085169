"""What every format offers: recognise a file by its content, and decode chunks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from console.sources.defaults import Defaults

if TYPE_CHECKING:
    from console.records.frames import Records
    from console.sources.chunk import Chunk

__all__ = ["Decoded", "Defaults", "Format"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The records of a chunk, and how many of its bytes they account for.

    What is left (the open last record of a chunk that is not final) comes again, in front of the
    next chunk. Every byte before `consumed` is in a record or in a reject, or is a blank line.
    """

    records: Records
    consumed: int


class Format(Protocol):
    """One input format."""

    @property
    def name(self) -> str:
        """As `console.toml` names it: `jsonl`, `text`, ..."""
        ...

    def recognise(self, sample: bytes, path: str) -> str | None:
        """Why the beginning of a file (up to 64 KiB) looks like this format; else None."""
        ...

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The records of a chunk. Any bytes are accepted; never raises because of them."""
        ...
