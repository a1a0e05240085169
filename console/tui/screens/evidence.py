"""From an alert to its data: the bundle, and a shell with it loaded."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from console.tui.present.line import Piece, piece
from console.tui.screens.triage import TriageScreen

if TYPE_CHECKING:
    from console.alerts.alert import Alert

LOAD = """\
import polars as pl
from pathlib import Path
folder = Path({folder!r})
before, after = (pl.read_parquet(folder / f"{{name}}.parquet") for name in ("before", "after"))
logs = (folder / "logs.jsonl").read_text().splitlines()
print((folder / "message.md").read_text())
print("before, after: frames of the rows; logs: lines as JSON; folder:", folder)
"""
"""What a shell begins with."""


class EvidenceScreen(TriageScreen):
    """A screen with an inbox, whose alerts have data behind them."""

    def _build(self, alert: Alert, target: str) -> str:
        desk = self.console_app.session.desk()
        if desk is None:
            raise ValueError("the store is not open yet: try again in a moment")
        try:
            return desk.bundle(alert, target)
        finally:
            desk.close()

    def _failed_to_build(self, reason: str) -> None:
        self.say((Piece("no bundle: ", "warning"), piece(reason)))

    def action_bundle(self) -> None:
        """Asks for a folder, then builds the bundle there."""
        from console.tui.screens.prompt import Prompt

        alert = self._alert_in_sight()
        if alert is None:
            return
        first = str(Path.cwd() / f"bundle-{alert.id}")

        def build(target: str | None) -> None:
            if target is None:
                return
            self.say((Piece("building the bundle …", "dim"),))
            self.console_app.errand(
                lambda: self._build(alert, target),
                lambda made: self.say((Piece("built ", "ok"), piece(made))),
                self._failed_to_build,
            )

        self.app.push_screen(Prompt("Build the bundle in", first, "a new folder"), build)

    def action_shell(self) -> None:
        """Builds the bundle in a folder for a while, and opens a shell on it."""
        alert = self._alert_in_sight()
        if alert is None:
            return
        scratch = tempfile.mkdtemp(prefix="model-console-")
        self.say((Piece("loading the data …", "dim"),))

        def opened(folder: str) -> None:
            self.console_app.run_outside(shell_command(folder))
            shutil.rmtree(scratch, ignore_errors=True)

        def failed(reason: str) -> None:
            shutil.rmtree(scratch, ignore_errors=True)
            self._failed_to_build(reason)

        target = str(Path(scratch) / alert.id)
        self.console_app.errand(lambda: self._build(alert, target), opened, failed)


def shell_command(folder: str) -> list[str]:
    """IPython where it is installed, else Python's own prompt."""
    from importlib.util import find_spec

    code = LOAD.format(folder=folder)
    if find_spec("IPython") is not None:
        return [sys.executable, "-m", "IPython", "-i", "-c", code]
    return [sys.executable, "-i", "-c", code]
