"""Masking of what varies in log messages: numbers, identifiers, addresses, paths, values."""

from __future__ import annotations

import polars as pl

WILDCARD = "<*>"
LONGEST = 2000
"""Characters of a message that are looked at: what follows varies."""

_PARTS = (
    r"[a-zA-Z][\w+.-]*://[^\s'\"]+",  # address with a scheme
    r"[\w.+-]+@[\w-]+\.[\w.-]+",  # mail address
    r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b",
    r"\b0[xX][0-9a-fA-F]+\b",
    r"\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b",  # hardware address
    r"\b[0-9a-fA-F]{8,}\b",  # digest or identifier
    r"(?:/[\w.@%+~-]+){2,}/[\w.@%+~-]*",  # path of three parts or more
    r"(?:/[\w.@%+~-]+)+\.[A-Za-z]\w*",  # path with a suffix
    r"\b[A-Za-z]:\\[^\s'\"]+",  # path of Windows
    r"\b\d+(?:[.,:/_-]\d+)*\w*",  # number with its unit, time, version, network address
    r"\b[A-Za-z_]+-?\d{3,}\w*",  # name with a number in it
)
_VARIABLE = "|".join(f"(?:{part})" for part in _PARTS)
_VALUE = r"\b([A-Za-z_][\w.-]*)=(?:\"[^\"]*\"|'[^']*'|[^\s,;)\]}\"']+)"
_QUOTED = r"\"[^\"]*\"|'[^']{0,200}'"


def mask(messages: pl.Series, exceptions: pl.Series | None = None) -> pl.Series:
    """Every message with `<*>` for what varies, on one line with single spaces.

    Of an exception (multi-line text) the class named in its last line is added in brackets, so that
    one message that hides several errors gives several templates. Null messages become empty.
    """
    text = pl.col("message").fill_null("").str.head(LONGEST)
    masked = (
        text.str.replace_all(_VALUE, f"${{1}}={WILDCARD}")
        .str.replace_all(_VARIABLE, WILDCARD)
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )
    frame = pl.DataFrame({"message": messages})
    if exceptions is None or exceptions.null_count() == len(exceptions):
        return frame.select(masked.alias("masked")).to_series()
    last = pl.col("exception").str.strip_chars_end().str.extract(r"([^\n]*)$", 1)
    name = last.str.extract(r"^([A-Za-z_][\w.]*)(?::|$)", 1)
    return (
        frame.with_columns(exceptions.alias("exception"))
        .select(
            pl.when(name.is_not_null())
            .then(pl.concat_str(masked, pl.lit(" ["), name, pl.lit("]")).str.strip_chars())
            .otherwise(masked)
            .alias("masked")
        )
        .to_series()
    )
