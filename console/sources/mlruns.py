"""MLflow's folders of runs: which of their files hold records, and what they belong to.

`mlruns/EXPERIMENT/RUN` has a `meta.yaml`, and a file for every metric below `metrics`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

META = "meta.yaml"
METRICS = "metrics"
_OF_A_RUN = frozenset({METRICS, "params", "tags"})
_NO_RUNS = frozenset({"models", "traces"})
"""Folders beside those of runs, which say the same again."""
_MOST = 1 << 16
_NOTHING = frozenset({"null", "~", ""})


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an experiment."""

    experiment: str | None
    name: str


def is_run(folders: Collection[str], names: Collection[str]) -> bool:
    """Whether a folder of such content is a run's."""
    return META in names and not _OF_A_RUN.isdisjoint(folders)


def is_entered(name: str, parent: str, names: Collection[str]) -> bool:
    """Whether a folder can hold runs, by its name, its parent's and the files beside it."""
    return name not in _NO_RUNS or not (parent == "mlruns" or META in names)


def files_of(run: str) -> Iterator[Path]:
    """The files of a run that hold records."""
    yield Path(run, META)
    for folder, _, names in os.walk(Path(run, METRICS)):
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def run_of(path: Path) -> Run | None:
    """The run that a file belongs to; None for a file of no run."""
    folder = _folder(path)
    if folder is None:
        return None
    meta = read_meta(folder / META)
    if not meta.get("run_id") and not meta.get("run_uuid"):
        return None
    return Run(read_meta(folder.parent / META).get("name"), meta.get("run_name") or folder.name)


def _folder(path: Path) -> Path | None:
    """The folder of the run that a file would belong to."""
    if path.name == META:
        return path.parent
    below = [folder.parent for folder in path.parents if folder.name == METRICS]
    return next((folder for folder in below if (folder / META).is_file()), None)


def read_meta(path: Path) -> dict[str, str]:
    """The plain keys and values of a `meta.yaml`; none if it cannot be read."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return {}


@lru_cache(maxsize=4096)
def _read(path: Path, written: int) -> dict[str, str]:  # noqa: ARG001  # read anew when it changes
    with path.open("rb") as file:
        return flat_yaml(file.read(_MOST).decode(errors="replace"))


def flat_yaml(text: str) -> dict[str, str]:
    """The scalars of the top level of a YAML document, as texts, without those that are null."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if not colon or not key or key[0] in " \t#-" or (not value[:1].isspace() and value):
            continue
        if (scalar := _scalar(value.strip())) is not None:
            found[key.strip()] = scalar
    return found


def _scalar(text: str) -> str | None:
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'") or None
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text)) or None
        except ValueError:
            return text[1:-1]
    return None if text in _NOTHING or text[0] in "[{|>&*" else text
