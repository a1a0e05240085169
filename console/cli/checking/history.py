"""The user's `[[rules]]` over the history of files: none may have been broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from console.cli.narration import ProgressLine
from console.config.settings import Rule, Settings
from console.engine.replay import ReplayResult, replay
from console.records.clock import iso
from console.stats.condition import Condition

SUITE = "rules"
_Break = tuple[str | None, str | None, str | None, float, str]


def conditions(settings: Settings, paths: Sequence[Path]) -> Iterator[Condition]:
    """What becomes of every rule when the history below `paths` is replayed in event time.

    Rules on one series of one model are told apart by nothing but it: they fail together.
    """
    progress = ProgressLine()
    try:
        result = replay(paths, settings, None, progress)
    finally:
        progress.close()
    broken = list(_breaks(result))
    for rule in settings.rules:
        name = _name(rule)
        if not result.rows:
            named = " ".join(str(path) for path in paths)
            yield Condition(SUITE, name, "broken", f"nothing could be read of {named}")
            continue
        mine = [entry for entry in broken if _concerns(rule, entry)]
        if mine:
            first = min(mine, key=lambda entry: entry[3])
            times = "once" if len(mine) == 1 else f"{len(mine)} times"
            said = f"broken {times}, first at {iso(first[3])}: {first[4]}"
            yield Condition(SUITE, name, "fails", said, rule.series)
        else:
            yield Condition(SUITE, name, "holds", "never broken", rule.series)


def _breaks(result: ReplayResult) -> Iterator[_Break]:
    for alert in result.alerts:
        if alert.detector == "threshold":
            yield alert.model, alert.stage, alert.series, alert.started_at, alert.title
        for member in alert.members:
            if member.detector == "threshold":
                said = f"a part of: {alert.title}"
                yield member.model, member.stage, member.series, member.started_at, said


def _concerns(rule: Rule, entry: _Break) -> bool:
    model, stage, series, _, _ = entry
    return (
        rule.model in (None, model)
        and rule.stage in (None, stage)
        and series is not None
        and rule.series in (series, series.split("{")[0])
    )


def _name(rule: Rule) -> str:
    limit = f"above {rule.above:g}" if rule.above is not None else ""
    if rule.below is not None:
        limit = f"below {rule.below:g}"
    if rule.outside is not None:
        limit = f"outside {rule.outside[0]:g}..{rule.outside[1]:g}"
    where = " ".join(part for part in (rule.model, rule.stage) if part)
    return f"{f'{where} ' if where else ''}{rule.series} {limit}"
