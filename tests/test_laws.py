"""The laws of the house, as far as a machine can keep them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "console"
LONGEST_FILE = 450
SHOWN_SQL = (PACKAGE / "alerts" / "advice.py", PACKAGE / "tui" / "screens" / "sql.py")
"""The queries there are for a user to try; they are never executed unasked."""

_SQL = re.compile(
    r"\s*(?:select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|"
    r"create\s+(?:or\s+replace\s+)?(?:table|view|schema|sequence|index|macro)\s|alter\s+table\s|"
    r"drop\s+(?:table|view)\s|pragma\s|attach\s+'|checkpoint\s*;?\s*$|begin\s+transaction)",
    re.IGNORECASE | re.DOTALL,
)
_DUCKDB = re.compile(r"^\s*(?:import|from)\s+duckdb\b", re.MULTILINE)


def sources() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The texts of a module that are no docstrings, with their lines."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documented:
                yield node.lineno, text


def test_the_import_contracts_hold() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    process = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert process.returncode == 0, process.stdout + process.stderr


def test_no_file_is_long_because_nobody_split_it() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_only_the_store_speaks_sql() -> None:
    spoken = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()[:60]}"
        for path in sources()
        if not path.is_relative_to(PACKAGE / "store") and path not in SHOWN_SQL
        for line, text in texts(ast.parse(path.read_text(encoding="utf-8")))
        if _SQL.match(text)
    ]
    assert spoken == []


def test_only_the_store_imports_duckdb() -> None:
    importing = [
        str(path.relative_to(ROOT))
        for path in sources()
        if not path.is_relative_to(PACKAGE / "store")
        and _DUCKDB.search(path.read_text(encoding="utf-8"))
    ]
    assert importing == []


@pytest.mark.parametrize(
    ("text", "is_sql"),
    [
        ("select a\nfrom b", True),
        ("INSERT INTO t SELECT 1", True),
        ("create or replace view v as", True),
        ("CHECKPOINT", True),
        ("checkpoint of a stage", False),
        ("updates since", False),
        ("drop the filter", False),
    ],
)
def test_what_counts_as_sql(text: str, *, is_sql: bool) -> None:
    assert bool(_SQL.match(text)) is is_sql
