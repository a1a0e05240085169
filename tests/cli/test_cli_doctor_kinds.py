"""The doctor on a folder with a file of every kind: what each is, why, and what to mend."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard_writer import record

from console.cli.checkup import files
from console.cli.checkup.pieces import Looked, look

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Command = Callable[..., tuple[int, str, str]]
FORMATS = Path(__file__).parents[1] / "formats"
GOLDEN = Path(__file__).parent / "golden" / "doctor_sources.txt"
LOG = b"2026-11-20 08:00:00,000 INFO app: hello\n" * 3
NOISE = random.Random(7).randbytes(2000)


def make(folder: Path) -> None:
    """A file of every format, under names that say nothing, and of everything else."""
    for golden in ("golden", "golden_binary", "golden_mlruns"):
        shutil.copytree(FORMATS / golden, folder / golden)
    (folder / "golden" / "access.log").rename(folder / "golden" / "requests.jsonl")
    (folder / "golden" / "wide.csv").rename(folder / "golden" / "table.log")
    (folder / "golden_binary" / "nested.parquet").rename(folder / "golden_binary" / "nested.txt")
    packed = gzip.compress(LOG * 100)
    made = {
        "app.log.gz": gzip.compress(LOG),
        "app.log.zst": zstd.compress(LOG),
        "app.log.bz2": bz2.compress(LOG),
        "cut.log.gz": packed[:-12],
        "damaged.log.gz": packed[:-5] + b"XXXXX",
        "nothing.log.gz": packed[:12],
        "utf16.log": LOG.decode().encode("utf-16"),
        "torn.parquet": (FORMATS / "golden_binary" / "wide.parquet").read_bytes()[:-20],
        "spark.log": b"26/11/20 08:00:00 INFO Spark: up\n",
        "native.data": b'{"ts": "2026-11-20T08:00:00Z", "name": "auc", "value": 0.9}\n',
        "rules.log": b"nothing here is a log\n",
        "reference.csv": b"age,plan\n31,gold\n",
        "document.json": b'{\n  "a": 1\n}\n',
        "array.json": b'[{"a": 1}]\n',
        "page.log": b"<!DOCTYPE html>\n<p>x\n",
        "noise.log": NOISE,
        "image.log": b"\x89PNG\r\n\x1a\n" + NOISE,
        "model.bin": b"PK\x03\x04" + NOISE,
        "rows.arrow": b"ARROW1\x00\x00" + NOISE,
        "array.dat": b"\x93NUMPY\x01\x00v\x00" + NOISE,
        "examples.data": record(b"no event"),
        "twice.log.gz": gzip.compress(packed),
        "empty.log": b"",
        "half.log": b"2026-11-20 08:00:00 INFO",
        "hole.log": bytes(4096),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    (folder / "dangling.log").symlink_to("gone.log")
    os.mkfifo(folder / "pipe.log")


@pytest.fixture
def kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, one of its files refused to us: to root nothing is, so that is feigned."""
    folder = tmp_path / "logs"
    folder.mkdir()
    make(folder)
    (folder / "secret.log").write_bytes(LOG)

    def refused(path: Path, descriptor: int) -> Looked:
        if path.name == "secret.log":
            raise PermissionError(13, "Permission denied")
        return look(path, descriptor)

    monkeypatch.setattr(files, "look", refused)
    monkeypatch.chdir(folder)
    return folder


def test_what_each_file_is_and_what_to_mend(command: Command, kinds: Path) -> None:
    code, out, _ = command("doctor", kinds)
    assert code == 1
    sources = out.split("\nsources\n")[1].split("\n\n")[0]
    assert f"{sources}\n" == GOLDEN.read_text()


def test_the_same_as_json(command: Command, kinds: Path) -> None:
    _, out, err = command("doctor", kinds, "--format", "json")
    assert err == ""
    told = [one for one in json.loads(out)["findings"] if one["area"] == "sources"]
    lines = []
    for one in told:
        mark = {"ok": "ok", "note": "note", "mend": "MEND"}[one["verdict"]]
        lines.append(f"  {mark:<5} {one['subject']}: {one['text']}")
        if one["mend"]:
            lines.append(f"        {one['mend']}")
        assert (one["mend"] is not None) == (one["verdict"] == "mend")
    assert "\n".join([*lines, ""]) == GOLDEN.read_text()


def test_every_file_is_told_once(kinds: Path, command: Command) -> None:
    _, out, _ = command("doctor", kinds, "--format", "json")
    subjects = [one["subject"] for one in json.loads(out)["findings"] if one["area"] == "sources"]
    assert len(subjects) == len(set(subjects))
    below = {str(path.relative_to(kinds)) for path in kinds.rglob("*") if not path.is_dir()}
    unread = {name for name in below if name.endswith(".yaml") or "mlruns" in name}
    assert below - unread <= set(subjects)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file: only feigned above")
def test_files_and_folders_that_are_really_refused(tmp_path: Path, command: Command) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    (tmp_path / "a.log").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    _, out, _ = command("doctor", tmp_path)
    assert "a.log: permission denied" in out
    assert "closed: the folder cannot be read: permission denied" in out
