"""What the views are told, from a real store of a small fleet."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.config.load import settings_for
from console.engine.desk import Desk
from console.engine.engine import Engine
from console.engine.panes import Panes
from console.engine.views.compare import Side
from console.records.clock import HOUR
from console.store.database import Store
from console.store.errors import StoreError
from console.store.rawrows import Cell, CellQuery

START = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = 12
END = START.timestamp() + HOURS * HOUR
SPAN = (END - 3 * HOUR, END)


def record(minute: float, **fields: object) -> str:
    ts = (START + timedelta(minutes=minute)).isoformat()
    return json.dumps({"ts": ts, "model": "fraud", "stage": "serving", **fields}) + "\n"


def write(folder: Path) -> None:
    """Predictions a third of a minute apart; in the last three hours the ages are others."""
    lines = []
    for step in range(60 * HOURS * 3):
        minute = step / 3
        late = minute >= 60 * (HOURS - 3)
        version = "2" if late else "1"
        features = {"age": step % 40 + (30 if late else 0), "country": ["DE", "FR", "PL"][step % 3]}
        if late and step % 10 == 0:
            features["age"] = None
        wrong = late and step % 4 == 0
        lines.append(
            record(
                minute, id=f"p{step}", features=features, prediction=step % 2,
                score=0.9 if step % 2 else 0.1, version=version,
            )
        )  # fmt: skip
        label = 1 - step % 2 if wrong else step % 2
        lines.append(record(minute + 0.1, id=f"p{step}", label=label, version=version))
        if step % 3 == 0:
            lines.append(
                record(
                    minute, name="latency_p95_ms", value=120.0 if late else 100.0, version=version
                )
            )
            lines.append(record(minute, name="error_rate", value=0.01, tags={"client": "web"}))
    at = 60 * (HOURS - 2) + 1
    lines += [
        record(at, level=level, message=f"{level} here") for level in ("INFO", "WARNING", "ERROR")
    ]
    lines.append(record(60 * (HOURS - 3), kind="event", type="deploy", title="v2"))
    lines.append("{torn\n")
    (folder / "fraud.jsonl").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("fleet")
    write(folder)
    settings = settings_for([folder], None)
    with (
        Store.open(None, lambda: END) as store,
        Engine([folder], settings, store, lambda: END) as engine,
    ):
        while not engine.step().idle:
            pass
        panes = Panes(settings, engine.references)
        made = Desk(store.reader(), engine.references, panes, settings, engine.intake.left_out)
        yield made
        made.close()


def test_the_model_is_told_by_labels_columns_metrics_versions_and_segments(desk: Desk) -> None:
    answer = desk.model("fraud", (), SPAN)
    by_name = {(figure.name, figure.about): figure for figure in answer.performance}
    accuracy = by_name["accuracy", "by labels"]
    expected = by_name["accuracy", "estimated"].value
    assert expected is not None
    assert 0.75 < expected < 1.0
    assert accuracy.value == pytest.approx(0.75, abs=0.01)
    assert accuracy.before == pytest.approx(1.0)
    assert accuracy.low is not None
    assert accuracy.high is not None
    assert accuracy.low < 0.75 < accuracy.high
    assert all(point.low is not None for point in accuracy.points)
    latency = next(figure for figure in answer.metrics if figure.name == "latency_p95_ms")
    assert latency.value == pytest.approx(120.0)
    assert latency.before == pytest.approx(100.0)
    assert [figure.name for figure in answer.segments] == ["error_rate{client=web}"]
    assert [version.version for version in answer.versions] == ["2"]
    assert answer.reference == "learned"


def test_the_quality_of_records_is_told_with_the_metrics(desk: Desk) -> None:
    quality = {f.name: f for f in desk.model("fraud", (), SPAN).metrics if f.series_id is None}
    assert list(quality) == ["duplicate_share", "fields", "label_base_rate", "label_delay_hours"]
    assert quality["duplicate_share"].value == 0.0
    assert quality["duplicate_share"].about == "by id"
    assert quality["duplicate_share"].n == 540
    assert (quality["fields"].value, quality["fields"].before) == (2.0, 2.0)
    assert quality["fields"].about == ""
    assert quality["label_base_rate"].value == pytest.approx(0.75, abs=0.01)
    assert quality["label_base_rate"].before == pytest.approx(0.5, abs=0.01)
    assert quality["label_base_rate"].n == pytest.approx(540, abs=20)
    assert quality["label_delay_hours"].value == pytest.approx(0.2, abs=0.1)


def test_the_columns_that_differ_come_first(desk: Desk) -> None:
    answer = desk.model("fraud", (), SPAN)
    first = answer.columns[0]
    assert first.name == "age"
    assert first.differs
    assert first.nulls == pytest.approx(0.1, abs=0.01)
    country = next(column for column in answer.columns if column.name == "country")
    assert not country.differs
    assert country.stability == pytest.approx(0.0, abs=0.01)


def test_a_quiet_span_has_nothing_that_differs(desk: Desk) -> None:
    answer = desk.model("fraud", (), (END - 8 * HOUR, END - 5 * HOUR))
    assert not any(column.differs for column in answer.columns)
    assert [version.version for version in answer.versions] == ["1"]


def test_an_unknown_model_is_empty(desk: Desk) -> None:
    answer = desk.model("nobody", (), SPAN)
    found = (answer.performance, answer.columns, answer.metrics, answer.versions, answer.segments)
    assert found == ((), (), (), (), ())
    assert desk.column("nobody", ("age", "feature"), SPAN) is None


def test_what_the_cells_add_is_the_stability_index(desk: Desk) -> None:
    answer = desk.column("fraud", ("age", "feature"), SPAN)
    assert answer is not None
    assert sum(cell.adds for cell in answer.cells) == pytest.approx(answer.stability)
    assert sum(cell.current for cell in answer.cells) == answer.n == 540
    assert answer.cells[-1].name == "null"
    assert answer.cells[-1].current == 54


def test_the_rows_of_a_cell_are_as_many_as_it_counts(desk: Desk) -> None:
    for column in (("age", "feature"), ("country", "feature"), ("prediction", "prediction")):
        answer = desk.column("fraud", column, SPAN)
        assert answer is not None
        for cell in answer.cells:
            rows = desk.column_rows(CellQuery("fraud", *column, cell.values), SPAN)
            assert len(rows) == min(cell.current, 500), cell


def test_a_row_leads_to_its_line_in_the_file(desk: Desk) -> None:
    row = desk.column_rows(CellQuery("fraud", "age", "feature", Cell(null=True)), SPAN)[0]
    line = desk.raw_line(row.file, row.offset)
    assert line is not None
    assert json.loads(line)["id"] == dict(row.fields)["id"]
    assert desk.raw_line(row.file + ".gone", 0) is None
    series = next(f for f in desk.model("fraud", (), SPAN).metrics if f.series_id is not None)
    assert series.series_id is not None
    assert len(desk.series_rows(series.series_id, (END - HOUR, END))) == 60


def test_hostile_column_names_and_categories_are_but_data(desk: Desk) -> None:
    for name in ("a'b", 'a"b', "$.x", "{0}", "age; DROP TABLE prediction"):
        asked = CellQuery("fraud", name, "feature", Cell(category=name))
        assert desk.column_rows(asked, SPAN) == []


def test_the_gauges_as_they_stood(desk: Desk) -> None:
    from console.engine.snapshot import ModelPane

    pane = ModelPane("fraud", "2", 2, None, "critical", (), 3, END)
    then = desk.panes_at((pane,), (), END - 5 * HOUR)[0]
    gauges = {gauge.label: gauge for gauge in then.gauges}
    assert gauges["latency"].value == pytest.approx(100.0)
    assert (then.open_alerts, then.health) == (0, "ok")


def test_the_timeline_has_versions_as_bands_and_levels_by_part(desk: Desk) -> None:
    start = START.timestamp()
    answer = desk.timeline((start, END), 24)
    track = next(track for track in answer.tracks if track.model == "fraud")
    assert [(band.version, band.first, band.last) for band in track.bands] == [
        ("1", 0, 17),
        ("2", 18, 23),
    ]
    assert len(track.heat) == 24
    assert track.heat[3] is None
    assert track.heat[20] is not None
    assert (track.heat[20].errors, track.heat[20].warnings) == (1, 1)
    assert [event.type for event in answer.events] == ["deploy"]


def test_two_versions_differ_where_they_were_made_to(desk: Desk) -> None:
    span = (END - 6 * HOUR, END)
    assert [side.version or side.segment for side in desk.sides("fraud", span)] == [
        "2",
        "1",
        "client=web",
    ]
    left, right = (Side("fraud", *span, version=version) for version in ("1", "2"))
    rows = {row.name: row for row in desk.compare(left, right).rows}
    assert rows["accuracy"].differs
    assert rows["accuracy"].difference == pytest.approx(-0.25, abs=0.01)
    assert rows["age"].differs
    assert not rows["country"].differs
    assert rows["latency_p95_ms"].differs
    assert rows["latency_p95_ms"].difference == pytest.approx(20.0)


def test_equal_spans_do_not_differ(desk: Desk) -> None:
    left = Side("fraud", END - 7 * HOUR, END - 5.5 * HOUR)
    right = Side("fraud", END - 5 * HOUR, END - 3.5 * HOUR)
    assert not [row.name for row in desk.compare(left, right).rows if row.differs]


def test_spans_of_a_segment(desk: Desk) -> None:
    left = Side("fraud", END - 6 * HOUR, END - 3 * HOUR, segment="client=web")
    right = Side("fraud", END - 3 * HOUR, END, segment="client=web")
    rows = desk.compare(left, right).rows
    assert [(row.kind, row.name, row.differs) for row in rows] == [("metric", "error_rate", False)]


def test_the_sources_with_what_they_cost(desk: Desk) -> None:
    answer = desk.sources((0.0, END))
    assert [Path(source.file).name for source in answer.sources] == ["fraud.jsonl"]
    source = answer.sources[0]
    assert source.behind == 0
    assert source.rejects == 1
    assert source.written_per_day is not None
    assert source.written_per_day > 0
    assert {checkpoint.kind for checkpoint in answer.checkpoints} >= {"metrics", "predictions"}
    rejected = desk.reject_rows(source.file)
    assert dict(rejected[0].fields)["raw"].startswith("{torn")


def test_a_query_is_answered_cut_refused_and_exported(desk: Desk, tmp_path: Path) -> None:
    assert "metrics" in desk.shape()
    assert desk.shape()["labels"] == ("ts", "model", "id", "label", "file", "offset")
    answer = desk.query("SELECT id, score FROM predictions ORDER BY ts, id")
    assert answer.columns == ("id", "score")
    assert answer.numeric == (False, True)
    assert answer.more
    assert len(answer.rows) == 2000
    with pytest.raises(StoreError, match="only SELECT"):
        desk.query("DELETE FROM prediction")
    for name in ("out.csv", "out.parquet"):
        target = tmp_path / name
        assert desk.export("SELECT id FROM predictions", str(target)) == 60 * HOURS * 3
        with pytest.raises(ValueError, match="there already"):
            desk.export("SELECT 1", str(target))
    with pytest.raises(ValueError, match=r"end the name in"):
        desk.export("SELECT 1", str(tmp_path / "out.txt"))
    with pytest.raises(ValueError, match="cannot write"):
        desk.export("SELECT 1", str(tmp_path / "gone" / "out.csv"))


def test_templates_with_what_was_before(desk: Desk) -> None:
    found = desk.templates("fraud", (END - 3 * HOUR, END))
    assert sum(figure.count for figure in found) == 3
    assert {figure.level for figure in found} == {"INFO", "WARNING", "ERROR"}
    assert {figure.before for figure in found} == {0}
    earlier = desk.templates(None, (END - 1.5 * HOUR, END))
    assert {(figure.count, figure.before) for figure in earlier} == {(0, 1)}
    assert all(figure.significance > 0 for figure in (*found, *earlier))
    assert desk.templates("nobody", SPAN) == ()


def test_what_is_not_followed_is_listed_with_why_and_what_helps(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    folder.mkdir()
    write(folder)
    (folder / "model.dat").write_bytes(bytes(range(256)) * 40)
    (folder / "empty.log").write_bytes(b"")
    (folder / "begun.jsonl").write_bytes(b'{"ts": 1')
    (folder / "train.py").write_text("print(1)\n", encoding="utf-8")
    (folder / "reference.csv").write_text("age,label\n1,0\n", encoding="utf-8")
    (folder / "closed.log").write_text("x", encoding="utf-8")
    (folder / "closed.log").chmod(0)
    (folder / "gone.log").symlink_to("nowhere")
    (folder / ".hidden").write_text("x", encoding="utf-8")
    (folder / "console.toml").write_text(
        '[models.fraud]\nreference = "reference.csv"\n', encoding="utf-8"
    )
    settings = settings_for([folder], None)
    with Store.open(None, lambda: END) as store:
        with Engine([folder], settings, store, lambda: END) as engine:
            while not engine.step().idle:
                pass
            found = {Path(entry.file).name: entry for entry in engine.intake.left_out()}
        assert set(found) - {"closed.log"} == {
            "model.dat", "empty.log", "begun.jsonl", "train.py", "reference.csv", "gone.log",
            "console.toml",
        }  # fmt: skip
        assert (found["model.dat"].why, found["model.dat"].mend) != ("", None)
        assert found["empty.log"].why == "empty so far"
        assert found["begun.jsonl"].why == "no whole line so far"
        assert found["train.py"].why == "no log by its name"
        assert found["reference.csv"].why == "read as the reference of a model"
        assert "nowhere" in found["gone.log"].why
        if os.geteuid():  # root may read everything
            assert found["closed.log"].why == "permission denied"
        with Engine([folder], settings, store, lambda: END) as again:
            while not again.step().idle:
                pass
            names = {Path(entry.file).name for entry in again.intake.left_out()}
        assert "fraud.jsonl" not in names  # nothing of it is left to be read
