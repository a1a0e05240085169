from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.sources.checksum import masked_crc32c
from console.sources.tail import Tail
from console.sources.units import LOOKED_AT, Newline, Units, is_whole, units_of


def test_the_checksum_is_that_of_the_standard() -> None:
    turned = (masked_crc32c(b"123456789") - 0xA282EAD8) & 0xFFFFFFFF
    assert ((turned >> 17) | (turned << 15)) & 0xFFFFFFFF == 0xE3069283
    assert masked_crc32c(b"\x18" + bytes(7)) == 0x224B7FA3  # as every event file begins


@pytest.mark.parametrize(
    ("head", "units"),
    [
        (b"", Units.LINES),
        (b'{"ts": 1}\n..', Units.LINES),
        (b"PAR1\x15\x04", Units.WHOLE),
        (b"\xff\xfea\x00", Units.UTF16_LE),
        (b"\xfe\xff\x00a", Units.UTF16_BE),
        (b"\xff\xfe\x00\x00", Units.LINES),
        (b"\x18" + bytes(7) + b"\xa3\x7f\x4b\x22", Units.RECORDS),
        (b"\x18" + bytes(7) + b"\xa3\x7f\x4b\x23", Units.LINES),
    ],
)
def test_the_first_bytes_tell(head: bytes, units: Units) -> None:
    assert units_of(head[:LOOKED_AT]) is units


@given(st.binary(max_size=40), st.sampled_from([b"\n", b"\n\x00", b"\x00\n"]))
def test_newlines_are_whole_characters(data: bytes, code: bytes) -> None:
    width = len(code)
    places = [at for at in range(0, len(data) - width + 1, width) if data[at : at + width] == code]
    newline = Newline(code)
    assert newline.first(data) == (places[0] if places else -1)
    assert newline.last(data) == (places[-1] if places else -1)


@given(st.text(alphabet="aé\n਀Ċ", max_size=30), st.integers(1, 20), st.booleans())
def test_lines_of_two_bytes_a_character_are_cut_whole(
    tmp_path_factory: pytest.TempPathFactory, text: str, limit: int, partial: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "utf16.log"
    data = b"\xff\xfe" + text.encode("utf-16-le")
    path.write_bytes(data)
    tail = Tail(path)
    read = b""
    while piece := tail.read(len(read), limit, partial=partial).data:
        read += piece
        assert partial or piece.endswith(b"\n\x00")
    tail.close()
    end = len(data) if partial else Newline(b"\n\x00").last(data) + 2
    assert read == data[: end if partial or end > 1 else 0]


def test_a_parquet_file_is_whole_by_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content, whole in (
        (b"PAR1", False),
        (b"PAR1" + bytes(4) + b"PAR1", True),
        (b"PAR1" + b"\xff\xff\x00\x00PAR1", False),
        (b"PAR1" + b"x" * 10 + (10).to_bytes(4, "little") + b"PAR1", True),
    ):
        path.write_bytes(content)
        descriptor = os.open(path, os.O_RDONLY)
        assert is_whole(descriptor) is whole
        os.close(descriptor)
