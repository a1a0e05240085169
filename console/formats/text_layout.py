"""Where time, level and logger stand in a line of a text log.

A line is taken apart from the left: an optional level, the time, then the *head*, everything
between the time and the message (`- app.loader - WARNING - `, ` [info     ] `, `: INFO/Worker] `).
Heads repeat from line to line, so they are read once each, and only found in every line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from console.formats.dates import DATES
from console.records.levels import ALIASES

_LEVELS = sorted(ALIASES, key=len, reverse=True)
UPPER = "|".join(level.upper() for level in _LEVELS)
"""Every spelling of a level in capitals, as an expression."""
_ANY = "(?i:" + "|".join(_LEVELS) + ")"
_NAME = r"[A-Za-z_][A-Za-z0-9_.$/-]{0,80}(?::[A-Za-z0-9_.<>]{1,80}:[0-9]+)?"

SECONDS = r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T _][0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
TIME = (
    rf"{SECONDS}(?:[.,][0-9]{{1,9}})?"
    r"(?:\s?(?:Z|UTC|GMT|[AP]M\b|[+-][0-9]{2}:?[0-9]{2}))?"
)
LED = rf"^((?:[\[(]?(?:{UPPER})(?:\|[^\s\]]{{1,80}})?[\])]?[\s:|,-]{{1,8}})?[\[(]?{TIME})"
"""What a line of a record begins with: the time, perhaps in brackets, perhaps after a level."""
LED_BY_DATE = rf"^((?:[\[(]?(?:{UPPER})[\])]?[\s:|,-]{{1,8}})?[\[(]?{DATES})"
"""The same with a time that names the month, or an epoch number."""
LEVEL_OF_LED = rf"^[\[(]?({UPPER})"
TIMELESS = rf"^((?:{UPPER}):[A-Za-z_][A-Za-z0-9_.$/-]{{0,80}}:)"
"""What a line begins with that Python's `logging.basicConfig()` writes: no time at all."""

_FIELD = (
    r"(?:\[[^\]]{0,80}\][\s|:-]*|\([^)]{0,80}\)[\s|:-]*"
    r"|[A-Za-z0-9_.$/<>#:-]{1,80}\s+[|-]\s+|[A-Za-z_][A-Za-z0-9_.$/-]{0,80}\[[0-9]+\]:?\s+"
    r"|[A-Za-z_][A-Za-z0-9_.$/-]{0,80}:\s*|(?:root|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+)\s+)"
)
_LEVEL = (
    rf"(?:\[\s*{_ANY}\s*\]|\(\s*{_ANY}\s*\)|<\s*{_ANY}\s*>|(?:{UPPER})\b|{_ANY}(?:\s*[|:]|\s+-\s))"
)
_NAMED = (
    rf"[\s|:-]*(?:in\s+)?{_NAME}\s*(?::\s|\s[|-]\s|:$)|:{_NAME}:"
    r"|\s+[A-Za-z_][A-Za-z0-9_.$/-]{0,80}:[A-Za-z0-9_.<>]{1,80}:[0-9]+\s"
)
_AFTER = (
    r"(?:/[A-Za-z0-9_.-]{1,80}\])?"
    r"(?:[\s|:-]*(?:\[[^\]]{0,80}\]|\([^)]{0,80}\)|[0-9]{1,9}\s+---))*"
    rf"(?:{_NAMED})?"
)
HEAD = rf"^([\s\]|:,)-]*{_FIELD}{{0,4}}?{_LEVEL}{_AFTER}[\s|:-]*)"
"""What stands between the time and the message of a line that has a level."""
COMMON_HEAD = (
    rf"^(\s*(?:{UPPER})\s+[A-Za-z_][A-Za-z0-9_.]{{0,80}}:\s[\s|:-]*"
    rf"|\s*-\s[A-Za-z_][A-Za-z0-9_.]{{0,80}}\s-\s(?:{UPPER})\s-\s[\s|:-]*)"
)
"""The two commonest of those heads: ` LEVEL logger: ` and ` - logger - LEVEL - `."""
SEPARATORS = r"^([\s\]|:,)-]*)"
"""What stands there in a line that has none."""

_HEAD_PARTS = re.compile(
    rf"^[\s\]|:,)-]*(?P<before>{_FIELD}{{0,4}}?)(?P<level>{_LEVEL})"
    rf"(?:/(?P<process>[A-Za-z0-9_.-]{{1,80}})\])?"
    rf"(?P<after>(?:[\s|:-]*(?:\[[^\]]{{0,80}}\]|\([^)]{{0,80}}\)|[0-9]{{1,9}}\s+---))*)"
    rf"(?P<named>{_NAMED})?[\s|:-]*$"
)
_FIELDS = re.compile(
    r"\[(?P<square>[^\]]*)\]|\((?P<round>[^)]*)\)|(?P<process>[A-Za-z_][\w.$/-]*)\[(?P<pid>[0-9]+)\]"
    r"|(?P<word>[A-Za-z0-9_.$/<>#:-]+?):?(?:\s+|$)(?:[|-]\s|---)?|(?P<tight>[A-Za-z_][\w.$/-]*):"
)
_THREAD = re.compile(r"main$|(?i:.*(?:thread|worker|process|pool|executor).*)")
_EXCEPTION = re.compile(r"(?:Error|Exception|Warning|Interrupt|Exit)$")


@dataclass(frozen=True, slots=True)
class Head:
    """What a head says, and how many characters of it are head rather than message."""

    length: int
    level: str | None = None
    logger: str | None = None
    context: tuple[str, ...] = ()
    """Process, thread and the like, in the order written."""


@lru_cache(maxsize=65536)
def read_head(text: str) -> Head:
    """What a head, as `HEAD` finds it, says.

    The logger is the name before the message (`app.loader: `), else the last name before the level;
    a name that is an exception's (`ValueError: `) belongs to the message.
    """
    found = _HEAD_PARTS.match(text)
    if found is None:
        return Head(len(text))
    level = found["level"].strip("[]()<>|:- \t").lower()
    fields = _fields(found["before"])
    after = _fields(found["after"])
    process = [found["process"]] if found["process"] else []
    length = len(text)
    name = (found["named"] or "").strip(" \t|:-").removeprefix("in ").strip() or None
    logger = None
    if name and (any(_is_name(field) for field in fields) or _EXCEPTION.search(name)):
        length, name = found.start("named"), None
        length += len(found["named"]) - len(found["named"].lstrip(" \t|:-"))
    if name:
        logger = name
    else:
        for group in (after, fields):
            names = [field for field in group if _is_name(field)]
            if names:
                logger = names[-1]
                group.remove(logger)
                break
    return Head(length, ALIASES.get(level), logger, (*fields, *process, *after))


def _fields(text: str) -> list[str]:
    found: list[str] = []
    for match in _FIELDS.finditer(text):
        found += [part.strip() for part in match.groups() if part and part.strip(" :|-")]
    return found


def _is_name(field: str) -> bool:
    """Whether a field can be a logger's name, rather than a number or a thread's name."""
    return re.fullmatch(_NAME, field) is not None and _THREAD.match(field) is None
