"""A query of the user's: its result as text, or written to a file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.store.reader import Reader

SHOWN = 2_000
"""Most rows of a result that are shown."""
EXPORTED = 5_000_000
"""Most rows of a result that are written to a file."""
LONGEST_CELL = 4_000


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """A result, or its first rows."""

    query: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str | None, ...], ...]
    more: bool
    """Whether there are more rows than these."""
    seconds: float


def query_answer(reader: Reader, query: str) -> QueryAnswer:
    """The first rows. Raises StoreError with one clear line."""
    began = time.perf_counter()
    frame = reader.sql(query, SHOWN + 1)
    seconds = time.perf_counter() - began
    return QueryAnswer(
        query=query,
        columns=tuple(frame.columns),
        numeric=tuple(kind.is_numeric() for kind in frame.dtypes),
        rows=tuple(tuple(map(_text, row)) for row in frame.head(SHOWN).iter_rows()),
        more=frame.height > SHOWN,
        seconds=seconds,
    )


def export(reader: Reader, query: str, target: Path) -> int:
    """Writes the result as CSV or Parquet, by the name's ending, and returns how many rows.

    Raises ValueError with one clear line; an existing file is never written over.
    """
    if target.suffix not in (".csv", ".parquet"):
        raise ValueError(f"{target.name}: end the name in .csv or .parquet")
    if target.exists():
        raise ValueError(f"{target} is there already: choose another name")
    frame = reader.sql(query, EXPORTED)
    try:
        if target.suffix == ".csv":
            frame.write_csv(target)
        else:
            frame.write_parquet(target)
    except OSError as error:
        raise ValueError(f"cannot write {target}: {error.strerror or error}") from None
    return frame.height


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text[:LONGEST_CELL]
