from __future__ import annotations

from pathlib import Path

import pytest

from console.config.settings import SourceSettings
from console.sources.defaults import Defaults
from console.sources.discover import Discovery, is_followed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "console.toml",
        "README.md",
        "events.jsonl",
        "fraud/serving/app.log",
        "fraud/logs/train.log",
        "fraud/reference.csv",
        "fraud/model.pkl",
        ".hidden/a.log",
        "fraud/.cache.log",
        "churn/__pycache__/x.log",
        "churn/a.log",
        "churn/a.log.1",
        "churn/a.log~",
        "store.duckdb",
        "store.duckdb.wal",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(discovery: Discovery, root: Path) -> list[str]:
    return [str(source.path.relative_to(root)) for source in discovery.find()]


def test_everything_below_a_folder_that_can_be_a_log(tree: Path) -> None:
    discovery = Discovery([tree], exclude=[tree / "fraud" / "reference.csv"])
    assert names(discovery, tree) == [
        "churn/a.log",
        "churn/a.log.1",
        "events.jsonl",
        "fraud/logs/train.log",
        "fraud/serving/app.log",
    ]


def test_a_named_file_is_followed_whatever_its_name(tree: Path) -> None:
    assert names(Discovery([tree / "README.md", tree / "gone.log"]), tree) == ["README.md"]


def test_a_glob_among_the_paths(tree: Path) -> None:
    assert names(Discovery([tree / "churn" / "*.log"]), tree) == ["churn/a.log"]


def test_sources_of_the_settings_alone_say_what_is_followed(tree: Path) -> None:
    sources = [
        SourceSettings(
            str(tree / "fraud/**/*.log"), "text", "fraud", "serving", "v1", "Asia/Tokyo"
        ),
        SourceSettings(str(tree / "churn"), model="churn"),
    ]
    discovery = Discovery([tree], sources)
    found = discovery.find()
    assert [source.path.name for source in found] == ["a.log", "a.log.1", "train.log", "app.log"]
    assert found[3].format == "text"
    assert found[3].defaults == Defaults("fraud", "serving", "v1", "Asia/Tokyo")
    assert found[0].defaults == Defaults("churn")
    assert discovery.describe(tree / "fraud/serving/app.log.9").format is None


def test_the_first_source_that_matches_holds(tree: Path) -> None:
    sources = [
        SourceSettings(str(tree / "churn/a.log"), model="first"),
        SourceSettings(str(tree / "churn/*"), model="second"),
    ]
    models = [source.defaults.model for source in Discovery([], sources).find()]
    assert models == ["first", "second"]


@pytest.mark.parametrize(
    ("path", "model", "stage"),
    [
        ("fraud/serving/app.log", "fraud", "serving"),
        ("fraud/logs/train.log", "fraud", None),
        ("events.jsonl", None, None),
    ],
)
def test_folders_suggest_a_model_for_text_logs(
    tree: Path, path: str, model: str | None, stage: str | None
) -> None:
    source = Discovery([tree]).describe(tree / path)
    assert source.defaults_for("jsonl") == Defaults()
    assert source.defaults_for("text") == Defaults(model, stage)


def test_settings_win_over_folders(tree: Path) -> None:
    sources = [SourceSettings(str(tree / "fraud"), model="f2")]
    source = Discovery([tree], sources).describe(tree / "fraud/serving/app.log")
    assert source.defaults_for("text") == Defaults("f2", "serving")


def test_folders_to_watch(tree: Path) -> None:
    sources = [SourceSettings(str(tree / "churn/*.log")), SourceSettings(str(tree / "churn/a.log"))]
    assert Discovery([], sources).folders() == [tree / "churn"]
    assert Discovery([tree, tree / "churn"]).folders() == [tree]
    assert Discovery([tree / "fraud/serving/app.log"]).folders() == [tree / "fraud/serving"]


@pytest.mark.parametrize("name", ["app.log", "app.log.1", "metrics", "a.csv", "x.jsonl", "out.txt"])
def test_can_be_a_log(name: str) -> None:
    assert is_followed(name)


@pytest.mark.parametrize(
    "name", ["README", "readme.txt", "a.toml", ".x", "a.md", "LICENSE", "a.tar", "a.tar.zst"]
)
def test_cannot_be_a_log(name: str) -> None:
    assert not is_followed(name)


@pytest.mark.parametrize(
    ("pattern", "path", "owners"),
    [
        (
            "logs/{model}/{stage}-*.log",
            "logs/fraud/serving-2026-01-02.log",
            ("fraud", "serving", None),
        ),
        ("{model}_{version}/*.csv", "fraud_v3/a.csv", ("fraud", None, "v3")),
        ("**/{model}.jsonl", "a/b/fraud.jsonl", ("fraud", None, None)),
        ("{model}", "fraud/serving/app.log", ("fraud", "serving", None)),
        ("{model}/{model}.log", "fraud/fraud.log", ("fraud", None, None)),
        ("*/{stage}.log", "fraud/upstream.log", ("fraud", "upstream", None)),
    ],
)
def test_parts_of_a_path_are_named(
    tmp_path: Path, pattern: str, path: str, owners: tuple[str | None, ...]
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.touch()
    sources = [SourceSettings(path=f"{tmp_path}/{pattern}")]
    (found,) = Discovery([tmp_path], sources).find()
    defaults = found.defaults_for("text")
    assert (defaults.model, defaults.stage, defaults.version) == owners


def test_the_settings_come_before_the_path_and_that_before_the_folder(tmp_path: Path) -> None:
    (tmp_path / "serving" / "fraud").mkdir(parents=True)
    (tmp_path / "serving" / "fraud" / "churn.log").touch()
    path = f"{tmp_path}/*/*/{{model}}.log"
    for source, expected in (
        (SourceSettings(path=path, model="router"), ("router", "serving")),
        (SourceSettings(path=path), ("churn", "serving")),
        (SourceSettings(path=path.replace("{model}", "*")), ("fraud", "serving")),
        (SourceSettings(path=path, stage="features"), ("churn", "features")),
    ):
        (found,) = Discovery([tmp_path], [source]).find()
        defaults = found.defaults_for("text")
        assert (defaults.model, defaults.stage) == expected


def test_a_path_whose_named_parts_differ_is_another(tmp_path: Path) -> None:
    for name in ("a/a.log", "a/b.log", "a/-x.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sources = [SourceSettings(path=f"{tmp_path}/{{model}}/{{model}}.log")]
    assert [file.path.name for file in Discovery([tmp_path], sources).find()] == ["a.log"]
    sources = [SourceSettings(path=f"{tmp_path}/a/{{stage}}-*.log")]
    assert Discovery([tmp_path], sources).find() == []
    assert Discovery([], sources).folders() == [tmp_path / "a"]
