"""`rank` orders a document of alerts by what a log says of its user."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Command = Callable[..., tuple[int, str, str]]
T0 = 1_763_888_400.0


def alert(name: str, detector: str = "drift", model: str | None = "fraud", **more: Any) -> Any:
    """An alert as another program may write it."""
    return {
        "id": name,
        "severity": "warning",
        "state": "open",
        "detector": detector,
        "model": model,
        "opened_at": "2025-11-23T09:00:00Z",
        "what": f"{name} happened",
        "features": {"severity": 0.6, "tier": 1.0},
        "theirs": {"kept": [1, None, "ü"]},
        **more,
    }


ALERTS = [alert("d1"), alert("l1", "logs"), alert("p1", "performance", "churn")]


def lines(*acts: tuple[str, str], user: str = "ann", start: float = T0) -> list[dict[str, Any]]:
    """A log of acts on alerts of a detector, each seen for two seconds before."""
    log: list[dict[str, Any]] = []
    for number, (detector, verb) in enumerate(acts):
        ts, name = start + number * 60, f"{user}{start:.0f}.{number}"
        log.append(
            {
                "ts": ts,
                "user": user,
                "kind": "exposure",
                "alert": alert(name, detector),
                "position": 1 + number % 9,
                "cursor_ms": 2000,
                "visible_ms": 4000,
                "opened": False,
            }
        )
        if verb:
            act = {"ts": ts + 5, "user": user, "kind": "action", "alert": name, "verb": verb}
            log.append({**act, "undo_of": None})
    return log


LIKES_LOGS = lines(*[("logs", "ack"), ("drift", "")] * 8)


@pytest.fixture
def ranked(command: Command, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Ranks alerts with a log; the alerts as they come out."""

    def call(log: list[dict[str, Any]], *more: str, alerts: Any = ALERTS) -> list[dict[str, Any]]:
        (tmp_path / "alerts.json").write_text(json.dumps({"alerts": alerts}))
        (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log))
        code, out, err = command(
            "rank", tmp_path / "alerts.json", "--history", tmp_path / "log.jsonl", *more
        )
        assert code == 0, err
        found: list[dict[str, Any]] = json.loads(out)["alerts"]
        return found

    return call


def order(found: list[dict[str, Any]]) -> list[str]:
    """Ids in their order."""
    return [one["id"] for one in found]


def test_without_a_log_the_prior_orders_and_all_else_is_left_alone(
    command: Command, tmp_path: Path
) -> None:
    given_alerts = [
        alert("info", severity="info", features={}),
        alert("bare", features=None),
        {"id": 7},
        alert("much", features={"severity": 0.6, "performance_metric": 1, "odd": "x"}),
        alert("pinned", severity="critical", features={}),
    ]
    (tmp_path / "a.json").write_text(json.dumps({"made_by": "me", "alerts": given_alerts}))
    code, out, err = command("rank", tmp_path / "a.json")
    document = json.loads(out)
    assert (code, err, document["made_by"]) == (0, "", "me")
    assert order(document["alerts"]) == ["pinned", "much", "bare", 7, "info"]
    for place, one in enumerate(document["alerts"], start=1):
        assert one["rank"] == place
        assert 0 <= one["priority"] <= 100
        assert one["rank_reasons"][-1] == {"text": "where every alert starts", "weight": -3.6}
        (before,) = [x for x in given_alerts if x["id"] == one["id"]]
        written = ("rank", "priority", "rank_reasons")
        assert {key: value for key, value in one.items() if key not in written} == before


def test_what_the_user_acted_on_comes_first_and_is_said(
    ranked: Callable[..., list[dict[str, Any]]],
) -> None:
    found = ranked(LIKES_LOGS)
    assert order(found) == ["l1", "p1", "d1"]
    reasons = {reason["text"] for reason in found[0]["rank_reasons"]}
    assert "you acted on 8 of 8 'logs' alerts" in reasons
    assert "you acted on 0 of 8 'drift' alerts" in {r["text"] for r in found[2]["rank_reasons"]}


def test_each_user_has_an_order_of_his_own(ranked: Callable[..., list[dict[str, Any]]]) -> None:
    other = lines(*[("drift", "ack"), ("logs", "noise")] * 8, user="bob", start=T0 + 9)
    log = sorted([*LIKES_LOGS, *other], key=lambda line: line["ts"])
    assert order(ranked(log, "--user", "ann")) == order(ranked(LIKES_LOGS))
    assert order(ranked(log, "--user", "bob"))[0] == "d1"
    assert order(ranked(log)) == order(ranked(log, "--user", log[-1]["user"]))


ACT = {"ts": T0 + 7000, "user": "ann", "kind": "action", "alert": "d1", "verb": "important"}
UNDO = {"ts": T0 + 9000.5, "user": "ann", "kind": "action", "alert": "d1", "verb": "important"}


@pytest.mark.parametrize(
    ("act", "undo"),
    [
        ({**ACT, "id": "x9"}, {**UNDO, "undo_of": "x9"}),
        (ACT, {**UNDO, "undo_of": ACT["ts"]}),
        (ACT, {**UNDO, "undo_of": "2025-11-23T10:56:40Z"}),
        (ACT, {**UNDO, "undo_of": len(LIKES_LOGS) + 1}),
        (ACT, {**UNDO, "undo_of": "important"}),
        (ACT, {**UNDO, "undo_of": "d1"}),
        (ACT, {**UNDO, "undo_of": True}),
        (ACT, {**UNDO, "verb": "undo"}),
        ({**ACT, "id": 4}, {**UNDO, "alert": None, "undo_of": 4}),
    ],
)
def test_an_undo_restores_the_order_to_the_bit(
    ranked: Callable[..., list[dict[str, Any]]], act: dict[str, Any], undo: dict[str, Any]
) -> None:
    before, acted = ranked(LIKES_LOGS), ranked([*LIKES_LOGS, act])
    (marked,) = [one for one in acted if one["id"] == "d1"]
    assert {"text": "you marked it important", "weight": 1.5} in marked["rank_reasons"]
    assert ranked([*LIKES_LOGS, act, undo]) == before
    again = {**undo, "id": "u1", "ts": undo["ts"] + 1}
    redo = {"ts": T0 + 9999, "user": "ann", "kind": "action", "undo_of": "u1"}
    assert ranked([*LIKES_LOGS, act, again, redo]) == acted


def test_a_critical_alert_is_pinned_until_it_is_seen(
    ranked: Callable[..., list[dict[str, Any]]],
) -> None:
    critical = alert("c1", "drift", severity="critical", features={"severity": 0.0})
    alerts = [*ALERTS, critical]
    noise = lines(*[("drift", "noise"), ("logs", "ack")] * 20)
    assert order(ranked(noise, alerts=alerts))[0] == "c1"
    glimpse = {"ts": T0 + 7000, "user": "ann", "kind": "exposure", "alert": "c1", "cursor_ms": 100}
    assert order(ranked([*noise, glimpse], alerts=alerts))[0] == "c1"
    look = {**glimpse, "cursor_ms": 1500}
    assert order(ranked([*noise, look], alerts=alerts))[-1] == "c1"
    again = [*ALERTS, {**critical, "opened_at": "2025-11-24T09:00:00Z"}]
    assert order(ranked([*noise, look], alerts=again))[0] == "c1"


def test_standard_input_a_bare_list_and_a_table(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pipe:
        buffer = io.BytesIO(json.dumps(ALERTS).encode())

    monkeypatch.setattr("sys.stdin", Pipe())
    code, out, err = command("rank", "-", "--format", "table")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == ["rank", "priority", "severity", "model", "what", "why"]
    assert "+1.2 importance of the model" in out.splitlines()[2]


def test_what_cannot_be_used_is_said_and_left_out(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ALERTS))
    log = tmp_path / "log.jsonl"
    stranger = {"ts": T0, "user": "ann", "kind": "action", "alert": "who", "verb": "ack"}
    unknown = {"ts": T0, "user": "ann", "kind": "mood", "alert": "d1"}
    vain = {"ts": T0, "user": "ann", "kind": "action", "undo_of": "nothing"}
    log.write_text("\n".join(map(json.dumps, (vain, stranger, unknown))) + "\n\n")
    code, out, err = command("rank", tmp_path / "a.json", "--history", log)
    assert code == 0
    assert f"{log}: 2 lines name alerts that nothing describes" not in err
    assert f"{log}: 1 lines name alerts that nothing describes: not used" in err
    assert f"{log}:1: takes back an act that is not there: not used" in err
    assert len(json.loads(out)["alerts"]) == 3


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('{"alerts": [\n{"id": 1},\n{"id":}]}', 3, "is no JSON"),
        ('{"other": 1}', 1, "has no list of alerts"),
        ('{"a": {"alerts": 1},\n"alerts":\n[{"id": 1},\n\n {"x": 2}]}', 5, "alert 2 has no id"),
        ('[\n{"id": 1}, 7]', 2, "alert 2 is no object"),
        ('[{"id": 1,\n"features": {"flap": "x"}}]', 1, "a feature flap that is no number"),
        ('[{"id": 1, "opened_at": "noon"}]', 1, "has a wrong opened_at: 'noon' is no time"),
    ],
)
def test_a_wrong_document_is_one_line_with_its_place(
    command: Command, tmp_path: Path, text: str, line: int, problem: str
) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    code, out, err = command("rank", file)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"{file}:{line}: ")
    assert problem in err


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{oops", "is no JSON"),
        ("[1]", "is no object"),
        ('{"kind": "action"}', "has no ts"),
        ('{"ts": "noon", "kind": "action"}', "'noon' is no time"),
        ('{"ts": 1, "kind": "exposure", "alert": {"state": "open"}}', "its alert has no id"),
        ('{"ts": 1, "kind": "exposure", "alert": "d1", "cursor_ms": "x"}', "cursor_ms"),
        ("\udcff", "is not UTF-8"),
    ],
)
def test_a_wrong_line_of_the_log_is_one_line_with_its_place(
    command: Command, tmp_path: Path, row: str, problem: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(ALERTS))
    log = tmp_path / "log.jsonl"
    log.write_text('{"ts": 1}\n\n' + row + "\n", errors="surrogateescape")
    code, out, err = command("rank", tmp_path / "a.json", "--history", log)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"{log}:3: ")
    assert problem in err


def test_a_file_that_is_not_there(command: Command, tmp_path: Path) -> None:
    code, _, err = command("rank", tmp_path / "none.json")
    assert (code, err) == (2, f"{tmp_path / 'none.json'}: no such file or directory\n")


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["alerts", "id", "features", "severity", "opened_at", "state", "tier"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_document_ends_in_an_order_or_one_clear_line(
    command: Command, tmp_path: Path, document: Any
) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"alerts": [document]}))
    code, out, err = command("rank", tmp_path / "a.json")
    assert code in (0, 2)
    assert "broke at" not in err
    assert (out == "") == (code == 2)
