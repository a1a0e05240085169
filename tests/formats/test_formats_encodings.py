"""The golden files of lines in other encodings and with other line ends: the same records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.config.settings import SourceSettings
from console.formats.csv_metrics import Csv
from console.formats.jsonl import JsonLines
from console.formats.protocol import Decoded, Format
from console.formats.registry import SAMPLE, detect
from console.formats.text import TextLog
from console.formats.utf16 import Utf16, as_utf8, codec_of
from console.records.frames import Records, concat
from console.sources.chunk import Chunk
from console.sources.collection import Collection
from console.sources.defaults import Defaults
from console.sources.discover import Discovery

GOLDEN = Path(__file__).parent / "golden"
LINED = ["access.log", "logfmt.log", "long.csv", "metrics.prom", "otlp.jsonl", "syslog.log"]
LINED += ["native.jsonl", "predictions.csv", "python.log", "stamped.log", "wide.csv"]
WRITTEN = 1795161600.0
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def decoded(form: Format, data: bytes, name: str) -> Decoded:
    return form.decode(Chunk(7, name, 0, data, final=True, written=WRITTEN), Defaults())


def without_places(records: Records) -> list[list[tuple[Any, ...]]]:
    """The rows but for where they stand, and ids made of that."""
    kept = {
        name: frame.drop("offset", "raw", strict=False)
        for name, frame in records.items()
        if name != "rejects"
    }
    if "id" in kept["predictions"].columns:
        made = pl.col("id").str.replace(r"^7:[0-9]+$", "made")
        kept |= {name: kept[name].with_columns(made) for name in ("predictions", "labels")}
    return [*(frame.rows() for frame in kept.values()), records.rejects.select("reason").rows()]


def newest(records: Any, before: float | None) -> float | None:
    """The newest time so far."""
    times = [
        frame["ts"].dt.epoch("us").max() / 1e6
        for name, frame in records.items()
        if name != "rejects" and frame.height
    ]
    return max([*times, *([] if before is None else [before])], default=None)


def with_crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize("name", LINED)
@pytest.mark.parametrize("written", ["mark", "crlf", "utf-16-le", "utf-16-be"])
def test_the_records_are_the_same(name: str, written: str) -> None:
    text = (GOLDEN / name).read_bytes().replace(b"\x00", b"").decode(errors="ignore").encode()
    found = detect(text[:SAMPLE], name)
    assert found.format is not None
    data = {
        "mark": lambda: b"\xef\xbb\xbf" + text,
        "crlf": lambda: with_crlf(text),
    }.get(written, lambda: MARKS[written] + text.decode().encode(written))()
    other = detect(data[:SAMPLE], name)
    assert other.format is not None
    assert other.format.name == found.format.name
    assert ("in UTF-16" in other.reason) == ("utf" in written)
    expected = decoded(found.format, text, name).records
    records = decoded(other.format, data, name).records
    assert without_places(records) == without_places(expected)
    for raw, at in records.rejects.select("raw", "offset").rows():
        assert data[at:].startswith(raw)
    if "utf" in written:
        starts = {
            0,
            *(at + 2 for at in range(0, len(data), 2) if data[at : at + 2].strip(b"\x00") == b"\n"),
        }
        assert starts.issuperset(at for _, frame in records.items() for at in frame["offset"])


@pytest.mark.parametrize("codec", MARKS)
@pytest.mark.parametrize("name", ["wide.csv", "syslog.log"])
def test_it_is_followed_while_it_grows(tmp_path: Path, name: str, codec: str, same: Any) -> None:
    data = MARKS[codec] + (GOLDEN / name).read_bytes().decode(errors="ignore").encode(codec)
    path = tmp_path / name
    path.touch()
    collection = Collection(Discovery([], [SourceSettings(path=str(path))]))
    parts: list[Records] = []
    steps = range(0, len(data), 331)
    form, last = None, None
    for number, step in enumerate(steps):
        with path.open("ab") as file:
            file.write(data[step : step + 331])
        final = step == steps[-1]
        collection.poll(float(number))
        while pending := collection.pending(final=final):
            file_id = pending[0].file_id
            chunk = collection.read(file_id, 100, final=final, newest_ts=last)
            if chunk is None:
                continue
            form = form or detect(collection.sample(file_id, SAMPLE), name).format
            assert form is not None
            found = form.decode(replace(chunk, written=WRITTEN), Defaults())
            last = newest(found.records, last)
            parts.append(found.records)
            collection.advance(file_id, found.consumed)
    (identity,) = [follow.identity for follow in collection.followed.values()]
    collection.close()
    assert identity.offset == len(data)
    assert form is not None
    whole = Chunk(identity.file_id, str(path), 0, data, final=True, written=WRITTEN)
    same(concat(parts), form.decode(whole, Defaults()).records)


WORDS = st.sampled_from(
    [
        *("2026-01-02 03:04:05 INFO app: hello", "é€😀", "਀ĊĀ", '{"ts":1,"message":"x"}', "a,b"),
        *("\r", "\x00", " ", "2026-01-02 03:04:06,3", "ts,value", "5", '"', "Traceback"),
    ]
)
TEXTS = st.lists(st.lists(WORDS, max_size=3).map("".join), max_size=8)


@pytest.mark.parametrize("codec", MARKS)
@pytest.mark.parametrize("form", [TextLog(), Csv(), JsonLines()], ids=lambda form: str(form.name))
@settings(max_examples=40, deadline=None)
@given(texts=TEXTS, cuts=st.lists(st.integers(0, 50), max_size=3), tail=st.binary(max_size=5))
def test_any_chunks_give_the_same_rows(
    decoding: Any,
    same: Any,
    form: Any,
    codec: str,
    texts: list[str],
    cuts: list[int],
    tail: bytes,
) -> None:
    lines = [(text + "\n").encode(codec) for text in texts]
    lines = [MARKS[codec], *lines, tail]
    whole = b"".join(lines)
    decode = decoding(Utf16(form, codec))
    expected = decode(whole)
    assert expected.consumed == len(whole)
    stops = sorted({sum(map(len, lines[: cut % len(lines) + 1])) for cut in cuts} | {len(whole)})
    parts, at, last = [], 0, None
    for stop in stops:
        found = decode(
            whole[at:stop], offset=at, final=stop == len(whole), head=whole[:at], newest_ts=last
        )
        at += found.consumed
        parts.append(found.records)
        last = newest(found.records, last)
    assert at == len(whole)
    same(concat(parts), expected.records)
    for raw, place in expected.records.rejects.select("raw", "offset").rows():
        assert whole[place:].startswith(raw)


def test_utf_32_is_none_of_it() -> None:
    assert codec_of(b"\xff\xfe\x00\x00") is None
    assert detect("a\n".encode("utf-32"), "x").format is None
    assert as_utf8(b"a\x00\x00\xd8b\x00c", "utf-16-le") == "a\ufffdb\ufffd".encode()


def test_a_named_format_waits_for_the_whole_mark() -> None:
    assert not detect(b"\xff", "x", "jsonl").settled
    assert isinstance(detect(b"\xff\xfe", "x", "jsonl").format, Utf16)
