"""The first line: what is followed, how much, how far behind, and whose time it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.present.line import Line, Piece, piece, spread
from console.tui.present.words import Calendar, count, plural, size, span

if TYPE_CHECKING:
    from console.engine.snapshot import Snapshot

NAME = Piece(" model-console", "strong")
BAR = 10
BEHIND_WORTH_TELLING = 5.0


def header(
    snapshot: Snapshot | None,
    *,
    paths: str,
    calendar: Calendar,
    now: float,
    width: int,
    paused: bool = False,
) -> Line:
    """The line; `now` is the wall clock, used when the snapshot is live."""
    left: Line = (NAME, piece(f"  {paths}", "dim"))
    if snapshot is None:
        return spread(left, (Piece("opening the store ... ", "dim"),), width)
    right: list[Piece] = []
    if paused:
        right.append(Piece("‖ paused, space goes on", "warning"))
    if not snapshot.progress.caught_up:
        right += _separated(right, *_reading(snapshot, wide=width >= 110))
    else:
        right += _separated(right, *_running(snapshot, width))
    right += _separated(right, *_time(snapshot, calendar, now, width))
    return spread(left, (*right, Piece(" ")), width)


def _separated(before: list[Piece], *pieces: Piece) -> list[Piece]:
    return [Piece("  "), *pieces] if before else list(pieces)


def _reading(snapshot: Snapshot, *, wide: bool) -> list[Piece]:
    """How far the reading of what was there has come, and that one need not wait for it."""
    progress = snapshot.progress
    share = progress.bytes_read / max(progress.bytes_total, 1)
    filled = int(share * BAR)
    pieces = [
        Piece("reading ", "dim"),
        Piece(f"{100 * share:.0f} % of {size(progress.bytes_total)}"),
    ]
    if wide:
        bar = [
            Piece("━" * filled, "accent"),
            Piece("━" * (BAR - filled), "dim"),
            Piece(" "),
        ]
        pieces[1:1] = bar
        pieces.append(Piece(f" · {count(progress.rows)} records · the inbox is live", "dim"))
    return pieces


def _running(snapshot: Snapshot, width: int) -> list[Piece]:
    progress = snapshot.progress
    parts = []
    if width >= 100:
        parts.append(plural(len(snapshot.models), "model"))
    if snapshot.live:
        parts.append(f"{count(progress.rows_per_second)} rec/s")
    elif width >= 100:
        parts.append(f"{count(progress.rows)} records")
    pieces = [Piece(" · ".join(parts), "dim")]
    if snapshot.live:
        late = progress.behind_s >= BEHIND_WORTH_TELLING
        behind = f"{progress.behind_s:.1f} s" if progress.behind_s < 10 else span(progress.behind_s)
        pieces.append(Piece(f" · {behind} behind", "warning" if late else "dim"))
    if progress.rejects:
        dot = " · " if parts else ""
        pieces.append(Piece(f"{dot}{count(progress.rejects)} undecoded", "warning"))
    return pieces


def _time(snapshot: Snapshot, calendar: Calendar, now: float, width: int) -> list[Piece]:
    if snapshot.live:
        return [Piece(calendar.clock(now), "strong"), Piece(f" {calendar.name}", "dim")]
    if not snapshot.progress.rows:
        return [Piece("nothing read yet", "dim")]
    when = f"{calendar.date(snapshot.now)} {calendar.minute(snapshot.now)}"
    label = "history, ends " if width >= 100 else "history "
    return [
        Piece(label, "dim"),
        Piece(when, "strong"),
        Piece(f" {calendar.name}", "dim"),
    ]
