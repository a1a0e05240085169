"""`model-console drift`: two files of rows, column by column."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.arguments import Parser, add_format
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.narration import tell
from console.cli.output import print_json
from console.config.load import COMPATS, TESTS

if TYPE_CHECKING:
    from console.stats.compare.result import Comparison

_DESCRIPTION = """\
Compares two files of rows (CSV, Parquet, JSON Lines, native predictions),
column by column: has the distribution moved, surely and by how much, which
values carry it, and what is wrong with the data. All columns are judged
together, so that unchanged data says nothing in 997 of 1,000 comparisons."""

_EXAMPLES = """\
  model-console drift reference.csv today.csv
  model-console drift reference.parquet predictions.jsonl --format json
  model-console drift old.csv new.csv --test psi --compat evidently
  model-console drift last_week.jsonl today.jsonl --by client --by country"""


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("drift", _DESCRIPTION, _EXAMPLES)
    parser.add_argument(
        "reference", metavar="REFERENCE", type=Path, help="the rows to compare with"
    )
    parser.add_argument("current", metavar="CURRENT", type=Path, help="the rows to judge")
    add_format(parser, "table", "json")
    parser.add_argument(
        "--test",
        metavar="TEST",
        choices=TESTS,
        help=f"computes one more test beside the default one: {', '.join(TESTS)}",
    )
    parser.add_argument(
        "--compat",
        metavar="TOOL",
        choices=COMPATS,
        default=COMPATS[0],
        help=f"as which tool computes that test: {', '.join(COMPATS)}",
    )
    parser.add_argument(
        "--by",
        metavar="COLUMN",
        action="append",
        default=[],
        help="names the value of this column or tag that carries a change; may be repeated",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints the comparison. Exits with 0 whatever it says: `check` is for judging."""
    found = compared(arguments)
    from console.cli.comparison.document import document
    from console.cli.comparison.table import print_comparison

    if arguments.format == "json":
        print_json(document(found))
    else:
        print_comparison(found)
        tell(_summary(found))
    return 0


def compared(arguments: argparse.Namespace) -> Comparison:
    """The comparison that the arguments ask for. Raises UsageError."""
    from console.stats import tables
    from console.stats.compare.frames import compare
    from console.stats.compare.segments import columns_of, known

    try:
        reference, current = tables.read(arguments.reference), tables.read(arguments.current)
    except tables.TableError as error:
        raise UsageError(str(error)) from error
    if not set(tables.compared(reference)) & set(tables.compared(current)):
        raise UsageError(
            f"{arguments.current}: has no column of {arguments.reference}: "
            "name two files of the same model"
        )
    for name in arguments.by:
        for path, table in ((arguments.reference, reference), (arguments.current, current)):
            if known(table, name) is None:
                raise UsageError(
                    f"{path}: has no column and no tag {name}, which --by names: "
                    f"name one of {', '.join(columns_of(table)) or 'its columns'}"
                )
    return compare(
        reference, current, test=arguments.test, compat=arguments.compat, by=arguments.by
    )


def _summary(found: Comparison) -> str:
    drifted, alerts = len(found.drifted), found.alerts
    return (
        f"{drifted} of {len(found.columns)} columns drifted, {alerts} alerts; "
        f"{found.reference_rows:,} against {found.current_rows:,} rows"
    )
