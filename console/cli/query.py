"""`model-console query`: read-only SQL over a store."""

from __future__ import annotations

import argparse

from console.cli.arguments import Parser, add_format, add_paths
from console.cli.arguments import parser as new_parser
from console.cli.narration import tell
from console.cli.output import print_csv, print_json, print_table
from console.cli.stores import OWNED, kept

_DESCRIPTION = """\
Runs read-only SQL over the store that --store names, or that belongs to the
PATHs or settings. Views:

  metrics, logs, events, predictions, labels   what was read
  rejects, sources                             what could not be, and the files
  windows, alerts                              what came of it"""

_EXAMPLES = """\
  model-console query "select model, name, avg(value) from metrics group by all"
  model-console query "select * from rejects" logs/ --format csv > rejects.csv"""

_MOST_ROWS = 10_000


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("query", _DESCRIPTION, _EXAMPLES)
    parser.add_argument("sql", metavar="SQL", help="one statement")
    add_paths(parser, meaning=OWNED)
    add_format(parser, "table", "json", "csv")
    parser.add_argument(
        "--limit", type=_count, default=_MOST_ROWS, help=f"most rows (default: {_MOST_ROWS:,})"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints the rows; says so where there are more than the limit."""
    with kept(arguments) as found:
        frame = found.store.reader().sql(arguments.sql, arguments.limit + 1)
    shown = frame.head(arguments.limit)
    if arguments.format == "json":
        print_json(shown.to_dicts())
    elif arguments.format == "csv":
        print_csv(shown.columns, shown.rows())
    else:
        numeric = [i for i, dtype in enumerate(shown.dtypes) if dtype.is_numeric()]
        print_table(shown.columns, shown.rows(), right=numeric)
    if frame.height > arguments.limit:
        tell(f"there are more rows than these {arguments.limit:,}: raise --limit")
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number from 1")
    return int(text)
