"""What can go wrong with a store, told in one clear line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


class StoreError(Exception):
    """One clear line: the file, what is the matter, and the mend."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        """It may pass (a full disk, say): close the store, wait, open it again and go on."""


class InterruptError(StoreError):
    """The question was withdrawn by `Reader.interrupt` before it was answered."""


_PASSING = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
)


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Turns what DuckDB raises inside into a StoreError "cannot <doing>: <reason>"."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise InterruptError(f"cannot {doing}: interrupted") from error
    except duckdb.Error as error:
        passing = isinstance(error, _PASSING)
        raise StoreError(f"cannot {doing}: {one_line(error)}", passing=passing) from error


def one_line(error: BaseException) -> str:
    """DuckDB's message in one line: without its class, the quoted query and its pointers."""
    text = str(error).split("\n\nLINE ")[0]
    text = re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", text)
    text = re.sub(r"\s*See also https?://\S+", "", text)
    return " ".join(text.split())
