"""What ends a command with exit code 2 and one clear line."""

from __future__ import annotations


class UsageError(Exception):
    """The command line, or a file it names, is not as wanted: `what: mend`."""
