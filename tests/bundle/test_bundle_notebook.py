"""The notebook of a bundle of the sample data, run by Jupyter's own runner.

One of each detector goes through Jupyter, whose kernels take seconds to start; the number of every
alert is told anew by the script that the notebook runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from console.alerts.alert import Alert
from console.bundle import reproduce
from console.bundle.build import build
from console.config.load import load
from console.engine.replay import replay
from console.records.clock import system_clock
from console.store.database import Store

SAMPLE = Path(__file__).parents[2] / "sample_data"
Bundles = list[tuple[Alert, Path]]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("notebooks")]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundles]:
    """The bundles of all alerts of the sample data."""
    place = tmp_path_factory.mktemp("bundles")
    settings = load(SAMPLE / "console.toml")
    alerts = replay([SAMPLE], settings, place / "s.duckdb").alerts
    with Store.open(place / "s.duckdb", system_clock) as store:
        reader = store.reader()
        yield [(alert, build(alert, reader, place / alert.id, settings)) for alert in alerts]


def test_every_number_is_told_anew(bundles: Bundles, measured: Callable[[str], None]) -> None:
    exact, numbered = 0, 0
    for alert, folder in bundles:
        said = reproduce.check(folder)
        recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
        if alert.evidence.after is None:
            assert recipe["number"] is None
            continue
        if alert.trigger != "unexpected" and recipe["statistic"] is None:
            continue  # a report: its series may be a share of nulls
        assert said.startswith("reproduced: "), (alert.title, said)
        found = float(said.split()[1])
        assert found == pytest.approx(alert.evidence.after, rel=recipe.get("tolerance", 1e-6))
        numbered += 1
        exact += "tolerance" not in recipe
    measured(f"bundles: {exact} of {numbered} numbers told anew to six digits, the rest within 2 %")
    assert numbered >= 5
    assert exact >= 0.7 * numbered


@pytest.mark.filterwarnings("default")  # of Jupyter, zmq and their kin
@pytest.mark.parametrize("detector", ["drift", "logs", "anomaly", "staleness"])
def test_the_notebook_runs_from_top_to_bottom(bundles: Bundles, detector: str) -> None:
    alert, folder = next(
        (alert, folder)
        for alert, folder in bundles
        if alert.detector == detector and alert.evidence.after is not None
    )
    text = (folder / "notebook.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    said = notebook.cells[-1].outputs[0].text
    assert said.startswith("reproduced: ")
    assert f"the alert says {alert.evidence.after:.10g}" in said
