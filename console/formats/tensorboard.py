"""TensorBoard's event files: records of TensorFlow's framing, each with an event.

A record is its length (8 bytes), the masked CRC-32C of that (4), its bytes, and the masked CRC-32C
of those (4), all little-endian (tensorflow/core/lib/io/record_writer.h).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from console.formats.framing import piece
from console.formats.framing import rejects as reject_frame
from console.formats.protobuf import WireError, fields
from console.formats.protocol import Decoded
from console.formats.rows import log_frame, metric_frame
from console.formats.tensor_events import Events, add_event
from console.records.frames import records
from console.sources.checksum import masked_crc32c
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults
from console.sources.units import LOOKED_AT, is_record_header

_LENGTH, _CHECK = 8, 4
_CHECKED = 1 << 16
"""Bytes of the longest record whose checksum is looked at: scalars are short, images are not."""
_KEPT = 1 << 12
"""Most bytes that are kept of a record that is rejected."""
_SPLITS = frozenset({"train", "training", "validation", "valid", "val", "eval", "test"})
_VERSION = b"brain.Event:"


class TensorBoard:
    """Event files of scalars, texts and histograms."""

    name = "tensorboard"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like it: a record with a sound checksum, and an event in it."""
        if not is_record_header(sample[:LOOKED_AT]):
            return None
        first = sample[LOOKED_AT : LOOKED_AT + int.from_bytes(sample[:_LENGTH], "little")]
        try:
            found = {number: value for number, _, value in fields(first)}
        except WireError:
            return None
        version = found.get(3)
        if isinstance(version, bytes) and version.startswith(_VERSION):
            return f"its first record says {version[:20].decode(errors='replace')}"
        times = found.get(1)
        if isinstance(times, bytes) and len(times) == 8 and {2, 5} & found.keys():
            return "its first record is an event"
        return None

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The events of a chunk; a last record that is not whole waits unless the chunk is final.

        What is no record is rejected up to where the next one begins.
        """
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        found = Events(defaults, run_of(chunk.path))
        refused: list[tuple[int, int, str]] = []
        consumed = 0
        for part in _parts(chunk.data, final=chunk.final):
            consumed = part.end
            found.offset = chunk.offset + part.start
            problem = part.problem or _add(chunk.data[part.body : part.end - _CHECK], found)
            if problem is not None:
                refused.append((part.start, part.end, problem))
        rejected = reject_frame(
            [chunk.offset + start for start, _, _ in refused],
            [reason for _, _, reason in refused],
            [chunk.data[start : min(end, start + _KEPT)] for start, end, _ in refused],
        )
        frames = {"metrics": metric_frame(found.metrics), "logs": log_frame(found.logs)}
        return Decoded(records(**frames, rejects=rejected), consumed)


def run_of(path: str) -> str:
    """The run of a file: its folder's name, with the one above for the parts of a training."""
    folder = PurePath(path).parent
    if folder.name.lower() in _SPLITS and folder.parent.name:
        return f"{folder.parent.name}/{folder.name}"
    return folder.name


def _add(data: bytes, found: Events) -> str | None:
    held = len(found.metrics), len(found.logs)
    try:
        return add_event(data, found)
    except WireError as error:
        del found.metrics[held[0] :], found.logs[held[1] :]
        return f"not an event: {error}"


@dataclass(frozen=True, slots=True)
class _Part:
    """One record of a chunk, or bytes that are none."""

    start: int
    end: int
    body: int = 0
    problem: str | None = None


def _parts(data: bytes, *, final: bool) -> Iterator[_Part]:
    """The records of some bytes in order, and what stands between them."""
    at = 0
    while at < len(data):
        header = data[at : at + LOOKED_AT]
        if not is_record_header(header):
            following = _next_header(data, at + 1)
            if following is None and not final:
                return
            end = len(data) if following is None else following
            short = following is None and len(header) < LOOKED_AT
            yield _Part(at, end, problem=_TORN if short else "not a record: its checksum is wrong")
            at = end
            continue
        body = at + LOOKED_AT
        end = body + int.from_bytes(header[:_LENGTH], "little") + _CHECK
        if end > len(data):
            if final:
                yield _Part(at, len(data), problem=_TORN)
            return
        yield _Part(at, end, body, _wrong(data[body : end - _CHECK], data[end - _CHECK : end]))
        at = end


_TORN = "a record that is not whole: it was not written to the last, or is longer than 16 MiB"


def _wrong(data: bytes, check: bytes) -> str | None:
    if len(data) > _CHECKED or masked_crc32c(data) == int.from_bytes(check, "little"):
        return None
    return "a damaged record: the checksum of its bytes is wrong"


def _next_header(data: bytes, start: int) -> int | None:
    """Where the next record begins: one that is not empty, and shorter than 4 GiB."""
    place = data.find(bytes(4), start + 4)
    while place >= 0:
        at = place - 4
        if any(data[at:place]) and is_record_header(data[at : at + LOOKED_AT]):
            return at
        place = data.find(bytes(4), place + 1)
    return None
