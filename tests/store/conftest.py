"""Helpers of the tests of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from console.records.clock import naive
from console.records.frames import SCHEMAS, Records, records
from console.store.commit import FileState
from console.store.database import Store

T0 = 1_700_000_040.0
"""A full minute."""
Rows = Callable[..., Records]
Row = Mapping[str, Any]


def build(**kinds: Sequence[Row]) -> Records:
    """Records of the given rows; `ts` in epoch seconds, what is left out is null."""
    frames = {}
    for kind, rows in kinds.items():
        schema = SCHEMAS[kind]
        times = {name for name in ("ts", "end_ts") if name in schema}
        frames[kind] = pl.DataFrame(
            [
                [
                    naive(row[name]) if name in times and row.get(name) is not None
                    else row.get(name)
                    for name in schema
                ]
                for row in rows
            ],
            schema=schema,
            orient="row",
        )  # fmt: skip
    return records(**frames)


def state(file_id: int = 1, path: str = "/logs/app.log", offset: int = 0) -> FileState:
    """The state of a file."""
    return FileState(
        file_id=file_id,
        path=path,
        device=2**63 + 1,
        inode=12,
        fingerprint=b"\x00\xff",
        fingerprint_size=2,
        offset=offset,
        guard=b"g",
        size=offset,
        format="jsonl",
        model=None,
        stage="serving",
        newest_ts=T0,
        rows=3,
        rejects=1,
    )


@pytest.fixture
def rows() -> Rows:
    return build


@pytest.fixture
def file_state() -> Callable[..., FileState]:
    return state


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


@pytest.fixture
def store(store_path: Path) -> Iterator[Store]:
    with Store.open(store_path, lambda: T0) as opened:
        yield opened
