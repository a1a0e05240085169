"""Equal seeds give equal bytes, however the time is cut; incidents touch only their targets."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.demo.effects import Effect, Influence
from console.demo.incidents import Plan, bad_deploy, campaign, lost_column, silence
from console.demo.models import card_fraud, churn, delivery_time
from console.demo.simulate import Simulation, generate
from console.records.clock import HOUR, MINUTE

FLEET = (card_fraud.MODEL, churn.MODEL, delivery_time.MODEL)
START = 1_770_000_000.0
LENGTH = 6.0 * HOUR
PLAN = Plan(
    (
        bad_deploy("deploy", "card-fraud", START + HOUR, START + 2 * HOUR, old="v11", new="v12"),
        lost_column("column", "delivery-time", START + HOUR, START + 3 * HOUR),
        silence("silence", "churn", "features", START + HOUR, START + 2 * HOUR),
        campaign("campaign", "delivery-time", START + 4 * HOUR, START + 5 * HOUR),
    )
)


def _content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _whole(seed: int = 1, plan: Plan = PLAN) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), seed=seed, start=START, end=START + LENGTH, fleet=FLEET, plan=plan)
        return _content(Path(folder))


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    return _whole()


def test_equal_seeds_equal_bytes_and_others_differ(whole: dict[str, bytes]) -> None:
    assert _whole() == whole
    other = _whole(seed=2)
    assert sorted(other) == sorted(whole)
    assert all(other[name] != whole[name] for name in whole if "events" not in name)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.floats(0.0, LENGTH), max_size=12))
def test_steps_write_what_one_go_writes(whole: dict[str, bytes], cuts: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(Path(folder), seed=1, start=START, fleet=FLEET, plan=PLAN)
        for cut in [*cuts, LENGTH]:
            simulation.step(START + cut)
        assert _content(Path(folder)) == whole
        assert simulation.truth().lines == {name: data.count(b"\n") for name, data in whole.items()}


def test_every_step_appends_whole_lines(tmp_path: Path) -> None:
    simulation = Simulation(tmp_path, seed=1, start=START, fleet=FLEET, plan=PLAN)
    states = [dict.fromkeys(_whole(), b"")]
    for step in range(1, 20):
        simulation.step(START + step * 7.0 * MINUTE)
        states.append(_content(tmp_path))
    for before, after in pairwise(states):
        for name, data in after.items():
            assert data.startswith(before.get(name, b""))
            assert data.endswith(b"\n")


def test_incidents_leave_the_rest_as_it_would_be(whole: dict[str, bytes]) -> None:
    calm = _whole(plan=Plan())
    touched = {name for name in whole if whole[name] != calm.get(name)}
    assert "card-fraud/features.metrics.jsonl" not in touched
    assert "churn/predictions.jsonl" not in touched
    assert "churn/serving.metrics.jsonl" not in touched
    assert {"card-fraud/serving.metrics.jsonl", "churn/features.metrics.jsonl"} <= touched
    present = set(whole["churn/features.metrics.jsonl"].splitlines())
    assert present < set(calm["churn/features.metrics.jsonl"].splitlines())


def test_only_a_new_folder_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        Simulation(tmp_path, seed=1, start=START, fleet=FLEET, plan=PLAN)


times = st.floats(0.0, 1000.0)


@given(
    start=times,
    length=times,
    rise=times,
    fall=times,
    power=st.sampled_from([1.0, 2.0]),
    at=st.lists(times, max_size=20),
)
def test_strength_is_a_share_and_influence_agrees_with_it(
    start: float, length: float, rise: float, fall: float, power: float, at: list[float]
) -> None:
    effect = Effect("x", "scale", 3.0, start, start + length, rise, fall, power)
    influence = Influence([effect])
    for ts in sorted(at):
        strength = effect.strength(ts)
        assert 0.0 <= strength <= 1.0
        assert (ts >= start) or strength == 0.0
        assert influence.apply(10.0, ts) == pytest.approx(10.0 + 20.0 * strength)


def test_the_room_is_light_and_stands_alone() -> None:
    code = (
        "import sys, console.demo.live, console.demo.sample; "
        "rooms = {n.split('.')[1] for n in sys.modules if n.startswith('console.')}; "
        "assert rooms == {'demo', 'records'}, rooms; "
        "assert not {'numpy', 'polars', 'duckdb', 'textual'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
