"""`model-console doctor`: looks at everything the console needs, and says what to mend."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from console.cli.arguments import Parser, Target, add_format, add_paths, target
from console.cli.arguments import parser as new_parser
from console.cli.checkup.finding import Finding
from console.cli.narration import tell
from console.cli.output import print_json
from console.config.document import printable
from console.records.clock import system_clock

_DESCRIPTION = """\
Looks at the settings, who is told of alerts, every source (what format it has
and why, what cannot be decoded), the clocks in them, the store and its disk,
the terminal and the versions. Exits with 1 if something is to be mended."""

_MARKS = {"ok": "ok", "note": "note", "mend": "MEND"}


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("doctor", _DESCRIPTION, "  model-console doctor logs/")
    add_paths(parser)
    add_format(parser, "text", "json")
    parser.add_argument(
        "--tell", metavar="NAME", help="sends this recipient a test message, and nothing else"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints what was found; 1 if something is to be mended."""
    if not arguments.paths and not arguments.config and not Path("console.toml").exists():
        arguments.paths = [Path()]
    looked_at = target(arguments)
    found = [told(looked_at, arguments.tell)] if arguments.tell else list(findings(looked_at))
    faults = sum(finding.verdict == "mend" for finding in found)
    if arguments.format == "json":
        print_json({"findings": [asdict(finding) for finding in found], "mend": faults})
    else:
        for line in report(found):
            print(line)
        tell(f"{faults} to mend" if faults else "nothing to mend")
    return 1 if faults else 0


def told(looked_at: Target, name: str) -> Finding:
    """What came of a test message. Raises UsageError for a recipient that there is not."""
    from console.cli.checkup.delivery import tell as send

    return send(looked_at.settings, name, system_clock)


def findings(looked_at: Target) -> Iterator[Finding]:
    """Everything, area by area."""
    from console.cli.checkup import files, machine
    from console.cli.checkup.delivery import delivery
    from console.cli.checkup.settings import settings

    yield from settings(looked_at.settings)
    yield from delivery(looked_at.settings)
    examined = files.examine(looked_at.paths, looked_at.settings)
    yield from files.sources(examined, looked_at.paths)
    yield from files.clocks(examined, system_clock)
    yield from machine.store(looked_at.store)
    yield from machine.watching(len({one.file.path.parent for one in examined}))
    yield from machine.terminal(os.environ, is_terminal=sys.stdout.isatty())
    yield from machine.versions()


def report(found: Sequence[Finding]) -> Iterator[str]:
    """The findings for people, area by area; a mend stands below its finding."""
    area = None
    for finding in found:
        if finding.area != area:
            if area is not None:
                yield ""
            area = finding.area
            yield area
        yield printable(f"  {_MARKS[finding.verdict]:<5} {finding.subject}: {finding.text}")
        if finding.mend is not None:
            yield printable(f"        {finding.mend}")
