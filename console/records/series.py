"""What a series is, and its stable identity."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is measured over time: a metric of a model's stage, with its tags.

    The version is not part of it: a series lives on through a deploy, and its windows tell the
    versions apart.
    """

    model: str | None
    stage: str | None
    name: str
    tags: str | None = None
    """Canonical JSON object, or None."""

    @property
    def id(self) -> int:
        """63 bits that depend on nothing but the four parts: equal in every store and run."""
        text = json.dumps([self.model, self.stage, self.name, self.tags], ensure_ascii=False)
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 1

    @property
    def label(self) -> str:
        """`name` or `name{tag=value,...}`, as alerts and screens write it."""
        return f"{self.name}{{{tag_text(self.tags)}}}" if self.tags else self.name


def tag_text(tags: str | None) -> str:
    """`tag=value,...` of canonical JSON tags."""
    if not tags:
        return ""
    return ",".join(f"{key}={_plain(value)}" for key, value in json.loads(tags).items())


def shared(tags: str | None) -> bool:
    """Whether these are the tags of a series that stands for many, not all of them told apart."""
    if not tags:
        return False
    told: dict[str, object] = json.loads(tags)
    return "_" in told or "*" in told.values()


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def canonical_tags(tags: dict[str, object] | None) -> str | None:
    """JSON with sorted keys and no spaces; None for no tags."""
    if not tags:
        return None
    return json.dumps(tags, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
