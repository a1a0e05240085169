"""The command line: which command, with which arguments."""

from __future__ import annotations

from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Runs a command; returns the exit code of contracts §3."""
    raise NotImplementedError(arguments)
