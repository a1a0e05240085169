"""`model-console templates`: which statement of a program each line of a log is."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.arguments import Parser
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_DESCRIPTION = """\
Finds the templates of a log: for every line of FILE its number, the id of its
template and the template itself, with <*> where the lines vary. Headers (time,
level, host, logger) are found and left out; the lines of a traceback belong to
the line above. Of JSON Lines the message is looked at."""

_EXAMPLES = """\
  model-console templates serving.log --output templates.csv
  model-console templates serving.log | cut -d, -f3- | sort | uniq -c | sort -n"""

_MESSAGE = ("message", "msg", "log", "text", "body", "event")
"""Where the message of a JSON object is, the usual first."""
_MOST = 20_000
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7z")
_BATCH = 50_000


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("templates", _DESCRIPTION, _EXAMPLES)
    parser.add_argument("file", metavar="FILE", type=Path, help="a log; - is standard input")
    parser.add_argument(
        "--output", metavar="CSV", type=Path, help="where to write (default: standard output)"
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Writes the table, one row for every line of the file."""
    from console.cli.output import print_csv

    found = templates(_lines(arguments.file))
    if arguments.output is not None:
        with arguments.output.open("wb") as file:
            found.write_csv(file)
    elif sys.stdout.isatty():
        print_csv(found.columns, found.rows())
    else:
        print(found.write_csv(), end="")
    return 0


def templates(lines: list[str]) -> pl.DataFrame:
    """Columns line (from 1), template_id, template: a row for every line, in order."""
    import polars as pl

    from console.stats.templates import Miner

    records = _records(lines)
    logs = records.select(
        pl.lit(None, pl.String).alias("model"),
        pl.lit(None, pl.String).alias("stage"),
        pl.lit(None, pl.Datetime("us")).alias("ts"),
        "message",
        "exception",
    )
    miner = Miner(limit=_MOST)
    parts = [miner.assign(batch)[0] for batch in logs.iter_slices(_BATCH)]
    ids = pl.concat(parts) if parts else pl.Series("template_id", [], pl.String)
    general = miner.general()
    texts = miner.state().select("template_id", "template")
    return (
        records.select("lines", ids.replace_strict(general, return_dtype=pl.String))
        .join(texts, on="template_id", how="left", maintain_order="left")
        .select(
            pl.col("template_id").repeat_by("lines").explode(),
            pl.col("template").repeat_by("lines").explode(),
        )
        .with_row_index("line", offset=1)
    )


def _lines(path: Path) -> list[str]:
    """The lines of a file, other bytes than UTF-8 escaped."""
    data = sys.stdin.buffer.read() if str(path) == "-" else _read(path)
    if data.startswith(_COMPRESSED):
        raise UsageError(f"{path}: compressed: give its content as -, zcat {path.name} | ...")
    if b"\0" in data[:4096]:
        raise UsageError(f"{path}: binary, not a log of lines")
    texts = data.removeprefix(b"\xef\xbb\xbf").decode(errors="backslashreplace").split("\n")
    if not texts[-1]:
        texts.pop()
    return [line.rstrip("\r") for line in texts]


def _read(path: Path) -> bytes:
    if not path.exists():
        raise UsageError(f"{path}: no such file: mend its name")
    if path.is_dir():
        raise UsageError(f"{path}: a folder: name one file")
    return path.read_bytes()


def _records(lines: list[str]) -> pl.DataFrame:
    """Columns message, exception, lines: records and how many lines each of them has."""
    import polars as pl

    schema = {"message": pl.String, "exception": pl.String, "lines": pl.UInt32}
    objects = sum(line.startswith("{") for line in lines)
    if objects and objects > len(lines) // 2:
        rows = [(*_said(line), 1) for line in lines]
        return pl.DataFrame(rows, schema=schema, orient="row")
    return _text_records(lines).cast(schema)  # type: ignore[arg-type]


def _text_records(lines: list[str]) -> pl.DataFrame:
    """What begins a record with what follows it; lines before the first are one each."""
    import polars as pl

    from console.stats.heading import learn

    messages, begins = learn(lines).messages(pl.Series("line", lines, pl.String))
    numbered = pl.DataFrame({"message": messages, "begins": begins}).with_columns(
        (pl.col("begins") | (pl.col("begins").cum_sum() == 0)).cum_sum().alias("record")
    )
    return (
        numbered.group_by("record", maintain_order=True)
        .agg(
            pl.col("message").first(),
            pl.col("message").slice(1).str.join("\n").alias("exception"),
            pl.len().alias("lines"),
        )
        .select("message", pl.col("exception").replace("", None), "lines")
    )


def _said(line: str) -> tuple[str, str | None]:
    """Message and exception of a line of JSON; the line itself where it is none."""
    try:
        record: Any = json.loads(line)
    except ValueError:
        return line, None
    if not isinstance(record, dict):
        return line, None
    message = next((record[key] for key in _MESSAGE if isinstance(record.get(key), str)), "")
    exception = record.get("exception")
    return message, exception if isinstance(exception, str) else None
