"""The Prometheus text format and OpenMetrics: a scrape, or one appended after the other."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from console.formats.framing import BOM, piece, split, without_mark
from console.formats.json_body import Refused
from console.formats.protocol import Decoded
from console.formats.rows import MetricRow, bundle, metric_frame
from console.records.series import canonical_tags
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:.]*"
_LABEL = r'\s*(?:[a-zA-Z_][a-zA-Z0-9_.]*|"[^"]*")\s*=\s*"(?:[^"\\]|\\.)*"\s*'
_NUMBER = r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[Ii]nf|NaN)"
_SAMPLE = re.compile(
    rf"(?P<name>{_NAME})(?P<labels>\{{(?:{_LABEL}(?:,{_LABEL})*,?)?\s*\}})?\s*"
    rf"(?<=[\s}}])(?P<value>{_NUMBER})(?:\s+(?P<time>-?[0-9]+(?:\.[0-9]+)?))?(?:\s+#\s.*)?\s*"
)
_PAIR = re.compile(r'"?([^"=\s,{]+)"?\s*=\s*"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_TELLING = re.compile(rf"#\s+(?:TYPE|HELP|UNIT)\s+{_NAME}")
_OWNERS = ("model", "stage", "version")
_MILLISECONDS, _LATEST = 1e11, 2.5e11
_LOOKED_AT, _SHARE = 200, 0.8
_NO_TIME = "no timestamp, and when the file was written is not known"


@dataclass(frozen=True, slots=True)
class _Labels:
    tags: str | None
    model: str | None
    stage: str | None
    version: str | None


class Prometheus:
    """Samples of metrics with labels, as exporters and `textfile` collectors write them."""

    name = "prometheus"

    def recognise(self, sample: bytes, path: str) -> str | None:
        """Why the sample looks like it: its lines are samples, and some tell types or labels."""
        lines, _ = split(sample.removeprefix(BOM), final=b"\n" not in sample)
        texts = [lines[place] for place in range(min(len(lines), 2 * _LOOKED_AT))]
        held = [text.decode(errors="replace") for text in texts if text.strip(b" \t\r\x00")]
        found = [match for text in held if (match := _SAMPLE.fullmatch(text.strip()))]
        comments = sum(text.startswith("#") for text in held)
        telling = sum(_TELLING.match(text) is not None for text in held)
        labelled = sum(match["labels"] is not None for match in found)
        if len(found) + comments < _SHARE * len(held) or not (found or telling):
            return None
        if not telling and not labelled and not path.endswith(".prom"):
            return None
        timed = sum(match["time"] is not None for match in found)
        when = (
            f"{timed} with their own time" if timed else "of the time at which the file was written"
        )
        return f"{len(found)} of its first {len(held)} lines are samples, {when}"

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The samples of a chunk; comments are passed over.

        A sample without a timestamp is of the time at which the file was last written.
        """
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        lines, consumed = split(without_mark(chunk), final=chunk.final)
        usual = chunk.written if chunk.written is not None else chunk.newest_ts
        rows: list[MetricRow] = []
        refused: list[Refused] = []
        for number in range(len(lines)):
            text = lines[number].decode(errors="backslashreplace").strip(" \t\r\x00")
            if not text or text.startswith("#"):
                continue
            found = _sample(text, usual)
            if isinstance(found, str):
                refused.append(Refused(number, found))
                continue
            name, value, time, labels = found
            rows.append(
                MetricRow(
                    ts=time,
                    offset=chunk.offset + int(lines.starts[number]),
                    name=name,
                    value=value,
                    tags=labels.tags,
                    model=labels.model or defaults.model,
                    stage=labels.stage or defaults.stage,
                    version=labels.version or defaults.version,
                )
            )
        return Decoded(bundle({"metrics": metric_frame(rows)}, refused, lines, chunk), consumed)


def _sample(text: str, usual: float | None) -> tuple[str, float, float, _Labels] | str:
    """Name, value, time and labels of a line; or why it is no sample."""
    found = _SAMPLE.fullmatch(text)
    if found is None:
        return 'not a sample: name{label="value"} 1.5'
    value = float(found["value"])
    if not math.isfinite(value):
        return f"the sample has no finite value: {found['value']}"
    time = usual
    if found["time"] is not None:
        time = float(found["time"])
        time = time / 1e3 if abs(time) >= _MILLISECONDS else time
        if not 0 <= time < _LATEST:
            return f"its timestamp is no time: {found['time'][:40]}"
    if time is None:
        return _NO_TIME
    return found["name"], value, time, _labels(found["labels"] or "")


@lru_cache(maxsize=65536)
def _labels(text: str) -> _Labels:
    pairs = {
        key: _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], value)
        for key, value in _PAIR.findall(text)
    }
    owners = {owner: pairs.pop(owner, "") or None for owner in _OWNERS}
    return _Labels(canonical_tags(dict(pairs)), **owners)
