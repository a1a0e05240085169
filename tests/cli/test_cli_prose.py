"""The inbox as plain paragraphs, for screen readers."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from console.cli.inbox import print_alerts
from console.cli.prose import paragraphs, spoken

ALERT = {
    "id": "a1", "rank": 1, "severity": "critical", "state": "open", "model": "fraud",
    "started_at": "2026-11-23T13:20:00Z", "ended_at": None,
    "what": "auc fell from .941 to .893 (95 % CI .88\u2013.90). This exceeds what v12 "
            "was expected to do.",
    "where": "fraud v12 · serving", "when": "since 13:20, still on.", "impact": "",
    "why": [{"text": "deploy v12, 2 min before", "confidence": 0.86},
            {"text": "unknown", "confidence": 0.14}],
    "members": [{"stage": "features", "series": f"null_rate(c{n})", "detector": "quality"}
                for n in range(10)],
    "related_logs": [{"count": 1204, "lift": 38.2, "template": "feature <*> missing"}],
    "suggestions": ["Compare v11 and v12.", "Ask: model-console query 'a % b'"],
    "rank_reasons": [{"text": "critical severity", "weight": 1.6}],
}  # fmt: skip


def told(**changes: Any) -> list[str]:
    return list(paragraphs([{**ALERT, **changes}], ["auc down .941 → .893 · fraud"]))


def test_an_alert_is_told_one_sentence_a_line() -> None:
    lines = told()
    assert lines[:8] == [
        "1 alert, 1 of them open.",
        "",
        "Alert 1 of 1, critical, open, of fraud.",
        "auc down .941 to .893.",
        "It began on 2026-11-23 at 13:20 UTC.",
        "auc fell from .941 to .893 (95 percent CI .88 to .90).",
        "This exceeds what v12 was expected to do.",
        "Where: fraud v12, serving.",
    ]
    for line in (
        "Cost: unknown.",
        "Most likely cause, 86 percent: deploy v12, 2 min before.",
        "Other cause, 14 percent: unknown.",
        "With it: features, null_rate(c0), quality.",
        "And 2 more with it.",
        "Log, 1,204 lines, 38 times as often as before: feature something missing.",
        "Next step: Compare v11 and v12.",
        "Next step: Ask: model-console query 'a % b'",
        "It stands here for: critical severity.",
    ):
        assert line in lines
    over = told(ended_at="2026-11-23T14:00:00Z", state="resolved", model=None)
    assert "1 alert, none of them open." in over
    assert "It began on 2026-11-23 at 13:20 UTC and ended on 2026-11-23 at 14:00 UTC." in over
    assert "Alert 1 of 1, critical, resolved, of no single model." in over


@given(st.text(), st.text())
def test_nothing_is_drawn_or_obeyed(what: str, template: str) -> None:
    logs = [{"count": 1, "lift": float("inf"), "template": template}]
    for line in told(what=what, related_logs=logs):
        assert line.isprintable()
        assert not re.search("[\u2190-\u2bff]", line)
        assert line == "" or line[-1] in ".!?" or "model-console" in line


def test_signs_are_told_in_words() -> None:
    assert spoken("up 3\u00d7 · ▲ 5 % → 8 %") == "up 3 times, 5 percent to 8 percent"
    assert spoken("a\x1b[2J\n│b│") == "a\\x1b[2J\\n b"


def test_the_command_prints_it(capsys: Any) -> None:
    print_alerts([ALERT], ["auc down"], "text")
    assert capsys.readouterr().out.splitlines()[2] == "Alert 1 of 1, critical, open, of fraud."
    print_alerts([], [], "text")
    assert capsys.readouterr() == ("", "no alerts\n")
