from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Reader = Any
Make = Any


def write(path: Path, *numbers: int, width: int = 40) -> None:
    """Appends numbered lines, each of its own content."""
    with path.open("ab") as file:
        file.write(b"".join(line(number, width) + b"\n" for number in numbers))


def line(number: int, width: int = 40) -> bytes:
    return f"line {number} ".encode().ljust(width, b".")


def lines(*numbers: int) -> list[bytes]:
    return [line(number) for number in numbers]


def test_appended_lines_are_read_once(log: Path, reader: Reader) -> None:
    write(log, *range(5))
    reader.step()
    write(log, *range(5, 9))
    reader.step()
    reader.step()
    assert reader.lines == lines(*range(9))
    assert len(reader.by_file) == 1


def test_a_new_file_is_found(log: Path, reader: Reader) -> None:
    reader.step()
    write(log, 1)
    reader.step(0.5)
    assert reader.lines == []
    reader.step(6.0)
    assert reader.lines == lines(1)


def test_a_changed_path_is_looked_at_without_waiting(log: Path, reader: Reader) -> None:
    write(log, 1)
    reader.step()
    write(log, 2)
    reader.now += 0.01
    reader.collection.poll(reader.now)
    assert reader.collection.pending() == []
    reader.collection.poll(reader.now, [log])
    assert [entry.unread for entry in reader.collection.pending()] == [41]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_a_file_that_cannot_be_told_leaves_no_descriptor_open(
    log: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    def held() -> int:
        return len([*Path("/proc/self/fd").iterdir()])

    write(log, 1)
    with monkeypatch.context() as patch:
        patch.setattr("console.sources.recognition.Recognition.recognised", refuse)
        reader.step(6.0)
        before = held()
        for _ in range(5):
            reader.step(6.0)
        assert held() == before
        assert reader.lines == []
        assert "Input/output error" in " ".join(reader.collection.refused().values())
    reader.step(6.0)
    assert reader.lines == lines(1)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("many", [3, 400])
def test_rename_and_create(
    log: Path, reader: Reader, only: Reader, *, restart: bool, both: bool, many: int
) -> None:
    chosen = reader if both else only
    write(log, *range(many))
    chosen.step()
    write(log, many)
    log.rename(log.with_name("app.log.1"))
    write(log, many + 1, many + 2)
    if restart:
        chosen.restart()
    chosen.settle()
    assert sorted(chosen.lines) == sorted(lines(*range(many + 3)))
    write(log, many + 3)
    chosen.settle()
    assert chosen.lines[-1] == line(many + 3)
    assert len(chosen.lines) == many + 4


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("both", [False, True])
def test_two_rotations(
    log: Path, reader: Reader, only: Reader, *, restart: bool, both: bool
) -> None:
    chosen = reader if both else only
    write(log, 1, 2)
    chosen.step()
    if restart:
        chosen.restart()
    log.rename(log.with_name("app.log.2"))
    write(log, 3)
    log.rename(log.with_name("app.log.1"))
    write(log, 4)
    if not restart:
        chosen.settle()
        chosen.restart()
    chosen.settle()
    assert sorted(chosen.lines) == lines(1, 2, 3, 4)


def test_a_writer_that_still_holds_the_renamed_file(log: Path, only: Reader) -> None:
    write(log, 1)
    only.step()
    with log.open("ab") as stale:
        log.rename(log.with_name("app.log.1"))
        write(log, 2)
        only.step()
        stale.write(line(3) + b"\n")
        stale.flush()
        only.step(2.0)
    assert sorted(only.lines) == lines(1, 2, 3)


def test_an_unlinked_file_is_read_to_its_end(log: Path, reader: Reader) -> None:
    write(log, 1)
    reader.step()
    write(log, 2)
    with log.open("ab") as file:
        file.write(b"no newline")
    log.unlink()
    reader.settle()
    assert reader.lines == [*lines(1, 2), b"no newline"]
    assert [identity.closed for identity in reader.stored.values()] == [True]


@pytest.mark.parametrize("restart", [False, True])
def test_unlink_and_create(log: Path, reader: Reader, *, restart: bool) -> None:
    write(log, 1, 2)
    reader.step()
    if restart:
        reader.collection.close()
    log.unlink()
    write(log, 11, 12, 13)  # often in the very same inode when nobody holds the old one
    if restart:
        reader.restart()
    reader.settle()
    assert reader.lines == lines(1, 2, 11, 12, 13)
    assert len(reader.by_file) == 2


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("size", [1, 3, 7], ids=["shorter", "equal", "longer"])
def test_truncation_in_place(log: Path, reader: Reader, *, size: int, restart: bool) -> None:
    write(log, 1, 2, 3)
    reader.step()
    if restart:
        reader.restart()
    with log.open("r+b") as file:
        file.truncate(0)
        file.write(b"".join(line(number) + b"\n" for number in range(11, 11 + size)))
    os.utime(log, ns=(1, 10**18))  # the clock of some file systems is coarse
    reader.settle()
    assert reader.lines == lines(1, 2, 3, *range(11, 11 + size))
    first, second = reader.by_file
    assert first != second


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("size", [0, 1, 3, 70], ids=["empty", "shorter", "equal", "longer"])
def test_copytruncate(
    log: Path, reader: Reader, only: Reader, *, size: int, both: bool, restart: bool
) -> None:
    chosen = reader if both else only
    write(log, *range(50))
    chosen.step()
    write(log, 50, 51)
    if restart:
        chosen.collection.close()
    shutil.copy(log, log.with_name("app.log.1"))
    os.truncate(log, 0)
    write(log, *range(100, 100 + size))
    os.utime(log, ns=(1, 10**18))
    if restart:
        chosen.restart()
    chosen.settle()
    assert sorted(chosen.lines) == sorted(lines(*range(52), *range(100, 100 + size)))
    chosen.restart()
    write(log, 1000)
    chosen.settle()
    assert len(chosen.lines) == 52 + size + 1
    assert chosen.notices == [
        f"{log} was copied and truncated: what was written in between, if anything, is lost"
    ]


def test_a_copy_that_is_seen_before_the_truncation(log: Path, reader: Reader) -> None:
    write(log, *range(100))
    reader.step()
    whole = log.read_bytes()
    copy = log.with_name("app.log.1")
    copy.write_bytes(whole[:2000])
    reader.step(6.0)
    copy.write_bytes(whole)
    reader.step(6.0)
    write(log, 100)
    reader.step()
    copy.write_bytes(log.read_bytes())
    os.truncate(log, 0)
    write(log, 101)
    reader.settle()
    assert sorted(reader.lines) == sorted(lines(*range(102)))


def test_lost_bytes_are_told(log: Path, only: Reader) -> None:
    write(log, 1, 2)
    only.step()
    write(log, 3)
    only.now += 1.0
    only.collection.poll(only.now)
    os.truncate(log, 0)
    write(log, 4)
    only.settle()
    assert only.lines == lines(1, 2, 4)
    assert only.notices == [f"{log} was truncated or written anew: 41 unread bytes are lost"]
    assert [gap.reason for gap in only.gaps] == [f"gap: {only.notices[0]}"]


def test_lost_while_nobody_looked_is_told(log: Path, only: Reader) -> None:
    write(log, 1, 2)
    only.step()
    log.unlink()
    only.restart()
    only.step()
    assert only.notices == [f"{log} is gone"]
    assert only.gaps == []


def test_an_editor_that_writes_the_file_anew(log: Path, reader: Reader) -> None:
    write(log, *range(100))
    reader.step()
    fresh = log.with_name("app.tmp")
    fresh.write_bytes(log.read_bytes() + line(100) + b"\n")
    fresh.replace(log)
    reader.settle()
    assert reader.lines == lines(*range(101))


def test_a_short_header_shared_with_the_next_file(log: Path, reader: Reader) -> None:
    log.write_bytes(b"header\n")
    reader.step()
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(b"header\n" + line(1) + b"\n")
    reader.settle()
    assert reader.lines == [b"header", b"header", line(1)]


def test_a_long_header_shared_with_the_next_file(log: Path, reader: Reader) -> None:
    header = b"#" * 3000 + b"\n"
    log.write_bytes(header)
    reader.step()
    log.rename(log.with_name("app.log.1"))
    log.write_bytes(header + line(1) + b"\n")
    reader.settle()
    assert [len(each) for each in reader.lines] == [3000, 3000, 40]


def test_a_fingerprint_grows_with_the_file(log: Path, reader: Reader) -> None:
    log.write_bytes(b"short\n")
    reader.step()
    write(log, *range(100))
    reader.step()
    reader.restart()
    reader.step()
    write(log, 100)
    reader.step()
    assert reader.lines == [b"short", *lines(*range(101))]
    (identity,) = reader.stored.values()
    assert identity.fingerprint_size == 1024


def test_a_symbolic_link_that_is_turned(tmp_path: Path, make: Make) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    link = tmp_path / "current.log"
    write(folder / "a", 1)
    link.symlink_to(folder / "a")
    reader = make(link)
    reader.step()
    write(folder / "a", 2)
    write(folder / "b", 3)
    link.unlink()
    link.symlink_to(folder / "b")
    reader.settle()
    assert sorted(reader.lines) == lines(1, 2, 3)


def test_two_names_of_one_file_are_read_once(log: Path, reader: Reader) -> None:
    write(log, 1)
    log.with_name("current.log").symlink_to(log)
    log.with_name("hard.log").hardlink_to(log)
    reader.settle()
    assert reader.lines == lines(1)


def test_equal_files_are_different_files(tmp_path: Path, reader: Reader) -> None:
    write(tmp_path / "a.log", 1)
    write(tmp_path / "b.log", 1)
    reader.settle()
    assert reader.lines == lines(1, 1)


def test_a_failed_transaction_moves_nothing(log: Path, reader: Reader) -> None:
    write(log, 1)
    reader.step(0.0)
    write(log, 2)
    reader.now += 1
    reader.collection.poll(reader.now)
    (entry,) = reader.collection.pending()
    first = reader.collection.read(entry.file_id)
    assert first is not None
    reader.collection.after(entry.file_id, len(first.data))
    assert reader.collection.read(entry.file_id) == first


def test_an_open_record_waits_for_quiet(log: Path, reader: Reader) -> None:
    write(log, 1, 2)
    collection = reader.collection
    collection.poll(1.0)
    (entry,) = collection.pending()
    chunk = collection.read(entry.file_id)
    assert chunk is not None
    assert not chunk.final
    collection.advance(entry.file_id, 41)
    assert collection.pending() == []
    collection.poll(1.5)
    assert collection.pending() == []
    collection.poll(2.5)
    (entry,) = collection.pending()
    assert entry.unread == 41
    chunk = collection.read(entry.file_id)
    assert chunk is not None
    assert chunk.final
    assert chunk.offset == 41


def test_a_record_longer_than_a_read_gets_longer_reads(log: Path, reader: Reader) -> None:
    log.write_bytes(b"x\n" * 50_000)
    collection = reader.collection
    collection.poll(1.0)
    (entry,) = collection.pending()
    sizes = []
    for _ in range(12):
        chunk = collection.read(entry.file_id, 1000)
        assert chunk is not None
        sizes.append(len(chunk.data))
        collection.advance(entry.file_id, 0)
        if not collection.pending():
            break
    assert sizes[0] == 1000
    assert sizes == sorted(sizes)
    assert sizes[-1] == 100_000


def test_more_files_than_descriptors(tmp_path: Path, reader: Reader) -> None:
    reader.collection._open_files = 2
    paths = [tmp_path / f"{name}.log" for name in "abcde"]
    for path in paths:
        write(path, 1)
    reader.step()
    reader.step()
    assert sum(follow.is_open for follow in reader.collection._followed) == 2
    for path in paths:
        write(path, 2)
    paths[0].rename(tmp_path / "a.log.1")
    write(paths[0], 3)
    reader.settle()
    assert sorted(reader.lines) == lines(*[1] * 5, *[2] * 5, 3)


def test_a_pipe_is_left_alone(log: Path, reader: Reader) -> None:
    os.mkfifo(log)
    reader.settle()
    assert reader.lines == []
    assert reader.notices == []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=30).filter(lambda raw: not raw.startswith(b"\x1f")),
            st.text("ab\n", min_size=1, max_size=20).map(str.encode),
            st.sampled_from(["step", "restart", "rotate"]),
        ),
        max_size=25,
    ),
    st.integers(1, 40),
)
def test_whatever_is_written_is_read_once(
    tmp_path_factory: pytest.TempPathFactory,
    make: Make,
    actions: list[bytes | str],
    limit: int,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    log = folder / "app.log"
    reader = make(folder, limit=limit)
    generations = [b""]
    for action in actions:
        if isinstance(action, bytes):
            with log.open("ab") as file:
                file.write(action)
            generations[-1] += action
        elif action == "rotate" and log.exists():
            log.rename(folder / f"app.log.{len(generations)}")
            generations.append(b"")
        elif action == "restart":
            reader.restart()
        else:
            reader.step()
    reader.step(6.0)
    reader.step(6.0, final=True)
    reader.collection.close()
    assert set(reader.starts.values()) <= {0}
    assert sorted(reader.by_file.values()) == sorted(filter(None, generations))
