"""`model-console backtest`: when rules would have fired, and what that would have been worth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]
T0 = 1_763_856_000
"""Midnight."""
RULE = '[[rules]]\nmodel = "fraud"\nseries = "latency"\nabove = 200.0\nfor = "5m"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two days by the minute: above 200 at 05:00 and 30:00 for half an hour, at 40:00 for two."""
    high = [(300, 330), (1800, 1830), (2400, 2520)]
    rows = [
        {"ts": T0 + 60 * n, "model": "fraud", "stage": "serving", "name": "latency",
         "value": 300 if any(a <= n < b for a, b in high) else 100 + n % 7}
        for n in range(2880)
    ]  # fmt: skip
    events = [
        {"ts": T0 + 60 * 1810, "type": "incident", "title": "checkout down", "model": "fraud",
         "end_ts": T0 + 60 * 1900},
        {"ts": T0 + 60 * 1000, "type": "incident", "title": "quiet one", "model": "fraud"},
        {"ts": T0 + 60 * 2400, "type": "incident", "title": "other model's", "model": "churn"},
    ]  # fmt: skip
    data = tmp_path / "data"
    data.mkdir()
    (data / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (data / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in events))
    (data / "console.toml").write_text(RULE)
    return data


def test_firings_are_held_against_marked_incidents(command: Command, folder: Path) -> None:
    code, out, _ = command("backtest", str(folder), "--format", "json")
    found = json.loads(out)["backtest"]
    (rule,) = found["rules"]
    assert code == 0
    assert rule["rule"] == "fraud latency above 200 for 5 min"
    assert (rule["fired"], rule["incidents_found"], rule["incidents"]) == (3, 1, 2)
    assert (rule["unmarked"], rule["median_lead_s"]) == (2, 5 * 60)
    assert [firing["incident"] for firing in rule["firings"]] == [None, "checkout down", None]
    assert found["missed"] == ["quiet one", "other model's"]
    assert rule["firings"][0]["at"] == "2025-11-23T05:05:00.000Z"
    assert rule["firings"][0]["onset"] == "2025-11-23T05:00:00.000Z"
    widths = [(6 * 60 + 90) / 2880, (6 * 60 + 60) / 2880]
    assert rule["found_by_chance"] == pytest.approx(sum(1 - (1 - w) ** 3 for w in widths), abs=1e-3)
    quiet_days = (2880 - 60 * 6 * 2 - 90 - 60) / 1440
    assert rule["unmarked_in_a_quiet_month"] == pytest.approx(2 * 30 / quiet_days)


def test_what_fired_live_is_what_fires_here(command: Command, folder: Path) -> None:
    _, out, _ = command("backtest", str(folder), "--format", "json")
    firings = json.loads(out)["backtest"]["rules"][0]["firings"]
    _, out, _ = command("replay", str(folder), "--format", "json")
    alerts = [a for a in json.loads(out)["alerts"] if a["detector"] == "threshold"]
    assert {a["opened_at"] for a in alerts} <= {firing["at"] for firing in firings}
    assert alerts


def test_two_files_of_rules_side_by_side(command: Command, folder: Path, tmp_path: Path) -> None:
    proposed = tmp_path / "proposed.toml"
    proposed.write_text(RULE.replace("5m", "45m") + RULE)
    code, out, told = command(
        "backtest", str(folder), "--rules", str(proposed), "--against", str(folder / "console.toml")
    )
    assert code == 0
    lines = out.splitlines()
    assert lines[2].split("  ")[0] == "+"
    assert "above 200 for 45 min" in lines[2]
    assert lines[3].startswith("=  fraud latency above 200 for 5 min")
    assert "3 marked incidents" in told


def test_a_store_is_history_too(command: Command, folder: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "s.duckdb")
    command("replay", str(folder), "--store", store)
    config = str(folder / "console.toml")
    code, out, _ = command("backtest", "--store", store, "--config", config, "--format", "json")
    assert code == 0
    assert json.loads(out)["backtest"]["rules"][0]["fired"] == 3


def test_without_a_rule_or_a_metric_it_says_what_to_mend(
    command: Command, folder: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    code, _, told = command("backtest", str(folder), "--rules", str(empty))
    assert code == 2
    assert "there is no rule to try: add a [[rules]]" in told
    (folder / "metrics.jsonl").write_text("")
    code, _, told = command("backtest", str(folder))
    assert code == 2
    assert "no metric in this history" in told
