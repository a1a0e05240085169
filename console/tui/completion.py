"""Completes the word under the cursor of a query: keywords, views, columns, functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "HAVING", "JOIN", "LEFT JOIN",
    "USING", "AS", "AND", "OR", "NOT", "IN", "IS NULL", "BETWEEN", "LIKE", "ILIKE", "DISTINCT",
    "CASE", "WHEN", "THEN", "ELSE", "END", "WITH", "UNION ALL", "DESC", "ASC", "INTERVAL",
)  # fmt: skip
FUNCTIONS = (
    "count(*)", "sum(", "avg(", "min(", "max(", "median(", "quantile_cont(", "stddev(", "arg_max(",
    "date_trunc('hour', ts)", "time_bucket(", "coalesce(", "CAST(", "lower(", "contains(", "now()",
)  # fmt: skip
_WORD = re.compile(r"[\w.]*$")
_OPEN = re.compile(r"'[^']*$")
MOST = 12


@dataclass(frozen=True, slots=True)
class Completed:
    """The text with as much completed as is certain, and what it could go on to be."""

    text: str
    cursor: int
    choices: tuple[str, ...]


def completed(text: str, cursor: int, shape: Mapping[str, tuple[str, ...]]) -> Completed:
    """Completes the word before the cursor; of several choices what they have in common."""
    head, tail = text[:cursor], text[cursor:]
    choices = candidates(head, text, shape)
    found = _WORD.search(head)
    word = found[0] if found else ""
    if not choices:
        return Completed(text, cursor, ())
    common = choices[0] if len(choices) == 1 else word + choices[0][len(word) : _shared(choices)]
    if len(choices) == 1 and not common.endswith("("):
        common += " " if not tail.startswith(" ") else ""
    grown = head[: len(head) - len(word)] + common
    return Completed(grown + tail, len(grown), choices)


def _shared(choices: Sequence[str]) -> int:
    """How many first letters all choices have in common, in whatever case."""
    pairs = zip(*(choice.lower() for choice in choices), strict=False)
    return len(list(takewhile(lambda letters: len(set(letters)) == 1, pairs)))


def candidates(head: str, text: str, shape: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What the word at the end of `head` could become, the likeliest first; nothing in a string."""
    if _OPEN.search(head.replace("''", "")) and head.count("'") % 2:
        return ()
    found = _WORD.search(head)
    word = (found[0] if found else "").lower()
    before = head[: len(head) - len(word)].rstrip().lower()
    views = tuple(sorted(shape))
    if before.endswith(("from", "join")):
        return tuple(view for view in views if view.startswith(word))
    named = [view for view in views if re.search(rf"\b{re.escape(view)}\b", text.lower())]
    columns = tuple(dict.fromkeys(c for view in named or views for c in shape[view]))
    if not word:
        return ()
    kinds = (columns, views, KEYWORDS, FUNCTIONS)
    matching = (entry for kind in kinds for entry in kind if entry.lower().startswith(word))
    return tuple(dict.fromkeys(matching))[:MOST]
