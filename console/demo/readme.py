"""The page that explains a sample: what happens where and when, and what is harmless."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from console.demo.incidents import MarkedEvent
from console.demo.simulate import Truth
from console.records.clock import iso

_PAGE = Path(__file__).with_name("sample_readme.md")


def readme(truth: Truth, seed: int, harmless: Sequence[MarkedEvent]) -> str:
    """The page that tells what happens in the sample, from the text in sample_readme.md."""
    loud = [item for item in truth.incidents if item.expect == "alert"]
    benign = [item for item in truth.incidents if item.expect != "alert"]
    return _PAGE.read_text(encoding="utf-8").format(
        seed=seed,
        start=_day(truth.start),
        end=_day(truth.end),
        rejects=truth.rejects,
        loud="\n".join(
            f"| `{item.id}` | `{item.model}` | {item.stage} | {_day(item.start)} "
            f"| {_day(item.end)} | {item.title}: {item.signs} |"
            for item in loud
        ),
        open_=next(item.id for item in loud if item.end >= truth.end),
        benign="\n".join(
            f"| `{item.id}` | `{item.model}` | {_day(item.start)} | {_day(item.end)} "
            f"| {_EXPECTED[item.expect]} | {item.title}: {item.signs} |"
            for item in benign
        ),
        events="\n".join(
            f"| {_day(event.ts)} | {f'`{event.model}`' if event.model else 'all'} "
            f"| {event.type} | {event.title} |"
            for event in harmless
        ),
        lines="\n".join(f"| `{name}` | {count} |" for name, count in truth.lines.items()),
    )


_EXPECTED = {
    "explained": "shown as explained by its event",
    "silent": "silence",
}


def _day(ts: float) -> str:
    return iso(ts)[:16].replace("T", " ")
