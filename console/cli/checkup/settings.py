"""The settings, and the files that they name."""

from __future__ import annotations

from collections.abc import Iterator

from console.cli.checkup.finding import Finding
from console.config.load import NAME
from console.config.settings import Settings


def settings(found: Settings) -> Iterator[Finding]:
    """Which settings hold, and whether the references that they name are there."""
    if found.file is None:
        yield Finding("settings", NAME, "note", "there is none, the defaults hold")
        return
    said = f"{len(found.sources)} sources, {len(found.models)} models, {len(found.rules)} rules"
    yield Finding("settings", str(found.file), "ok", said)
    for model in found.models:
        if model.reference is None:
            continue
        subject = f"reference of {model.name}"
        if model.reference.is_file():
            yield Finding("settings", subject, "ok", str(model.reference))
        else:
            mend = f"put it there, or mend `reference` in {found.file}"
            yield Finding("settings", subject, "mend", f"{model.reference} is not there", mend)
