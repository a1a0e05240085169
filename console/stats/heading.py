"""Finds out what stands before the message in every line of a log of unknown layout.

Nothing is known of the program that wrote it. A time (a clock, a date, an epoch) must stand in one
of the first columns of the lines that begin a record; from there on, field after field is taken
off for as long as nearly all of these lines have a field of one kind there: more time, level,
number, bracketed group, dotted name, `name - `, `name|`, host, `name[pid]:`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from console.records.levels import ALIASES

SAMPLE = 3000
"""Lines that are looked at, evenly spread."""
_LED, _LED_INSIDE = 0.3, 0.6
"""Least shares of lines that begin with a time; that have it in a later column."""
_MOST, _TAGGED = 0.9, 0.7
"""Least shares of the records that have a field; that have a program's name before the message."""
_NEARLY_ALL = 0.97
"""The same, where the name may be several words, as the beginning of a message may."""
_COLUMNS, _FIRST, _GAP = 12, 6, 4
"""Columns looked at; where the first time is; unknown ones between a time and what follows."""
_STEPS = 16

_CLOCK = r"[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?(?:[.,:][0-9]+)?"
_DATE = (
    r"(?:(?:19|20)[0-9]{2}[-/.](?:[0-9]{1,2}|[A-Z][a-z]{2})[-/.][0-9]{1,2}"
    r"|[0-9]{2}[-/][0-9]{2}[-/][0-9]{2}"
    r"|[0-9]{1,2}[-/.](?:[0-9]{1,2}|[A-Z][a-z]{2})[-/.](?:19|20)[0-9]{2})"
)
_ZONE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_DAY = rf"(?:{_DATE}|[0-9]{{8}})"
_EPOCH = r"1[0-9]{9}(?:\.[0-9]+|[0-9]{3}|[0-9]{6}|[0-9]{9})?"
_DOTTED = r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}(?:[.,][0-9]+)?"
_UPTIME = r"\[\s*[0-9]+\.[0-9]{3,6}\]"
_COMPACT = r"[0-9]{6,8}[ T-][0-9]{6}(?:[.,][0-9]+)?Z?"
_TIME = (
    rf"(?:{_UPTIME}|[\[(<\"']*(?:{_DAY}[T_:. -](?:{_CLOCK}|{_DOTTED}){_ZONE}"
    rf"|{_DATE}|{_CLOCK}{_ZONE}|{_COMPACT}|{_EPOCH}))"
)
_END = r"(?:[\s|\]),;>\"'-]|:\s|$)"
_LEVELS = "|".join(sorted({*ALIASES, "failure", "verbose"}, key=lambda name: (-len(name), name)))
_LEVEL = rf"(?:[\[(<]\s*(?i:{_LEVELS})\s*[\])>]|(?i:{_LEVELS})\b|[VDIWEFC]\b)"
_PLAIN_LEVEL = rf"(?:[\[(<]\s*(?i:{_LEVELS})\s*[\])>]|(?:{_LEVELS.upper()})\b)"
_TAG = (
    r"(?:[^\s:\[\]()]+(?: [^\s:\[\]()]+){0,2}\[[\w.-]+\](?:\s\([^)]*\))?:"
    r"|[^\s:\[\]()]+(?:\([^)]*\))?(?:\[[\w.-]*\])?\s{0,40}:)(?:\s+|$)"
)
_WORDS = r"[^\s:\[\]()]+(?: [^\s:\[\]()]+){1,2}:\s+"
_SIGNS = r"(?:[\])>,;|:\"']+|-+\s|\s)+"
_DASHED = r"\S+(?:\s\S+){0,2}?\s+-\s+"
_BARRED = r"[^|\s][^|]{0,60}\|"
_PADDED = r"\S+\s{2,}"
_STANDARD = r"\S+ \S+ [\w.-]+ [\w.-]+ (?:-|(?:\[[^\]]*\])+)(?:\s|$)"
"""What RFC 5424 has between the time and the message."""
_LOOSE = (_DASHED, _BARRED, _PADDED, _STANDARD)
"""Fields that a message may begin with as well."""
_KINDS = 4
"""So many kinds of lines must have one of those."""
_FIELDS = (
    r"(?:(?:19|20)[0-9]{2}|[+-][0-9]{4}|UTC|GMT|[A-Z]{2,3}T|AM|PM)(?:[\s\])|,]|$)",
    _TIME,
    rf"{_LEVEL}[:,]?",
    r"[0-9]+[\])|,:]*\s",
    r"\[(?:[^\[\]]|\[[^\]]*\])*\]|\([^)]*\)|<[^>]*>",
    _BARRED,
    _DASHED,
    r"[A-Za-z_][\w$-]*(?:\.[\w$-]+)+\s",
    r"[0-9a-f][0-9a-f-]{7,}\s",
    r"[\w./-]+\.(?:c|cc|cpp|cs|go|h|java|js|kt|py|rb|rs|scala|ts):[0-9]+[\]):]*\s",
    _STANDARD,
    _PADDED,
)
_DIGITS = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")
_TRACE = re.compile(r"\s|Caused by: |Traceback \(|[\w.]+(?:Error|Exception)\b|\.\.\. ")
"""What a line of an exception's text begins with."""
_Match = Callable[[str], "re.Match[str] | None"]


@dataclass(frozen=True)
class Heading:
    """What begins a record, and the fields to take off one after the other, as expressions."""

    led: str | None
    """None: nothing stands before the messages, every line is one."""
    fields: tuple[str, ...] = ()

    def messages(self, lines: pl.Series) -> tuple[pl.Series, pl.Series]:
        """The lines without their headers, and which of them begin a record."""
        if self.led is None:
            return lines, pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(lines))
        begins = lines.str.contains(self.led)
        rests = lines
        for field in self.fields:
            rests = rests.str.replace(field, "")
        return lines.zip_with(~begins, rests), begins


def learn(lines: Sequence[str]) -> Heading:
    """The heading of the lines of a file."""
    full = [line for line in lines if line.strip()]
    sample = full[:: max(len(full) // SAMPLE, 1)][:SAMPLE]
    found = _times(sample) or _levels(sample)
    if found is None:
        return Heading(None)
    led, first = found
    rests = _begun(led, sample)
    fields = [first]
    rests = _without(first, rests)
    known = [field for field in _FIELDS if len(rests) >= _KINDS or field not in _LOOSE]
    for _ in range(_STEPS):
        if _share(re.compile(_SIGNS).match, rests) > 0:
            fields.append(f"^{_SIGNS}")
            rests = _without(fields[-1], rests)
        field = next(
            (field for field in known if _share(re.compile(field).match, rests) >= _MOST), None
        )
        if field is None:
            break
        fields.append(f"^(?:{field})")
        rests = _without(fields[-1], rests)
    return Heading(led, (*fields, *_names(rests)))


def _times(sample: Sequence[str]) -> tuple[str, str] | None:
    """What begins a record, and what to take off up to the last of its times or levels."""
    if not sample:
        return None
    time = re.compile(_TIME + _END).match
    counts = [_count(time, sample, column) for column in range(_FIRST)]
    first = max(range(_FIRST), key=lambda column: counts[column])
    traces = sum(_TRACE.match(line) is not None for line in sample)
    least = (_LED if first == 0 else _LED_INSIDE) * (len(sample) - traces)
    if not counts[first] or counts[first] < least:
        return None
    led = rf"^{_skipped(first)}{_TIME}{_END}"
    begun = _begun(led, sample)
    last, end = first, _TIME
    level = re.compile(_PLAIN_LEVEL).match
    for column in range(first + 1, _COLUMNS):
        if column - last > _GAP + 1:
            break
        if _count(time, begun, column) >= _MOST * len(begun):
            last, end = column, _TIME
        elif _count(level, begun, column) >= _MOST * len(begun):
            last, end = column, r"\S+"
    return led, rf"^{_skipped(last)}{end}"


def _levels(sample: Sequence[str]) -> tuple[str, str] | None:
    """The same of lines that begin with their level."""
    led = rf"^{_PLAIN_LEVEL}(?::|\s)"
    if not sample or _share(re.compile(led).match, sample) < _MOST:
        return None
    return led, f"^{_PLAIN_LEVEL}(?::[A-Za-z_][0-9A-Za-z_.]*:)?"


def _begun(led: str, sample: Sequence[str]) -> list[str]:
    """One line of every kind that begins a record, so that no statement outweighs the others."""
    begins = re.compile(led).match
    kinds = {_DIGITS.sub("0", line): line for line in sample if begins(line)}
    return list(kinds.values())


def _names(rests: Sequence[str]) -> list[str]:
    """Host and program of what is left, as syslog has them, or the program alone."""
    for tag, least in ((rf"(?:{_TAG}|{_WORDS})", _NEARLY_ALL), (_TAG, _TAGGED)):
        if _share(re.compile(tag).match, rests) >= least:
            return [f"^{tag}"]
    hosts = Counter(rest.split(None, 1)[0] for rest in rests if rest)
    few = len(hosts) <= max(5, 0.05 * len(rests))
    if few and _share(re.compile(rf"\S+\s+{_TAG}").match, rests) >= _TAGGED:
        return [r"^\S+\s+", f"^{_TAG}"]
    return []


def _skipped(columns: int) -> str:
    return rf"\s*(?:\S+\s+){{{columns}}}"


def _count(match: _Match, lines: Sequence[str], column: int) -> int:
    skip = re.compile(_skipped(column)).match
    found = 0
    for line in lines:
        before = skip(line)
        found += before is not None and match(line[before.end() :]) is not None
    return found


def _share(match: _Match, lines: Sequence[str]) -> float:
    return sum(match(line) is not None for line in lines) / max(len(lines), 1)


def _without(field: str, lines: Sequence[str]) -> list[str]:
    expression = re.compile(field)
    return [expression.sub("", line, count=1) for line in lines]
