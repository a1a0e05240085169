"""Marked events as the alerts use them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from console.records.clock import epoch

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked event: a deploy, an import, a campaign."""

    id: str
    """Its own id, else one made of its type and time."""
    ts: float
    end_ts: float | None
    model: str | None
    stage: str | None
    version: str | None
    type: str
    title: str
    planned: bool
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What else the record said."""

    @property
    def words(self) -> str:
        """Type and title in one line: "deploy v12: new tokenizer"."""
        title = " ".join(self.title.split())
        if not title:
            return self.type
        return title if self.type.lower() in title.lower() else f"{self.type} “{title}”"

    def concerns(self, model: str | None) -> bool:
        """Whether the model is in the event's scope; an event of no model concerns all."""
        return self.model is None or model is None or self.model == model


def marks_of(frame: pl.DataFrame) -> tuple[Mark, ...]:
    """The events of a frame of schema EVENTS, in order of time; each id once.

    A later record of the same id may say when it ended.
    """
    found: dict[tuple[str, str | None], Mark] = {}
    for row in frame.iter_rows(named=True):
        if row["ts"] is None:
            continue
        ts = epoch(row["ts"])
        kind = row["type"] or "event"
        mark = Mark(
            id=row["id"] or f"{kind}@{ts:.0f}",
            ts=ts,
            end_ts=None if row["end_ts"] is None else epoch(row["end_ts"]),
            model=row["model"],
            stage=row["stage"],
            version=row["version"],
            type=kind,
            title=row["title"] or "",
            planned=bool(row["planned"]),
            attributes={**_object(row["tags"]), **_object(row["attributes"])},
        )
        first = found.setdefault((mark.id, mark.model), mark)
        if first.end_ts is None and mark.end_ts is not None:
            found[mark.id, mark.model] = replace(first, end_ts=mark.end_ts)
    return ordered(found.values())


def ordered(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Marks in order of time, then of id."""
    return tuple(sorted(marks, key=lambda mark: (mark.ts, mark.id, mark.model or "")))


def _object(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
