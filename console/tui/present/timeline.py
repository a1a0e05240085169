"""The timeline: one lane a model on a shared axis, events as marks, incidents as shaded spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from console.tui.clean import clean
from console.tui.present.health import SEVERITY_ORDER, at_rest
from console.tui.present.line import Line, Piece, Role, fit
from console.tui.present.ticks import round_times
from console.tui.present.words import DASH, Calendar, span, version_tag

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.detectors.protocol import Severity
    from console.engine.snapshot import EventMark, Snapshot

EVERYWHERE = "all models"
NAME_MOST = 16
SHADES: dict[Severity, str] = {"critical": "█", "warning": "▓", "info": "▒"}
AT_REST_SHADE = "░"
EVENT, PLANNED, LASTING, CURSOR = "▼", "▽", "╌", "│"
TICK_CELLS = 10


@dataclass(frozen=True, slots=True)
class Lane:
    """What happened to one model; `model` None is the lane of what concerns all."""

    model: str | None
    alerts: tuple[tuple[float, float | None, Severity, bool], ...]
    """Start, end (None: still on), severity, whether at rest."""
    events: tuple[EventMark, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """From times to cells."""

    start: float
    end: float
    name: int
    """Cells of the lanes' names before the first cell of time."""
    width: int
    """Cells of time."""

    def cell(self, ts: float) -> int:
        """The cell of a time, maybe outside of 0..width-1."""
        return int((ts - self.start) / self.seconds)

    @property
    def seconds(self) -> float:
        """Seconds that a cell stands for."""
        return (self.end - self.start) / max(self.width, 1)


def lanes(
    snapshot: Snapshot,
    alerts: Sequence[Alert],
    start: float,
    end: float,
    events: Sequence[EventMark] | None = None,
) -> list[Lane]:
    """A lane for every model, in their order, and one for what concerns all if there is any.

    `events` stand in for those of the snapshot, which go back a week.
    """
    spans: dict[str | None, list[tuple[float, float | None, Severity, bool]]] = {}
    for alert in alerts:
        entry = (alert.started_at, alert.ended_at, alert.severity, at_rest(alert))
        if alert.started_at < end and (alert.ended_at is None or alert.ended_at >= start):
            spans.setdefault(alert.model, []).append(entry)
    marks: dict[str | None, list[EventMark]] = {}
    for event in snapshot.events if events is None else events:
        if event.ts < end and (event.end_ts or event.ts) >= start:
            marks.setdefault(event.model, []).append(event)
    names: list[str | None] = [model.name for model in snapshot.models]
    if None in spans or None in marks:
        names.insert(0, None)
    names += [name for name in {**spans, **marks} if name not in names]
    return [Lane(name, tuple(spans.get(name, ())), tuple(marks.get(name, ()))) for name in names]


def axis(of: Sequence[Lane], start: float, end: float, width: int, *, least: int = 0) -> Axis:
    """The shared axis of the lanes in a width; `least` cells are kept for names."""
    names = max((cell_len(lane_name(lane)) for lane in of), default=0)
    names = max(names, least)
    name = min(names, NAME_MOST, max(width // 4, 1)) + 2
    return Axis(start, end, name, max(width - name - 1, 1))


def lane_name(lane: Lane) -> str:
    """The model's name."""
    return clean(EVERYWHERE if lane.model is None else lane.model)


def row(lane: Lane, at: Axis, *, now: float, cursor: float | None) -> Line:
    """One lane: spans below, events above them, the time cursor on top."""
    marks: list[tuple[str, Role]] = [("·", "dim")] * at.width
    order = {severity: place for place, severity in enumerate(SEVERITY_ORDER)}
    for begun, ended, severity, rest in sorted(
        lane.alerts, key=lambda entry: (not entry[3], order[entry[2]])
    ):
        shade: tuple[str, Role] = (AT_REST_SHADE, "dim") if rest else (SHADES[severity], severity)
        _fill(marks, at, begun, now if ended is None else ended, shade)
    taken = [mark[0] not in ("·", AT_REST_SHADE) for mark in marks]
    for event in lane.events:
        if event.end_ts is not None:
            _fill(marks, at, event.ts, event.end_ts, (LASTING, "event"), taken=taken)
    seen = sorted(lane.events, key=lambda event: event.ts)
    for event in seen:
        if 0 <= (cell := at.cell(event.ts)) < at.width:
            marks[cell] = (PLANNED if event.planned else EVENT, "event")
            taken[cell] = True
    for event in seen:
        _label(marks, taken, at, event)
    if cursor is not None and 0 <= (here := at.cell(cursor)) <= at.width:
        marks[min(here, at.width - 1)] = (CURSOR, "accent")
    return (Piece(fit(f" {lane_name(lane)}", at.name)), *joined(marks))


def _fill(
    marks: list[tuple[str, Role]],
    at: Axis,
    start: float,
    end: float,
    shade: tuple[str, Role],
    *,
    taken: list[bool] | None = None,
) -> None:
    first = max(at.cell(start), 0)
    for cell in range(first, min(max(at.cell(end), first) + 1, at.width)):
        if taken is None or not taken[cell]:
            marks[cell] = shade


def _label(marks: list[tuple[str, Role]], taken: list[bool], at: Axis, event: EventMark) -> None:
    """The type and version of an event, where there is room beside its mark."""
    cell = at.cell(event.ts)
    if not 0 <= cell < at.width:
        return
    text = clean(f"{event.type} {version_tag(event.version)}".strip().replace("_", " "))
    for label in dict.fromkeys((text, clean(event.type))):
        size = cell_len(label)
        if size != len(label):
            continue  # a wide character would tear the cells apart
        for first in (cell + 1, cell - size):
            last = first + size
            if first < 0 or last > at.width or any(taken[first:last]):
                continue
            marks[first:last] = [(letter, "event") for letter in label]
            taken[first:last] = [True] * size
            return


def joined(marks: Sequence[tuple[str, Role]]) -> list[Piece]:
    """Cells as pieces, neighbours of one role together."""
    pieces: list[Piece] = []
    for text, role in marks:
        if pieces and pieces[-1].role == role:
            pieces[-1] = Piece(pieces[-1].text + text, role)
        else:
            pieces.append(Piece(text, role))
    return pieces


def ticks(at: Axis, calendar: Calendar) -> str:
    """The axis' labels: clock times, the day where it begins."""
    letters = [" "] * (at.name + at.width)
    for tick, label in round_times(at.start, at.end, max(at.width // TICK_CELLS, 1), calendar):
        place = at.name + at.cell(tick)
        if place + len(label) <= len(letters):
            letters[place : place + len(label)] = label
    return "".join(letters)


def span_text(
    at_start: float, at_end: float, *, follows: bool, now: float, calendar: Calendar
) -> str:
    """`last 6 h`, or from when to when."""
    if follows:
        return f"last {span(at_end - at_start)}"
    return f"{calendar.near(at_start, now)} {DASH} {calendar.near(at_end, now)}"


def at_cursor(lanes_: Sequence[Lane], at: Axis, cursor: float) -> str:
    """Which events lie under the time cursor."""
    near = [
        event for lane in lanes_ for event in lane.events if abs(event.ts - cursor) <= at.seconds
    ]
    return clean(", ".join(f"{event.type} {event.title}".strip() for event in near[:2]))
