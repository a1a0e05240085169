"""Conditions as a JUnit report, which CI servers show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from console.config.document import printable
from console.stats.condition import Condition


def write(path: Path, conditions: Sequence[Condition]) -> None:
    """Writes a test suite for each suite, a test case for each condition. Raises OSError."""
    path.write_bytes(document(conditions))


def document(conditions: Sequence[Condition]) -> bytes:
    """The report as UTF-8."""
    root = ET.Element("testsuites", {"name": "model-console check", **_counts(conditions)})
    for name in dict.fromkeys(condition.suite for condition in conditions):
        mine = [condition for condition in conditions if condition.suite == name]
        suite = ET.SubElement(root, "testsuite", {"name": printable(name), **_counts(mine)})
        for condition in mine:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=printable(name),
                name=printable(title(condition)),
            )
            if condition.verdict != "holds":
                tag = "failure" if condition.verdict == "fails" else "error"
                ET.SubElement(case, tag, message=printable(condition.said))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def title(condition: Condition) -> str:
    """`nulls of amount`, or the condition alone."""
    if condition.column is None or condition.column in condition.name:
        return condition.name
    return f"{condition.name} of {condition.column}"


def _counts(conditions: Sequence[Condition]) -> dict[str, str]:
    verdicts = [condition.verdict for condition in conditions]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count("fails")),
        "errors": str(verdicts.count("broken")),
    }
