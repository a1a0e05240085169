from __future__ import annotations

import subprocess
import sys

HEAVY = ("polars", "duckdb", "numpy", "scipy", "plotext", "watchdog", "pyarrow")


def test_the_screen_imports_nothing_heavy_before_its_first_frame() -> None:
    code = (
        f"import sys, console.tui.app\nprint([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_nothing_heavy_is_imported_by_showing_a_picture_without_a_chart() -> None:
    code = (
        "import asyncio, sys\n"
        "sys.path.insert(0, 'tests/tui')\n"
        "from tui_fake_session import EMPTY, FakeSession\n"
        "from console.tui.app import ConsoleApp\n"
        "async def main() -> None:\n"
        "    async with ConsoleApp(FakeSession(EMPTY)).run_test() as pilot:\n"
        "        await pilot.pause()\n"
        "asyncio.run(main())\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
