"""Segments on the screen: their performance in the model's view, and as sides to compare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from clients import BROKEN, HOURS, START, write_clients

from console.config.load import settings_for
from console.engine.engine import Engine
from console.engine.views import segments
from console.engine.views.compare import Side, compare_answer, sides
from console.engine.views.model import model_answer
from console.stats.pinning import References
from console.store.database import Store
from console.store.rawrows import Among, Cell, CellQuery
from console.store.reader import Reader

BEGIN = START.timestamp()
END = BEGIN + 3600 * HOURS
SINCE = BEGIN + 3600 * BROKEN


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Reader, References]]:
    folder = write_clients(tmp_path_factory.mktemp("clients"))
    settings = settings_for([folder], None)
    with (
        Store.open(None, lambda: END) as store,
        Engine([folder], settings, store, lambda: END, detectors=()) as engine,
    ):
        while not engine.step(to_the_end=True).idle:
            pass
        engine.finish()
        yield store.reader(), engine.references


def test_the_model_shows_how_good_every_segment_was(walked: tuple[Reader, References]) -> None:
    reader, references = walked
    found = model_answer(reader, references, (), "fraud", (END - 86400, END)).segments
    assert [figure.name for figure in found] == ["client=globex", "client=acme", "client=initech"]
    # The last two hours have no labels yet.
    assert sum(figure.n for figure in found) == 60 * 22
    for figure in found:
        assert figure.about == "auc by labels"
        assert figure.low is not None
        assert figure.value is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
        assert figure.before is not None
        assert len(figure.points) > 20
    (whole,) = [
        figure
        for figure in model_answer(reader, references, (), "fraud", (END - 86400, END)).performance
        if (figure.name, figure.about) == ("auc", "by labels")
    ]
    assert whole.n == sum(figure.n for figure in found)


def test_a_figure_of_a_segment_leads_to_its_own_rows(walked: tuple[Reader, References]) -> None:
    reader, _ = walked
    span = (END - 7200, END)

    def rows(among: Among | None) -> int:
        asked = CellQuery("fraud", "prediction", "prediction", Cell(), among)
        return len(reader.raw_predictions(asked, span, 1000))

    acme = rows(Among("client", ("acme",)))
    assert 0 < acme < 60
    assert rows(None) == 120
    assert rows(Among("client", ("acme",), inside=False)) == 120 - acme
    assert rows(Among("plan", ("free", "paid"))) == 120
    assert rows(Among("version", ("1",))) == 0


def test_segments_are_compared_by_labels_and_columns(walked: tuple[Reader, References]) -> None:
    reader, references = walked
    listed = sides(reader, "fraud", SINCE, END)
    assert [side.segment for side in listed] == ["client=acme", "client=globex", "client=initech"]
    answer = compare_answer(reader, references, listed[0], listed[1])
    rows = {(row.kind, row.name): row for row in answer.rows}
    labels = rows["performance", "auc"]
    assert labels.n_left + labels.n_right < 60 * (HOURS - BROKEN - 2)
    plan = rows["column", "plan"]
    assert plan.n_left + plan.n_right < 60 * (HOURS - BROKEN)
    assert not plan.differs
    # What acme never sent has no distribution.
    assert ("column", "amount") not in rows
    before = Side("fraud", BEGIN, SINCE, segment="client=acme")
    whole = Side("fraud", BEGIN, SINCE)
    against = compare_answer(reader, references, before, whole).rows
    (amount,) = [row for row in against if row.name == "amount"]
    assert amount.left == pytest.approx(40, abs=1)
    assert amount.n_left < amount.n_right
    assert not amount.differs


def test_the_half_hour_that_is_still_open_is_seen(tmp_path: Path) -> None:
    folder = write_clients(tmp_path / "clients", hours=24)
    now = BEGIN + 86400
    with (
        Store.open(None, lambda: now) as store,
        Engine([folder], settings_for([folder], None), store, lambda: now, detectors=()) as engine,
    ):
        while not engine.step().idle:
            pass
        reader, last = store.reader(), now - 1200

        def rows(span: tuple[float, float]) -> int:
            found = segments.columns(reader, "fraud", "client=globex", span)
            return int(found["score", "score"][0].sum())

        def labels() -> int:
            made = segments.labelled(reader, "fraud", "client=globex", (BEGIN, now))
            return int(made["n"].sum())

        assert reader.segment_windows("fraud", now - 1800, now).is_empty()
        open_, before = (rows((now - 1800, now)), rows((now - 3600, now)))
        labelled = labels()
        # As it is once all has been read, whose windows are whole.
        names = segments.names(reader, "fraud", (now - 1800, now))
        engine.finish()
        assert rows((now - 1800, now)) == open_ > 0
        assert rows((now - 3600, now)) == before > open_
        assert labels() == labelled
        assert names == segments.names(reader, "fraud", (now - 1800, now))
        assert "client=globex" in names
        assert segments.columns(reader, "fraud", "client=globex", (now - 1800, last)) == {}


def test_an_unknown_segment_has_nothing(walked: tuple[Reader, References]) -> None:
    reader, _ = walked
    assert segments.columns(reader, "fraud", "client=nobody", (BEGIN, END)) == {}
    nothing = segments.labelled(reader, "fraud", "client=nobody", (BEGIN, END))
    assert isinstance(nothing, pl.DataFrame)
    assert nothing.is_empty()
    assert segments.segment_figures(reader, "nobody", (BEGIN, END)) == []
