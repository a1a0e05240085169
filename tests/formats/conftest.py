from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from console.formats.csv_metrics import Csv
from console.formats.jsonl import JsonLines
from console.formats.protocol import Decoded, Defaults, Format
from console.formats.text import TextLog
from console.records.frames import SCHEMAS, concat
from console.sources.chunk import HEAD, Chunk

Decode = Callable[..., Decoded]


def decoder(format_: Format) -> Decode:
    def decode(
        data: bytes,
        *,
        offset: int = 0,
        final: bool = True,
        newest_ts: float | None = None,
        cut: bool = False,
        head: bytes = b"",
        written: float | None = None,
        **defaults: str,
    ) -> Decoded:
        chunk = Chunk(7, "file", offset, data, final, newest_ts, cut, head, written)
        decoded = format_.decode(chunk, Defaults(**defaults))
        for name, frame in decoded.records.items():
            assert frame.schema == pl.Schema(SCHEMAS[name])
        return decoded

    return decode


@pytest.fixture(scope="session")
def decoding() -> Callable[[Format], Decode]:
    """Gives a format's decoder, its frames checked."""
    return decoder


@pytest.fixture(scope="session")
def jsonl() -> Decode:
    return decoder(JsonLines())


@pytest.fixture(scope="session")
def text() -> Decode:
    return decoder(TextLog())


@pytest.fixture(scope="session")
def csv() -> Decode:
    return decoder(Csv())


@pytest.fixture(scope="session")
def in_parts() -> Any:
    """Decodes a file in chunks that end at the given line numbers, as an engine would."""

    def decode(
        decode_chunk: Decode, data: bytes, cuts: list[int], written: float | None = None
    ) -> Any:
        ends = [place + 1 for place, byte in enumerate(data) if byte == 10]
        stops = [*sorted({ends[cut % len(ends)] for cut in cuts} if ends else ()), len(data)]
        parts, offset, newest = [], 0, None
        for stop in stops:
            final = stop == len(data)
            if offset == stop and not final:
                continue
            found = decode_chunk(
                data[offset:stop],
                offset=offset,
                final=final,
                newest_ts=newest,
                head=data[: min(offset, HEAD)],
                written=written,
            )
            offset += found.consumed
            times = [
                max(frame["ts"].dt.epoch("us").to_list())
                for name, frame in found.records.items()
                if name != "rejects" and frame.height
            ]
            newest = max(
                [time / 1e6 for time in times] + ([newest] if newest is not None else []),
                default=None,
            )
            parts.append(found.records)
        assert offset == len(data)
        return concat(parts)

    return decode


@pytest.fixture(scope="session")
def same() -> Any:
    """Asserts that two bundles of records are equal."""

    def check(left: Any, right: Any) -> None:
        for (name, one), (_, other) in zip(left.items(), right.items(), strict=True):
            assert one.rows() == other.rows(), name

    return check
