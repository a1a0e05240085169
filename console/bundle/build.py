"""Builds the bundle of an alert: a folder that can be handed on and looked at without the store.

It appears whole or not at all, readable by its owner alone. Every text in it has passed the
redactor, whose work is best effort: look at it before you hand it on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from console import __version__
from console.bundle import chart, lines, pages
from console.bundle.recipe import recipe_of
from console.bundle.subject import Subject, rows_of, sides, subject_of
from console.config.settings import Settings
from console.records.clock import Clock, iso, system_clock
from console.records.frames import TIME
from console.records.redaction import Redactor

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.store.reader import Reader

MANIFEST = "manifest.json"
FORMAT = 1
NOTE = (
    "What looks like a password, key, token, login, query of an address, e-mail address, network"
    " address or card number was taken out. This is best effort: look before you hand it on."
)
COPIED = ("notebook.ipynb", "query.sql", "reproduce.py")
"""Files that are the same in every bundle: they hold no data, and no value is put into them."""
STEPS = ("the rows", "the number", "the log lines", "the pages", "the manifest")
"""What is done, in this order."""

Progress = Callable[[str, int, int], None]
"""Gets what is being done, how many steps are done, and how many there are."""


class BundleError(Exception):
    """The bundle cannot be built: one line."""


class CancelledError(BundleError):
    """Whoever asked for the bundle does not want it any more."""


def build(
    alert: Alert,
    reader: Reader,
    target: Path,
    settings: Settings | None = None,
    *,
    clock: Clock = system_clock,
    progress: Progress = lambda _what, _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Builds the bundle as the folder `target`, in the place of an earlier one; returns it.

    Raises BundleError, if the folder is something else; CancelledError; StoreError; OSError.
    """
    chosen = settings or Settings()
    if target.exists() and not (target / MANIFEST).is_file():
        raise BundleError(f"{target} is there and is no bundle: name another folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)

    def step(number: int) -> None:
        if cancelled():
            raise CancelledError("the bundle was not built: cancelled")
        progress(STEPS[number] if number < len(STEPS) else "done", number, len(STEPS))

    try:
        _Folder(partial, alert, reader, chosen).fill(step, clock())
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


class _Folder:
    """The folder of one alert while it is filled."""

    def __init__(self, path: Path, alert: Alert, reader: Reader, settings: Settings) -> None:
        self._path = path
        self._alert = alert
        self._reader = reader
        self._settings = settings
        self._redactor = Redactor(settings.redact)
        self._redactions: dict[str, dict[str, int]] = {}
        self._rows: dict[str, int] = {}

    def fill(self, step: Callable[[int], None], now: float) -> None:
        """Writes every file, the manifest last."""
        step(0)
        subject = subject_of(self._alert, self._reader)
        rows = self._sides(subject)
        step(1)
        recipe: dict[str, Any] = {"statistic": None, "number": None, "why": "a report has none"}
        if subject is not None:
            recipe = recipe_of(subject, rows, self._settings, self._redactor)
        self._write("recipe.json", _json(recipe))
        step(2)
        told = lines.ranked(self._alert, self._reader, self._redactor)
        self._rows["logs.jsonl"] = len(told)
        self._write(
            "logs.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in told)
        )
        step(3)
        self._pages(recipe, told)
        for name in COPIED:
            self._write(name, files("console.bundle").joinpath(name).read_text(encoding="utf-8"))
        step(4)
        self._write(MANIFEST, _json(self._manifest(now, recipe)))
        step(5)

    def _sides(self, subject: Subject | None) -> pl.DataFrame:
        if subject is None:
            rows = pl.DataFrame(schema={"ts": TIME, "value": pl.Float64})
            before, after = rows, rows
        else:
            rows = rows_of(subject, self._reader, self._redactor)
            before, after = sides(subject, rows)
        for name, frame in (("before.parquet", before), ("after.parquet", after)):
            frame.write_parquet(self._path / name)
            self._rows[name] = frame.height
            self._done(name)
        return rows

    def _pages(self, recipe: dict[str, Any], told: list[dict[str, Any]]) -> None:
        redactor = self._redactor
        document = redactor.value(self._alert.to_json())
        title = redactor.text(self._alert.title)
        self._write("alert.json", _json(document))
        number = _number(recipe)
        self._write("message.md", pages.markdown(document, title, number))
        name = redactor.text(self._alert.series or title)
        drawings = (chart.svg(self._alert, name), chart.text(self._alert))
        self._write("chart.svg", drawings[0] + "\n")
        self._write("chart.txt", drawings[1])
        self._write("index.html", pages.page(document, title, number, drawings, told))

    def _write(self, name: str, text: str) -> None:
        (self._path / name).write_text(text, encoding="utf-8")
        self._done(name)

    def _done(self, name: str) -> None:
        """Keeps the file to its owner, and notes what was taken out for it."""
        (self._path / name).chmod(0o600)
        self._redactions[name] = dict(self._redactor.counts)
        self._redactor.counts = Counter()

    def _manifest(self, now: float, recipe: dict[str, Any]) -> dict[str, Any]:
        contents = {}
        for path in sorted(self._path.iterdir()):
            content = path.read_bytes()
            contents[path.name] = {
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "redactions": self._redactions.get(path.name, {}),
            }
            if path.name in self._rows:
                contents[path.name]["rows"] = self._rows[path.name]
        return {
            "format": FORMAT,
            "made_by": f"model-console {__version__}",
            "made_at": iso(now),
            "alert": self._alert.id,
            "fingerprint": self._alert.fingerprint,
            "reproduced": recipe["statistic"] is not None,
            "note": NOTE,
            "files": contents,
        }


def _number(recipe: dict[str, Any]) -> str:
    if recipe["statistic"] is None:
        told = "none" if recipe["number"] is None else f"{recipe['number']:.6g}"
        return f"{told}: {recipe['why']}"
    text = (
        f"{recipe['number']:.6g}: {recipe['statistic']}, {recipe['start']} to {recipe['end']} UTC"
    )
    return f"{text}; {recipe['why']}" if "why" in recipe else text


def _json(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
