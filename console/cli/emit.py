"""`model-console emit`: appends one native record to a file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from console.cli.arguments import Parser
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.emit import Emitter, RecordError

_DESCRIPTION = """\
Appends one native record to FILE, as one line of JSON in one write: safe beside
whoever else writes there. The record is

  event --type TYPE --title TITLE   something was done: deploy, retrain, config,
                                    data_import, campaign, incident, ...
  metric NAME VALUE                 a measured number
  log LEVEL MESSAGE                 a line of a log
  label ID LABEL                    the truth about the prediction ID
  --json OBJECT                     any record, given whole"""

_EXAMPLES = """\
  model-console emit events.jsonl event --type deploy --title "v12 serves all" \\
      --model fraud --version 12
  model-console emit runs/job.jsonl metric loss 0.31 --tag epoch=3
  model-console emit events.jsonl --json '{"type": "campaign", "title": "sale"}'"""

_WORDS = {"event": 0, "metric": 2, "log": 2, "label": 2}
"""How many words follow each kind."""


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("emit", _DESCRIPTION, _EXAMPLES)
    parser.usage = "model-console emit FILE KIND ... [options]"
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("kind", metavar="KIND", nargs="?", choices=_WORDS, help="see above")
    parser.add_argument("words", metavar="...", nargs="*", help="see above")
    parser.add_argument("--json", metavar="OBJECT", help="the whole record")
    common = parser.add_argument_group("every record")
    common.add_argument("--ts", metavar="TIME", help="ISO 8601 or epoch seconds (default: now)")
    common.add_argument("--model", help="absent: it concerns every model")
    common.add_argument("--stage", help="upstream, features, training, serving, ...")
    common.add_argument("--version", help="the model's version")
    common.add_argument(
        "--tag", metavar="KEY=VALUE", action="append", default=[], help="as often as wanted"
    )
    event = parser.add_argument_group("event")
    event.add_argument("--type", help="what kind of event")
    event.add_argument("--title", help="what was done, in a few words")
    event.add_argument("--id", help="a name to refer to it by")
    event.add_argument("--end-ts", metavar="TIME", help="for one that lasts")
    event.add_argument("--planned", action="store_true", default=None, help="it is expected")
    # --store and --config are understood everywhere; here they have nothing to change.
    parser.add_argument("--store", help=argparse.SUPPRESS)
    parser.add_argument("--config", help=argparse.SUPPRESS)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Appends the record. Raises UsageError where it does not keep to contracts §1."""
    if arguments.json is None:
        record = _given(arguments)
    elif arguments.kind is None:
        record = _parsed(arguments.json)
    else:
        raise UsageError(f"--json gives the whole record: leave {arguments.kind} out")
    common: dict[str, Any] = {
        "ts": _time(arguments.ts),
        "model": arguments.model,
        "stage": arguments.stage,
        "version": arguments.version,
    }
    record |= {name: value for name, value in common.items() if value is not None}
    if arguments.tag:
        record["tags"] = {**(record.get("tags") or {}), **_tags(arguments.tag)}
    try:
        Emitter(arguments.file, strict=True).write(record)
    except RecordError as error:
        raise UsageError(f"no record of the contract: {error}") from None
    return 0


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    kind, words = arguments.kind, arguments.words
    of_events = (arguments.type, arguments.title, arguments.id, arguments.end_ts, arguments.planned)
    if kind != "event" and any(value is not None for value in of_events):
        raise UsageError("--type, --title, --id, --end-ts and --planned belong to an event")
    if kind is None:
        raise UsageError(f"what to append? name one of {', '.join(_WORDS)}, or give --json")
    if len(words) != _WORDS[kind]:
        raise UsageError(
            f"{kind} takes {_WORDS[kind] or 'no'} words, here are {len(words)}: "
            "see model-console emit --help"
        )
    match kind:
        case "metric":
            return {"kind": kind, "name": words[0], "value": _number(words[1])}
        case "log":
            return {"kind": kind, "level": words[0].upper(), "message": words[1]}
        case "label":
            return {"kind": kind, "id": words[0], "label": words[1]}
    if not (arguments.type and arguments.title):
        raise UsageError("an event needs --type and --title: see model-console emit --help")
    return {
        "kind": kind,
        "type": arguments.type,
        "title": arguments.title,
        "id": arguments.id,
        "end_ts": _time(arguments.end_ts),
        "planned": arguments.planned,
    }


def _parsed(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--json is no JSON: {error}") from None
    if not isinstance(record, dict):
        raise UsageError("--json: wanted one object, in braces")
    return record


def _tags(given: list[str]) -> dict[str, str]:
    for tag in given:
        if not tag.partition("=")[0] or "=" not in tag:
            raise UsageError(f"--tag {tag}: wanted KEY=VALUE")
    return {key: value for key, _, value in (tag.partition("=") for tag in given)}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text} is no number: metric NAME VALUE") from None


def _time(text: str | None) -> float | str | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return text
