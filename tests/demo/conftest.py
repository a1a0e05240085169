"""The committed sample, the same written anew, and its decoded records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.demo.sample import write_sample
from console.demo.simulate import Truth

SAMPLE = Path(__file__).parents[2] / "sample_data"


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A sample written by today's code, and its truth."""
    out = tmp_path_factory.mktemp("sample") / "sample_data"
    return out, write_sample(out)


@pytest.fixture(scope="session")
def sample() -> Path:
    """The committed sample."""
    return SAMPLE


@pytest.fixture(scope="session")
def decoded() -> dict[str, list[Any]]:
    """The JSON records of every file of the committed sample; None for what is no record."""
    return {
        path.relative_to(SAMPLE).as_posix(): [
            _decode(line) for line in path.read_bytes().splitlines()
        ]
        for path in sorted(SAMPLE.rglob("*.jsonl"))
    }


def _decode(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
