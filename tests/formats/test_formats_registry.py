from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats import registry
from console.formats.jsonl import JsonLines
from console.formats.registry import detect, formats

LOG = b"2026-01-02 03:04:05 INFO app: hello\n"


@pytest.mark.parametrize(
    ("sample", "path", "name"),
    [
        (LOG, "app.log", "text"),
        (LOG, "app.jsonl", "text"),
        (b'{"ts":1,"message":"x"}\n', "app.log", "jsonl"),
        (b'\xef\xbb\xbf{"ts":1}\n', "x", "jsonl"),
        (b'{"ts":1}\n' + LOG, "app.log", "text"),
        (b'{"ts":1}\n' + LOG, "app.jsonl", "jsonl"),
        (b"timestamp,value\n2026-01-02 03:04:05,1\n", "app.log", "csv"),
        (b"ts,name,value\n", "m.csv", "csv"),
        (b'{"resourceMetrics":[]}\n', "m.jsonl", "otlp"),
        (b"# TYPE a counter\na 1\n", "m.txt", "prometheus"),
        (b'a{b="c"} 1\n', "m.txt", "prometheus"),
    ],
)
def test_the_content_tells_the_format_and_names_break_ties(
    sample: bytes, path: str, name: str
) -> None:
    found = detect(sample, path)
    assert found.format is not None
    assert found.format.name == name
    assert found.settled


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (b"\x7fELF" + bytes(200) + b"\n", "an ELF program"),
        (bytes(range(256)) * 4, "binary, of no kind that is known here"),
        (
            "\u0436".encode("koi8-r") * 90 + b"\n",
            "no text in UTF-8 or UTF-16, and of no kind that is known here",
        ),
        (b'[{"ts": 1}]\n', "a JSON array, not one object a line"),
        (bytes(257) + b"ustar", "a tar archive"),
        (b"\x28\xb5\x2f\xfd\x00", "packed by zstd twice over, or damaged"),
        (
            b"a,b,c\n1,2,3\n4,5,6\n",
            (
                "a table (CSV) of values without a time column: "
                "add one (ts), or name it as a model's `reference`"
            ),
        ),
        (b"1,2,3\n4,5,6\n", "a table (CSV) whose first line is no header of columns"),
        (b"ts,level\n2026-01-02 03:04:05,INFO\n", "a table (CSV) without a column of numbers"),
        (b'{\n  "a": 1\n}\n', "JSON that is not one object a line"),
        (b"# A title\n\nSome words.\n", "no line is a JSON object or begins with a time"),
    ],
)
def test_what_cannot_be_followed_is_told(sample: bytes, reason: str) -> None:
    found = detect(sample, "file")
    assert (found.format, found.reason, found.settled) == (None, reason, True)


@pytest.mark.parametrize(
    "sample",
    [
        b"",
        b"\n\n",
        bytes(900),
        bytes(900) + b"2026-01-02 03:04:05 x",
        b'{"ts":1',
        b"2026-01-02 03:04:05 INFO app",
    ],
)
def test_a_beginning_too_short_is_looked_at_again(sample: bytes) -> None:
    found = detect(sample, "file")
    assert found.format is None
    assert not found.settled


def test_the_settings_are_not_questioned() -> None:
    found = detect(b"", "file", "jsonl")
    assert found.format is not None
    assert found.format.name == "jsonl"
    assert detect(b"", "file", "xml").reason == (
        "there is no format xml; "
        "there are access, csv, jsonl, logfmt, mlflow, otlp, parquet, prometheus, syslog, "
        "tensorboard, text"
    )


def test_plug_ins_come_first_and_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(JsonLines):
        name = "mine"

    class Entry:
        def __init__(self, name: str, value: Any) -> None:
            self.name, self.value = name, value

        def load(self) -> Any:
            if self.value is None:
                raise ImportError("gone")
            return self.value

    entries = [Entry("mine", Mine), Entry("broken", None)]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)
    formats.cache_clear()
    try:
        found = detect(b'{"ts":1}\n', "x.jsonl.log")
        assert found.format is not None
        assert found.format.name == "mine"
        assert formats().problems == ("format plug-in broken (None): gone",)
    finally:
        formats.cache_clear()
    assert EntryPoint("a", "b", registry.GROUP).group == "model_console.formats"


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["x", "x.jsonl", "x.log", "x.json"]))
def test_any_bytes_are_detected_or_not(sample: bytes, path: str) -> None:
    assert detect(sample, path).reason


SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"
EXPECTED = {".jsonl": "jsonl", ".log": "text", ".csv": None}


def test_the_sample_data_is_what_its_names_say() -> None:
    files = [path for path in SAMPLE_DATA.rglob("*") if path.suffix in EXPECTED]
    assert len(files) > 30
    for path in files:
        found = detect(path.read_bytes()[: registry.SAMPLE], str(path))
        name = found.format.name if found.format else None
        assert name == EXPECTED[path.suffix], path


GOLDENS = [
    *((Path(__file__).parent / "golden").iterdir()),
    *((Path(__file__).parent / "golden_binary").iterdir()),
]


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: str(golden.name))
def test_a_wrong_name_or_none_changes_nothing(golden: Path) -> None:
    sample = golden.read_bytes()[: registry.SAMPLE]
    expected = detect(sample, golden.name).format
    assert expected is not None
    for name in ("x", "x.log", "x.jsonl", "x.json", "x.csv", "x.txt", "x.prom", "x.log.2", "x.gz"):
        found = detect(sample, name).format
        assert found is not None, name
        assert found.name == expected.name, name
