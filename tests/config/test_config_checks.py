"""`[[checks]]` becomes settings."""

from __future__ import annotations

from pathlib import Path

from console.config.load import load
from console.config.settings import Check

FULL = """\
[[checks]]
name = "inputs"
model = "fraud"
path = "today/*.parquet"
reference = "reference.csv"
columns = ["amount", "age"]
rows = 1000
fresh = "1d"
nulls = 0.01
duplicates = 0
range = [0, 100]
unseen = 0.002
drift = 0.2
test = "psi"
compat = "evidently"
metric = "mae"
least = 0.1
most = 0.5
degradation = 0.05

[[checks]]
drift = "significant"
"""


def test_every_key_of_a_check_arrives(tmp_path: Path) -> None:
    path = tmp_path / "console.toml"
    path.write_text(FULL)
    assert load(path).checks == (
        Check(
            name="inputs",
            model="fraud",
            path=f"{tmp_path}/today/*.parquet",
            reference=tmp_path / "reference.csv",
            columns=("amount", "age"),
            rows=1000,
            fresh_s=86_400.0,
            nulls=0.01,
            duplicates=0.0,
            within=(0.0, 100.0),
            unseen=0.002,
            drift=0.2,
            test="psi",
            compat="evidently",
            metric="mae",
            least=0.1,
            most=0.5,
            degradation=0.05,
        ),
        Check(drift="significant"),
    )
