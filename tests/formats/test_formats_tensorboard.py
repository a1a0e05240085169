"""TensorBoard's event files: golden, torn, damaged, in pieces, and any bytes."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard_writer import (
    double,
    event,
    nested,
    number,
    plugin,
    record,
    scalar,
    single,
    tensor,
    varint,
    version,
)

from console.formats.protobuf import WireError, fields, signed
from console.formats.protobuf import varint as read_varint
from console.formats.registry import detect
from console.formats.tensorboard import TensorBoard, run_of
from console.records.frames import concat
from console.sources.collection import Collection
from console.sources.defaults import Defaults
from console.sources.discover import Discovery

GOLDEN = Path(__file__).parent / "golden_binary" / "events.out.tfevents.1795161600.host"
START = 1795161600.0
EIGHT = datetime(2026, 11, 20, 8)


def golden() -> bytes:
    """How the golden file came to be."""
    shape = nested(2, nested(2, number(1, 2)) + nested(2, number(1, 3)))
    buckets = struct.pack("<6d", 0.0, 1.0, 4.0, 1.0, 2.0, 6.0)
    histogram = double(2, 9.0) + double(3, 10.0) + double(4, 45.0)
    return b"".join(
        [
            version(START),
            record(double(1, START) + nested(4, b"a graph")),
            event(START, 0, scalar("loss", 0.5), scalar("auc", 0.75)),
            event(START + 1.5, 1, scalar("loss", 0.25)),
            event(START + 2, 2, tensor("lr", "scalars", number(1, 1) + single(5, 0.125))),
            event(
                START + 3,
                3,
                tensor("lr", "scalars", number(1, 2) + nested(4, struct.pack("<d", 2))),
            ),
            event(START + 4, 4, tensor("zero", "scalars", number(1, 1) + nested(2, b""))),
            event(START + 5, -1, tensor("count", "scalars", number(1, 9) + number(10, -3))),
            event(
                START + 6, 6, tensor("note", "text", number(1, 7) + nested(8, "café\n<b>".encode()))
            ),
            event(START + 7, 7, nested(1, b"weights") + nested(5, histogram)),
            event(
                START + 8,
                8,
                tensor("acts", "histograms", number(1, 2) + shape + nested(4, buckets)),
            ),
            event(START + 9, 9, nested(1, b"cat") + nested(4, b"png")),
            event(START + 10, 10, scalar("loss", float("nan")), scalar("auc", 0.5)),
            event(START + 11, 11, nested(1, b"_hparams_/experiment") + plugin("hparams")),
            record(double(1, START + 12) + nested(6, number(1, 30) + nested(2, b"slow input"))),
            event(float("nan"), 0, scalar("loss", 1.0)),
        ]
    )


def test_the_golden_file(decoding: Any) -> None:
    data = GOLDEN.read_bytes()
    assert data == golden()
    decoded = decoding(TensorBoard())(data, model="churn")
    assert decoded.consumed == len(data)
    metrics = decoded.records.metrics
    assert metrics.select("ts", "name", "value", "attributes").rows() == [
        (EIGHT + timedelta(seconds=after), name, value, f'{{"step": {step}}}')
        for after, step, name, value in [
            (0, 0, "loss", 0.5),
            (0, 0, "auc", 0.75),
            (1.5, 1, "loss", 0.25),
            (2, 2, "lr", 0.125),
            (3, 3, "lr", 2.0),
            (4, 4, "zero", 0.0),
            (5, -1, "count", -3.0),
            (7, 7, "weights_min", 0.0),
            (7, 7, "weights_max", 9.0),
            (7, 7, "weights_count", 10.0),
            (7, 7, "weights_sum", 45.0),
            (8, 8, "acts_min", 0.0),
            (8, 8, "acts_max", 2.0),
            (8, 8, "acts_count", 10.0),
            (10, 10, "auc", 0.5),
        ]
    ]
    assert set(metrics.select("model", "stage").rows()) == {("churn", "training")}
    text, warning = decoded.records.logs.iter_rows(named=True)
    assert (text["logger"], text["level"], text["message"]) == ("note", "INFO", "café\n<b>")
    assert (warning["logger"], warning["level"], warning["message"]) == (
        None,
        "WARNING",
        "slow input",
    )
    assert decoded.records.rejects["reason"].to_list() == [
        "cat: an image is no number and no text",
        "loss has no finite value",
        "the event has no time",
    ]


def test_it_is_told_by_its_first_record_whatever_its_name() -> None:
    found = detect(golden(), "data.log")
    assert found.format is not None
    assert (found.format.name, found.reason) == (
        "tensorboard",
        "its first record says brain.Event:2",
    )
    assert detect(event(START, 1, scalar("a", 1)), "x").reason == "its first record is an event"
    examples = record(nested(1, nested(1, b"feature")))
    assert detect(examples, "train.tfrecord").reason == (
        "TensorFlow's records, but not of TensorBoard's events"
    )
    assert TensorBoard().recognise(bytes(200), "x") is None


@pytest.mark.parametrize(
    ("path", "run"),
    [
        ("/runs/exp1/events.out", "exp1"),
        ("/runs/exp1/train/events.out", "exp1/train"),
        ("events.out", ""),
    ],
)
def test_the_folder_is_the_run(path: str, run: str) -> None:
    assert run_of(path) == run


def test_a_torn_last_record_waits(tmp_path: Path) -> None:
    data = golden()
    path = tmp_path / "exp1" / "train" / GOLDEN.name
    path.parent.mkdir(parents=True)
    path.touch()
    collection = Collection(Discovery([tmp_path]))
    parts, now = [], 0.0
    for stop in [*range(1, len(data), 37), len(data)]:
        path.write_bytes(data[:stop])
        now += 30
        collection.poll(now)
        for entry in collection.pending():
            chunk = collection.read(entry.file_id, 100)
            if chunk is None:
                continue
            found = TensorBoard().decode(chunk, entry.source.defaults_for("tensorboard"))
            assert chunk.final is False
            parts.append(found.records)
            collection.advance(entry.file_id, found.consumed)
    while pending := collection.pending():
        chunk = collection.read(pending[0].file_id, 100)
        assert chunk is not None
        found = TensorBoard().decode(chunk, pending[0].source.defaults_for("tensorboard"))
        parts.append(found.records)
        collection.advance(pending[0].file_id, found.consumed)
    collection.close()
    records = concat(parts)
    assert (records.metrics.height, records.logs.height, records.rejects.height) == (15, 2, 3)
    assert set(records.metrics["model"]) == {"exp1"}
    assert set(records.metrics["tags"]) == {'{"run":"exp1/train"}'}


def test_what_is_torn_in_history_is_rejected(decoding: Any) -> None:
    data = golden()
    records = decoding(TensorBoard())(data[:-3]).records
    assert records.rejects["reason"].to_list()[-1].startswith("a record that is not whole")
    assert records.metrics.height == 15


def test_damage_costs_no_more_than_its_records(decoding: Any) -> None:
    events = [event(START + n, n, scalar("loss", n)) for n in range(5)]
    data = bytearray(b"".join([version(START), *events]))
    first = len(version(START))
    data[first + 14] ^= 1  # the bytes of the first
    size = len(events[0])
    data[first + size] ^= 1  # the length of the second
    records = decoding(TensorBoard())(bytes(data)).records
    assert records.metrics["value"].to_list() == [2.0, 3.0, 4.0]
    assert records.rejects.select("offset", "reason").rows() == [
        (first, "a damaged record: the checksum of its bytes is wrong"),
        (first + size, "not a record: its checksum is wrong"),
    ]


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_read_as_they_are_written(value: int) -> None:
    found, place = read_varint(varint(value) + b"x", 0)
    assert (signed(found), place) == (value, len(varint(value)))


@pytest.mark.parametrize("data", [b"\x80", b"\x0a\x05ab", b"\x00\x01", b"\x0b", b"\x09abc"])
def test_bytes_that_are_no_message(data: bytes) -> None:
    with pytest.raises(WireError):
        list(fields(data))


VALUES = st.one_of(
    st.builds(scalar, st.text(max_size=3), st.floats(width=32)),
    st.builds(
        tensor,
        st.text(max_size=2),
        st.sampled_from(["scalars", "text", "x"]),
        st.binary(max_size=9),
    ),
    st.binary(max_size=12),
)
RECORDS = st.one_of(
    st.builds(event, st.floats(-1, 3e9), st.integers(-5, 5), VALUES, VALUES),
    st.builds(record, st.binary(max_size=20)),
    st.binary(max_size=30),
    st.builds(bytes, st.integers(0, 40)),
)


@settings(max_examples=150, deadline=None)
@given(
    parts=st.lists(RECORDS, max_size=6),
    cuts=st.lists(st.integers(0, 400), max_size=5),
    flips=st.lists(st.integers(0, 400), max_size=2),
)
def test_any_bytes_are_records_or_rejects_alike_in_any_chunks(
    decoding: Any, same: Any, parts: list[bytes], cuts: list[int], flips: list[int]
) -> None:
    data = bytearray(version(START) + b"".join(parts))
    for flip in flips:
        data[flip % len(data)] ^= 8
    whole = bytes(data)
    decode = decoding(TensorBoard())
    expected = decode(whole)
    assert expected.consumed == len(whole)
    found, at = [], 0
    for stop in [*sorted(cut % len(whole) for cut in cuts), len(whole)]:
        if stop < at:
            continue
        decoded = decode(whole[at:stop], offset=at, final=stop == len(whole))
        at += decoded.consumed
        found.append(decoded.records)
    assert at == len(whole)
    same(concat(found), expected.records)
    for raw, place in expected.records.rejects.select("raw", "offset").rows():
        assert whole[place:].startswith(raw)


def test_defaults_of_the_settings_hold(decoding: Any) -> None:
    metrics = decoding(TensorBoard())(golden(), stage="serving", version="v2").records.metrics
    assert set(metrics.select("model", "stage", "version").rows()) == {(None, "serving", "v2")}
    assert Defaults().stage is None


if __name__ == "__main__":
    GOLDEN.write_bytes(golden())
