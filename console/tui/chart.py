"""The one adapter of plotext: a typed chart in, lines of roles out.

plotext 6.1 has traps that stay in here: a NaN among finite values ends the whole process, the one
figure is global to the module, `event()` throws the axes away, limits that are too close are
reported on standard output. So: finite numbers only, a figure of its own for every chart, one chart
at a time, limits always apart. The import takes a third of a second and comes with the first chart.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rich.text import Text

from console.tui.clean import clean
from console.tui.present.line import Line, Piece, Role, plain
from console.tui.present.ticks import round_times
from console.tui.present.words import Calendar, value

Point = tuple[float, float]
LEAST_WIDTH, LEAST_HEIGHT = 24, 5
_COLORS: dict[str, Role] = {
    "1": "critical", "2": "ok", "3": "warning", "4": "info", "5": "event", "6": "accent",
    "7": "text", "8": "dim",
}  # fmt: skip
_NUMBER: dict[Role, int] = {role: int(number) for number, role in _COLORS.items()}
_STROKES: dict[tuple[str, Role], str] = {
    ("─", "ok"): "┈", ("─", "warning"): "╌", ("┼", "ok"): "┈", ("┼", "warning"): "╌",
    ("│", "event"): "┊", ("┼", "event"): "┊", ("│", "accent"): "╎",
}  # fmt: skip
"""Lines that mean different things look different without colour, too."""
_OFF = (False,)
_drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """A series over time with what is needed to judge it. All but `points` may be missing."""

    points: tuple[Point, ...]
    """(epoch seconds, value), oldest first; what is not finite is a gap."""
    start: float | None = None
    """Left edge; None: the first point."""
    end: float | None = None
    band: tuple[float, float] | None = None
    """Where the series usually lies."""
    baseline: float | None = None
    threshold: float | None = None
    onset: float | None = None
    """Points from here on are drawn in `role`."""
    cursor: float | None = None
    bounds: tuple[tuple[float, float, float], ...] = ()
    """(epoch seconds, low, high): the interval of each point."""
    events: tuple[Point, ...] = ()
    """Times of marked events; the second number is not used."""
    role: Role = "critical"
    width: int = 60
    height: int = 10
    calendar: Calendar = field(default_factory=Calendar)


def chart_text(spec: ChartSpec) -> str:
    """The chart as plain text, without colour."""
    return "\n".join(plain(line).rstrip() for line in chart(spec)) + "\n"


@lru_cache(maxsize=64)
def chart(spec: ChartSpec) -> tuple[Line, ...]:
    """The chart in at most `spec.height` lines of `spec.width` cells.

    Empty where there is nothing finite to draw or no room to draw it in. Safe from any thread.
    """
    points = reduced(finite(spec.points), 2 * max(spec.width - 10, 1))
    if not points or spec.width < LEAST_WIDTH or spec.height < LEAST_HEIGHT:
        return ()
    with _drawing:
        text = Text.from_ansi(_draw(spec, points))
    return tuple(_line(row) for row in text.split("\n", allow_blank=False))


def finite(points: Sequence[Point]) -> list[Point]:
    """The points whose time and value are finite and of a size that can be drawn."""
    return [
        (float(ts), float(number))
        for ts, number in points
        if math.isfinite(ts) and math.isfinite(number) and abs(number) < 1e300
    ]


def reduced(points: Sequence[Point], most: int) -> list[Point]:
    """At most `most` points: the least and the greatest of each column, in their order."""
    if len(points) <= most:
        return list(points)
    columns = max(most // 2, 1)
    start, end = points[0][0], points[-1][0]
    width = (end - start) / columns or 1.0
    buckets: dict[int, list[Point]] = {}
    for entry in points:
        buckets.setdefault(min(int((entry[0] - start) / width), columns - 1), []).append(entry)
    kept: list[Point] = []
    for _, bucket in sorted(buckets.items()):
        low = min(bucket, key=lambda entry: entry[1])
        high = max(bucket, key=lambda entry: entry[1])
        kept += sorted({low, high})
    return kept


def _draw(spec: ChartSpec, points: list[Point]) -> str:
    import plotext

    plotext.terminal.limit(*_OFF, *_OFF)
    figure: Any = type(plotext.figure)(plotext.terminal)
    figure.plot_size(spec.width, spec.height)
    figure.theme("colorless")
    figure.canvas("default")
    left, right = _span(spec, points)
    low, high = _limits(spec, points)
    figure.ruler("x").lim(0.0, right - left)
    figure.ruler("y").lim(low, high)
    for number, role in _levels(spec):
        if math.isfinite(number) and low <= number <= high:
            figure.line(number, "h", pixel=_NUMBER[role])
    for ts, role in _uprights(spec):
        if left <= ts <= right:
            figure.line(ts - left, "v", pixel=_NUMBER[role])
    for side in (1, 2):
        edge = reduced(finite([(entry[0], entry[side]) for entry in spec.bounds]), 2 * spec.width)
        _stroke(figure, [(ts - left, number) for ts, number in edge], "dim")
    onset = right if spec.onset is None else spec.onset
    before = [entry for entry in points if entry[0] < onset]
    after = [entry for entry in points if entry[0] >= onset]
    for part, role in ((before, "text"), (before[-1:] + after if after else [], spec.role)):
        _stroke(figure, [(ts - left, number) for ts, number in part], role)
    _rulers(figure, spec, (left, right), (low, high))
    text: str = figure.build().string()
    return text


def _stroke(figure: Any, points: Sequence[Point], role: Role) -> None:
    """A line through the points; nothing for none."""
    import plotext

    if points:
        marker = plotext.marker("braille", _NUMBER.get(role, 7))
        signal = figure.signal([x for x, _ in points], [y for _, y in points], marker=marker)
        signal.lines()
        figure.draw(signal)


def _levels(spec: ChartSpec) -> list[tuple[float, Role]]:
    levels: list[tuple[float, Role]] = [(number, "dim") for number in spec.band or ()]
    if spec.baseline is not None:
        levels.append((spec.baseline, "ok"))
    if spec.threshold is not None:
        levels.append((spec.threshold, "warning"))
    return levels


def _uprights(spec: ChartSpec) -> list[tuple[float, Role]]:
    marks: list[tuple[float, Role]] = [(ts, "event") for ts, _ in spec.events if math.isfinite(ts)]
    if spec.onset is not None:
        marks.append((spec.onset, spec.role))
    if spec.cursor is not None:
        marks.append((spec.cursor, "accent"))
    return marks


def _span(spec: ChartSpec, points: list[Point]) -> Point:
    left = points[0][0] if spec.start is None else spec.start
    right = points[-1][0] if spec.end is None else spec.end
    return (left, right) if right - left >= 1.0 else (left - 30.0, left + 30.0)


def _limits(spec: ChartSpec, points: list[Point]) -> Point:
    numbers = [number for _, number in points]
    numbers += [n for _, low, high in spec.bounds for n in (low, high) if math.isfinite(n)]
    wanted = [spec.baseline, spec.threshold, *(spec.band or ())]
    spread = max(numbers) - min(numbers)
    for extra in wanted:
        # a limit far away would press the series flat; it is told in words beside the chart
        if extra is not None and math.isfinite(extra):
            near = min(abs(extra - min(numbers)), abs(extra - max(numbers)))
            if near <= 2 * spread or min(numbers) <= extra <= max(numbers):
                numbers.append(extra)
    low, high = min(numbers), max(numbers)
    room = (high - low) * 0.05
    if room <= max(abs(low), abs(high)) * 1e-9:
        room = max(abs(low) * 0.1, 1e-6)
    return low - room, high + room


def _rulers(figure: Any, spec: ChartSpec, across: Point, up: Point) -> None:
    (left, right), (low, high) = across, up
    for axis in ("x", "y"):
        figure.axes(*_OFF, axis=axis, side=1)
    rows = max(min(spec.height // 3, 5), 2)
    heights = [low + (high - low) * place / (rows - 1) for place in range(rows)]
    figure.ruler("y").ticks(
        heights, [clean(value(_short(height, high - low))) for height in heights]
    )
    times = round_times(left, right, max((spec.width - 8) // 12, 2), spec.calendar)
    figure.ruler("x").ticks([ts - left for ts, _ in times], [label for _, label in times])


def _short(number: float, spread: float) -> float:
    """The number without the digits that the chart cannot tell apart."""
    digits = 1 - math.floor(math.log10(spread)) if spread > 0 else 3
    return round(number, max(min(digits, 12), 0)) + 0.0


def _line(text: Text) -> Line:
    """A row of the figure: terminal colours become roles."""
    pieces: list[Piece] = []
    roles: list[Role] = ["dim"] * len(text.plain)
    for mark in text.spans:
        color = getattr(mark.style, "color", None)
        number = str(color.number) if color is not None and color.number is not None else ""
        for place in range(mark.start, min(mark.end, len(roles))):
            roles[place] = _COLORS.get(number, "dim")
    for drawn, role in zip(text.plain, roles, strict=True):
        letter = _STROKES.get((drawn, role), drawn)
        if pieces and pieces[-1].role == role:
            pieces[-1] = Piece(pieces[-1].text + letter, role)
        else:
            pieces.append(Piece(letter, role))
    return tuple(pieces)
