"""Exports the pictures of the README and the help: the real console on sample_data, as SVG.

uv run python tests/tui/export_picture.py [FOLDER]
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from textual.pilot import Pilot

from console.config.load import settings_for
from console.engine.session import Session
from console.tui.app import ConsoleApp

FOLDER = Path("console/tui/help")
HOME_SIZE, SIZE = (150, 44), (124, 34)
ELSEWHERE = "/srv/fleet"
"""Stands for the folder of the checkout, which is nobody's business."""
WAIT_S, SETTLE_S = 600, 5
PICTURES = {
    "model": ("2",),
    "timeline": ("3",),
    "logs": ("1", "j", "enter"),
    "compare": ("escape", "1", "5"),
    "sources": ("6",),
    "sql": ("7", *"SELECT level, count(*) AS lines FROM logs GROUP BY level", "enter"),
    "digest": ("escape", "1", "8"),
}
"""The keys that lead to each view, one after the other from home."""


async def export(folder: Path) -> None:
    """Waits until sample_data is read, then draws one view after the other."""
    paths = [Path("sample_data")]
    app = ConsoleApp(Session(paths, settings_for(paths, None), None, user="you"))
    async with app.run_test(size=HOME_SIZE) as pilot:
        for _ in range(WAIT_S * 4):
            await asyncio.sleep(0.25)
            snapshot = app.view.snapshot
            if snapshot is not None and snapshot.progress.caught_up and snapshot.inbox:
                break
        await draw(pilot, folder / "home.svg")
        await pilot.resize_terminal(*SIZE)
        for name, keys in PICTURES.items():
            await pilot.press(*keys)
            await draw(pilot, folder / f"{name}.svg")


async def draw(pilot: Pilot[None], target: Path) -> None:
    """Lets what was asked for arrive, and writes what is on the screen then."""
    await asyncio.sleep(SETTLE_S)
    await pilot.pause()
    picture = pilot.app.export_screenshot(title="model-console")
    picture = picture.replace(str(Path.cwd()), ELSEWHERE)
    target.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(export(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
