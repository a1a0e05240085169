"""`model-console check`: the configured checks and rules over files, for CI."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.arguments import Parser, add_format
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.narration import tell
from console.cli.output import print_json, print_table
from console.config.load import settings_for
from console.records.clock import system_clock

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.stats.condition import Condition

_DESCRIPTION = """\
Runs what console.toml configures over files, for CI: each [[checks]] over the
rows of its own path or of PATH, and the [[rules]] over the history below PATH.
Exits with 0 if all hold, 1 if some fail, 2 if some could not run.

A folder is looked through for native predictions and labels (JSON Lines); CSV
and Parquet files are named, on the command line or as the path of a check."""

_EXAMPLES = """\
  model-console check predictions.csv
  model-console check logs/ --config console.toml --junit report.xml

  [[checks]]                      # in console.toml
  model = "fraud"                 # whose reference it is compared with
  path = "serving/today.parquet"  # else PATH
  rows = 1000                     # at least
  nulls = 0.01                    # at most, in every column
  unseen = 0.0                    # at most, of the rows
  drift = "significant"           # or the most: drift = 0.2, test = "psi"
  metric = "auc"
  least = 0.85"""
_MEND = 'add a [[checks]], such as  nulls = 0.01  drift = "significant", or a [[rules]]'
_MARKS = {"holds": "ok", "fails": "FAIL", "broken": "ERROR"}


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("check", _DESCRIPTION, _EXAMPLES)
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        type=Path,
        help="file, folder or quoted glob (default: the folder of the settings)",
    )
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="settings (default: the console.toml of PATH)"
    )
    add_format(parser, "table", "json")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="writes a JUnit report, too")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints what holds and what does not; 1 if a condition fails, 2 if one could not run."""
    settings = settings_for(arguments.paths, arguments.config)
    paths = _paths(arguments.paths, settings)
    found = evaluated(settings, paths)
    verdicts = [condition.verdict for condition in found]
    counts = {name: verdicts.count(name) for name in ("holds", "fails", "broken")}
    if arguments.junit is not None:
        from console.cli.checking import junit

        junit.write(arguments.junit, found)
    if arguments.format == "json":
        print_json({"conditions": [asdict(one) for one in found], "summary": counts})
    else:
        _print(found)
        tell(f"{counts['holds']} hold, {counts['fails']} fail, {counts['broken']} could not run")
    return 2 if counts["broken"] or not found else 1 if counts["fails"] else 0


def evaluated(settings: Settings, paths: tuple[Path, ...]) -> list[Condition]:
    """All conditions: those of the suites, then the rules. Raises UsageError without any."""
    if not settings.checks and not settings.rules:
        raise UsageError(f"{settings.file or 'console.toml'}: there is nothing to check: {_MEND}")
    found: list[Condition] = []
    if settings.checks:
        from console.cli.checking import suites

        found += suites.conditions(settings, paths, system_clock)
    if settings.rules:
        from console.cli.checking import history
        from console.cli.stores import store_errors

        with store_errors():
            found += history.conditions(settings, paths)
    if not found:
        raise UsageError(
            f"{settings.file}: its checks look at none of the columns: mend their columns"
        )
    return found


def _paths(named: list[Path], settings: Settings) -> tuple[Path, ...]:
    import glob

    for path in named:
        if not path.exists() and not glob.glob(str(path), recursive=True):  # noqa: PTH207
            raise UsageError(f"{path}: no such file or folder: mend its name")
    if named:
        return tuple(named)
    return (settings.file.parent,) if settings.file is not None else (Path(),)


def _print(found: list[Condition]) -> None:
    head = ("", "suite", "condition", "column", "found")
    rows = [
        (_MARKS[one.verdict], one.suite, one.name, one.column or "", one.said)
        for one in sorted(found, key=lambda one: list(_MARKS).index(one.verdict), reverse=True)
    ]
    print_table(head, rows)
