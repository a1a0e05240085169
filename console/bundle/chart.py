"""The course of a series around its onset, as a drawing of text and as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from console.alerts.alert import Alert
from console.config.document import printable
from console.records.clock import iso

COLUMNS, ROWS = 72, 12
WIDTH, HEIGHT, EDGE = 720.0, 220.0, 10.0
_EIGHTHS = " ▁▂▃▄▅▆▇█"
Points = Sequence[tuple[float, float]]


def text(alert: Alert) -> str:
    """The chart in at most 85 columns and 15 lines; the onset is marked below it."""
    points = alert.evidence.points
    if not points:
        return "no points to draw\n"
    low, high = _range(alert)
    first, last = points[0][0], points[-1][0]
    cells: list[list[float]] = [[] for _ in range(COLUMNS)]
    for ts, value in points:
        cells[_place(ts, first, last)].append(value)
    heights = [
        None if not cell else (sum(cell) / len(cell) - low) / (high - low) * ROWS for cell in cells
    ]
    lines = []
    for row in range(ROWS - 1, -1, -1):
        drawn = "".join(" " if h is None else _cell(h - row, lowest=row == 0) for h in heights)
        label = f"{high:.5g}" if row == ROWS - 1 else f"{low:.5g}" if row == 0 else ""
        lines.append(f"{label:>11} {drawn}".rstrip())
    mark = _place(min(max(alert.started_at, first), last), first, last)
    lines.append(" " * (12 + mark) + "^")
    lines.append(f"{'':12}{iso(first)[:16]} to {iso(last)[:16]} UTC, ^ onset")
    return "\n".join(lines) + "\n"


def svg(alert: Alert, name: str) -> str:
    """The chart of what is called `name` as an SVG: course, onset, usual level and limit."""
    points = alert.evidence.points
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img"'
        f' font-family="sans-serif" font-size="11"><title>{escape(printable(name))}</title>'
    )
    if not points:
        return f'{head}<text x="20" y="30">no points to draw</text></svg>'
    low, high = _range(alert)
    first, last = points[0][0], points[-1][0]
    long = max(last - first, 1.0)

    def x(ts: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (min(max(ts, first), last) - first) / long

    def y(value: float) -> float:
        return HEIGHT - 2 * EDGE - (HEIGHT - 4 * EDGE) * (value - low) / (high - low)

    onset = x(alert.started_at)
    right, bottom = WIDTH - EDGE, HEIGHT - EDGE
    parts = [
        head,
        f'<rect x="{onset:.1f}" width="{right - onset:.1f}" height="{bottom:g}" fill="#fbeceb"/>',
    ]
    levels = (
        ("usual", alert.evidence.baseline, "#888"),
        ("limit", alert.evidence.threshold, "#c60"),
    )
    for label, value, colour in levels:
        if value is not None and low <= value <= high:
            across = f'x1="{EDGE:g}" x2="{right:g}" y1="{y(value):.1f}" y2="{y(value):.1f}"'
            place = f'x="{right:g}" y="{y(value) - 3:.1f}" text-anchor="end" fill="{colour}"'
            parts.append(f'<line {across} stroke="{colour}" stroke-dasharray="4 3"/>')
            parts.append(f"<text {place}>{label} {value:.5g}</text>")
    path = " ".join(f"{x(ts):.1f},{y(value):.1f}" for ts, value in points)
    upright = f'x1="{onset:.1f}" x2="{onset:.1f}" y1="0" y2="{bottom:g}"'
    parts += [
        f'<polyline points="{path}" fill="none" stroke="#2c5f9e" stroke-width="1.5"/>',
        f'<line {upright} stroke="#c0392b"/>',
        f'<text x="{EDGE:g}" y="{HEIGHT - 2:g}">{iso(first)[:16]}</text>',
        f'<text x="{right:g}" y="{HEIGHT - 2:g}" text-anchor="end">{iso(last)[:16]} UTC</text>',
        f'<text x="{EDGE:g}" y="12">{high:.5g}</text>',
        f'<text x="{EDGE:g}" y="{HEIGHT - 2 * EDGE:g}">{low:.5g}</text></svg>',
    ]
    return "".join(parts)


def _range(alert: Alert) -> tuple[float, float]:
    """The least and the greatest value that is drawn, never the same."""
    values = [value for _, value in alert.evidence.points]
    low, high = min(values), max(values)
    limit = alert.evidence.threshold
    if limit is not None and low - 2 * (high - low) <= limit <= high + 2 * (high - low):
        low, high = min(low, limit), max(high, limit)
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _place(ts: float, first: float, last: float) -> int:
    return min(COLUMNS - 1, int((ts - first) / max(last - first, 1e-9) * COLUMNS))


def _cell(height: float, *, lowest: bool) -> str:
    """The part of a column in one row; a column is never without a trace."""
    eighths = round(min(max(height, 0.0), 1.0) * 8)
    return _EIGHTHS[max(eighths, 1) if lowest else eighths]
