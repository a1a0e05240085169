from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from console.sources.tail import Tail

LINES = b"".join(b"line %d\n" % number for number in range(2000))


def pack(path: Path, data: bytes) -> None:
    path.with_name("packing").write_bytes(gzip.compress(data))
    path.with_name("packing").rename(path)


def test_an_archive_is_read_once_and_as_plain_bytes(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "app.log.gz"
    pack(path, LINES)
    following = make(path, limit=512)
    following.step()
    assert b"\n".join(following.lines) + b"\n" == LINES
    following.restart()
    following.settle()
    assert len(following.lines) == 2000
    assert following.notices == []
    (identity,) = following.stored.values()
    assert identity.offset == len(LINES)


def test_a_last_line_without_its_newline_counts(tmp_path: Path, make: Any) -> None:
    pack(tmp_path / "a.gz", b"one\ntwo")
    following = make(tmp_path / "a.gz")
    following.settle()
    assert following.lines == [b"one", b"two"]


def test_a_torn_archive_waits_until_it_is_whole(tmp_path: Path, make: Any) -> None:
    path, packed = tmp_path / "app.log.gz", gzip.compress(LINES)
    path.write_bytes(packed[:500])
    following = make(path)
    following.settle()
    assert following.lines == []
    assert len(following.notices) == 1
    assert "not whole" in following.notices[0]
    path.write_bytes(packed)
    following.settle()
    assert len(following.lines) == 2000


def test_an_archive_that_is_being_written_waits(tmp_path: Path, make: Any) -> None:
    path, packed = tmp_path / "app.log.gz", gzip.compress(LINES)
    path.write_bytes(b"")
    following = make(path)
    for size in (0, 2, 300, len(packed)):
        path.write_bytes(packed[:size])
        following.step()
    assert len(following.lines) == 2000


def test_a_second_member_is_more_of_the_same(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(LINES))
    following = make(path)
    following.settle()
    with path.open("ab") as file:
        file.write(gzip.compress(b"more\n"))
    following.settle()
    assert following.lines[2000:] == [b"more"]


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("read_before", [0, 1000, 2000])
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_log_that_is_packed_after_its_rotation_is_not_read_twice(
    tmp_path: Path, make: Any, restarts: bool, read_before: int, goes_on: bool
) -> None:
    path, rotated = tmp_path / "app.log", tmp_path / "app.log.1"
    end = len(b"".join(LINES.splitlines(keepends=True)[:read_before]))
    path.write_bytes(LINES[:end])
    following = make(tmp_path)
    following.step()
    assert len(following.lines) == read_before
    with path.open("ab") as file:
        file.write(LINES[end:])
    if not restarts:
        following.step()
    path.rename(rotated)
    if goes_on:
        path.write_bytes(b"new\n")
    pack(tmp_path / "app.log.1.gz", LINES)
    if not restarts:
        following.step()
    rotated.unlink()
    if restarts:
        following.restart()
    following.settle()
    expected = 2000 + goes_on
    assert len(following.lines) == expected
    assert sorted(set(following.lines)) == sorted(
        {*LINES.splitlines(), *([b"new"] if goes_on else [])}
    )


def test_what_was_unpacked_is_let_go_of(tmp_path: Path) -> None:
    pack(tmp_path / "a.gz", LINES)
    before = len(list(Path("/proc/self/fd").iterdir()))
    tail = Tail(tmp_path / "a.gz")
    assert tail.size == len(LINES)
    tail.close()
    (tmp_path / "torn.gz").write_bytes(gzip.compress(LINES)[:200])
    with pytest.raises(OSError, match="not whole"):
        Tail(tmp_path / "torn.gz")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_that_only_seems_to_be_one(tmp_path: Path, make: Any) -> None:
    (tmp_path / "x").write_bytes(b"\x1f\x8b\x08 but not gzip\n")
    following = make(tmp_path / "x")
    following.settle()
    assert "not whole" in following.notices[0]
