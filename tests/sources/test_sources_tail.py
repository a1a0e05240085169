from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.sources import tail as tail_module
from console.sources.tail import Piece, Tail


@pytest.fixture
def open_tail(tmp_path: Path) -> Any:
    made: list[Tail] = []

    def one(data: bytes) -> Tail:
        path = tmp_path / "file"
        path.write_bytes(data)
        made.append(Tail(path))
        return made[-1]

    yield one
    for tail in made:
        tail.close()


Open = Callable[[bytes], Tail]


def test_whole_lines_up_to_the_limit(open_tail: Open) -> None:
    tail = open_tail(b"aaa\nbbb\nccc\n")
    assert tail.read(0, 9, partial=False) == Piece(b"aaa\nbbb\n", False, False, False)
    assert tail.read(8, 9, partial=False) == Piece(b"ccc\n", False, True, True)
    assert tail.read(12, 9, partial=False) == Piece(b"", False, True, False)


def test_a_partial_line_waits_unless_wanted(open_tail: Open) -> None:
    tail = open_tail(b"aaa\nbb")
    assert tail.read(0, 100, partial=False) == Piece(b"aaa\n", False, True, False)
    assert tail.read(4, 100, partial=False) == Piece(b"", False, True, False)
    assert tail.read(4, 100, partial=True) == Piece(b"bb", False, True, True)


def test_a_line_longer_than_the_limit_comes_whole(open_tail: Open) -> None:
    tail = open_tail(b"a" * 5000 + b"\nb\n")
    assert tail.read(0, 10, partial=False).data.startswith(b"a" * 5000 + b"\n")


def test_the_longest_lines_come_in_pieces(open_tail: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "LINE_LIMIT", 64)
    content = b"a" * 150 + b"\nb\n"
    tail = open_tail(content)
    offset, pieces = 0, []
    while offset < len(content):
        piece = tail.read(offset, 16, partial=False)
        pieces.append((len(piece.data), piece.cut))
        offset += len(piece.data)
    assert pieces == [(64, True), (64, True), (23, True), (2, False)]


def test_the_rest_of_a_line_read_too_early_is_cut(open_tail: Open) -> None:
    tail = open_tail(b"abcdef\nghi\n")
    assert tail.read(3, 100, partial=False) == Piece(b"def\n", True, False, False)
    assert tail.read(7, 100, partial=False) == Piece(b"ghi\n", False, True, True)


def test_only_regular_files(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        Tail(tmp_path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200).map(lambda data: data.replace(b"\x1f", b"\n")), st.integers(1, 50))
def test_pieces_put_together_are_the_file(open_tail: Open, content: bytes, limit: int) -> None:
    tail = open_tail(content)
    offset = 0
    while piece := tail.read(offset, limit, partial=False).data:
        assert piece.endswith(b"\n")
        assert content[offset:].startswith(piece)
        offset += len(piece)
    assert offset == content.rfind(b"\n") + 1
    assert tail.read(offset, limit, partial=True).data == content[offset:]
