"""`model-console collect` in a world that misbehaves.

    torture_collector.py WORLD PATH --store STORE

WORLD is `calm`; `clock`, in which the wall clock jumps by hours and days; or `watchless`, in which
the system has no watches left.
"""

from __future__ import annotations

import random
import sys
import time
from typing import Any
from unittest import mock


def jumping_clock() -> Any:
    """The wall clock, set anew about ten times a second."""
    real, rng = time.time, random.Random(time.time_ns())
    state = {"since": 0.0, "ahead": 0.0}

    def jump() -> float:
        if real() - state["since"] > rng.uniform(0.05, 0.2):
            state["since"], state["ahead"] = real(), rng.choice([0, -7_200, 7_200, -2e5, 2e5])
        return real() + state["ahead"]

    return mock.patch("time.time", jump)


def no_watches() -> Any:
    """What happens when fs.inotify.max_user_watches is used up."""
    error = OSError(28, "inotify watch limit reached")
    return mock.patch("watchdog.observers.api.BaseObserver.start", side_effect=error)


def main() -> int:
    """Runs the command in its world."""
    world = sys.argv.pop(1)
    sys.argv.insert(1, "collect")
    worlds = {"clock": jumping_clock, "watchless": no_watches}
    if world in worlds:
        worlds[world]().start()
    from console.__main__ import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
