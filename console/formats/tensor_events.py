"""TensorBoard's events to metrics and log records.

After TensorFlow's event.proto, summary.proto, tensor.proto and TensorBoard's plugins for scalars,
text and histograms.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from console.formats.protobuf import BYTES, FIXED32, FIXED64, VARINT, fields, numbers, signed
from console.formats.rows import LogRow, MetricRow
from console.records.series import canonical_tags
from console.sources.defaults import Defaults

STAGE = "training"
"""The stage of events for which nothing names another."""
_LATEST = 2.5e11
_DISPLAY = frozenset({"hparams", "custom_scalars"})
"""Plugins whose summaries only say how others are shown."""
_LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_DTYPES = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", 10: "?", 17: "H", 19: "e"}
_DTYPES |= {22: "I", 23: "Q"}
_VALUES = {5: "f", 6: "d", 7: "i", 10: "q", 11: "i", 16: "i", 17: "q"}
"""Fields of a tensor that hold numbers, with their types."""
_HALF_VALUES = 13
_HALF = 19
_STRING = 7
_SIZE_OF_BUCKET = 3
_MOST = 1 << 20


@dataclass
class Events:
    """What has been found so far in a file."""

    defaults: Defaults
    run: str
    offset: int = 0
    """Byte of the file at which the present event begins."""
    metrics: list[MetricRow] = field(default_factory=list)
    logs: list[LogRow] = field(default_factory=list)
    tags: str | None = field(init=False)
    """Of all records of the file."""

    def __post_init__(self) -> None:
        """Makes the tags once."""
        self.tags = canonical_tags({"run": self.run} if self.run else {})

    def metric(self, ts: float, step: int, name: str, value: float) -> None:
        """Adds a metric."""
        self.metrics.append(
            MetricRow(
                ts=ts,
                offset=self.offset,
                name=name,
                value=value,
                tags=self.tags,
                attributes=f'{{"step": {step}}}',
                model=self.defaults.model,
                stage=self.defaults.stage or STAGE,
                version=self.defaults.version,
            )
        )

    def log(self, ts: float, step: int, logger: str | None, level: str, message: str) -> None:
        """Adds a log record."""
        self.logs.append(
            LogRow(
                ts=ts,
                offset=self.offset,
                message=message,
                level=level,
                logger=logger,
                tags=self.tags,
                attributes=f'{{"step": {step}}}',
                model=self.defaults.model,
                stage=self.defaults.stage or STAGE,
                version=self.defaults.version,
            )
        )


def add_event(data: bytes, found: Events) -> str | None:
    """Adds what an event holds; says what of it has no record. Raises WireError."""
    ts, step = math.nan, 0
    summaries: list[bytes] = []
    message: bytes | None = None
    for number, kind, value in fields(data):
        if number == 1 and kind == FIXED64 and isinstance(value, bytes):
            (ts,) = struct.unpack("<d", value)
        elif number == 2 and kind == VARINT and isinstance(value, int):
            step = signed(value)
        elif number == 5 and kind == BYTES and isinstance(value, bytes):
            summaries.append(value)
        elif number == 6 and kind == BYTES and isinstance(value, bytes):
            message = value
    if not summaries and message is None:
        return None  # the version of the file, a graph, the state of a session
    if not 0 <= ts < _LATEST:
        return "the event has no time"
    if message is not None:
        _message(message, ts, step, found)
    problems = [
        problem
        for summary in summaries
        for number, kind, value in fields(summary)
        if number == 1
        and isinstance(value, bytes)
        and (problem := _value(value, ts, step, found)) is not None
    ]
    return "; ".join(problems[:3]) or None


def _message(data: bytes, ts: float, step: int, found: Events) -> None:
    level, text = 0, b""
    for number, _, value in fields(data):
        if number == 1 and isinstance(value, int):
            level = value
        elif number == 2 and isinstance(value, bytes):
            text = value
    found.log(ts, step, None, _LEVELS.get(level, "INFO"), text.decode(errors="backslashreplace"))


@dataclass
class _Parts:
    """The fields of one value of a summary."""

    tag: str = ""
    number: float | None = None
    histogram: bytes | None = None
    tensor: bytes | None = None
    plugin: str = ""
    other: str | None = None


def _parts(data: bytes) -> _Parts:
    parts = _Parts()
    for number, kind, value in fields(data):
        if number == 2 and kind == FIXED32 and isinstance(value, bytes):
            (parts.number,) = struct.unpack("<f", value)
        elif not isinstance(value, bytes):
            continue
        elif number == 1:
            parts.tag = value.decode(errors="backslashreplace")
        elif number == 5:
            parts.histogram = value
        elif number == 8:
            parts.tensor = value
        elif number == 9:
            parts.plugin = _plugin(value)
        elif number in {4, 6}:
            parts.other = "an image" if number == 4 else "audio"
    return parts


def _plugin(metadata: bytes) -> str:
    for number, _, value in fields(metadata):
        if number == 1 and isinstance(value, bytes):
            for inner, _, name in fields(value):
                if inner == 1 and isinstance(name, bytes):
                    return name.decode(errors="backslashreplace")
    return ""


def _value(data: bytes, ts: float, step: int, found: Events) -> str | None:
    """Adds what one value of a summary says; says why it has no record."""
    parts = _parts(data)
    if parts.plugin in _DISPLAY:
        return None
    if parts.number is not None:
        return _numbers({"": parts.number}, parts.tag, ts, step, found)
    if parts.histogram is not None:
        return _numbers(_histogram(parts.histogram), parts.tag, ts, step, found)
    if parts.tensor is not None and parts.plugin not in {"images", "audio"}:
        return _tensor(parts, parts.tensor, ts, step, found)
    return f"{parts.tag}: {parts.other or parts.plugin or 'it'} is no number and no text"


def _numbers(values: dict[str, float], tag: str, ts: float, step: int, found: Events) -> str | None:
    if not tag:
        return "a value without a tag"
    finite = {part: value for part, value in values.items() if math.isfinite(value)}
    for part, value in finite.items():
        found.metric(ts, step, f"{tag}_{part}" if part else tag, value)
    return None if finite else f"{tag} has no finite value"


def _histogram(data: bytes) -> dict[str, float]:
    names = {1: "min", 2: "max", 3: "count", 4: "sum"}
    said = {
        names[number]: struct.unpack("<d", value)[0]
        for number, kind, value in fields(data)
        if number in names and kind == FIXED64 and isinstance(value, bytes)
    }
    return dict.fromkeys(names.values(), 0.0) | said  # what is 0 is not written


@dataclass
class _Tensor:
    """What a tensor holds."""

    dtype: int = 0
    is_scalar: bool = True
    content: bytes = b""
    texts: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


def _read_tensor(data: bytes) -> _Tensor:
    found = _Tensor()
    for number, kind, value in fields(data):
        if number == 1 and isinstance(value, int):
            found.dtype = value
        elif number == 2 and isinstance(value, bytes):
            found.is_scalar = not any(inner == 2 for inner, _, _ in fields(value))
        elif number == 4 and isinstance(value, bytes):
            found.content = value
        elif number == 8 and isinstance(value, bytes):
            found.texts.append(value.decode(errors="backslashreplace"))
        elif number in _VALUES:
            found.values += numbers(kind, value, _VALUES[number])
        elif number == _HALF_VALUES and found.dtype == _HALF:
            found.values += _halves(numbers(kind, value, "i"))
    if found.content and found.dtype in _DTYPES and len(found.content) <= _MOST:
        found.values = _content(found.content, _DTYPES[found.dtype])
    if not found.values and found.is_scalar and found.dtype in {*_DTYPES, _HALF}:
        found.values = [0.0]  # what is 0 need not be written
    return found


def _tensor(parts: _Parts, data: bytes, ts: float, step: int, found: Events) -> str | None:
    """Adds a scalar, a text or a histogram that is written as a tensor."""
    tensor = _read_tensor(data)
    values = tensor.values
    if tensor.dtype == _STRING:
        found.log(ts, step, parts.tag or None, "INFO", "\n".join(tensor.texts))
        return None
    if len(values) == 1:
        return _numbers({"": values[0]}, parts.tag, ts, step, found)
    if values and parts.plugin == "histograms" and len(values) % _SIZE_OF_BUCKET == 0:
        buckets = {"min": values[0], "max": values[-2], "count": sum(values[2::3])}
        return _numbers(buckets, parts.tag, ts, step, found)
    return f"{parts.tag}: a tensor of {parts.plugin or 'several values'} is no number and no text"


def _content(data: bytes, code: str) -> list[float]:
    whole = len(data) // struct.calcsize(f"<{code}")
    return list(struct.unpack_from(f"<{whole}{code}", data))


def _halves(bits: list[float]) -> list[float]:
    return [struct.unpack("<e", struct.pack("<H", int(each) & 0xFFFF))[0] for each in bits]
