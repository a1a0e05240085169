"""Readers of single settings: a TOML value in, a value of ours out, or what was wanted instead."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from console.records.clock import DAY, HOUR, MINUTE
from console.records.schedule import CronError, Schedule

Reader = Callable[[Any], Any]
"""Takes a TOML value; raises UnfitError."""

_UNITS = {"s": 1.0, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?[smhd])+")
_LONGEST_S = 366 * DAY
_LONGEST_SHOWN = 60


class UnfitError(ValueError):
    """A value is not what its key takes; the message says what is wanted."""


class UntoldError(UnfitError):
    """Like UnfitError, of a value that may be a secret: it is not to be told."""


class Key(NamedTuple):
    """What a key fills, and how its value is read."""

    field: str
    read: Reader


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise UnfitError("wanted a text in quotes")
    return value


def path(value: Any) -> str:
    """The name of a file, or a pattern of names; `~` is the user's home folder."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise UnfitError('wanted a path in quotes, such as "logs/*.jsonl"')
    try:
        return str(Path(value).expanduser())
    except RuntimeError:
        raise UnfitError("wanted a path below a home folder that exists here") from None


def label(value: Any) -> str:
    """A class: text, number or boolean, as the text that records hold it in."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int | float) and abs(value) < 2**63:
        return str(value)
    raise UnfitError('wanted a class, such as 1 or "fraud"')


def number(value: Any) -> float:
    """A finite number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            if math.isfinite(value):
                return float(value)
        except OverflowError:
            pass
    raise UnfitError("wanted a number, such as 250.0")


def span(value: Any) -> tuple[float, float]:
    """Two numbers, the lower one first."""
    if not isinstance(value, list) or len(value) != 2:
        raise UnfitError("wanted [low, high], such as [0.2, 0.8]")
    low, high = (number(item) for item in value)
    if low >= high:
        raise UnfitError("wanted [low, high], the lower one first")
    return low, high


def at_least(least: int) -> Reader:
    """Reads a whole number from `least` on."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**31:
            raise UnfitError(f"wanted a whole number from {least}")
        return value

    return read


def duration(value: Any) -> float:
    """Seconds of `90s`, `5m`, `2h`, `1d` or `1h30m`; a year at most."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise UnfitError('wanted a duration, such as "90s", "5m", "2h" or "1d"')
    seconds = sum(
        float(amount) * _UNITS[unit] for amount, unit in re.findall(r"([\d.]+)([smhd])", value)
    )
    if seconds > _LONGEST_S:
        raise UnfitError('wanted a duration of at most "366d"')
    return seconds


def width(value: Any) -> float:
    """The width of a window: whole seconds, a day at most."""
    seconds = duration(value)
    if seconds < 1 or seconds > DAY or seconds % 1:
        raise UnfitError('wanted a width of whole seconds from "1s" to "1d"')
    return seconds


def schedule(value: Any) -> Schedule | None:
    """`off`, a period of an hour at least, or the five fields of cron."""
    if value == "off":
        return None
    if isinstance(value, str) and len(value.split()) > 1:
        found = Schedule(cron=value)
        try:
            found.after(0.0)
        except CronError as error:
            problem = f'wanted fields of cron such as "0 7 * * 1-5", but it {error}'
            raise UnfitError(problem) from None
        return found
    try:
        seconds = duration(value)
    except UnfitError:
        seconds = 0.0
    if seconds < HOUR:
        raise UnfitError('wanted "off", a period such as "24h", or cron such as "0 7 * * *"')
    return Schedule(every_s=seconds)


def names(value: Any) -> tuple[str, ...]:
    """A list of different texts."""
    if not isinstance(value, list) or not value:
        raise UnfitError('wanted a list of names, such as ["features", "serving"]')
    listed = tuple(text(item) for item in value)
    for name in listed:
        if listed.count(name) > 1:
            raise UnfitError(f"wanted every name once, {name!r} stands there twice")
    return listed


def names_or_none(value: Any) -> tuple[str, ...]:
    """A list of different texts, or an empty one."""
    return () if value == [] else names(value)


def patterns(value: Any) -> tuple[str, ...]:
    """A list of regular expressions."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise UnfitError('wanted regular expressions, such as ["ACME-[0-9]+"]')
    for pattern in value:
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError):
            raise UnfitError(f"wanted regular expressions, {shown(pattern)} is none") from None
    return tuple(value)


def share(value: Any) -> float:
    """A number from 0 to 1."""
    try:
        found = number(value)
    except UnfitError:
        found = -1.0
    if not 0 <= found <= 1:
        raise UnfitError("wanted a share from 0 to 1, such as 0.05")
    return found


def objective(value: Any) -> float:
    """A share that leaves a budget: above 0 and below 1."""
    try:
        found = number(value)
    except UnfitError:
        found = 0.0
    if not 0 < found < 1:
        raise UnfitError("wanted a share between 0 and 1, such as 0.999")
    return found


def period(value: Any) -> float:
    """Seconds of a duration of at least a day."""
    seconds = duration(value)
    if seconds < DAY:
        raise UnfitError('wanted a duration of at least "1d", such as "30d"')
    return seconds


def drift_limit(value: Any) -> float | str:
    """The word `significant`, or the most that a distance may be."""
    if value == "significant":
        return "significant"
    if isinstance(value, str) or not (found := number(value)) >= 0:
        raise UnfitError('wanted "significant" or the most that is well, such as 0.2')
    return found


OUTCOMES = ("true_positive", "false_positive", "false_negative", "true_negative")


def costs(value: Any) -> dict[str, float]:
    """What each outcome of a classification is worth."""
    if not isinstance(value, dict) or not value:
        raise UnfitError(
            "wanted what outcomes are worth, such as { false_negative = -50, false_positive = -2 }"
        )
    for name in value:
        if name not in OUTCOMES:
            hint = nearest(name, OUTCOMES)
            raise UnfitError(f"wanted outcomes of {', '.join(OUTCOMES)}, {name!r} is none{hint}")
    return {name: number(worth) for name, worth in value.items()}


def baseline(value: Any) -> str:
    """`reference`, `previous`, `hour`, `weekday`, `rolling 7d` or `version NAME`."""
    word, _, rest = value.strip().partition(" ") if isinstance(value, str) else ("", "", "")
    if word == "rolling" and rest:
        return f"rolling {duration(rest.strip()):g}"
    if word == "version" and rest.strip():
        return f"version {rest.strip()}"
    if word in ("reference", "previous", "hour", "weekday") and not rest:
        return word
    raise UnfitError(
        'wanted "reference", "previous", "hour", "weekday", "rolling 7d" or "version 1.2"'
    )


def one_of(*choices: str) -> Reader:
    """Reads one of some words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise UnfitError(f"wanted {', '.join(choices)}{nearest(value, choices)}")
        return str(value)

    return read


def timezone(value: Any) -> str:
    """The IANA name of a time zone."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        return ZoneInfo(text(value)).key
    except (KeyError, ValueError, OSError):
        hint = nearest(value, available_timezones())
        raise UnfitError(f'wanted a time zone, such as "Europe/Berlin"{hint}') from None


def shown(value: Any) -> str:
    """A value as Python writes it, cut where it is long."""
    try:
        written = repr(value)
    except ValueError:  # more digits than Python likes to write
        return "a very long number"
    return written if len(written) <= _LONGEST_SHOWN else f"{written[: _LONGEST_SHOWN - 3]}..."


def nearest(value: Any, choices: Iterable[str]) -> str:
    """`: did you mean "...?"`, or nothing where no choice is near."""
    if not isinstance(value, str):
        return ""
    folded = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(value.casefold(), folded, n=1, cutoff=0.6)
    return f': did you mean "{folded[found[0]]}"?' if found else ""
