from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.sources.archive import Unpacked, beginning, packed_by, unpacked
from console.sources.chunk import Chunk
from console.sources.collection import Collection
from console.sources.discover import Discovery
from console.sources.tail import Tail

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINES = b"".join(b"line %d\n" % number for number in range(2000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstd.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def pack(path: Path, data: bytes) -> None:
    path.with_name("packing").write_bytes(gzip.compress(data))
    path.with_name("packing").rename(path)


@pytest.mark.parametrize("suffix", PACKERS)
def test_an_archive_is_read_once_and_as_plain_bytes(tmp_path: Path, make: Any, suffix: str) -> None:
    path = tmp_path / f"app.log.{suffix}"
    path.write_bytes(PACKERS[suffix](LINES))
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


def chunks(path: Path, *, final: bool) -> list[Chunk]:
    """What a reader is handed of one file."""
    collection = Collection(Discovery([path]))
    collection.poll(0.0)
    found = []
    while pending := collection.pending(final=final):
        chunk = collection.read(pending[0].file_id, final=final)
        if chunk is not None:
            collection.advance(pending[0].file_id, len(chunk.data))
            found.append(chunk)
    collection.close()
    return found


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_of_a_torn_archive_whole_lines_are_read_and_the_rest_waits(
    tmp_path: Path, make: Any, suffix: str
) -> None:
    path, packed = tmp_path / f"app.log.{suffix}", PACKERS[suffix](LINES * 40)
    path.write_bytes(packed[: len(packed) // 2])
    following = make(path)
    following.settle()
    read = b"".join(line + b"\n" for line in following.lines)
    assert (LINES * 40).startswith(read)
    assert len(read) > 0 or suffix == "zst"  # blocks of zstd are long
    path.write_bytes(packed)
    following.settle()
    assert len(following.lines) == 80_000
    assert not any("lost" in notice for notice in following.notices)


def test_the_rest_of_a_torn_archive_is_rejected_once_it_is_history(tmp_path: Path) -> None:
    path, packed = tmp_path / "app.log.gz", gzip.compress(LINES)
    path.write_bytes(packed[:2000])
    assert not any(chunk.cut for chunk in chunks(path, final=False))
    *lines, rest = chunks(path, final=True)
    plain = b"".join(chunk.data for chunk in lines)
    assert LINES.startswith(plain)
    assert len(plain) > 1000
    assert (rest.cut, rest.problem) == (True, "the gzip archive is cut short")
    assert rest.offset == len(plain)
    assert lines[-1].final


def test_a_damaged_archive_is_read_up_to_its_bad_place(tmp_path: Path) -> None:
    path, packed = tmp_path / "app.log.gz", bytearray(gzip.compress(LINES))
    packed[-6] ^= 1  # its checksum
    path.write_bytes(packed)
    *lines, rest = chunks(path, final=False)
    assert b"".join(chunk.data for chunk in lines) == LINES
    assert rest.cut
    assert rest.problem is not None
    assert rest.problem.startswith("the gzip archive is damaged: ")


def open_unpacked(packed: bytes) -> tuple[Unpacked, bytes]:
    with tempfile.TemporaryFile() as file:
        file.write(packed)
        file.flush()
        found = unpacked(file.fileno())
        first, total, fault = beginning(file.fileno(), 1 << 30)
    plain = os.pread(found.descriptor, 1 << 24, 0)
    os.close(found.descriptor)
    assert (first, total, fault) == (plain[: found.length], found.length, found.fault)
    return found, plain


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_is_done_to_an_archive_it_is_read_as_far_as_it_goes(
    packer: Any, data: st.DataObject
) -> None:
    parts = data.draw(st.lists(st.binary(max_size=3000).map(lambda raw: raw * 9), max_size=3))
    packed = b"".join(packer(part) for part in parts) or packer(b"")
    cut = data.draw(st.integers(min(10, len(packed)), len(packed)))
    tail = data.draw(st.sampled_from([b"", bytes(7), b"garbage that is long enough"]))
    found, plain = open_unpacked(packed[:cut] + tail)
    whole = b"".join(parts)
    if cut == len(packed):
        assert plain[: found.length] == whole
        assert (found.fault is None) == (not tail.strip(b"\x00"))
    if not tail:
        assert whole.startswith(plain[: found.length])
    assert found.fault is None or plain[found.length :] == found.fault.rest


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY", b"\xfd7zXZ\x00"]),
    st.binary(max_size=300),
)
def test_any_bytes_that_only_seem_to_be_an_archive(magic: bytes, rest: bytes) -> None:
    assert packed_by(magic + rest)
    found, plain = open_unpacked(magic + rest)
    assert found.fault is None or plain[found.length :] == found.fault.rest


def test_an_archive_that_unpacks_to_much_is_unpacked_in_pieces() -> None:
    found, plain = open_unpacked(zstd.compress(bytes(12_000_000)))
    assert (found.length, len(plain), found.fault) == (12_000_000, 12_000_000, None)


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


@pytest.mark.parametrize("cut", range(16, 80, 7))
def test_a_rotated_log_is_not_read_twice_while_it_is_being_packed(
    tmp_path: Path, make: Any, cut: int
) -> None:
    path, lines = tmp_path / "app.log", LINES[:56]
    path.write_bytes(lines)
    following = make(tmp_path)
    following.step()
    path.rename(tmp_path / "app.log.1")
    packed = gzip.compress(lines, 0)
    for stop in (cut, len(packed)):
        (tmp_path / "app.log.1.gz").write_bytes(packed[:stop])
        following.step(5.5)
    (tmp_path / "app.log.1").unlink()
    following.settle()
    assert b"".join(line + b"\n" for line in following.lines) == lines


def test_what_was_unpacked_is_let_go_of(tmp_path: Path) -> None:
    pack(tmp_path / "a.gz", LINES)
    before = len(list(Path("/proc/self/fd").iterdir()))
    tail = Tail(tmp_path / "a.gz")
    assert tail.size == len(LINES)
    tail.close()
    (tmp_path / "torn.gz").write_bytes(gzip.compress(LINES)[:12])
    with pytest.raises(OSError, match="cut short"):
        Tail(tmp_path / "torn.gz")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_that_only_seems_to_be_one(tmp_path: Path, make: Any) -> None:
    (tmp_path / "x").write_bytes(b"\x1f\x8b\x08 but not gzip\n")
    following = make(tmp_path / "x")
    following.settle()
    assert "the gzip archive is damaged" in following.notices[0]
