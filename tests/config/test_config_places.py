"""One store for each settings file or set of paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.config.places import store_path
from console.config.settings import Settings


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_settings_file_decides_before_the_paths(tmp_path: Path) -> None:
    settings = Settings(file=tmp_path / "fleet" / "console.toml")
    assert store_path(settings, [Path("a")]) == store_path(settings, [Path("b")])
    assert store_path(settings, []).name.startswith("fleet-")
    assert store_path(settings, []) != store_path(Settings(), [tmp_path / "fleet"])


def test_a_set_of_paths_has_one_store_in_any_order_and_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    monkeypatch.chdir(tmp_path)
    assert store_path(Settings(), [first, second]) == store_path(
        Settings(), [Path("b"), Path("a"), Path("./a")]
    )
    assert store_path(Settings(), [first]) != store_path(Settings(), [second])


def test_two_folders_of_one_name_have_two_stores(tmp_path: Path) -> None:
    one, other = (
        store_path(Settings(), [tmp_path / parent / "logs"]) for parent in ("one", "other")
    )
    assert one != other
    assert one.name.startswith("logs-")
    assert other.name.startswith("logs-")


def test_the_name_is_plain_whatever_the_folder_is_called(tmp_path: Path) -> None:
    path = store_path(Settings(), [tmp_path / "a b/\x1b[2J\udcff"])
    assert path.name.isascii()
    assert path.name.isprintable()
    assert path.suffix == ".duckdb"
    assert store_path(Settings(), [Path("/")]).name.startswith("store-")
