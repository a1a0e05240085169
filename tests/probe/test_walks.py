"""Three people's first minutes with the console, walked key by key on a real terminal."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal_probe import CONSOLE, MISSING, PROBE, PROJECT, probe, surroundings

HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("probe"),
    pytest.mark.skipif(not PROBE.is_file(), reason=MISSING),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample data, kept in git by its engineer."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(PROJECT / "sample_data", folder / "sample_data")
    return folder


@pytest.fixture
def collected(desk: Path, tmp_path: Path) -> Path:
    """A store that `collect` began, as under a service manager, and was told to stop."""
    store = tmp_path / "collected.duckdb"
    command = [*CONSOLE, "collect", "sample_data", "--store", str(store)]
    with subprocess.Popen(
        command, cwd=desk, env=surroundings(desk / "home"), stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        told = "".join(_until_raised(running.stderr, "support_calls_30d up"))
        running.send_signal(signal.SIGTERM)
        told += running.stderr.read()
    assert running.returncode == 0, told
    assert "stopped, all that was read is stored" in told
    return store


def _until_raised(lines: Iterator[str], alert: str) -> Iterator[str]:
    for line in lines:
        yield line
        if alert in line:
            return


def told(desk: Path, *arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    ran = subprocess.run(
        [*CONSOLE, *arguments, "--format", "json"],
        capture_output=True,
        text=True,
        cwd=desk,
        check=False,
        env=surroundings(desk / "home"),
    )
    assert ran.returncode == code, ran.stderr
    return json.loads(ran.stdout)


def test_on_call_at_night_one_incident_is_read_acked_and_handed_on(
    desk: Path, tmp_path: Path
) -> None:
    command = [*CONSOLE, str(desk / "sample_data"), "--store", str(tmp_path / "night.duckdb")]
    probe(HERE / "night.steps", *command, cwd=tmp_path)
    (bundle,) = tmp_path.glob("bundle-*")
    found = {path.name for path in bundle.iterdir()}
    assert {"message.md", "logs.jsonl", "before.parquet", "after.parquet", "notebook.ipynb"} < found
    message = (bundle / "message.md").read_text(encoding="utf-8")
    assert "churn" in message
    (top, *_) = told(desk, "alerts", "--store", str(tmp_path / "night.duckdb"))["alerts"]
    assert (top["model"], top["state"]) == ("churn", "acknowledged")


def test_the_owner_reads_the_digest_and_what_was_noise_changes_the_order(
    desk: Path, tmp_path: Path
) -> None:
    store = tmp_path / "morning.duckdb"
    read = told(desk, "replay", "sample_data", "--store", str(store))["alerts"]
    before = {alert["id"]: alert for alert in read}
    command = [*CONSOLE, str(desk / "sample_data"), "--store", str(store)]
    probe(HERE / "morning.steps", *command, cwd=tmp_path)
    after = told(desk, "alerts", "--store", str(store))["alerts"]
    noise = [alert for alert in after if alert["state"] == "noise"]
    assert len(noise) == 2
    assert min(alert["rank"] for alert in noise) > len(after) - 3
    # Those that nobody touched and that are alike stand lower, those that are not stay.
    (alike,) = [a for a in after if a["detector"] == "logs" and a["state"] == "open"]
    assert alike["priority"] < before[alike["id"]]["priority"]
    others = [a for a in after if a["detector"] == "anomaly"]
    assert others
    assert all(a["priority"] >= before[a["id"]]["priority"] for a in others)
    order = (tmp_path / "order.txt").read_text(encoding="utf-8")
    shown = re.findall(r"^ +(\d+) [●◐○]", order, re.MULTILINE)
    assert [int(rank) for rank in shown] == sorted(map(int, shown))


def test_the_engineer_checks_collects_backtests_and_asks_what_it_costs(
    desk: Path, collected: Path, tmp_path: Path
) -> None:
    git = ["git", "-c", "user.name=engineer", "-c", "user.email=engineer@example.org"]
    for arguments in (["init", "-q"], ["add", "sample_data/console.toml"], ["commit", "-qm", "."]):
        subprocess.run([*git, *arguments], cwd=desk, check=True)
    # In CI: the rules over a history in which three of them are broken.
    checked = told(desk, "check", "sample_data", code=1)
    assert [one["verdict"] for one in checked["conditions"]] == ["fails"] * 3
    # A stricter rule, tried on history before it is shipped.
    settings = desk / "sample_data" / "console.toml"
    proposed = tmp_path / "proposed.toml"
    proposed.write_text(
        settings.read_text(encoding="utf-8").replace("above = 250.0", "above = 150.0")
    )
    tried = told(
        desk, "backtest", "sample_data", "--rules", str(proposed), "--against", str(settings),
    )  # fmt: skip
    (stricter, *_), (today, *_) = tried["backtest"]["rules"], tried["against"]["rules"]
    assert stricter["firings"][0]["at"] < today["firings"][0]["at"]
    probe(
        HERE / "costs.steps", *CONSOLE, str(desk / "sample_data"), "--store", str(collected),
        cwd=tmp_path,
    )  # fmt: skip
    changed = subprocess.run(
        [*git, "status", "--porcelain", "sample_data/console.toml"],
        cwd=desk, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert changed.stdout == "", "the console never writes into the settings"
