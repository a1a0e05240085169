"""Writes and rotates all streams below a folder until told to stop.

    torture_writer.py FOLDER OUTSIDE LEDGERS SEED TURN STOP

Rotates from when the file TURN appears: what goes before anybody has looked cannot be missed. Ends
when STOP appears, and then writes the ledgers of the streams to LEDGERS as JSON. Standard library
alone.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from torture_encodings import ENCODED
from torture_streams import STREAMS

SETTINGS = """
[[sources]]
path = "*/*.jsonl*"

[[sources]]
path = "*/*.log*"
format = "text"
"""
PAUSE_S = 0.03


def main() -> None:
    """Writes rounds of a few lines a stream until the stop file appears."""
    folder, outside, ledgers = (Path(argument) for argument in sys.argv[1:4])
    turn, stop = (Path(argument) for argument in sys.argv[5:7])
    rng = random.Random(int(sys.argv[4]))
    outside.mkdir()
    streams = [
        kind(folder / kind.__name__.lower(), outside, random.Random(rng.random()))
        for kind in (*STREAMS, *ENCODED)
    ]
    (folder / "console.toml").write_text(SETTINGS, encoding="utf-8")
    while not stop.exists():
        turning = turn.exists()
        for stream in streams:
            stream.step(turning=turning)
        time.sleep(PAUSE_S)
    told = {stream.name: vars(stream.ledger) for stream in streams}
    ledgers.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
