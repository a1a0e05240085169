"""Candidate causes: their probabilities, and what speaks for and against each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerts.alert import Cause, RelatedLog
from console.alerts.cause import causes
from console.alerts.evidence import Gathered, TellingLog, gather
from console.alerts.grouping import fold
from console.alerts.incident import Incident, Incidents
from console.alerts.marks import Mark
from console.alerts.split import VersionChange
from console.records.series import Series

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def incident(world: Any, *found: Any) -> Incident:
    given_or_one = found or (world.deviation(),)
    state, _ = fold(Incidents(), given_or_one, (), given_or_one[-1].at, world.settings)
    (one,) = state.by_id.values()
    return one


def mark(onset: float, before_s: float, kind: str = "deploy", **changes: Any) -> Mark:
    plain = Mark(
        id=f"{kind}-{before_s:.0f}",
        ts=onset - before_s,
        end_ts=None,
        model="fraud",
        stage="serving",
        version=None,
        type=kind,
        title=f"{kind} of something",
        planned=True,
    )
    return replace(plain, **changes)


def why(world: Any, one: Incident, marks: Sequence[Mark] = (), **gathered: Any) -> list[Cause]:
    return list(causes(one, Gathered(one.updated_at, **gathered), marks, world.settings))


def share(found: Sequence[Cause], kind: str) -> float:
    return sum(cause.confidence for cause in found if cause.kind == kind)


@given(
    st.lists(
        st.tuples(
            st.floats(-HOUR, 3 * DAY),
            st.sampled_from(["deploy", "data_import", "config", "campaign", "my-own"]),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_probabilities_add_up_to_one_with_the_unknown_among_them(
    world: Any, rows: list[tuple[float, str, bool]]
) -> None:
    one = incident(world)
    marks = [mark(one.started_at, before, kind, planned=flag) for before, kind, flag in rows]
    found = why(world, one, marks)
    assert sum(cause.confidence for cause in found) == pytest.approx(1.0, abs=1e-12)
    assert all(0.0 <= cause.confidence <= 1.0 for cause in found)
    assert [cause.kind for cause in found].count("unknown") == 1
    assert found == sorted(found, key=lambda cause: -cause.confidence)
    assert len(found) <= 5


def test_without_candidates_all_is_unknown(world: Any) -> None:
    (cause,) = why(world, incident(world))
    assert (cause.kind, cause.confidence) == ("unknown", 1.0)


def test_a_deploy_at_the_onset_is_the_likeliest_cause_and_fades_with_its_distance(
    world: Any,
) -> None:
    one = incident(world)
    delays = [2 * MINUTE, 30 * MINUTE, 2 * HOUR, 8 * HOUR]
    shares = [share(why(world, one, [mark(one.started_at, d)]), "event") for d in delays]
    assert shares[0] > 0.9
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.01
    assert share(why(world, one, [mark(one.started_at, -HOUR)]), "event") == 0.0


def test_imports_that_never_hurt_are_believed_only_very_near_the_onset(world: Any) -> None:
    nulls = world.deviation("null_rate", stage="upstream")
    one = incident(world, nulls)

    def imports(first: float) -> list[Mark]:
        return [mark(one.started_at, first + 6 * HOUR * n, "data_import") for n in range(40)]

    near, rare = imports(MINUTE), imports(MINUTE)[:1]
    assert 0.5 < share(why(world, one, near), "event") < share(why(world, one, rare), "event")
    assert share(why(world, one, imports(2 * HOUR)), "event") < 0.05


def test_an_event_that_cannot_do_this_or_that_changed_nothing_loses(world: Any) -> None:
    slow = incident(world, world.deviation("latency_p95_ms"))
    onset = slow.started_at
    deploy, imported = mark(onset, MINUTE), mark(onset, MINUTE, "data_import")
    assert why(world, slow, [deploy, imported])[0].event_id == deploy.id
    plain = share(why(world, slow, [mark(onset, MINUTE, "retrain")]), "event")
    title = "scheduled refit, candidate not promoted"
    refit = share(why(world, slow, [mark(onset, MINUTE, "retrain", title=title)]), "event")
    assert refit < plain
    assert share(why(world, slow, [mark(onset, MINUTE, model="churn")]), "event") == 0.0


def test_an_upstream_stage_that_moved_first_is_named(world: Any) -> None:
    t0 = world.T0
    one = incident(
        world,
        world.deviation("null_rate", t0, stage="upstream"),
        world.deviation("missing_rate", t0 + MINUTE, stage="features"),
        world.deviation("accuracy", t0 + 5 * HOUR, detector="performance", stage="training"),
    )
    first = why(world, one)[0]
    assert (first.kind, first.stage, first.series) == ("upstream", "upstream", "null_rate")


def test_one_client_that_deviates_while_the_others_do_not_is_a_segment(world: Any) -> None:
    alone = world.deviation(tags='{"client":"birch"}')
    others = [
        Series("fraud", "serving", "error_rate", f'{{"client":"{client}"}}')
        for client in ("birch", "cedar", "oak")
    ]
    one = incident(world, alone)
    told = gather(one, world.History(catalogue=others), world.T0)
    first = causes(one, told, (), world.settings)[0]
    assert (first.kind, first.series) == ("segment", "client=birch")
    lonely = gather(one, world.History(catalogue=others[:1]), world.T0)
    assert lonely.segments == ()
    both = incident(world, alone, world.deviation(tags='{"client":"oak"}'))
    assert gather(both, world.History(catalogue=others), world.T0).segments == ()


def test_a_change_of_version_counts_once(world: Any) -> None:
    one = incident(world)
    change = VersionChange("v1", "v2", one.started_at)
    assert why(world, one, version_change=change)[0].kind == "version"
    deploy = mark(one.started_at, MINUTE, version="v2")
    found = why(world, one, [deploy], version_change=change)
    assert found[0].event_id == deploy.id
    assert share(found, "version") == 0.0


def test_new_grave_lines_are_named_and_mild_ones_are_not(world: Any) -> None:
    one = incident(world)
    log = RelatedLog("disk <*> full", "ERROR", 20, 40.0, "disk 7 full", "serving.log", 80, "t")
    grave = TellingLog(log, "serving", grave=True, new=True, delay_s=0.0)
    first = why(world, one, logs=(grave,))[0]
    assert (first.kind, first.stage, first.series) == ("logs", "serving", "disk <*> full")
    known = share(why(world, one, logs=(replace(grave, new=False),)), "logs")
    late = share(why(world, one, logs=(replace(grave, delay_s=3 * HOUR),)), "logs")
    assert first.confidence > known > 0
    assert first.confidence > late > 0
    assert share(why(world, one, logs=(replace(grave, grave=False),)), "logs") == 0.0
