"""console.toml becomes settings, or one line that says what to mend where."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.load import load, settings_for
from console.config.settings import ModelSettings, Rule, Settings, SettingsError, SourceSettings

FULL = """\
[console]
window = "30s"
prediction_window = "5m"
lateness = "1m30s"
series_limit = 20
stages = ["upstream", "serving"]

[[sources]]
path = "serving/*.log"
format = "text"
model = "fraud"
stage = "serving"
version = 12
timezone = "Europe/Berlin"

[[sources]]
path = "/var/log/jobs"

[models.fraud]
reference = "reference.csv"
positive = 1
stages = ["upstream", "features", "serving", "business"]
owner = "risk-team"
tier = 1
value_per_prediction = 0.02
runbook = "https://wiki/fraud"

[[rules]]
model = "fraud"
series = "latency_p95_ms"
above = 250.0
for = "5m"
severity = "critical"
message = "checkout waits for us: {value} ms"

[[rules]]
stage = "features"
series = "null_share"
outside = [0, 0.02]
"""


def written(folder: Path, text: str) -> Path:
    """The text as the console.toml of a folder."""
    path = folder / "console.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problem(folder: Path, text: str) -> str:
    """What is said of a faulty text, without the folder."""
    with pytest.raises(SettingsError) as caught:
        load(written(folder, text))
    return str(caught.value).removeprefix(f"{folder}/")


def test_every_key_arrives(tmp_path: Path) -> None:
    path = written(tmp_path, FULL)
    assert load(path) == Settings(
        file=path.resolve(),
        sources=(
            SourceSettings(
                path=f"{tmp_path}/serving/*.log",
                format="text",
                model="fraud",
                stage="serving",
                version="12",
                timezone="Europe/Berlin",
            ),
            SourceSettings(path="/var/log/jobs"),
        ),
        models=(
            ModelSettings(
                name="fraud",
                reference=tmp_path / "reference.csv",
                positive="1",
                stages=("upstream", "features", "serving", "business"),
                owner="risk-team",
                tier=1,
                value_per_prediction=0.02,
                runbook="https://wiki/fraud",
            ),
        ),
        rules=(
            Rule(
                series="latency_p95_ms",
                model="fraud",
                above=250.0,
                hold_s=300.0,
                severity="critical",
                message="checkout waits for us: {value} ms",
            ),
            Rule(series="null_share", stage="features", outside=(0.0, 0.02)),
        ),
        stages=("upstream", "serving"),
        window_s=30.0,
        prediction_window_s=300.0,
        lateness_s=90.0,
        series_limit=20,
    )


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    path = written(tmp_path, "# nothing yet\n")
    assert load(path) == Settings(file=path.resolve())


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "console.toml"
    path.write_bytes(b'\xef\xbb\xbf[console]\r\nwindow = "10s"\r\n')
    assert load(path).window_s == 10.0


@pytest.mark.parametrize(
    ("written_as", "seconds"),
    [("90s", 90.0), ("5m", 300.0), ("2h", 7200.0), ("1d", 86400.0), ("1h30m", 5400.0), ("0s", 0.0)],
)
def test_durations(tmp_path: Path, written_as: str, seconds: float) -> None:
    text = f'[[rules]]\nseries = "x"\nabove = 1\nfor = "{written_as}"\n'
    assert load(written(tmp_path, text)).rules[0].hold_s == seconds


@pytest.mark.parametrize(
    ("value", "held_as"), [("1", "1"), ('"fraud"', "fraud"), ("true", "true"), ("0.5", "0.5")]
)
def test_the_positive_class_is_text(tmp_path: Path, value: str, held_as: str) -> None:
    settings = load(written(tmp_path, f"[models.m]\npositive = {value}\n"))
    assert settings.model("m").positive == held_as


def test_paths_are_relative_to_the_file_and_its_folder_is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "run[1]"
    (folder / "logs").mkdir(parents=True)
    text = '[[sources]]\npath = "../run[1]/logs/*.log"\n[[sources]]\npath = "./a.log"\n'
    first, second = load(written(folder, text)).sources
    assert first.path == f"{tmp_path}/run[1]/logs/*.log"
    assert second.path == f"{tmp_path}/run[[]1]/a.log"


def test_a_folder_in_braces_is_no_pattern_in_braces(tmp_path: Path) -> None:
    folder = tmp_path / "{model}"
    folder.mkdir()
    (source,) = load(written(folder, '[[sources]]\npath = "{stage}.log"\n')).sources
    assert source.path == f"{tmp_path}/[{{]model}}/{{stage}}.log"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[rules]]\nseries = "x"\nabov = 1\n',
            'console.toml:3: unknown key "abov" in [[rules]]: did you mean "above"?',
        ),
        (
            "\n[model.fraud]\ntier = 1\n",
            'console.toml:2: unknown key "model" at the top: did you mean "models"?',
        ),
        (
            "[console]\nzzz = 1\n",
            (
                'console.toml:2: unknown key "zzz" in [console] (version 0.1.0): take it out, or '
                "use one of window, prediction_window, lateness, series_limit, "
                "stages, notify, digest, digest_timezone"
            ),
        ),
        (
            '[[rules]]\nseries = "x"\nabove = 1\n\n[[rules]]\nseries = "y"\nbelow = "low"\n',
            "console.toml:7: below is 'low': wanted a number, such as 250.0",
        ),
        (
            '[[rules]]\nseries = "x"\nabove = 1\nbelow = 2\n',
            (
                "console.toml:1: this [[rules]] has above and below: "
                "give it one of above, below and outside"
            ),
        ),
        (
            '[[rules]]\nseries = "x"\n',
            "console.toml:1: this [[rules]] has no limit: give it one of above, below and outside",
        ),
        ("[[rules]]\nabove = 1\n", "console.toml:1: this [[rules]] lacks its series: add one"),
        ('[[sources]]\nmodel = "m"\n', "console.toml:1: this [[sources]] lacks its path: add one"),
        (
            '[[sources]]\nformat = "csv"\npath = "{model}/{env}.csv"\n',
            (
                "console.toml:3: path names a part of it {env}: "
                "only {model}, {stage}, {version} are known"
            ),
        ),
        (
            '[sources]\npath = "x"\n',
            "console.toml:1: sources are tables: begin each with a line [[sources]]",
        ),
        ("models = 3\n", "console.toml:1: models are tables: begin each with a line [models.NAME]"),
        (
            "[models]\nfraud = 3\n",
            "console.toml:2: [models.fraud] is a table: write its keys below a line [models.fraud]",
        ),
        ('[models.""]\n', 'console.toml:1: [models.""] has no name: give it one'),
        (
            "[models.m]\ntier = 0\n",
            "console.toml:2: tier is 0: wanted a whole number from 1",
        ),
        ("[models.m]\ntier = true\n", "console.toml:2: tier is True: wanted a whole number from 1"),
        (
            'models.m = {tier = 1, ownr = "x"}\n',
            ('console.toml:1: unknown key "ownr" in [models.m]: did you mean "owner"?'),
        ),
        (
            '[models.m]\nstages = [\n  "a",\n  "b",\n  "a",\n]\n',
            (
                "console.toml:2: stages is ['a', 'b', 'a']: "
                "wanted every name once, 'a' stands there twice"
            ),
        ),
        (
            '[[rules]]\nseries = "x"\noutside = [3, 1]\n',
            "console.toml:3: outside is [3, 1]: wanted [low, high], the lower one first",
        ),
        (
            '[[rules]]\nseries = "x"\noutside = [1]\n',
            "console.toml:3: outside is [1]: wanted [low, high], such as [0.2, 0.8]",
        ),
        (
            '[[rules]]\nseries = "x"\nabove = nan\n',
            "console.toml:3: above is nan: wanted a number, such as 250.0",
        ),
        (
            f'[[rules]]\nseries = "x"\nabove = 0x{"f" * 5000}\n',
            "console.toml:3: above is a very long number: wanted a number, such as 250.0",
        ),
        (
            '[[rules]]\nseries = "x"\nabove = 1\nfor = 300\n',
            'console.toml:4: for is 300: wanted a duration, such as "90s", "5m", "2h" or "1d"',
        ),
        (
            '[[rules]]\nseries = "x"\nabove = 1\nseverity = "Critical"\n',
            (
                "console.toml:4: severity is 'Critical': wanted critical, warning, info: "
                'did you mean "critical"?'
            ),
        ),
        (
            '[[sources]]\npath = "x"\ntimezone = "Europe/Belrin"\n',
            (
                "console.toml:3: timezone is 'Europe/Belrin': wanted a time zone, such as "
                '"Europe/Berlin": did you mean "Europe/Berlin"?'
            ),
        ),
        (
            '[console]\nwindow = "7s"\n',
            (
                "console.toml:2: prediction_window (600s) holds no whole number of windows (7s): "
                "make it a multiple"
            ),
        ),
        (
            '[console]\nwindow = "0s"\n',
            'console.toml:2: window is \'0s\': wanted a width of whole seconds from "1s" to "1d"',
        ),
        (
            '[console]\nlateness = "9999999d"\n',
            "console.toml:2: lateness is '9999999d': wanted a duration of at most \"366d\"",
        ),
        (
            '[console]\nwindow = "1m"\nwindow = "2m"\n',
            "console.toml:3: is no TOML: Cannot overwrite a value: see https://toml.io",
        ),
        (
            "[console\n",
            (
                "console.toml:1: is no TOML: Expected ']' at the end of a table declaration: "
                "see https://toml.io"
            ),
        ),
        ("a = " + "[" * 5000, "console.toml: is nested too deeply to be settings"),
    ],
)
def test_an_error_names_the_line_and_the_mend(tmp_path: Path, text: str, said: str) -> None:
    assert problem(tmp_path, text) == said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"console\.toml: cannot be read, no such file or dir"):
        load(tmp_path / "console.toml")


def test_a_folder_is_no_file_of_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"is a folder: name the console\.toml in it"):
        load(tmp_path)


def test_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "console.toml"
    path.write_bytes(b"# fine\nx = '\xff'\n")
    with pytest.raises(SettingsError, match=r":2: is not UTF-8"):
        load(path)


def test_what_a_key_contains_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    said = problem(tmp_path, '[console]\n"\\u001b[2J\\n\\u202e" = 1\n')
    assert said.isprintable()
    assert "\\x1b[2J\\n\\u202e" in said


def test_settings_are_those_named_else_of_the_first_path_else_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, first, work, bare = (tmp_path / name for name in ("named", "first", "work", "bare"))
    for folder in (named, first, work, bare):
        folder.mkdir()
    (bare / "a.log").touch()
    for folder, limit in ((named, 1), (first, 2), (work, 3)):
        written(folder, f"[console]\nseries_limit = {limit}\n")
    monkeypatch.chdir(work)
    assert settings_for([first], named / "console.toml").series_limit == 1
    assert settings_for([first, bare]).series_limit == 2
    assert settings_for([first / "a.log"]).series_limit == 2
    assert settings_for([bare]).series_limit == 3
    assert settings_for([bare / "a.log"]).series_limit == 3
    assert settings_for([]).series_limit == 3
    monkeypatch.chdir(bare)
    assert settings_for([Path("*.log")]) == Settings()
