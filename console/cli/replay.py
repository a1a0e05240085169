"""`model-console replay`: history through the same pipeline, as fast as it goes."""

from __future__ import annotations

import argparse
import glob

from console.cli.arguments import Parser, add_format, add_paths, target
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.inbox import print_alerts
from console.cli.narration import ProgressLine, tell
from console.cli.stores import store_errors

_DESCRIPTION = """\
Runs history through the very pipeline of the console, in event time, as fast
as it goes, then prints the ranked alerts. Works on a fresh store in memory
unless --store names one."""

_EXAMPLES = """\
  model-console replay logs/
  model-console replay 'runs/*.jsonl' --format json | jq '.alerts[0].why'"""


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("replay", _DESCRIPTION, _EXAMPLES)
    add_paths(parser, nargs="+", meaning="file, folder or quoted glob")
    add_format(parser, "table", "json", "csv")
    parser.add_argument(
        "--progress", action="store_true", help="say how far it is even if nobody looks"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Replays the paths and prints what is found."""
    for path in arguments.paths:
        if not path.exists() and not glob.glob(str(path), recursive=True):  # noqa: PTH207
            raise UsageError(f"{path}: no such file or folder: mend its name")
    found = target(arguments)
    progress = ProgressLine(always=arguments.progress)
    from console.engine.replay import replay

    try:
        with store_errors():
            result = replay(
                found.paths,
                found.settings,
                found.store if arguments.store else None,
                progress,
            )
    finally:
        progress.close()
    print_alerts(
        [alert.to_json() for alert in result.alerts],
        [alert.title for alert in result.alerts],
        arguments.format,
    )
    tell(
        f"{len(result.alerts)} alerts from {result.rows:,} rows of {result.files:,} files "
        f"({result.rejects:,} rejected) in {result.seconds:.1f} s"
    )
    if not result.rows:
        tell("nothing could be read: model-console doctor says why")
    return 0
