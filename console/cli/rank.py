"""`model-console rank`: alerts in the order of the inbox, learned from what a user saw and did."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.arguments import Parser, add_format
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.narration import tell
from console.cli.output import print_json, print_table

if TYPE_CHECKING:
    from console.alerts.rank import Place

_DESCRIPTION = """\
Orders a JSON document of alerts as the inbox would, having learned from a log
of what a user saw and did. Writes rank, priority and rank_reasons anew, and
leaves all other fields as they are. The time is the newest in the alerts and
in what stands of the log."""

_EXAMPLES = """\
  model-console rank alerts.json --history seen.jsonl
  model-console alerts --format json | model-console rank - --history seen.jsonl"""

_HEAD = ("rank", "priority", "severity", "model", "what", "why")


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("rank", _DESCRIPTION, _EXAMPLES)
    parser.add_argument("alerts", metavar="ALERTS", help="JSON document of alerts; - for stdin")
    parser.add_argument(
        "--history", metavar="LOG", type=Path, help="JSON Lines of exposures and actions"
    )
    parser.add_argument(
        "--user", metavar="NAME", help="whose inbox (default: the user of the log's last line)"
    )
    add_format(parser, "json", "table")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Ranks the alerts and prints them."""
    from console.alerts.examples import examples
    from console.alerts.learning import PLAIN, learn
    from console.alerts.rank import placed
    from console.cli.rank_alerts import alerts_of
    from console.cli.rank_log import read_log

    name = "standard input" if arguments.alerts == "-" else arguments.alerts
    document, given = alerts_of(name, _text(arguments.alerts))
    now = max((one.newest for one in given), default=0.0)
    if arguments.history is None:
        taste, subjects = PLAIN, [one.subject(now) for one in given]
    else:
        log = read_log(arguments.history, _text(str(arguments.history)), given, arguments.user)
        for remark in log.remarks:
            tell(remark)
        now = max(now, log.newest)
        taste = learn(examples(log.entries), now)
        subjects = [
            one.subject(now, seen=log.seen(one), important=one.id in log.important) for one in given
        ]
    places = placed(subjects, now, taste)
    ranked = [_rewritten(given[place.index].fields, place) for place in places]
    if arguments.format == "json":
        print_json({**document, "alerts": ranked})
    elif ranked:
        print_table(_HEAD, [_row(alert) for alert in ranked], right=[0, 1])
    else:
        tell("no alerts")
    return 0


def _text(path: str) -> str:
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: is not UTF-8: save the file as UTF-8") from None


def _rewritten(fields: dict[str, Any], place: Place) -> dict[str, Any]:
    return {
        **fields,
        "rank": place.rank,
        "priority": round(place.priority, 2),
        "rank_reasons": [{"text": r.text, "weight": r.weight} for r in place.reasons],
    }


def _row(alert: dict[str, Any]) -> tuple[Any, ...]:
    strongest = alert["rank_reasons"][0]
    why = f"{strongest['weight']:+.1f} {strongest['text']}"
    what = alert.get("what") or alert.get("series") or alert["id"]
    return (*(alert.get(name) for name in _HEAD[:4]), what, why)
