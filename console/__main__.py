"""`python -m console` and the command `model-console`."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command line; returns the exit code of contracts §3."""
    from console.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
