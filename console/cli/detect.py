"""`model-console detect`: how unusual each point of a metric file is."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from console.cli.arguments import Parser
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.narration import tell
from console.config.document import printable
from console.formats.points import NoPointsError, Point, Unread, read_points
from console.stats.points import THRESHOLD, PointScorer

_DESCRIPTION = f"""\
Scores every point of a metric file by how unusual it is in its series' own
past: columns timestamp, value, anomaly_score, a row for each in the file. A
score uses only earlier points and the point itself. FILE is CSV with a time
column and one or several columns of numbers, or JSON Lines of metrics; with
more than one series a fourth column names it.

A score of {THRESHOLD} is met about once in 2,000 points of mere noise, rarer where a
series has an even rhythm: take it as the limit. A missing value scores 0."""

_EXAMPLES = """\
  model-console detect latency.csv --output scores.csv
  model-console detect metrics.jsonl | awk -F, '$3 >= 0.5'"""

_HEAD = ["timestamp", "value", "anomaly_score"]

Scored = tuple[Point, float]


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("detect", _DESCRIPTION, _EXAMPLES)
    parser.add_argument("file", metavar="FILE", type=Path, help="CSV or JSON Lines of metrics")
    parser.add_argument(
        "--output", metavar="CSV", type=Path, help="where to write (default: standard output)"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the scores; says what could not be read. Raises UsageError."""
    source, output = arguments.file, arguments.output
    if output is not None and output.exists() and output.samefile(source):
        raise UsageError(f"{output}: is the file that is read: name another --output")
    unread = Unread()
    try:
        with source.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            scored = _begun(_scored(read_points(lines, unread)))
            if output is None:
                _write(scored, sys.stdout)
            else:
                with output.open("w", encoding="utf-8", newline="") as target:
                    _write(scored, target)
    except NoPointsError as error:
        raise UsageError(f"{source}:{error.line}: {error}") from None
    if unread.count:
        tell(
            f"{source}:{unread.line}: {unread.reason}: "
            f"{unread.count:,} such in the file, scored 0 or passed over"
        )
    return 0


def _scored(points: Iterable[Point]) -> Iterator[Scored]:
    """Every point with its score, each series judged by itself."""
    scorers: dict[str, PointScorer] = {}
    for point in points:
        scorer = scorers.get(point.series)
        if scorer is None:
            scorer = scorers[point.series] = PointScorer()
        score = 0.0 if point.time is None else scorer.update(point.time, point.value)
        yield point, score


def _begun(scored: Iterator[Scored]) -> Iterator[Scored]:
    """The same, its first row read: a file without series is refused before output is opened."""
    first = next(scored, None)
    return iter(()) if first is None else chain([first], scored)


def _write(scored: Iterator[Scored], target: TextIO) -> None:
    """Writes CSV; the series of each row if there is more than one.

    Rows wait until there is a second series, since the heading must say so.
    """
    writer = csv.writer(target, lineterminator="\n")
    waiting: list[Scored] = []
    several = False
    for point, score in scored:
        waiting.append((point, score))
        if point.series != waiting[0][0].series:
            several = True
            break
    shown = printable if target.isatty() else str
    writer.writerow([*_HEAD, "series"] if several else _HEAD)
    for rows in (waiting, scored):
        for point, score in rows:
            cells = [shown(point.timestamp), shown(point.text), f"{score:.9g}"]
            writer.writerow([*cells, shown(point.series)] if several else cells)
