"""What happened when: versions as bands, log levels by part, and marked events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.engine.snapshot import EventMark
from console.records.clock import epoch

if TYPE_CHECKING:
    from console.store.rawrows import Span
    from console.store.reader import Reader

BAD = ("CRITICAL", "ERROR", "FATAL")


@dataclass(frozen=True, slots=True)
class Band:
    """A version, for as long as it was the one that wrote most."""

    version: str
    first: int
    """The part of the span in which it begins."""
    last: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Log lines in one part of the span."""

    lines: int
    warnings: int
    errors: int


@dataclass(frozen=True, slots=True)
class Track:
    """One model over the span; `model` None: what names none."""

    model: str | None
    bands: tuple[Band, ...]
    heat: tuple[Heat | None, ...]
    """One a part; None without lines. Empty for a model that logs nothing in the span."""


@dataclass(frozen=True, slots=True)
class TimelineAnswer:
    """What the timeline shows beside the incidents, which the snapshot has."""

    start: float
    end: float
    parts: int
    tracks: tuple[Track, ...]
    events: tuple[EventMark, ...]


def timeline_answer(reader: Reader, span: Span, parts: int) -> TimelineAnswer:
    """Looks at all models over a span in so many equal parts."""
    start, end = span
    heats: dict[str | None, dict[int, list[int]]] = {}
    for model, level, part, n in reader.level_counts(start, end, parts).iter_rows():
        counts = heats.setdefault(model, {}).setdefault(part, [0, 0, 0])
        counts[0] += n
        counts[1] += n if level == "WARNING" else 0
        counts[2] += n if level in BAD else 0
    written: dict[str | None, dict[int, dict[str, int]]] = {}
    versions = reader.version_counts(start, end, parts).select("model", "version", "part", "n")
    for model, version, part, n in versions.iter_rows():
        written.setdefault(model, {}).setdefault(part, {})[version] = n
    names = sorted({*heats, *written}, key=lambda name: (name is not None, name or ""))
    return TimelineAnswer(
        start=start,
        end=end,
        parts=parts,
        tracks=tuple(
            Track(name, _bands(written.get(name, {})), _heat(heats.get(name, {}), parts))
            for name in names
        ),
        events=tuple(event_mark(row) for row in reader.events(start, end).iter_rows(named=True)),
    )


def _bands(written: dict[int, dict[str, int]]) -> tuple[Band, ...]:
    """Neighbouring parts of one version as one band; a part without records belongs to it."""
    bands: list[Band] = []
    for part in sorted(written):
        version = max(sorted(written[part]), key=lambda name: written[part][name])
        if bands and bands[-1].version == version:
            bands[-1] = Band(version, bands[-1].first, part)
        else:
            bands.append(Band(version, part, part))
    return tuple(bands)


def _heat(counts: dict[int, list[int]], parts: int) -> tuple[Heat | None, ...]:
    if not counts:
        return ()
    return tuple(Heat(*counts[part]) if part in counts else None for part in range(parts))


def event_mark(row: dict[str, object]) -> EventMark:
    """A row of `Reader.events`."""
    ts, end = row["ts"], row["end_ts"]
    return EventMark(
        id=_text(row["id"]),
        ts=epoch(ts),  # type: ignore[arg-type]
        end_ts=None if end is None else epoch(end),  # type: ignore[arg-type]
        model=_text(row["model"]),
        stage=_text(row["stage"]),
        version=_text(row["version"]),
        type=_text(row["type"]) or "event",
        title=_text(row["title"]) or "",
        planned=bool(row["planned"]),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
