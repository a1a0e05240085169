"""`model-console bundle`: an alert's rows, lines, message and notebook in one folder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.arguments import Parser, add_format, add_store
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.narration import tell
from console.cli.output import print_json
from console.cli.stores import kept

if TYPE_CHECKING:
    from console.alerts.alert import Alert

_DESCRIPTION = """\
Puts all that is known of an alert into a folder: the rows before and after its
onset (Parquet), the log lines that tell most, message, charts, a query, and a
notebook that computes the alert's number anew from these files alone. ALERT is
an id, the beginning of one, or a rank of the inbox (see model-console alerts).
What looks like a secret is taken out, as well as that can be done."""

_EXAMPLES = """\
  model-console bundle 1
  model-console bundle 945c9d94 --store s.duckdb --output /tmp/fraud"""


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("bundle", _DESCRIPTION, _EXAMPLES)
    parser.add_argument("alert", metavar="ALERT", help="id, beginning of an id, or rank")
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        type=Path,
        help="what the console was opened on (default: ./console.toml, else .)",
    )
    add_store(parser)
    parser.add_argument(
        "--output", metavar="DIR", type=Path, help="the folder (default: ./bundle-ID)"
    )
    add_format(parser, "text", "json")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Builds the bundle, and says where it is."""
    from console.bundle.build import MANIFEST, BundleError, build
    from console.cli.alerts import inbox_of

    with kept(arguments) as found:
        alert = chosen(inbox_of(found), arguments.alert)
        target = arguments.output or Path(f"bundle-{alert.id}")
        try:
            folder = build(alert, found.store.reader(), target, found.settings)
        except BundleError as error:
            raise UsageError(str(error)) from None
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if arguments.format == "json":
        print_json({"folder": str(folder), **manifest})
    else:
        print(folder)
    taken = sum(sum(file["redactions"].values()) for file in manifest["files"].values())
    tell(f"{len(manifest['files'])} files, {taken} likely secrets taken out: look before you share")
    if not manifest["reproduced"]:
        tell("the alert's number cannot be computed from rows: message.md says why")
    return 0


def chosen(inbox: Sequence[Alert], named: str) -> Alert:
    """The alert of an id, of the beginning of one id alone, or of a rank. Raises UsageError."""
    exact = [alert for alert in inbox if alert.id == named]
    begun = [alert for alert in inbox if named and alert.id.startswith(named)]
    ranked = [alert for alert in inbox if named == str(alert.rank)]
    # A short number is a rank; hardly anybody writes the first digits of an id.
    found = exact or (ranked if len(named) < 4 and ranked else begun) or ranked
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{named}: {len(found)} alerts begin so: give more of the id")
    many = f"1 to {len(inbox)}" if inbox else "none, there are no alerts"
    raise UsageError(f"{named}: no such alert: give an id or a rank ({many})")
