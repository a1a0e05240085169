"""The alert to read: as Markdown, and as one page of HTML that loads nothing from anywhere.

What came from followed files is escaped in both: it is shown, never obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from console.config.document import printable

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
MOST_SHOWN = 30
_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "th{text-align:left;vertical-align:top;padding-right:1em}"
    "pre{overflow:auto;background:#f4f4f4;padding:.6em}svg{max-width:100%}"
)


def markdown(alert: Mapping[str, Any], title: str, number: str) -> str:
    """The message of an alert (contracts §4, redacted); `number` says how its number was told."""
    return "\n".join(_markdown(alert, title, number)) + "\n"


def page(
    alert: Mapping[str, Any],
    title: str,
    number: str,
    drawings: tuple[str, str],
    lines: Sequence[Mapping[str, Any]],
) -> str:
    """The page: message, `drawings` (SVG and text) and the best log lines."""
    rows = "".join(
        f"<tr><th>{name}</th><td>{_html(text)}</td></tr>" for name, text in _said(alert, number)
    )
    shown = "\n".join(
        _html(f"{line['ts']} {line.get('level', ''):<8} {line.get('message', '')}")
        for line in lines[:MOST_SHOWN]
    )
    svg, text = drawings
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_html(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{_html(title)}</h1><table>{rows}</table><h2>Course</h2>{svg}"
        f"<details><summary>as text</summary><pre>{escape(text)}</pre></details>"
        f"<h2>Log lines around the onset</h2><pre>{shown or 'none'}</pre></body></html>\n"
    )


def _markdown(alert: Mapping[str, Any], title: str, number: str) -> Iterator[str]:
    yield f"# {_plain(title)}"
    yield ""
    for name, text in _said(alert, number):
        yield f"- **{name}**: {_plain(text)}"
    if alert["members"]:
        yield ""
        yield "With it:"
        yield ""
        for member in alert["members"]:
            where = " · ".join(filter(None, (member["model"], member["stage"], member["series"])))
            yield f"- {_plain(where)}, {member['detector']}, since {member['started_at']}"
    if alert["related_logs"]:
        yield ""
        yield "Log lines that became more frequent:"
        yield ""
        for log in alert["related_logs"]:
            yield f"- {log['lift']:g} times, {log['count']} lines: {_plain(log['template'])}"


def _said(alert: Mapping[str, Any], number: str) -> Iterator[tuple[str, str]]:
    yield "Severity", f"{alert['severity']}, {alert['state']}"
    for name, key in (("What", "what"), ("Where", "where"), ("When", "when"), ("Cost", "impact")):
        yield name, alert[key] or "unknown"
    for cause in alert["why"]:
        yield "Why", f"{cause['text']} ({100 * cause['confidence']:.0f} %)"
    for step in alert["suggestions"]:
        yield "Next", step
    yield "Number", number
    yield "Alert", f"{alert['id']}, fingerprint {alert['fingerprint']}"


def _plain(text: str) -> str:
    """Text that no reader of Markdown takes for markup."""
    return _SPECIAL.sub(r"\\\1", printable(" ".join(text.split())))


def _html(text: str) -> str:
    return escape(printable(" ".join(text.split())))
