"""Exports the README's picture: the real console on sample_data, as SVG.

uv run python tests/tui/export_picture.py [console/tui/help/home.svg]
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from console.config.load import settings_for
from console.engine.session import Session
from console.tui.app import ConsoleApp

PICTURE = Path("console/tui/help/home.svg")
SIZE = (150, 44)
WAIT_S = 120


async def export(target: Path) -> None:
    """Waits until sample_data is read and draws what is on the screen then."""
    paths = [Path("sample_data")]
    app = ConsoleApp(Session(paths, settings_for(paths, None), None, user="you"))
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(WAIT_S * 4):
            await asyncio.sleep(0.25)
            snapshot = app.view.snapshot
            if snapshot is not None and snapshot.progress.caught_up and snapshot.inbox:
                break
        await asyncio.sleep(4)
        await pilot.pause()
        target.write_text(app.export_screenshot(title="model-console"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(export(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE))
