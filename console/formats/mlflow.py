"""MLflow's runs as its file store writes them: metrics, and the start and end of a run as events.

A metric's file has lines of timestamp (milliseconds), value and step; a run's `meta.yaml` says when
it began and ended. Model and version of the records are the experiment and the run, which the
source tells from the folders.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from console.formats.framing import Lines, piece, split, without_mark
from console.formats.framing import rejects as reject_frame
from console.formats.json_body import Refused
from console.formats.moments import moment
from console.formats.protocol import Decoded
from console.formats.rows import MetricRow, bundle, metric_frame
from console.formats.tensor_events import STAGE
from console.records.clock import naive
from console.records.frames import EVENTS, Records, records
from console.records.series import canonical_tags
from console.sources.chunk import Chunk
from console.sources.defaults import Defaults
from console.sources.mlruns import META, METRICS, flat_yaml

_LINE = re.compile(
    r"(?P<ts>[0-9]{10,16}) (?P<value>\S+)(?: (?P<step>-?[0-9]{1,18}))?(?P<more>(?: \S+)*)"
)
_LATEST = 2.5e11
_STATES = {"1": "running", "2": "scheduled", "3": "finished", "4": "failed", "5": "killed"}
_LOOKED_AT = 20
_MOST_FILES, _MOST_BYTES = 200, 500
_NO_METRIC = "not a metric of MLflow: timestamp value step"
_DATASET, _DIGEST = -2, -1
"""Places of the optional last fields of a line: the dataset's name and digest."""


class MlflowRuns:
    """The files of a run that MLflow keeps in a folder `mlruns`."""

    name = "mlflow"

    def recognise(self, sample: bytes, path: str) -> str | None:
        """Why the sample looks like a file of a run, by its place and its content."""
        if _is_meta(path):
            meta = flat_yaml(sample.decode(errors="replace"))
            is_run = {"run_id", "run_uuid"} & meta.keys() and "start_time" in meta
            return "it says when a run of MLflow began and ended" if is_run else None
        if METRICS not in PurePath(path).parts[:-1]:
            return None
        lines, _ = split(sample, final=b"\n" not in sample)
        looked_at = min(len(lines), _LOOKED_AT)
        found = sum(_LINE.fullmatch(_text(lines, place)) is not None for place in range(looked_at))
        if 2 * found <= looked_at:
            return None
        return (
            f"{found} of its first {looked_at} lines are timestamp, value and step, below metrics"
        )

    def decode(self, chunk: Chunk, defaults: Defaults) -> Decoded:
        """The metrics of a chunk; of a `meta.yaml` the events, once it is whole."""
        if chunk.cut:
            return Decoded(piece(chunk), len(chunk.data))
        if not _is_meta(chunk.path):
            lines, consumed = split(without_mark(chunk), final=chunk.final)
            return Decoded(_metrics(lines, chunk, defaults), consumed)
        if not chunk.final:
            return Decoded(records(), 0)
        return Decoded(_run(chunk, defaults), len(chunk.data))


def _is_meta(path: str) -> bool:
    return PurePath(path).name == META


def _text(lines: Lines, place: int) -> str:
    return lines[place].decode(errors="backslashreplace").strip(" \t\r\x00")


def _metrics(lines: Lines, chunk: Chunk, defaults: Defaults) -> Records:
    name, run = _metric_of(chunk.path)
    rows: list[MetricRow] = []
    refused: list[Refused] = []
    for place in range(len(lines)):
        text = _text(lines, place)
        if not text:
            continue
        found = _LINE.fullmatch(text)
        value = _number(found["value"]) if found else None
        ts = moment(found["ts"]) if found else None
        if found is None or value is None or ts is None or not ts < _LATEST:
            why = _NO_METRIC if found is None else f"{name} has no finite value: {found['value']}"
            refused.append(Refused(place, why))
            continue
        more = found["more"].split()
        dataset = dict(zip(("dataset", "digest"), more[_DATASET:], strict=False))
        kept = {"step": int(found["step"] or 0), "run_id": run, "digest": dataset.get("digest")}
        rows.append(
            MetricRow(
                ts=ts,
                offset=chunk.offset + int(lines.starts[place]),
                name=name,
                value=value,
                tags=canonical_tags({"dataset": dataset["dataset"]}) if len(dataset) > 1 else None,
                attributes=json.dumps({key: one for key, one in kept.items() if one is not None}),
                model=defaults.model,
                stage=defaults.stage or STAGE,
                version=defaults.version,
            )
        )
    return bundle({"metrics": metric_frame(rows)}, refused, lines, chunk)


def _metric_of(path: str) -> tuple[str, str]:
    """The name of the metric that a file holds, and the id of its run."""
    parts = PurePath(path).parts
    if METRICS not in parts[:-1]:
        return parts[-1] if parts else "", ""
    at = parts.index(METRICS)
    return "/".join(parts[at + 1 :]), parts[at - 1] if at else ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _run(chunk: Chunk, defaults: Defaults) -> Records:
    """The start of a run as an event that lasts until its end, and its end as another."""
    meta = flat_yaml(chunk.data.decode(errors="replace"))
    run = meta.get("run_id") or meta.get("run_uuid")
    start = _time(meta.get("start_time"))
    if run is None or start is None:
        if not chunk.data.strip():
            return records()
        reason = "not the meta.yaml of a run of MLflow: it has no run_id and start_time"
        return records(rejects=reject_frame([chunk.offset], [reason], [chunk.data]))
    name = meta.get("run_name") or run
    end = _time(meta.get("end_time"))
    state = _STATES.get(meta.get("status", ""), meta.get("status", "").lower())
    folder = Path(chunk.path).parent
    tags = {key: text for key, text in _texts(folder / "tags").items() if key[:7] != "mlflow."}
    about = {"status": state, "user": meta.get("user_id"), "params": _texts(folder / "params")}
    common: dict[str, Any] = {
        "model": defaults.model,
        "stage": defaults.stage or STAGE,
        "version": defaults.version or name,
        "tags": canonical_tags(dict(tags)),
        "attributes": json.dumps({key: one for key, one in about.items() if one}),
        "offset": chunk.offset,
        "type": "retrain",
    }
    title = f"training run {name}"
    rows = [{**common, "ts": naive(start), "id": run, "title": f"{title} began"}]
    if end is not None:
        rows[0]["end_ts"] = naive(end)
        ended = {"ts": naive(end), "id": f"{run}:end", "title": f"{title} {state or 'ended'}"}
        rows.append({**common, **ended})
    return records(events=pl.DataFrame(rows, schema=EVENTS))


def _time(text: str | None) -> float | None:
    found = moment(text) if text else None
    return found if found is not None and 0 <= found < _LATEST else None


def _texts(folder: Path) -> Mapping[str, str]:
    """The short texts that a folder has as files, by their names; none without such a folder."""
    found: dict[str, str] = {}
    try:
        for path in sorted(folder.rglob("*"))[:_MOST_FILES]:
            if path.is_file():
                with path.open("rb") as file:
                    text = file.read(_MOST_BYTES).decode(errors="replace")
                found[path.relative_to(folder).as_posix()] = text
    except OSError:
        return found
    return found
