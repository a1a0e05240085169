"""Masking of what varies in log messages: numbers, identifiers, addresses, paths, quoted values.

Only what a token is by its own looks is masked here, for any program's logs; words that vary are
found by comparison (`stats.templates`).
"""

from __future__ import annotations

import re

import polars as pl

WILDCARD = "<*>"
LONGEST = 2000
"""Characters of a message that are looked at: what follows varies."""

_UNITS = "(?:[kKMGTP]i?[bB]|B|[Bb]/s|ms|us|ns|s|secs?|mins?|hrs?|h)"
_DAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTHS = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_HEX = "[0-9a-fA-F]"
_PARTS = (
    r"'[^'\s]*[/\d][^'\s]*'|\"[^\"\s]*[/\d][^\"\s]*\"",  # a quoted path or identifier
    r"[a-zA-Z][\w+.-]*://[^\s'\"<>]+[^\s'\"<>,;.)\]]",  # address with a scheme
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # mail address
    rf"\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b",
    rf"\b0[xX]{_HEX}+\b",
    rf"\b(?:{_HEX}{{1,2}}:){{5,}}{_HEX}{{1,2}}\b",  # hardware address
    rf"\b(?:{_HEX}{{1,4}}:){{1,7}}(?::{_HEX}{{1,4}}){{1,7}}\b",  # network address, version 6
    rf"\b{_HEX}{{8,}}\b",  # digest or identifier
    rf"\b{_DAYS},? {_MONTHS} +\d+ \d\d:\d\d:\d\d(?: [A-Z]{{3,4}})? \d{{4}}\b",
    r"(?:/[\w.@%+~$:-]+){2,}/[\w.@%+~$:-]*",  # path of three parts or more
    r"(?:/[\w.@%+~$-]+)+\.[A-Za-z]\w*",  # path with a suffix
    r"\b[A-Za-z]:\\[^\s'\"]+",  # path of Windows
    r"\b[A-Za-z][\w-]*(?:\.[\w-]+)+:\d+\b",  # host and port
    r"/?\b\d+(?:\.\d+){3}(?:[:/]\d+)?\b",  # network address
    rf"[<~]?[-+]?\b\d+(?:[.,]\d+)?\s?{_UNITS}\b",  # quantity, whose unit goes with its size
    r"\b[-+]?\d+(?:[.,:/_+-]\d+)*\w*",  # number with its unit, time, version
    r"\b[A-Za-z_]+[-_]?\d{3,}\w*",  # name with a number in it
    r"\b[a-zA-Z]+\d+[a-zA-Z]+\d+\w*",
    r"\*{3,}",  # what was left out on purpose
    r"\b[A-Za-z]+(?:[-_]\d+|\d{2,})\b",
    r"\b[a-zA-Z][\w-]*(?:\.[\w-]+)*\.(?:com|net|org|edu|gov|local|localdomain|internal)\b",
    r"\b[a-zA-Z][\w-]*(?:\.[\w-]+)+\.[a-z]{2}\b",  # host name
)


def _ascii(pattern: str) -> str:
    """The pattern with classes of ASCII alone: those of Unicode make it 40 times slower."""
    inside = re.sub(
        r"\[[^\]]*\]",
        lambda found: found[0].replace(r"\w", "0-9A-Za-z_").replace(r"\d", "0-9"),
        pattern,
    )
    return inside.replace(r"\w", "[0-9A-Za-z_]").replace(r"\d", "[0-9]").replace(r"\b", r"(?-u:\b)")


_VARIABLE = _ascii("|".join(f"(?:{part})" for part in _PARTS))
_VALUE = r"(=|\w: ?|= )(?:'[^']*'|\"[^\"]*\"|(?:[tT]rue|[fF]alse|null|None|NULL)\b)"
"""A quoted or a truth value of a key."""
_DIGITS = r"=[A-Za-z_.+-]+[0-9][\w.+-]*"
"""A value that has a digit in it."""
_USER = r"\b((?:for|by|from|as|of|invalid|unknown) user )[\w.@$-]+"
_NOTHING = r" \(\)"
"""Brackets by themselves: the value that stands there in other lines is empty."""
_JOINED = r"/?[-+]?(?:\w+[._@#$/~-])*\w*<\*>(?:[._@#$/:~+%-]{0,2}(?:<\*>|\w+))*"
"""A name made of parts of which one varies."""
_AGAIN = r"(<\*> [Bb](?:ytes?)?) \(<\*>\)"
"""A quantity, and once more for people."""
_RUN = r"<\*>(?:[\s,;]+<\*>)+"
"""A list: as long as it happens to be."""


def mask(messages: pl.Series, exceptions: pl.Series | None = None) -> pl.Series:
    """Every message with `<*>` for what varies, on one line with single spaces.

    Of an exception (multi-line text) the class named in its last line is added in brackets, so that
    one message that hides several errors gives several templates. Null messages become empty.
    """
    texts = _shortened(messages.cast(pl.String).fill_null(""))
    plain = _masked(texts)
    if exceptions is None or exceptions.null_count() == len(exceptions):
        return plain
    last = pl.col("exception").str.strip_chars_end().str.extract(r"([^\n]*)$", 1)
    name = last.str.extract(r"^([A-Za-z_][\w.]*)(?::|$)", 1)
    return (
        pl.DataFrame({"masked": plain, "exception": exceptions})
        .select(
            pl.when(name.is_not_null())
            .then(pl.concat_str("masked", pl.lit(" ["), name, pl.lit("]")).str.strip_chars())
            .otherwise("masked")
            .alias("masked")
        )
        .to_series()
    )


def _variables() -> pl.Expr:
    """The column `message` with `<*>` for what varies."""
    return (
        pl.col("message")
        .str.replace_all(_VARIABLE, WILDCARD)
        .str.replace_all(_VALUE, f"${{1}}{WILDCARD}")
        .str.replace_all(_DIGITS, f"={WILDCARD}")
        .str.replace_all(_USER, f"${{1}}{WILDCARD}")
        .str.replace_all(_NOTHING, f" ({WILDCARD})")
        .str.replace_all(_JOINED, WILDCARD)
        .str.replace_all(_AGAIN, "$1")
        .str.replace_all(_RUN, WILDCARD)
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )


def _masked(texts: pl.Series) -> pl.Series:
    """The texts with `<*>` for what varies.

    No pattern tells one digit from another, so that texts that differ in those alone are masked
    once, unless a digit is left in the result.
    """
    alike = texts.str.replace_all("[1-9]", "0").alias("alike")
    distinct = alike.unique().to_frame().select("alike", message="alike")
    table = distinct.select("alike", _variables().alias("masked"))
    found = alike.to_frame().join(table, on="alike", how="left", maintain_order="left")["masked"]
    told = found.str.contains("0", literal=True).arg_true()
    if len(told) == 0:
        return found
    rest = pl.DataFrame({"message": texts.gather(told)}).select(_variables())
    return found.scatter(told, rest.to_series())


def _shortened(messages: pl.Series) -> pl.Series:
    """Long messages cut between two words, so that no piece of a word is taken for a word."""
    long = messages.str.len_chars() > LONGEST
    if not long.any():
        return messages
    return messages.zip_with(~long, messages.str.head(LONGEST).str.replace(r"\s\S{0,200}$", ""))
