"""Many files, and one enormous line: what looking costs, and what reading keeps in memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.sources.tail import LINE_LIMIT

Reader = Any
FILES = 1_000


def test_a_thousand_files_are_looked_at_in_no_time(
    tmp_path: Path, reader: Reader, measured: Callable[[str], None]
) -> None:
    for number in range(FILES):
        folder = tmp_path / f"model-{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.log").write_bytes(b"".join(b"line %d\n" % n for n in range(3)))
    reader.step()
    assert len(reader.lines) == 3 * FILES
    times = []
    for _ in range(5):
        began = time.process_time()
        reader.collection.poll(reader.now + 1.5)
        reader.now += 1.5
        times.append(time.process_time() - began)
    measured(f"a sweep over {FILES} files that are quiet: {min(times) * 1e3:.1f} ms of CPU")
    assert min(times) < 0.5


def test_a_line_of_50_mb_is_read_in_pieces(log: Path, reader: Reader) -> None:
    with log.open("wb") as file:
        for _ in range(50):
            file.write(b"x" * (1 << 20))
        file.write(b"\nline\n")
    collection, sizes = reader.collection, []
    collection.poll(1.0)
    tracemalloc.start()
    try:
        while pending := collection.pending():
            chunk = collection.read(pending[0].file_id)
            assert chunk is not None
            sizes.append((len(chunk.data), chunk.cut))
            collection.advance(pending[0].file_id, len(chunk.data))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [
        *[(LINE_LIMIT, True)] * 3,
        ((50 << 20) + 1 - 3 * LINE_LIMIT, True),
        (5, False),
    ]
    assert peak < 4 * LINE_LIMIT
