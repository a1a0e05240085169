"""Many files, and one enormous line: what looking costs, and what reading keeps in memory."""

from __future__ import annotations

import cProfile
import os
import pstats
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.sources.collection import LOOKED_AT_PER_S
from console.sources.defaults import Defaults
from console.sources.discover import SourceFile
from console.sources.followed import Followed
from console.sources.identity import unread
from console.sources.known import Known
from console.sources.recognition import Recognition
from console.sources.tail import LINE_LIMIT, Tail
from console.sources.told import Told

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


@pytest.mark.parametrize("name", ["app.log", "app.log.1"])
def test_to_know_a_file_takes_no_longer_among_many_that_are_known(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"line\n")
    assert _calls_to_recognise(path, 2_000) == _calls_to_recognise(path, 20)


def test_of_thousands_of_quiet_files_each_is_looked_at_less_often(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = 3 * LOOKED_AT_PER_S
    (tmp_path / "only.log").write_bytes(b"line\n")
    for number in range(1, files):
        (tmp_path / f"{number}.log").touch()
    reader.step()
    looked_at: list[Path] = []
    stat = Path.stat

    def counted(path: Path) -> os.stat_result:
        looked_at.append(path)
        return stat(path)

    monkeypatch.setattr(Path, "stat", counted)
    for _ in range(6):
        reader.collection.poll(reader.now + 0.5)
        reader.now += 0.5
    assert files <= len([path for path in looked_at if path.suffix == ".log"]) < 3 * files


def _calls_to_recognise(path: Path, others: int) -> int:
    """Calls of functions until it is known which of so many files, or none, is at a path."""
    paths = [path.with_name(f"other-{number}.log") for number in range(others)]
    listed = [
        replace(unread(number, str(there), 1, number), offset=10)
        for number, there in enumerate(paths)
    ]
    known = Known(listed)
    followed = Followed(known)
    for identity, there in zip(listed, paths, strict=True):
        there.write_bytes(b"other\n")
        followed.add(identity, SourceFile(there, Defaults()), Tail(there), 0.0).release()
    recognition = Recognition(known, Told(), followed, 5.0)
    tail = Tail(path)
    profile = cProfile.Profile()
    found = profile.runcall(recognition.recognised, path, tail, 0.0)
    tail.close()
    assert found is not None
    assert not found.offset
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
