"""A detector of another package, installed as packages are, speaks in the inbox under its name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = '''
"""Says that a series has reached eleven."""

from console.detectors.protocol import Deviation
from console.records.series import Series


class Eleven:
    name = "eleven"
    layout = 1

    def __init__(self, settings):
        self.width = settings.window_s

    def initial(self):
        return {}

    def update(self, state, span):
        found = []
        for row in span.metrics.filter(span.metrics["high"] >= 11).iter_rows(named=True):
            at = row["start"].timestamp() + self.width
            series = Series(row["model"], row["stage"], row["name"], row["tags"])
            found.append(Deviation("eleven", "raised", series, at, at, "warning", "goes to eleven"))
        return found[:1], state
'''


def install(site: Path, code: str) -> None:
    """Lays out a distribution as an installer would."""
    (site / "louder").mkdir(parents=True)
    (site / "louder" / "__init__.py").write_text(code, encoding="utf-8")
    info = site / "louder-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: louder\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[model_console.detectors]\neleven = louder:Eleven\n")


def replay(folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    paths = [str(site), str(Path(__file__).parents[2])]
    return subprocess.run(
        [sys.executable, "-m", "console", "replay", str(folder), "--format", "json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Half an hour of a volume that is turned up at the end."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    lines = [
        {"ts": 1_772_323_200 + 60 * i, "model": "amp", "stage": "serving", "name": "volume"}
        | {"value": 11.0 if i == 25 else 10.0}
        for i in range(30)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "metrics.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_a_plug_in_is_found_and_heard(tmp_path: Path, fleet: Path) -> None:
    install(tmp_path / "site", CODE)
    done = replay(fleet, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    (alert,) = json.loads(done.stdout)["alerts"]
    assert (alert["detector"], alert["model"], alert["series"]) == ("eleven", "amp", "volume")
    assert alert["severity"] == "warning"
    assert "goes to eleven" in alert["what"]


def test_a_plug_in_that_breaks_is_one_clear_line(tmp_path: Path, fleet: Path) -> None:
    install(tmp_path / "site", "raise ImportError('no amplifier')")
    done = replay(fleet, tmp_path / "site")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "louder" in line]
    assert "cannot be loaded: ImportError: no amplifier; update or uninstall that package" in line
