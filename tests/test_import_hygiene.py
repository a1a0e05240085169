"""What an import costs: a process of its own imports a module and says what came with it.

The import contracts in pyproject.toml see what is written at the top of a module; these tests see
what really is loaded, whoever asked for it.
"""

from __future__ import annotations

import subprocess
import sys
import time

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


def best_of(count: int, *arguments: str) -> float:
    """The shortest of some runs of the interpreter, in seconds."""
    best = float("inf")
    for _ in range(count):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_version_and_the_help_are_there_at_once(option: str) -> None:
    bare = best_of(5, "-c", "pass")
    assert best_of(5, "-m", "console", option) - bare < 0.15
