"""The list of formats, ours and those of plug-ins, and which of them a file is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path, PurePath

from console.formats.access_log import AccessLog
from console.formats.csv_metrics import Csv, table_problem
from console.formats.foreign import LEAVE, Foreign, foreign, foreign_text
from console.formats.framing import BOM
from console.formats.jsonl import JsonLines
from console.formats.logfmt import Logfmt
from console.formats.mlflow import MlflowRuns
from console.formats.otlp import OpenTelemetry
from console.formats.parquet import Parquet
from console.formats.prometheus import Prometheus
from console.formats.protocol import Format
from console.formats.syslog import Syslog
from console.formats.tensorboard import TensorBoard
from console.formats.text import TextLog
from console.formats.utf16 import Utf16, as_utf8, codec_of
from console.sources.archive import SUFFIXES, packed_by
from console.sources.units import LOOKED_AT, units_of

GROUP = "model_console.formats"
"""Entry points of plug-ins: each names a `Format`, or something to call that returns one."""

SAMPLE = 64 * 1024
"""Bytes of a file's beginning that detection looks at."""

_BY_NAME = {".jsonl": "jsonl", ".ndjson": "jsonl", ".log": "text", ".txt": "text", ".out": "text"}
_GENERAL = frozenset(_BY_NAME.values())
"""Formats that many a file of a narrower one is as well: a narrower one goes first."""
_HALF_MARKS = (b"\xff", b"\xfe")
"""The first byte of a file in UTF-16, the second still to come."""


@dataclass(frozen=True)
class Detection:
    """Which format a file has, and why; or why it has none that can be followed."""

    format: Format | None
    reason: str
    settled: bool = True
    """False while the file's beginning is too short to tell: look again when it has grown."""
    mend: str | None = None
    """What to do about a file that cannot be followed."""


@dataclass(frozen=True)
class Formats:
    """The formats there are, the first asked first, and the plug-ins that could not be loaded."""

    formats: tuple[Format, ...]
    problems: tuple[str, ...]

    def named(self, name: str) -> Format | None:
        """The format of a name."""
        return next((entry for entry in self.formats if entry.name == name), None)


@lru_cache(maxsize=1)
def formats() -> Formats:
    """The formats of this process."""
    found: list[Format] = []
    problems: list[str] = []
    for entry in entry_points(group=GROUP):
        try:
            loaded = entry.load()
            found.append(loaded() if callable(loaded) else loaded)
        except Exception as error:  # noqa: BLE001  # a plug-in may raise anything
            problems.append(f"format plug-in {entry.name} ({entry.value}): {error}")
    ours = (
        Parquet(),
        TensorBoard(),
        MlflowRuns(),
        Csv(),
        OpenTelemetry(),
        Prometheus(),
        AccessLog(),
        Syslog(),
        Logfmt(),
        JsonLines(),
        TextLog(),
    )
    return Formats((*found, *ours), tuple(problems))


def detect(sample: bytes, path: str, wanted: str | None = None) -> Detection:
    """Which format a file has, by its first bytes; the name only breaks ties.

    `sample` is the file's beginning, up to `SAMPLE` bytes; `wanted` the format that the settings
    name, which is not questioned.
    """
    name = str(Path(path).with_suffix("")) if path.endswith(SUFFIXES) else path
    codec = codec_of(sample)
    plain = sample if codec is None else as_utf8(sample, codec)
    if wanted is None:
        found = _by_content(plain, name)
    elif sample in _HALF_MARKS:
        return Detection(None, "too short to tell", settled=False)
    else:
        found = _by_settings(wanted)
    if codec is None or found.format is None:
        return found
    return replace(found, format=Utf16(found.format, codec), reason=f"{found.reason}, in UTF-16")


def _by_settings(wanted: str) -> Detection:
    known = formats()
    named = known.named(wanted)
    if named is None:
        names = ", ".join(sorted(entry.name for entry in known.formats))
        return Detection(None, f"there is no format {wanted}; there are {names}")
    return Detection(named, "the settings say so")


def _by_content(sample: bytes, path: str) -> Detection:
    body = sample.removeprefix(BOM).lstrip(b"\x00")
    lined = units_of(sample[:LOOKED_AT]).newline is not None
    if lined and not body.strip():
        return Detection(None, "NUL bytes alone" if sample.strip() else "empty", settled=False)
    if (packed := packed_by(sample)) is not None:
        return Detection(None, f"packed by {packed} twice over, or damaged", mend="unpack it")
    kind = foreign(sample) if lined else None
    if kind is None and lined and b"\n" not in body and len(sample) < SAMPLE:
        return Detection(None, "no whole line yet", settled=False)
    found = [(entry, why) for entry in formats().formats if (why := entry.recognise(sample, path))]
    if not found:
        kind = kind or foreign(sample) or _unknown(body)
        return Detection(None, kind.what, mend=kind.mend)
    usual = _BY_NAME.get(PurePath(path).suffix.lower())
    if found[0][0].name in _GENERAL:
        found.sort(key=lambda pair: pair[0].name != usual)
    return Detection(*found[0])


def _unknown(body: bytes) -> Foreign:
    """What a text of no known format rather is."""
    if (problem := table_problem(body)) is not None and _fields(body) > 1:
        return Foreign(problem, f"do so, or {LEAVE}" if ": " in problem else LEAVE)
    if (kind := foreign_text(body)) is not None:
        return kind
    first, _, _ = body.partition(b"\n")
    if b"," in first and _fields(body) > 1:
        return Foreign("a table (CSV) whose first line is no header of columns", "add a header")
    return Foreign(
        "no line is a JSON object or begins with a time",
        f"begin the lines of a log with a time (%(asctime)s in Python's logging), or {LEAVE}",
    )


def _fields(body: bytes) -> int:
    """Number of comma-separated fields that the first lines all have; 0 if they differ."""
    counts = {line.count(b",") for line in body.split(b"\n")[:10] if line.strip()}
    return counts.pop() + 1 if len(counts) == 1 else 0
