"""What torture found: files of which it is hard to say which they are, or where they are."""

from __future__ import annotations

import gzip
import os
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sources.identity import Identity, advanced, is_part, still_has, unread
from console.sources.marks import SPAN, unpacked, within

Reader = Any
Make = Any


def line(number: int) -> bytes:
    return f"line {number} ".encode().ljust(99, b".")


def write(path: Path, *numbers: int) -> None:
    with path.open("ab") as file:
        file.write(b"".join(line(number) + b"\n" for number in numbers))


def numbers(reader: Reader) -> list[int]:
    return sorted(int(each.split()[1]) for each in reader.lines)


def live(reader: Reader, log: Path, start: int, end: int) -> None:
    """Writes lines, and reads them five at a time."""
    for number in range(start, end, 5):
        write(log, *range(number, number + 5))
        reader.step()


@pytest.mark.parametrize("down", [False, True])
def test_a_copy_that_lost_its_race_is_not_read_again(
    log: Path, reader: Reader, *, down: bool
) -> None:
    live(reader, log, 0, 40)
    shutil.copy(log, log.with_name("app.log.1"))
    live(reader, log, 40, 50)  # written, and read, before the truncation
    if down:
        reader.collection.close()
    os.truncate(log, 0)
    write(log, 100)
    if down:
        reader.restart()
    reader.settle()
    assert numbers(reader) == [*range(50), 100]
    assert [gap.reason for gap in reader.gaps] == [
        f"gap: {log} was copied and truncated: what was written in between, if anything, is lost"
    ]
    reader.restart()
    reader.settle()
    assert len(reader.lines) == 51


def test_a_backup_of_a_live_file_is_never_read(log: Path, reader: Reader) -> None:
    live(reader, log, 0, 40)
    shutil.copy(log, log.with_name("app.log.bak"))
    reader.settle()
    live(reader, log, 40, 80)
    reader.settle()
    reader.restart()
    reader.settle()
    assert numbers(reader) == [*range(80)]


def test_a_file_that_is_packed_before_it_was_read_is_read_once(log: Path, reader: Reader) -> None:
    write(log, *range(20))
    reader.collection.poll(reader.now)
    packed = log.with_name("app.log.1.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    reader.now += 6
    reader.collection.poll(reader.now)  # both are there, and neither is read
    reader.settle()
    reader.restart()
    reader.settle()
    assert numbers(reader) == [*range(20)]


def test_a_rotated_file_that_nobody_saw_is_no_copy_of_the_next(log: Path, reader: Reader) -> None:
    header = b"#" * 1500 + b"\n"
    log.write_bytes(header)
    reader.step()
    live(reader, log, 0, 20)
    log.with_name("app.log.1").write_bytes(header + line(100) + b"\n")
    reader.settle()
    reader.lines = [each for each in reader.lines if each[:1] != b"#"]
    assert numbers(reader) == [*range(20), 100]


@pytest.mark.parametrize("down", [False, True])
def test_a_file_that_is_cut_back_goes_on_behind_its_rest(
    log: Path, reader: Reader, *, down: bool
) -> None:
    live(reader, log, 0, 60)
    if down:
        reader.collection.close()
    os.truncate(log, 45 * 100)
    write(log, 100, 101)
    if down:
        reader.restart()
    reader.settle()
    assert set(numbers(reader)) == {*range(60), 100, 101}
    assert len(reader.lines) - 62 <= 10  # to the last place before it where reading stopped
    assert sorted(reader.starts.values()) == [0, 4500]
    assert any("was cut back" in gap.reason for gap in reader.gaps)


def test_the_first_lines_of_a_short_file_are_remembered(log: Path, reader: Reader) -> None:
    write(log, *range(9))
    reader.step()
    os.truncate(log, 4 * 100)
    reader.settle()
    write(log, 100)
    reader.settle()
    assert numbers(reader) == [*range(9), 100]


def test_files_that_came_and_went_while_nobody_looked_are_read(log: Path, make: Make) -> None:
    only = make(log)
    write(log, 1)
    only.step()
    for number, moment in ((2, 2.0e9), (3, 2.1e9), (4, 2.2e9)):
        log.rename(log.with_name(f"app.log.{number}"))
        write(log, number)
        os.utime(log, (moment, moment))
    write(log.with_name("app.log2"), 99)  # a log of another kind
    only.restart()
    only.settle()
    assert numbers(only) == [1, 2, 3, 4]
    only.restart()
    only.settle()
    assert len(only.lines) == 4


def test_what_was_rotated_is_read_to_its_end_by_the_next_process(log: Path, make: Make) -> None:
    only = make(log, limit=500)
    write(log, *range(50))
    only.now += 1
    only.collection.poll(only.now)
    log.rename(log.with_name("app.log.1"))
    write(log, 100)
    only.collection.poll(only.now + 2)
    only.store_moved()
    (entry, *_) = only.collection.pending()
    chunk = only.collection.read(entry.file_id, 500)
    only.lines += chunk.data.splitlines()
    only.by_file[entry.file_id], only.starts[entry.file_id] = chunk.data, 0
    only.stored[entry.file_id] = only.collection.after(entry.file_id, len(chunk.data))
    only.restart()  # killed in the midst of it
    only.settle()
    assert numbers(only) == [*range(50), 100]


@pytest.mark.parametrize("down", [False, True])
def test_a_link_whose_target_is_rotated(tmp_path: Path, make: Make, *, down: bool) -> None:
    real = tmp_path / "pods" / "0.log"
    real.parent.mkdir()
    link = tmp_path / "web.log"
    link.symlink_to(real)
    write(real, 1)
    reader = make(link)
    reader.step()
    write(real, 2)
    if down:
        reader.collection.close()
    real.rename(real.with_name("0.log.20260101-120000"))
    write(real, 3)
    if down:
        reader.restart()
    reader.settle()
    assert numbers(reader) == [1, 2, 3]


def test_a_switched_link_is_followed_back_to_the_rest(tmp_path: Path, make: Make) -> None:
    for version in ("v1", "v2"):
        (tmp_path / f"..{version}").mkdir()
        write(tmp_path / f"..{version}" / "web.log", int(version[1]))
    data, link = tmp_path / "..data", tmp_path / "web.log"
    data.symlink_to("..v1")
    link.symlink_to("..data/web.log")
    reader = make(link)
    reader.step()
    reader.collection.close()
    write(tmp_path / "..v1" / "web.log", 11)
    data.unlink()
    data.symlink_to("..v2")
    reader.restart()
    reader.settle()
    assert numbers(reader) == [1, 2, 11]


def test_devices_that_are_numbered_anew_change_nothing(log: Path, reader: Reader) -> None:
    write(log, 1, 2)
    reader.step()
    reader.stored = {
        key: identity.moved(identity.path, identity.device + 1, identity.inode)
        for key, identity in reader.stored.items()
    }
    reader.restart()
    write(log, 3)
    reader.settle()
    assert numbers(reader) == [1, 2, 3]


@pytest.mark.parametrize("many", [3, 30])
def test_the_next_replacement_may_have_the_inode_of_the_last_file(
    log: Path, reader: Reader, *, many: int
) -> None:
    write(log, *range(many))
    reader.step()
    reader.collection.close()
    fresh = log.with_name("tmp2f31")
    fresh.write_bytes(log.read_bytes() + line(many) + b"\n")
    log.with_name(".app.tmp").hardlink_to(log)  # as if it had been used again
    fresh.replace(log)
    reader.restart()
    reader.settle()
    assert numbers(reader) == [*range(many + 1)]


def test_a_replacement_has_what_was_unread_too(log: Path, reader: Reader) -> None:
    write(log, *range(30))
    reader.step()
    write(log, 30, 31)
    reader.now += 1
    reader.collection.poll(reader.now)
    fresh = log.with_name(".app.tmp")
    fresh.write_bytes(log.read_bytes() + line(32) + b"\n")
    fresh.replace(log)
    reader.settle()
    assert numbers(reader) == [*range(33)]


def test_what_was_read_of_a_file_that_was_replaced_is_read_again(log: Path, reader: Reader) -> None:
    write(log, *range(30))
    reader.step()
    write(log, 30)
    reader.collection.poll(reader.now + 2)
    (entry,) = reader.collection.pending()
    reader.collection.read(entry.file_id)
    assert reader.collection.has_read(entry.file_id, 3000)
    fresh = log.with_name(".app.tmp")
    fresh.write_bytes(log.read_bytes() + line(31) + b"\n")
    fresh.replace(log)
    reader.now += 5
    reader.collection.poll(reader.now)
    assert not reader.collection.has_read(entry.file_id, 3000)
    reader.settle()
    assert numbers(reader) == [*range(32)]


def test_a_file_that_vanishes_for_a_while_goes_on_where_it_was(log: Path, reader: Reader) -> None:
    write(log, 1)
    reader.step()
    away = log.with_name(".away")
    log.rename(away)
    reader.settle()
    write(away, 2)
    away.rename(log)
    reader.settle()
    assert numbers(reader) == [1, 2]


def test_a_file_that_is_refused_for_a_while_is_said_once(
    log: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, 1)
    reader.step()
    write(log, 2)
    pread = os.pread

    def refuse(descriptor: int, size: int, offset: int) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "pread", refuse)
    for _ in range(3):
        reader.step(2.0)
    monkeypatch.setattr(os, "pread", pread)
    assert reader.notices == [f"{log}: Permission denied"]
    reader.settle()
    assert numbers(reader) == [1, 2]


def test_a_file_may_be_replaced_before_its_format_is_asked_for(tmp_path: Path, make: Make) -> None:
    reader = make(tmp_path)
    reader.collection._open_files = 0
    log = tmp_path / "app.log"
    write(log, 1)
    reader.collection.poll(1.0)
    (entry,) = reader.collection.pending()
    log.unlink()
    write(log.with_name("other.log"), 9)  # takes its inode, mostly
    write(log, 2)
    assert reader.collection.sample(entry.file_id, 10) == b""
    assert reader.collection.read(entry.file_id) is None


def test_a_file_that_is_left_out_is_asked_again_when_there_is_more_of_it(
    log: Path, reader: Reader
) -> None:
    log.write_bytes(b"garbage\n")
    reader.now += 1
    reader.collection.poll(reader.now)
    (entry,) = reader.collection.pending()
    reader.collection.ignore(entry.file_id, "no line begins with a time")
    reader.step()
    assert reader.lines == []
    write(log, 1)
    reader.step()
    assert len(reader.lines) == 2


def test_descriptors_of_unread_files_are_kept_longest(tmp_path: Path, make: Make) -> None:
    reader = make(tmp_path)
    reader.collection._open_files = 1
    write(tmp_path / "a.log", 1)
    write(tmp_path / "b.log", 1)
    reader.step()
    write(tmp_path / "a.log", 2)
    reader.now += 2
    reader.collection.poll(reader.now)
    reader.collection.poll(reader.now + 2)
    held = [follow.path.name for follow in reader.collection._followed if follow.is_open]
    assert held == ["a.log"]


def test_marks_stay_few_however_long_a_file_is_followed() -> None:
    identity = unread(1, "app.log", 1, 1)
    for number in range(1, 20_001):
        identity = advanced(identity, b"head", b"before", number * 100)
    places = [mark.offset for mark in unpacked(identity.marks)]
    assert places == sorted(places)
    assert len(places) < 40
    gaps = [2_000_000 - offset for offset in places]
    assert all(farther <= 3 * nearer + 200 for farther, nearer in pairwise(gaps))


def test_a_shared_header_makes_no_copy(tmp_path: Path) -> None:
    header = b"#" * (2 * SPAN) + b"\n"
    path = tmp_path / "app.log"
    path.write_bytes(header + b"other content\n" * 400)
    with path.open("rb") as file:
        read = _read(header + line(1) * 900, len(header))
        assert still_has(read, file.fileno()) == 0
        assert not is_part(read, file.fileno())


def _read(content: bytes, *stops: int) -> Identity:
    """The identity of some content that was read up to each of the stops, and to its end."""
    identity = unread(1, "app.log", 1, 1)
    for stop in (*stops, len(content)):
        start = identity.offset
        inside = within(content[:start][-SPAN:], content[start:stop], start)
        head, before = content[: min(SPAN, stop)], content[:stop][-SPAN:]
        identity = advanced(identity, head, before, stop, inside)
    return identity


@given(
    size=st.integers(2, 3_000),
    stops=st.lists(st.integers(1, 3_000), max_size=5),
    part=st.integers(2, 3_000),
)
def test_every_first_part_of_whole_lines_is_told_however_it_was_read(
    tmp_path_factory: pytest.TempPathFactory, size: int, stops: list[int], part: int
) -> None:
    content = b"".join(line(number) + b"\n" for number in range(size))
    cuts = sorted({100 * stop for stop in stops if stop < size})
    read = _read(content, *cuts)
    path = tmp_path_factory.mktemp("part") / "app.log.1"
    length = min(100 * part, len(content))
    for copy, like in ((content[:length], True), (b"other " + content[: length - 6], False)):
        path.write_bytes(copy)
        with path.open("rb") as file:
            assert is_part(read, file.fileno()) == (like and length < len(content))


@pytest.mark.parametrize("lines", [3, 30])
@pytest.mark.parametrize("down", [False, True])
def test_a_copy_made_inside_of_what_was_read_at_once_is_not_read_again(
    log: Path, reader: Reader, lines: int, *, down: bool
) -> None:
    write(log, *range(60))
    reader.step()
    write(log.with_name("app.log.1"), *range(lines))  # when so much was there
    if down:
        reader.collection.close()
    os.truncate(log, 0)
    write(log, 100)
    if down:
        reader.restart()
    reader.settle()
    assert numbers(reader) == [*range(60), 100]
    assert len(reader.gaps) == 1
    assert "was copied and truncated" in reader.gaps[0].reason
