"""The committed sample is what the generator writes, and what its page says is in the data."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.demo.__main__ import main
from console.demo.sample import END, START, sample_plan
from console.demo.simulate import Truth
from console.records.clock import DAY, HOUR, MINUTE, iso

Decoded = dict[str, list[Any]]
WINDOWS = {item.id: (item.start, item.end) for item in sample_plan().incidents}


def _ts(record: dict[str, Any]) -> float:
    ts = record["ts"]
    if not isinstance(ts, str):
        return float(ts) / 1000.0
    moment = datetime.fromisoformat(ts)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _values(
    decoded: Decoded, file: str, name: str, start: float, end: float, client: str | None = None
) -> list[float]:
    """Values of a metric at times of [start, end)."""
    found = []
    for record in decoded[f"{file}.metrics.jsonl"]:
        if record is None or (record.get("tags") or {}).get("client") != client:
            continue
        values = record.get("metrics") or {record["name"]: record["value"]}
        if name in values and start <= _ts(record) < end:
            found.append(float(values[name]))
    return found


def _ratio(decoded: Decoded, file: str, name: str, incident: str, lag: float = 0.0) -> float:
    """Median during an incident over that of the three hours before."""
    start, end = WINDOWS[incident]
    before = _values(decoded, file, name, start - 3.0 * HOUR, start)
    during = _values(decoded, file, name, start + lag, end)
    return statistics.median(during) / statistics.median(before)


def _minute(ts: float) -> str:
    return iso(ts)[:16].replace("T", " ")


def _cases(decoded: Decoded, model: str, start: float, end: float) -> Iterator[tuple[Any, Any]]:
    """Prediction and label of the cases of [start, end)."""
    labels = {r["id"]: r["label"] for r in decoded[f"{model}/labels.jsonl"]}
    for record in decoded[f"{model}/predictions.jsonl"]:
        if record["id"] in labels and start <= _ts(record) < end:
            yield record["prediction"], labels[record["id"]]


def test_committed_files_are_what_the_generator_writes(
    written: tuple[Path, Truth], sample: Path
) -> None:
    def content(root: Path) -> dict[str, bytes]:
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and path.name != ".gitattributes"
        }

    fresh, committed = content(written[0]), content(sample)
    assert sorted(fresh) == sorted(committed)
    changed = [name for name in fresh if fresh[name] != committed[name]]
    assert not changed, "write sample_data again: python -m console.demo"


def test_sample_is_small_and_ends_with_whole_lines(sample: Path) -> None:
    files = [path for path in sample.rglob("*") if path.is_file()]
    assert 6e6 < sum(path.stat().st_size for path in files) < 10e6
    assert all(path.read_bytes().endswith(b"\n") for path in files)


def test_page_tells_the_truth(written: tuple[Path, Truth], sample: Path) -> None:
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split(" | ")]
        for line in (sample / "README.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    happenings = [row for row in rows if len(row) == 6]
    loud = {item.id: item for item in written[1].incidents if item.expect == "alert"}
    assert {row[0]: row[1:5] for row in happenings if row[0] in loud} == {
        item.id: [str(item.model), item.stage, _minute(item.start), _minute(item.end)]
        for item in loud.values()
    }
    benign = {item.id: item for item in written[1].incidents if item.expect != "alert"}
    assert {row[0]: row[1:4] for row in happenings if row[0] not in loud} == {
        item.id: [str(item.model), _minute(item.start), _minute(item.end)]
        for item in benign.values()
    }
    lines = {row[0]: int(row[1]) for row in rows if len(row) == 2}
    assert lines == {name: (sample / name).read_bytes().count(b"\n") for name in written[1].lines}


def test_plan_is_quiet_first_and_no_model_has_two_incidents_at_once() -> None:
    loud = [item for item in sample_plan().incidents if item.expect == "alert"]
    assert 6 <= len({item.kind for item in loud}) == len(loud) <= 8
    assert min(item.start for item in loud) >= START + 20.0 * HOUR
    assert max(item.end for item in loud) <= END
    for one in loud:
        for other in loud:
            if one is not other and one.model == other.model:
                assert one.end <= other.start or other.end <= one.start


def test_bad_deploy_has_its_size_and_its_version(decoded: Decoded, sample: Path) -> None:
    assert 10.0 < _ratio(decoded, "card-fraud/serving", "error_rate", "bad-deploy") < 16.0
    assert 1.8 < _ratio(decoded, "card-fraud/serving", "latency_p95_ms", "bad-deploy") < 2.4
    start, end = WINDOWS["bad-deploy"]
    versions = {
        record["version"]
        for record in decoded["card-fraud/predictions.jsonl"]
        if start <= _ts(record) < end
    }
    assert versions == {"v13"}
    assert (sample / "card-fraud/serving.log").read_text().count("KeyError: 'issuer_country'") > 60


def test_lost_column_runs_down_the_stages(decoded: Decoded) -> None:
    start, end = WINDOWS["lost-column"]
    for file, name, lag in (
        ("upstream", "null_rate", 0.0),
        ("features", "missing_distance_rate", 4.0),
    ):
        before = _values(decoded, f"delivery-time/{file}", name, START, start + lag * MINUTE)
        during = _values(decoded, f"delivery-time/{file}", name, start + lag * MINUTE, end)
        assert max(before) < 0.05
        assert min(during) > 0.3
    nulls = [
        record["features"]["distance_km"] is None
        for record in decoded["delivery-time/predictions.jsonl"]
        if start + 6 * MINUTE <= _ts(record) < end
    ]
    assert 0.3 < statistics.mean(nulls) < 0.5
    on_time = _values(decoded, "delivery-time/business", "on_time_rate", start + HOUR, end)
    assert 0.78 < statistics.mean(on_time) < 0.83
    errors = [abs(p - t) for p, t in _cases(decoded, "delivery-time", start + 6 * MINUTE, end)]
    usual = [abs(p - t) for p, t in _cases(decoded, "delivery-time", START, start)]
    assert 5.0 < statistics.mean(errors) < 6.5
    assert 3.2 < statistics.mean(usual) < 3.9


def test_drift_costs_accuracy_once_labels_arrive(decoded: Decoded) -> None:
    start, end = WINDOWS["feature-drift"]
    before = [p == t for p, t in _cases(decoded, "churn", START, start)]
    after = [p == t for p, t in _cases(decoded, "churn", start + 10.0 * HOUR, end)]
    assert 0.85 < statistics.mean(before) < 0.92
    assert 0.68 < statistics.mean(after) < 0.78


def test_leak_crosses_the_limit_of_its_rule_for_long(decoded: Decoded) -> None:
    start, end = WINDOWS["memory-leak"]
    late = _values(decoded, "ticket-router/serving", "latency_p95_ms", start + 5.0 * HOUR, end)
    assert min(late) > 250.0
    rest = _values(decoded, "ticket-router/serving", "latency_p95_ms", START, start)
    rest += _values(decoded, "ticket-router/serving", "latency_p95_ms", end, END)
    assert max(rest) < 250.0


def test_silent_stage_writes_nothing(decoded: Decoded) -> None:
    start, end = WINDOWS["silent-stage"]
    for name in ("card-fraud/features.metrics.jsonl", "card-fraud/features.log.jsonl"):
        assert not [r for r in decoded[name] if r and start <= _ts(r) < end]
        assert [r for r in decoded[name] if r and end <= _ts(r) < end + HOUR]


def test_one_client_fails_alone(decoded: Decoded) -> None:
    start, end = WINDOWS["failing-client"]
    rates = {
        client: statistics.mean(
            _values(decoded, "ticket-router/serving", "client_error_rate", start, end, client)
        )
        for client in ("acorn", "birch", "cedar")
    }
    assert 0.2 < rates.pop("birch") < 0.25
    assert max(rates.values()) < 0.01


def test_new_error_is_new_and_moves_no_metric(decoded: Decoded) -> None:
    start, end = WINDOWS["new-error"]
    times = [
        _ts(record)
        for record in decoded["delivery-time/features.log.jsonl"]
        if record["message"].startswith("geocoder quota")
    ]
    assert len(times) > 100
    assert start <= min(times) <= start + 5.0 * MINUTE
    assert max(times) < end
    assert 0.9 < _ratio(decoded, "delivery-time/features", "route_ms", "new-error") < 1.1
    assert 0.8 < _ratio(decoded, "delivery-time/serving", "error_rate", "new-error") < 1.2


def test_campaign_raises_traffic_alone(decoded: Decoded) -> None:
    start, end = WINDOWS["campaign"]
    for file, name in (("business", "orders_per_min"), ("serving", "requests_per_min")):
        raised = _values(decoded, f"delivery-time/{file}", name, start + 10.0 * MINUTE, end)
        day_before = _values(
            decoded, f"delivery-time/{file}", name, start + 10.0 * MINUTE - DAY, end - DAY
        )
        assert 1.8 < statistics.mean(raised) / statistics.mean(day_before) < 2.0
    assert 0.8 < _ratio(decoded, "delivery-time/serving", "error_rate", "campaign") < 1.2


def test_usual_log_messages_are_all_known_before_anything_happens(sample: Path) -> None:
    text = (sample / "ticket-router/serving.log").read_text()
    quiet = text[: text.index("\n2026-03-02 21:")]
    assert quiet.count("- ERROR -") >= 5
    assert quiet.count("tickets routed") > 20
    assert "signature expired" not in quiet


def test_command_refuses_a_taken_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main([str(tmp_path)]) == 2
    assert main([]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
