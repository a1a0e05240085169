"""A format of somebody else's, installed as a distribution of its own, through the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.cli.main import run
from console.formats.registry import formats

MODULE = '''
"""Lines of a fuel gauge: day, litres."""

import polars as pl

from console.formats.framing import rejects, split
from console.formats.protocol import Decoded
from console.records.clock import from_iso, naive
from console.records.frames import METRICS, records


class FuelGauge:
    name = "fuel"

    def recognise(self, sample, path):
        return "it begins with FUEL" if sample.startswith(b"FUEL ") else None

    def decode(self, chunk, defaults):
        lines, consumed = split(chunk.data, final=chunk.final)
        rows, bad = [], []
        for place in range(len(lines)):
            offset = chunk.offset + int(lines.starts[place])
            try:
                _, day, litres = lines[place].split()
                ts = naive(from_iso(day.decode() + "T00:00:00Z"))
                rows.append({"ts": ts, "name": "litres", "value": float(litres), "offset": offset,
                             "model": defaults.model})
            except ValueError:
                bad.append((offset, "not FUEL day litres", lines[place]))
        frame = pl.DataFrame(rows, schema=METRICS)
        return Decoded(records(metrics=frame, rejects=rejects(*zip(*bad)) if bad else
                               rejects([], [], [])), consumed)
'''
LINES = "FUEL 2026-01-02 40.5\nFUEL 2026-01-03 39\nFUEL none\n"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder as `pip install --target` leaves it: a module, and what the distribution says."""
    site = tmp_path / "site"
    about = site / "fuel_gauge-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "fuel_gauge.py").write_text(MODULE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fuel-gauge\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[model_console.formats]\nfuel = fuel_gauge:FuelGauge\nbroken = fuel_gauge:Missing\n"
    )
    return site


def test_an_installed_format_is_found_detected_and_read(
    installed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "data" / "boat"
    folder.mkdir(parents=True)
    (folder / "gauge.log").write_text(LINES)
    store = str(tmp_path / "store.duckdb")
    data = str(tmp_path / "data")
    ran = subprocess.run(
        [sys.executable, "-m", "console", "replay", data, "--store", store, "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(installed), "XDG_DATA_HOME": str(tmp_path)},
    )
    assert (ran.returncode, json.loads(ran.stdout)) == (0, {"alerts": []}), ran.stderr
    assert run(["query", "--store", store, "--format", "json", "FROM sources"]) == 0
    (source,) = json.loads(capsys.readouterr().out)
    assert (source["format"], source["model"], source["rows"]) == ("fuel", "boat", 2)
    assert (source["rejects"], source["offset"]) == (1, len(LINES))
    monkeypatch.syspath_prepend(installed)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    formats.cache_clear()
    try:
        run(["doctor", data])
    finally:
        formats.cache_clear()
    told = capsys.readouterr().out
    assert "gauge.log: fuel (it begins with FUEL), boat, " in told
    assert "format plug-in broken (fuel_gauge:Missing): " in told
