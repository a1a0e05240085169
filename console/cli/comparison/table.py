"""A comparison as a table with small histograms, and what there is to say of single columns."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from console.cli.output import print_table
from console.config.document import printable
from console.stats.carriers import Carrier
from console.stats.compare.result import Column, Comparison

_BLOCKS, _ASCII = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
_WIDEST_NAME = 28
_CARRIERS = 3


def print_comparison(found: Comparison) -> None:
    """Prints a line a column, worst first, then what is found in each."""
    levels = bars()
    head = ["column", "verdict", "reference", "current", "effect", "p", "nulls", "kind", "test"]
    head += ["statistic", "limit"]
    measured = next((c.measured for c in found.columns if c.measured is not None), None)
    if measured is not None:
        head.append(f"{measured.test} ({measured.compat})")
    print_table(
        head, [_row(column, levels, measured=measured is not None) for column in found.columns]
    )
    told = [column for column in found.columns if column.findings]
    whole = _whole(found)
    if told or whole is not None:
        print()
    if whole is not None:
        print(printable(whole))
    for column in told:
        for line in _told(column):
            print(printable(line))


def _whole(found: Comparison) -> str | None:
    """What the rows say that no column says by itself."""
    whole = found.together
    if whole is None:
        return None
    mark = "!" if whole.alert else " "
    said = f"{mark} all columns together: a classifier tells the rows apart with an AUC of "
    said += f"{whole.auc:.3f} ({whole.low:.3f}..{whole.high:.3f}, p {_short(whole.p_value)})"
    return f"{said}, by {', '.join(whole.carriers)}" if whole.alert else said


def bars() -> str:
    """The characters of histograms, emptiest first: blocks where the output can show them."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        _BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return _BLOCKS if encoding.lower().replace("-", "").startswith("utf") else _ASCII


def histogram(shares: Sequence[float], most: float, levels: str) -> str:
    """A character a cell, by its share of `most`; what is not empty is always seen."""
    steps = len(levels) - 1
    return "".join(
        levels[0 if share <= 0 or most <= 0 else max(1, round(share / most * steps))]
        for share in shares
    )


def _row(column: Column, levels: str, *, measured: bool) -> list[str]:
    most = max((*column.histograms[0], *column.histograms[1], 0.0))
    effect = column.effect
    nulls = column.nulls
    row = [
        column.name
        if len(column.name) <= _WIDEST_NAME
        else f"{column.name[: _WIDEST_NAME - 3]}...",
        _verdict(column),
        histogram(column.histograms[0], most, levels),
        histogram(column.histograms[1], most, levels),
        "-" if effect is None else f"{effect.value:.2f} {effect.low:.2f}..{effect.high:.2f}",
        _short(column.p_value),
        "-" if nulls is None else f"{100 * nulls.before:.1f} > {100 * nulls.after:.1f} %",
        column.kind,
        column.test or "-",
        _short(column.statistic),
        _short(column.threshold),
    ]
    if measured:
        found = column.measured
        row.append("-" if found is None else _short(found.statistic))
    return row


def _verdict(column: Column) -> str:
    alerts = list(dict.fromkeys(finding.what for finding in column.alerts))
    if alerts:
        return ", ".join(what.upper() for what in alerts)
    return "note" if column.findings else "ok"


def _told(column: Column) -> list[str]:
    lines = [
        f"{'!' if finding.alert else ' '} {column.name}: {finding.text}"
        for finding in column.findings
    ]
    if column.drifted and len(column.parts) > 1:
        carriers = ", ".join(
            f"{part.name} {100 * part.reference:.1f} > {100 * part.current:.1f} % "
            f"({100 * part.part:.0f} % of it)"
            for part in column.parts[:_CARRIERS]
        )
        lines.append(f"    carried by {carriers}")
    if column.carrier is not None:
        lines.append(f"    {_carried(column.carrier)}")
    if column.gone and column.drifted:
        lines.append(f"    gone: {', '.join(column.gone[:_CARRIERS])}")
    return lines


def _carried(one: Carrier) -> str:
    part = f"{one.name} carries {100 * min(one.part, 1.0):.0f} % of it"
    if one.how == "share":
        before, after = 100 * one.share_before, 100 * one.share
        return f"{part}: {before:.1f} > {after:.1f} % of the rows"
    return f"{part}, with {100 * one.share:.1f} % of the rows ({one.rows:,} of {one.of:,})"


def _short(number: float | None) -> str:
    if number is None:
        return "-"
    if number == 0:
        return "0"
    return f"{number:.3f}" if 0.001 <= abs(number) < 1000 else f"{number:.2g}"
