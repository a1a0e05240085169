"""`python -m console.demo FOLDER`: writes the files of sample_data into a new folder."""

from __future__ import annotations

import sys
from pathlib import Path

from console.demo.sample import write_sample


def main(arguments: list[str]) -> int:
    """Writes the sample; 2 for wrong usage or a folder that is taken."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m console.demo FOLDER\n")
        return 2
    try:
        truth = write_sample(Path(arguments[0]))
    except OSError as error:
        sys.stderr.write(f"cannot write the sample: {error}\n")
        return 2
    sys.stderr.write(f"{sum(truth.lines.values())} lines in {len(truth.lines)} files\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
