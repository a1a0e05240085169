"""Which command runs, and what its end means for the exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console import __version__
from console.cli import main
from console.cli.usage import COMMANDS, HELP

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("arguments", "command", "rest"),
    [
        (["logs"], None, ["logs"]),
        (["replay", "logs"], "replay", ["logs"]),
        (["--store", "replay", "alerts"], "alerts", ["--store", "replay"]),
        (["--config=x.toml", "query", "select 1"], "query", ["--config=x.toml", "select 1"]),
        (["./demo"], None, ["./demo"]),
        (["logs", "demo"], None, ["logs", "demo"]),
        (["--", "demo"], None, ["--", "demo"]),
        ([], None, []),
        (["--store"], None, ["--store"]),
    ],
)
def test_the_first_argument_that_is_no_option_may_be_a_command(
    arguments: list[str], command: str | None, rest: list[str]
) -> None:
    assert main.split(arguments) == (command, rest)


def test_version(command: Command) -> None:
    assert command("--version") == (0, f"model-console {__version__}\n", "")


def test_help_fits_and_names_every_command(command: Command) -> None:
    code, out, err = command("--help")
    assert (code, out, err) == (0, HELP, "")
    assert max(len(line) for line in out.splitlines()) <= 80
    for name in COMMANDS:
        assert f"\n  {name} " in out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_help_that_fits(
    name: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = command(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: model-console {name} ")
    assert max(len(line) for line in out.splitlines()) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replya"], 'replya: no such file or folder: did you mean "replay"?\n'),
        (["no/such"], "no/such: no such file or folder: create it first, or mend its name\n"),
        (["replay"], "model-console replay: the following arguments are required: PATH: "),
        (["replay", "no/such"], "no/such: no such file or folder: "),
        (["replay", "*.none"], "*.none: no such file or folder: "),
        (["replay", ".", "--format", "xml"], "model-console replay: argument --format: invalid"),
        (["--config", "no.toml", "."], "no.toml: cannot be read, no such file or directory: "),
        (["--stor", "x", "."], "model-console: unrecognized arguments: --stor"),
        (["."], "the console needs a terminal: "),
        ([], "nothing to follow: "),
        (["collect"], "nothing to follow: "),
        (["alerts"], "stores/"),
        (["query", "select 1", "--store", "none.duckdb"], "none.duckdb: no such store: "),
        (["query", "select 1", "--limit", "0"], "model-console query: argument --limit: 0 is no"),
    ],
)
def test_an_error_is_one_line_and_code_2(
    arguments: list[str],
    said: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_settings_that_are_wrong_name_their_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "console.toml").write_text("[console]\nwindo = 1\n")
    code, out, err = command("collect", tmp_path)
    assert (code, out) == (2, "")
    assert err == (
        f'{tmp_path}/console.toml:2: unknown key "windo" in [console]: did you mean "window"?\n'
    )


def test_ctrl_c_is_130(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("console.cli.emit.run", interrupted)
    assert command("emit", "f", "log", "INFO", "x") == (130, "", "")


def test_a_fault_of_ours_is_one_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.cli.emit.run", lambda _: int("k"))
    code, out, err = command("emit", "f", "log", "INFO", "x")
    assert (code, out) == (2, "")
    assert err.startswith(f"model-console {__version__} broke at ")
    assert err.count("\n") == 1
    assert "ValueError" in err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    script = (
        "import sys; from console.cli import main, emit;"
        "emit.run = lambda _: print('x' * 1000000) or 0;"
        f"sys.exit(main.run(['emit', {str(tmp_path / 'f')!r}, 'log', 'INFO', 'x']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(30) == 0
