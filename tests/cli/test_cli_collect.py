"""What `collect` says while it runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.alerts.alert import Alert
from console.cli.collect import Narrator
from console.engine.snapshot import Progress, Snapshot

PROGRESS = Progress(
    files=3,
    bytes_read=50,
    bytes_total=200,
    rows=1200,
    rejects=1,
    rows_per_second=400.4,
    behind_s=0.25,
)
SNAPSHOT = Snapshot(
    revision=1,
    now=1_700_000_000.0,
    live=True,
    models=(),
    inbox=(),
    events=(),
    progress=PROGRESS,
)
ALERT = Alert(
    id="a1",
    fingerprint="f1",
    severity="warning",
    state="open",
    trigger="unexpected",
    model="fraud",
    stage="serving",
    version="12",
    series="auc",
    detector="anomaly",
    started_at=1_700_000_000.0,
    opened_at=1_700_000_060.0,
    updated_at=1_700_000_060.0,
    ended_at=None,
    title="auc falls",
    what="auc fell.",
    where="",
    when="",
    impact="",
    rank=1,
)
AT = "2023-11-14T22:13:20.000Z"
STATUS = f"{AT} reading 25 %, 3 files, 1,200 rows (1 rejected), 400 rows/s, 0.2 s behind"


def test_only_what_changes_is_said() -> None:
    narrator = Narrator()
    resolved = replace(ALERT, state="resolved")
    later = replace(SNAPSHOT, inbox=(replace(ALERT, id="a0"), ALERT), notices=("disk is full",))
    resting = replace(ALERT, id="a2", state="resolved")
    first = replace(SNAPSHOT, inbox=(replace(ALERT, id="a0"), resting))
    assert list(narrator.lines(first, 0.0)) == [
        f"{AT} 2 alerts in the store",
        f"{AT} open warning fraud auc falls",
        STATUS,
    ]
    assert list(narrator.lines(later, 1.0)) == [
        f"{AT} new warning fraud auc falls",
        f"{AT} disk is full",
    ]
    assert list(narrator.lines(later, 2.0)) == []
    worse = replace(later, inbox=(replace(ALERT, severity="critical"),))
    assert list(narrator.lines(worse, 3.0)) == [f"{AT} open critical fraud auc falls"]
    over = replace(later, inbox=(resolved,))
    assert list(narrator.lines(over, 4.0)) == [f"{AT} resolved warning fraud auc falls"]


def test_the_status_comes_once_a_minute() -> None:
    narrator = Narrator()
    said = [any(line == STATUS for line in narrator.lines(SNAPSHOT, now)) for now in range(130)]
    assert [now for now, was in enumerate(said) if was] == [0, 60, 120]


def test_only_the_newest_snapshot_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    narrator = Narrator()
    narrator.see(SNAPSHOT)
    narrator.see(replace(SNAPSHOT, inbox=(ALERT,)))
    narrator.speak(0.0)
    narrator.speak(1.0)
    assert capsys.readouterr().err.splitlines() == [
        f"{AT} 1 alerts in the store",
        f"{AT} open warning fraud auc falls",
        STATUS,
    ]
