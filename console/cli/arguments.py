"""Parsing of a command's arguments, and what the paths, settings and store come to."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from console.cli.errors import UsageError
from console.config.load import NAME, settings_for
from console.config.places import store_path
from console.config.settings import Settings

IN_MEMORY = ":memory:"
_WIDEST = 80


class Parser(argparse.ArgumentParser):
    """Help in at most 80 columns; an error is a UsageError of one line."""

    def error(self, message: str) -> NoReturn:
        """Raises the message with where to read more."""
        raise UsageError(f"{self.prog}: {message}: see {self.prog} --help")


def parser(command: str, description: str, examples: str = "") -> Parser:
    """A parser for a command of `model-console`."""
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    return Parser(
        prog=f"model-console {command}".strip(),
        description=description,
        epilog=f"examples:\n{examples}" if examples else None,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=width),
        allow_abbrev=False,
    )


FOLLOWED = "file, folder or quoted glob (default: those of ./console.toml)"
"""What PATH means to a command that reads files."""


def add_paths(parser: Parser, nargs: str = "*", meaning: str = FOLLOWED) -> None:
    """Adds PATH ..., --config and --store."""
    parser.add_argument("paths", metavar="PATH", nargs=nargs, type=Path, help=meaning)
    add_store(parser)


def add_store(parser: Parser) -> None:
    """Adds --config and --store."""
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="settings (default: the console.toml of PATH)"
    )
    parser.add_argument("--store", metavar="FILE", help="where all is kept; :memory: keeps nothing")


def add_format(parser: Parser, *choices: str) -> None:
    """Adds --format; the first choice is the default."""
    parser.add_argument(
        "--format", choices=choices, default=choices[0], help=f"default: {choices[0]}"
    )


@dataclass(frozen=True, slots=True)
class Target:
    """What a command works on."""

    paths: tuple[Path, ...]
    settings: Settings
    store: Path | None
    """None: in memory."""


def target(arguments: argparse.Namespace) -> Target:
    """What the arguments name. Raises UsageError for a path that is not there, SettingsError.

    Without a PATH it is the folder of the settings file; a glob may match nothing yet.
    """
    paths = tuple(arguments.paths)
    for path in paths:
        if not path.exists():
            from glob import has_magic  # most paths are there

            if not has_magic(str(path)):
                raise UsageError(f"{path}: no such file or folder{_meant(path)}")
    settings = settings_for(paths, arguments.config)
    if not paths:
        if settings.file is None:
            raise UsageError(
                f"nothing to follow: name a file or folder, or write a {NAME} here "
                "(model-console demo shows what comes of it)"
            )
        paths = (settings.file.parent,)
    return Target(paths, settings, store_of(arguments.store, settings, paths))


def store_of(named: str | None, settings: Settings, paths: Sequence[Path]) -> Path | None:
    """The store that --store names, else the default one of the settings and paths."""
    if named == IN_MEMORY:
        return None
    return Path(named).expanduser() if named else store_path(settings, paths)


def need_terminal() -> None:
    """Raises UsageError where there is no screen to show the console on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the console needs a terminal: without one use model-console collect or replay"
        )


def _meant(path: Path) -> str:
    from console.cli.usage import COMMANDS
    from console.config.values import nearest

    return nearest(str(path), COMMANDS) or ": create it first, or mend its name"
