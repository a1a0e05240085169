"""Golden files of every format, followed as the engine does it: in pieces, while they grow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from console.config.settings import SourceSettings
from console.formats.registry import detect
from console.records.frames import concat
from console.sources.chunk import Chunk
from console.sources.collection import Collection
from console.sources.discover import Discovery

GOLDEN = Path(__file__).parent / "golden"
NAMES = {
    "native.jsonl": "jsonl",
    "python.log": "text",
    "stamped.log": "text",
    "wide.csv": "csv",
    "long.csv": "csv",
    "predictions.csv": "csv",
    "syslog.log": "syslog",
    "access.log": "access",
    "logfmt.log": "logfmt",
    "metrics.prom": "prometheus",
    "otlp.jsonl": "otlp",
}
WRITTEN = 1795161600.0


def newest(records: Any, before: float | None) -> float | None:
    times = [
        frame["ts"].dt.epoch("us").max() / 1e6
        for name, frame in records.items()
        if name != "rejects" and frame.height
    ]
    return max([*times, *([] if before is None else [before])], default=None)


def test_every_golden_file_is_here() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == NAMES.keys()


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
@pytest.mark.parametrize("grows", [False, True])
def test_a_followed_file_gives_the_rows_of_the_whole(
    tmp_path: Path, same: Any, name: str, expected: str, grows: bool
) -> None:
    data = (GOLDEN / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(b"" if grows else data)
    steps = range(0, len(data), 97) if grows else [0]
    source = SourceSettings(path=str(path))
    known: list[Any] = []
    parts: list[Any] = []
    last: float | None = None
    defaults = None
    for step in steps:
        if grows:
            with path.open("ab") as file:
                file.write(data[step : step + 97])
        os.utime(path, (WRITTEN, WRITTEN))
        final = step == steps[-1]
        collection = Collection(Discovery([], [source]), known)  # as after a restart
        collection.poll(WRITTEN)
        while pending := collection.pending(final=final):
            (file_id,) = [file.file_id for file in pending]
            chunk = collection.read(file_id, 64, final=final, newest_ts=last)
            if chunk is None:
                continue
            form = detect(collection.sample(file_id, 1 << 16), name, expected).format
            assert form is not None
            defaults = pending[0].source.defaults_for(form.name)
            decoded = form.decode(chunk, defaults)
            parts.append(decoded.records)
            last = newest(decoded.records, last)
            collection.advance(file_id, decoded.consumed)
            identity = collection.followed[file_id].identity
        known = [follow.identity for follow in collection.followed.values()]
        collection.close()
    assert identity.offset == len(data)
    found = detect(data, name)
    assert found.format is not None
    assert defaults is not None
    assert found.format.name == expected
    chunk = Chunk(identity.file_id, str(path), 0, data, final=True, written=WRITTEN)
    same(concat(parts), found.format.decode(chunk, defaults).records)
