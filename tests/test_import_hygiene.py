"""What an import costs: a process of its own imports a module and says what came with it.

The import contracts in pyproject.toml see what is written at the top of a module; these tests see
what really is loaded, whoever asked for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"duckdb", "numpy", "plotext", "polars", "rich", "scipy", "textual", "watchdog"}

_SCRIPT = """
import sys
before = set(sys.modules)
{statement}
names = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(names - sys.stdlib_module_names - {{"console"}}))
"""


def installed_modules(statement: str) -> set[str]:
    """The packages beside the standard library and our own that a statement loads."""
    process = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(process.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import console",
        "import console.__main__",
        "import console.cli.main",
        "import console.config.load",
        "import console.emit, console.emit.handler",
        "from console.cli.main import run; run(['--version'])",
        "from console.cli.main import run; run(['--help'])",
        "from console.cli.main import run; run(['replay', '--help'])",
        "from console.cli.main import run; run(['emit', '/dev/null', 'metric', 'x', '1'])",
    ],
)
def test_nothing_installed_is_imported(statement: str) -> None:
    silent = f"import io, sys; sys.stdout = io.StringIO()\n{statement}\nsys.stdout = sys.__stdout__"
    assert installed_modules(silent) == set()


def test_the_screen_comes_without_the_libraries_that_only_the_engine_needs() -> None:
    loaded = installed_modules("import console.tui.app, console.engine.session")
    assert loaded & (HEAVY - {"rich", "textual"}) == set()


def least_cpu(count: int, *arguments: str) -> float:
    """Processor seconds of the cheapest of some runs of the interpreter: load does not count."""
    best = float("inf")
    for _ in range(count):
        with Path(os.devnull).open("w") as nowhere:
            process = subprocess.Popen([sys.executable, *arguments], stdout=nowhere)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        best = min(best, used.ru_utime + used.ru_stime)
    return best


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_version_and_the_help_are_there_at_once(option: str) -> None:
    bare = least_cpu(5, "-c", "pass")
    assert least_cpu(5, "-m", "console", option) - bare < 0.15
