"""Which files there are to follow, and what holds for the records in them."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from console.config.settings import PATH_NAMES, Settings, SourceSettings
from console.sources.archive import SUFFIXES
from console.sources.defaults import Defaults
from console.sources.leftout import LeftOut
from console.sources.mlruns import files_of, is_entered, is_run, run_of

_NOT_FOLLOWED = frozenset(
    (
        *(".toml", ".yaml", ".yml", ".ini", ".cfg", ".lock", ".md", ".rst", ".html", ".pdf"),
        *(".py", ".pyc", ".ipynb", ".sh", ".so", ".pkl", ".joblib", ".pt", ".pth", ".onnx", ".npy"),
        *(".npz", ".h5", ".safetensors", ".duckdb", ".db", ".sqlite", ".wal", ".tmp", ".swp"),
        *(".tgz", ".zip", ".whl", ".png", ".jpg", ".jpeg", ".svg", ".gif"),
    )
)
_NOT_FOLLOWED_NAMES = re.compile(r"(?i:readme|licen[cs]e|changelog|makefile|dockerfile)(?:\..*)?$")
_TARS = tuple(f".tar{suffix}" for suffix in SUFFIXES)
_NOT_ENTERED = frozenset({"__pycache__", "node_modules", "venv", "site-packages"})
_GENERIC = frozenset(
    (
        *("logs", "log", "metrics", "data", "output", "out", "runs", "tensorboard"),
        *("train", "validation", "valid", "val", "eval", "test"),  # parts of a training
    )
)
_STAGES = Settings().stages
_SAY_THEMSELVES = frozenset({"jsonl", "otlp"})
_WILDCARDS = (
    (r"\*\*/", "(?:.*/)?"),
    (r"\*\*", ".*"),
    (r"\*", "[^/]*"),
    (r"\?", "[^/]"),
)
_NAMED = re.compile(rf"\{{({'|'.join(PATH_NAMES)})\}}")
_NAMED_ESCAPED = re.compile(rf"\\\{{({'|'.join(PATH_NAMES)})\\\}}")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to follow."""

    path: Path
    """Absolute; a symbolic link is not resolved, so that it can be turned to another file."""
    defaults: Defaults
    """What the settings say that its records belong to."""
    format: str | None = None
    """The format that the settings name."""
    folder: Defaults = field(default_factory=Defaults)
    """What the folders between the given path and the file suggest."""

    def defaults_for(self, format_name: str) -> Defaults:
        """What records of this file belong to that do not say so themselves.

        The folder's name is the last resort, but not in formats that have a place to say it: in
        the native one a record that names no model concerns them all, OpenTelemetry has services.
        """
        if format_name in _SAY_THEMSELVES:
            return self.defaults
        return replace(
            self.defaults,
            model=self.defaults.model or self.folder.model,
            stage=self.defaults.stage or self.folder.stage,
            version=self.defaults.version or self.folder.version,
        )


class Discovery:
    """Finds the files of some paths, or of the sources that the settings name.

    With sources in the settings these alone say which files below a folder are followed; a file
    that is named itself is followed in any case.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        sources: Sequence[SourceSettings] = (),
        *,
        exclude: Collection[Path] = (),
        stages: Iterable[str] = _STAGES,
    ) -> None:
        self._paths = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100  # keeps links
        self._sources = tuple(sources)
        self._exclude = frozenset(Path(os.path.abspath(path)) for path in exclude)  # noqa: PTH100
        self._stages = frozenset(stages)

    def find(self) -> list[SourceFile]:
        """The files that exist now, ordered by their paths."""
        return [self.describe(path) for path in self._candidates() if path.is_file()]

    def broken(self) -> list[tuple[Path, str]]:
        """What would be followed if it were a file that is there, and why it is not."""
        closed = [
            (Path(folder, name), "the folder cannot be read: permission denied")
            for root in self.folders()
            for folder, names, _ in os.walk(root)
            for name in names
            if name[0] != "." and not os.access(Path(folder, name), os.R_OK | os.X_OK)
        ]
        found = [(path, why) for path in self._candidates() if (why := _no_file(path)) is not None]
        return sorted([*closed, *found])

    def passed_over(self) -> Iterator[LeftOut]:
        """The files below the given folders that are not followed.

        Hidden ones, and those of folders that are not entered, are not worth a word.
        """
        found = set(self._candidates())
        for root in (path for path in self._paths if path.is_dir()):
            for folder, names, is_of_run in _entered(root):
                for name in sorted(() if is_of_run else names):
                    path = Path(folder, name)
                    if name[0] != "." and path not in found:
                        yield self._left_out(path)

    def _left_out(self, path: Path) -> LeftOut:
        if path in self._exclude:
            return LeftOut(str(path), "read as the reference of a model")
        if path.name == "console.toml":
            return LeftOut(str(path), "read as the settings")
        if not is_followed(path.name):
            mend = "to follow it all the same, name the file itself"
            return LeftOut(str(path), "no log by its name", mend)
        why = "no [[sources]] of console.toml is of it"
        return LeftOut(str(path), why, "add one whose path is its own")

    def _candidates(self) -> list[Path]:
        found: dict[Path, None] = {}
        for path in self._paths:
            if path.is_dir():
                found.update(dict.fromkeys(() if self._sources else self._below(path)))
            else:
                found.update(dict.fromkeys(_expanded(str(path))))
        for source in self._sources:
            for path in _expanded(_as_glob(source.path)):
                below = self._below(path) if path.is_dir() else [path]
                named = _NAMED.search(source.path)
                found.update((one, None) for one in below if not named or _matched(source, one))
        return sorted(path for path in found if path not in self._exclude)

    def describe(self, path: Path) -> SourceFile:
        """What holds for a file, whether it exists or not."""
        for source in self._sources:
            found = _matched(source, path)
            if found is not None:
                named = found.groupdict()
                defaults = Defaults(
                    source.model or named.get("model"),
                    source.stage or named.get("stage"),
                    source.version or named.get("version"),
                    source.timezone,
                )
                return SourceFile(path, defaults, source.format, self._suggested(path))
        return SourceFile(path, Defaults(), None, self._suggested(path))

    def folders(self) -> list[Path]:
        """The existing folders in which a new file could belong to this: those to be watched."""
        roots = [path if path.is_dir() else _fixed_part(str(path)) for path in self._paths]
        roots += [_fixed_part(_as_glob(source.path)) for source in self._sources]
        kept: list[Path] = []
        for root in sorted({root for root in roots if root.is_dir()}):
            if not any(root.is_relative_to(other) for other in kept):
                kept.append(root)
        return kept

    def _suggested(self, path: Path) -> Defaults:
        """A model and a stage from the names of the folders below a given path."""
        below = self._of_folders(path)
        run = run_of(path)
        if run is None:
            return below
        return replace(below, model=run.experiment or below.model, version=run.name)

    def _of_folders(self, path: Path) -> Defaults:
        for root in self._paths:
            if path.is_relative_to(root) and path != root:
                names = path.relative_to(root).parts[:-1]
                stages = [name for name in names if name in self._stages]
                others = [
                    name for name in names if name not in self._stages and name not in _GENERIC
                ]
                return Defaults(others[-1] if others else None, stages[-1] if stages else None)
        return Defaults()

    def _below(self, root: Path) -> Iterator[Path]:
        for folder, names, is_of_run in _entered(root):
            if is_of_run:
                yield from files_of(folder)
            else:
                yield from (Path(folder, name) for name in names if is_followed(name))


def _entered(root: Path) -> Iterator[tuple[str, list[str], bool]]:
    """The folders below one that are entered, with their files; whether each is an MLflow run."""
    for folder, folders, names in os.walk(root):
        is_of_run = is_run(folders, names)
        folders[:] = [
            name
            for name in folders
            if not is_of_run
            and name[0] != "."
            and name not in _NOT_ENTERED
            and is_entered(name, Path(folder).name, names)
        ]
        yield folder, names, is_of_run


def _no_file(path: Path) -> str | None:
    """Why nothing can be read at a path; None for a file, and where nothing is at all."""
    try:
        if path.is_dir() or path.is_file() or not os.path.lexists(path):
            return None
        if not path.exists():
            return f"a link to {os.readlink(path)}, which is not there"  # noqa: PTH115  # as written
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return "a pipe, a socket or a device, not a file"


def is_followed(name: str) -> bool:
    """Whether a file of this name, found in a folder, can be a log at all."""
    suffixes = Path(name).suffixes
    return not (
        name.startswith(".")
        or name in _NOT_ENTERED
        or name.endswith(("~", ".tar", *_TARS))
        or _NOT_FOLLOWED_NAMES.match(name)
        or any(suffix.lower() in _NOT_FOLLOWED for suffix in suffixes[-1:])
    )


def _matched(source: SourceSettings, path: Path) -> re.Match[str] | None:
    """How a source's pattern matches a path, with the names that it gives parts of it."""
    return _pattern(source.path).match(str(path))


def _as_glob(pattern: str) -> str:
    return _NAMED.sub("*", pattern)


def _expanded(pattern: str) -> list[Path]:
    if not glob.has_magic(pattern) or os.path.lexists(pattern):
        return [Path(pattern)]
    found = glob.glob(pattern, recursive=True)  # noqa: PTH207  # absolute
    return [path for path in map(Path, found) if is_followed(path.name)]


def _fixed_part(pattern: str) -> Path:
    """The longest folder of a pattern without wildcards."""
    if not glob.has_magic(pattern):
        path = Path(pattern)
        return path if path.is_dir() else path.parent
    parts: list[str] = []
    for part in Path(pattern).parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    """The paths that a glob means, and those below them if they are folders.

    `{model}`, `{stage}` and `{version}` in it are groups: as much of a name as need be.
    """
    expression = re.escape(text)
    for written, meant in _WILDCARDS:
        expression = expression.replace(written, meant)
    named: set[str] = set()

    def name(match: re.Match[str]) -> str:
        again = match[1] in named
        named.add(match[1])
        return f"(?P={match[1]})" if again else f"(?P<{match[1]}>[^/]+?)"

    expression = _NAMED_ESCAPED.sub(name, expression)
    expression = re.sub(r"\\\[(!?)((?:[^\]\\]|\\.)+)\\\]", _character_class, expression)
    return re.compile(f"{expression.rstrip('/')}(?:/.*)?$")


def _character_class(match: re.Match[str]) -> str:
    return f"[{'^' if match[1] else ''}{match[2]}]"
