"""The text of a console.toml beside what it says, so that an error can name the line it means."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.config.settings import SettingsError

KeyPath = tuple[str | int, ...]
"""Where in a document: `("rules", 2, "above")` is the key `above` of the third `[[rules]]`."""

_MOST_LINES = 2_000
"""Longer files are read like any other; only their errors name no line."""


@dataclass(frozen=True)
class Document:
    """A parsed console.toml."""

    file: Path
    text: str
    data: dict[str, Any]

    def error(self, path: KeyPath, problem: str) -> SettingsError:
        """The problem, behind the file and the line that it is about."""
        return fault(self.file, self.line(path) if path else None, problem)

    def line(self, path: KeyPath) -> int | None:
        """The line, counted from 1, on which a key or a table first stands.

        The first lines of a TOML document either are a document that says less, or end inside a
        value that takes several lines. So bisecting over how many lines are read finds the place
        with the real parser, in whatever way tables and keys are written.
        """
        lines = self.text.split("\n")
        if len(lines) > _MOST_LINES:
            return None
        without, within = 0, len(lines)
        while within - without > 1:
            middle = (without + within) // 2
            if _holds(_longest_document(lines, middle)[1], path):
                within = middle
            else:
                without = middle
        return _longest_document(lines, within - 1)[0] + 1


def parse(file: Path, text: str) -> Document:
    """The document that a text is. Raises SettingsError where it is no TOML."""
    try:
        return Document(file, text, tomllib.loads(text))
    except RecursionError:
        raise fault(file, None, "is nested too deeply to be settings") from None
    except ValueError as error:
        problem, line = str(error), None
        if place := re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", problem):
            problem = problem[: place.start()]
            line = int(place[1]) if place[1] else text.count("\n") + 1
        raise fault(file, line, f"is no TOML: {problem}: see https://toml.io") from None


def fault(file: Path, line: int | None, problem: str) -> SettingsError:
    """`file:line: problem`, on one line whatever the parts contain."""
    place = f"{file}:{line}" if line else f"{file}"
    return SettingsError(printable(f"{place}: {problem}"))


def printable(text: str) -> str:
    """The text with whatever a terminal might obey, or would not show, written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _longest_document(lines: list[str], count: int) -> tuple[int, dict[str, Any]]:
    """What the first lines say, up to `count` of them, without a statement that is cut through."""
    while count:
        try:
            return count, tomllib.loads("\n".join(lines[:count]) + "\n")
        except ValueError:
            count -= 1
    return 0, {}


def _holds(data: Any, path: KeyPath) -> bool:
    for step in path:
        if isinstance(step, int):
            if not (isinstance(data, list) and step < len(data)):
                return False
        elif not (isinstance(data, dict) and step in data):
            return False
        data = data[step]
    return True
