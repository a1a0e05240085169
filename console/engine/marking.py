"""An event marked by hand: a native record in a followed file, as `emit` would append it.

So it survives everything that the files survive: another store, a replay, another console. It goes
where most events come from; where none has come yet, to a file of its own in the first followed
folder, if that is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.emit.append import append
from console.emit.record import RecordError, check, line
from console.records.clock import iso

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.store.reader import Reader

FILE = "marked-events.jsonl"
PLAIN = (".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the user says of an event."""

    type: str
    title: str
    ts: float
    end_ts: float | None = None
    model: str | None = None
    """None: it concerns every model."""
    version: str | None = None
    planned: bool = False


def place_for(reader: Reader, paths: Sequence[Path], settings: Settings) -> Path:
    """The file that a mark goes to. Raises ValueError with one clear line where there is none."""
    for name in reader.event_files():
        path = Path(name)
        if path.suffix in PLAIN and path.is_file():
            return path
    folder = next((path for path in paths if path.is_dir()), None)
    if folder is None:
        raise ValueError("no followed folder to keep events in: follow a folder, or use emit")
    if settings.sources:
        raise ValueError(
            f"console.toml follows no file of events: add [[sources]] path = {FILE!r}, or use emit"
        )
    return folder / FILE


def write(mark: Mark, path: Path) -> None:
    """Appends the record. Raises ValueError with one clear line."""
    record: dict[str, Any] = {
        "kind": "event",
        "ts": iso(mark.ts),
        "type": mark.type,
        "title": mark.title,
        "end_ts": None if mark.end_ts is None else iso(mark.end_ts),
        "model": mark.model,
        "version": mark.version,
        "planned": mark.planned or None,
    }
    record = {name: value for name, value in record.items() if value is not None}
    try:
        check(record)
        append(path, line(record))
    except RecordError as error:
        raise ValueError(f"no event of the contract: {error}") from None
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror or error}") from None
