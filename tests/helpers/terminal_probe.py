"""Runs a program on a real pseudo-terminal, by the steps of `tui_probe.py`.

The probe lies beside the project (`../shared/tools`); MODEL_CONSOLE_PROBE names it elsewhere.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).parents[2]
PROBE = Path(
    os.environ.get("MODEL_CONSOLE_PROBE", PROJECT.parent / "shared" / "tools" / "tui_probe.py")
)
MISSING = f"NOT TESTED: the terminal as a person sees it; no {PROBE.name} at {PROBE.parent}"
CONSOLE = [sys.executable, "-m", "console"]


def surroundings(home: Path) -> dict[str, str]:
    """The environment of a user who has never run the console: nothing is remembered."""
    own = {"PYTHONPATH": str(PROJECT), "XDG_DATA_HOME": str(home), "TEXTUAL_ANIMATIONS": "none"}
    return {**os.environ, **own}


def probe(
    steps: Path | str, *command: str, cwd: Path, size: str = "160x48", timeout_s: float = 120
) -> str:
    """Runs the steps and returns what the probe printed; fails as the probe does.

    What the console remembers of its user lies in `cwd / "home"`. `timeout_s` is for each wait.
    """
    ran = subprocess.run(
        [sys.executable, str(PROBE), "--size", size, "--timeout", str(timeout_s), str(steps),
         "--", *command],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        env=surroundings(cwd / "home"),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def loaded_probe() -> ModuleType:
    """The probe as a module, for what its steps cannot say."""
    specification = importlib.util.spec_from_file_location("tui_probe", PROBE)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
