"""OpenTelemetry metrics and logs as JSON lines, as the Collector's file exporter writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from console.formats.framing import BOM, Lines, piece, split, without_mark
from console.formats.json_body import Refused
from console.formats.otlp_records import Found, logs_of, metrics_of
from console.formats.protocol import Decoded
from console.formats.rows import bundle, log_frame, metric_frame
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

_PARTS: dict[str, Callable[[Any, Found], None]] = {
    "resourceMetrics": metrics_of,
    "resourceLogs": logs_of,
}
_TRACES = "resourceSpans"
_SHOWN = 3
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LOOKED_AT = 20


class OpenTelemetry:
    """One `ExportMetricsServiceRequest` or `ExportLogsServiceRequest` a line."""

    name = "otlp"

    def recognise(self, sample: bytes, path: str) -> str | None:  # noqa: ARG002
        """Why the sample looks like it: objects of resource metrics or resource logs."""
        lines, _ = split(sample.removeprefix(BOM), final=b"\n" not in sample)
        texts = [lines[place].strip(b" \t\r\x00") for place in range(min(len(lines), _LOOKED_AT))]
        held = [text for text in texts if text]
        found = [key for text in held if (key := exported(text)) is not None]
        if not found:
            return None
        kinds = " and ".join(sorted({key.removeprefix("resource").lower() for key in found}))
        return f"{len(found)} of its first {len(held)} lines are OpenTelemetry {kinds}"

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The metrics and log records of a chunk. What of a line has no record is told of it."""
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        lines, consumed = split(without_mark(chunk), final=chunk.final)
        found = Found(defaults)
        refused: list[Refused] = []
        for number in range(len(lines)):
            if lines[number].strip(b" \t\r\x00"):
                found.offset = chunk.offset + int(lines.starts[number])
                reason = _read(lines, number, found)
                if reason is not None:
                    refused.append(Refused(number, reason))
        frames = {"metrics": metric_frame(found.metrics), "logs": log_frame(found.logs)}
        return Decoded(bundle(frames, refused, lines, chunk), consumed)


def exported(line: bytes) -> str | None:
    """What an export of OpenTelemetry holds, by its only key; None for any other line."""
    key = line[1:].lstrip()[:20].removeprefix(b'"').partition(b'"')[0].decode(errors="replace")
    return key if line.startswith(b"{") and key in {*_PARTS, _TRACES} else None


def _read(lines: Lines, number: int, found: Found) -> str | None:
    """Adds what a line holds to what was found; says what of it could not be read."""
    held = len(found.metrics), len(found.logs)
    found.problems = []
    try:
        value = _loads(lines[number].strip(b" \t\r\x00"))
        if not isinstance(value, dict):
            return "not a JSON object"
        for key, read in _PARTS.items():
            if key in value:
                read(value[key], found)
    except RecursionError:
        del found.metrics[held[0] :], found.logs[held[1] :]
        return "nested too deeply"
    except ValueError:
        return "not a JSON object"
    if found.problems:
        more = f" and {len(found.problems) - _SHOWN} more" if len(found.problems) > _SHOWN else ""
        return "; ".join(found.problems[:_SHOWN]) + more
    if (len(found.metrics), len(found.logs)) != held:
        return None
    return "traces are not read" if _TRACES in value else "it holds no metric and no log record"


def _loads(line: bytes) -> Any:
    """The value of a line, lone surrogates replaced. Raises ValueError and RecursionError."""
    value = json.loads(line)
    if _SURROGATE.search(line):
        return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    return value
