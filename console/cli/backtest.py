"""`model-console backtest`: when rules would have fired on history, before they are relied on."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.arguments import Parser, add_format, add_paths, target
from console.cli.arguments import parser as new_parser
from console.cli.errors import UsageError
from console.cli.narration import ProgressLine, tell
from console.cli.output import print_json, print_table
from console.cli.stores import kept, store_errors
from console.config.load import settings_for
from console.records.clock import iso

if TYPE_CHECKING:
    from console.config.settings import Rule, Settings
    from console.engine.backtest import Backtest, RuleResult
    from console.store.reader import Reader

_DESCRIPTION = """\
Tells when the [[rules]] of the settings would have fired on history, how long
before the incidents that were marked (events of the type incident), and how
many as many alarms at random times would have found. History is that of the
PATHs, read anew; without a PATH, or with --store, what a store holds."""

_EXAMPLES = """\
  model-console backtest logs/
  model-console backtest --store fleet.duckdb --rules proposed.toml
  model-console backtest logs/ --rules proposed.toml --against console.toml"""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Row:
    """A rule, and in which of the files compared it stands."""

    mark: str
    result: RuleResult


def parser() -> Parser:
    """The arguments of the command."""
    parser = new_parser("backtest", _DESCRIPTION, _EXAMPLES)
    add_paths(parser, meaning="file, folder or quoted glob (default: what the store holds)")
    parser.add_argument(
        "--rules", metavar="FILE", type=Path, help="whose [[rules]] to try (default: the settings)"
    )
    parser.add_argument(
        "--against", metavar="FILE", type=Path, help="whose [[rules]] to set beside them"
    )
    add_format(parser, "table", "json")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints what every rule would have done, then the firings."""
    with _history(arguments) as (reader, settings):
        ours = _tried(reader, settings, arguments.rules)
        against = (
            _tried(reader, settings, arguments.against) if arguments.against is not None else None
        )
    if arguments.format == "json":
        document = {"backtest": _document(ours)}
        if against is not None:
            document["against"] = _document(against)
        print_json(document)
    else:
        _print(ours, against)
    return 0


@contextmanager
def _history(arguments: argparse.Namespace) -> Iterator[tuple[Reader, Settings]]:
    """A reader of the history that the arguments name, and the settings that belong to it."""
    if arguments.store or not arguments.paths:
        with kept(arguments) as found, store_errors():
            yield found.store.reader(), found.settings
        return
    named = target(arguments)
    from console.engine.replay import replayed

    progress = ProgressLine()
    try:
        with store_errors(), replayed(named.paths, named.settings, progress) as store:
            progress.close()
            yield store.reader(), named.settings
    finally:
        progress.close()


def _tried(reader: Reader, settings: Settings, rules: Path | None) -> Backtest:
    from dataclasses import replace

    from console.engine.backtest import backtest

    tried = settings
    if rules is not None:
        tried = replace(settings, rules=settings_for((), rules).rules, file=rules)
    if not tried.rules:
        raise UsageError(
            f"{tried.file or 'console.toml'}: there is no rule to try: add a [[rules]], such as"
            '  series = "latency_p95_ms"  above = 250.0'
        )
    found = backtest(reader, tried)
    if found is None:
        raise UsageError("no metric in this history: model-console doctor says why")
    return found


def _document(found: Backtest) -> dict[str, Any]:
    return {
        "start": iso(found.start),
        "end": iso(found.end),
        "incidents": [_timed(asdict(one)) for one in found.incidents],
        "missed": [one.title for one in found.missed],
        "rules": [
            {
                "rule": named(result.rule),
                "fired": len(result.firings),
                "incidents_found": result.found,
                "incidents": result.marked,
                "found_by_chance": round(result.by_chance, 3),
                "median_lead_s": result.lead,
                "unmarked": result.unmarked,
                "unmarked_in_a_quiet_month": result.quiet_month,
                "firings": [_timed(asdict(firing)) for firing in result.firings],
            }
            for result in found.rules
        ],
    }


def _timed(fields: dict[str, Any]) -> dict[str, Any]:
    times = ("at", "onset", "cleared", "start", "end")
    return {
        key: iso(value) if key in times and value is not None else value
        for key, value in fields.items()
    }


def _print(ours: Backtest, against: Backtest | None) -> None:
    rows = list(_rows(ours, against))
    head = ["", "rule", "fired", "incidents", "by chance", "lead", "unmarked", "quiet month"]
    cells: list[tuple[Any, ...]] = [
        (
            row.mark,
            named(row.result.rule),
            len(row.result.firings),
            f"{row.result.found} of {row.result.marked}",
            f"{row.result.by_chance:.1f}",
            "" if row.result.lead is None else _lead(row.result.lead),
            row.result.unmarked,
            "" if row.result.quiet_month is None else f"{row.result.quiet_month:.1f}",
        )
        for row in rows
    ]
    if against is None:
        head, cells = head[1:], [cell[1:] for cell in cells]
    first = 0 if against is None else 1
    print_table(head, cells, right=range(first + 1, len(head)))
    firings = sorted(
        ((firing, row.result.rule) for row in rows for firing in row.result.firings),
        key=lambda pair: pair[0].at,
    )
    if firings:
        print()
        print_table(
            ("fired", "over", "where", "series", "what", "incident"),
            [
                (
                    iso(firing.at),
                    "" if firing.cleared is None else iso(firing.cleared),
                    " ".join(part for part in (firing.model, firing.stage) if part),
                    firing.series,
                    firing.reason,
                    firing.incident,
                )
                for firing, _ in firings[:_SHOWN]
            ],
        )
    left = len(firings) - _SHOWN
    if left > 0:
        tell(f"and {left} more: --format json lists all")
    days = (ours.end - ours.start) / 86_400
    if ours.incidents:
        missed = f" ({', '.join(one.title for one in ours.missed)})" if ours.missed else ""
        found = f"{len(ours.missed)} found by no rule{missed}"
        tell(f"{days:.1f} days, {len(ours.incidents)} marked incidents, {found}")
    else:
        tell(
            f"{days:.1f} days without a marked incident: mark what went wrong by"
            " model-console emit FILE event --type incident --title ... --ts ..."
        )


def _rows(ours: Backtest, against: Backtest | None) -> Iterator[_Row]:
    """Our rules and then those that stand only in the other file."""
    theirs = () if against is None else against.rules
    others = {result.rule for result in theirs}
    for result in ours.rules:
        yield _Row("=" if result.rule in others else "+", result)
    mine = {result.rule for result in ours.rules}
    for result in theirs:
        if result.rule not in mine:
            yield _Row("-", result)


def _lead(seconds: float) -> str:
    unit, size = next(
        (pair for pair in (("d", 86_400), ("h", 3600), ("min", 60)) if abs(seconds) >= pair[1]),
        ("s", 1),
    )
    return f"{abs(seconds) / size:.3g} {unit} {'before' if seconds >= 0 else 'after'}"


def named(rule: Rule) -> str:
    """A rule in a line: `fraud serving latency above 250 for 5 min`."""
    limits: Sequence[str] = (
        f"above {rule.above:g}" if rule.above is not None else "",
        f"below {rule.below:g}" if rule.below is not None else "",
        f"outside {rule.outside[0]:g}..{rule.outside[1]:g}" if rule.outside is not None else "",
        f"for {rule.hold_s / 60:g} min" if rule.hold_s else "",
    )
    parts = (rule.model, rule.stage, rule.series, *limits)
    return " ".join(part for part in parts if part)
