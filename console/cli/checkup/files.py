"""The sources: which format each file has and why, what of it can be decoded, and its clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from console.cli.checkup.finding import Finding
from console.cli.checkup.machine import size
from console.cli.checkup.pieces import Looked, look
from console.config.settings import Settings
from console.formats.protocol import Format
from console.formats.registry import SAMPLE, detect, formats
from console.records.clock import DAY, HOUR, MINUTE, Clock, epoch, iso
from console.records.frames import Records
from console.sources.discover import Discovery, SourceFile

AHEAD_S = 5 * MINUTE
"""How far a clock may be ahead of ours."""
APART_S = DAY
_DENIED = "permission denied"
_COPY = "copy it anew: what stands behind the damage cannot be read"
_REGULAR_ROWS = 20
"""Files of fewer rows (of events, say) may well end long before the others."""
_YEAR_2000 = 946_684_800.0


@dataclass(frozen=True)
class Examined:
    """One file and what its beginning and end say."""

    file: SourceFile
    size: int = 0
    problem: str | None = None
    """Why it cannot be read."""
    mend: str | None = None
    """What to do about a file that cannot be followed."""
    format: Format | None = None
    reason: str = ""
    settled: bool = True
    rows: int = 0
    rejects: int = 0
    first_reject: tuple[int, str] | None = None
    """Byte and reason of the first line that could not be decoded."""
    whole: bool = True
    """All of the file was decoded."""
    unread: str | None = None
    """Why the rest of it cannot be read."""
    oldest: float | None = None
    newest: float | None = None

    @property
    def path(self) -> str:
        """As it is shown: from the working folder, if it lies below it."""
        path, here = self.file.path, Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)


def examine(paths: Sequence[Path], settings: Settings) -> list[Examined]:
    """Looks into every file that would be followed, ordered by path."""
    references = [model.reference for model in settings.models if model.reference is not None]
    discovery = Discovery(paths, settings.sources, exclude=references, stages=settings.stages)
    found = [_examined(file) for file in discovery.find()]
    mend = "mend what it is, or leave it out of [[sources]]"
    broken = [
        Examined(discovery.describe(path), problem=why, mend=None if _DENIED in why else mend)
        for path, why in discovery.broken()
    ]
    return sorted([*found, *broken], key=lambda one: one.file.path)


def _examined(file: SourceFile) -> Examined:
    try:
        with file.path.open("rb") as opened:
            return _decoded(file, look(file.path, opened.fileno()))
    except OSError as error:
        return Examined(file, problem=(error.strerror or str(error)).lower())


def _decoded(file: SourceFile, looked: Looked) -> Examined:
    if looked.unread is not None and not looked.sample:
        return Examined(file, problem=looked.unread, mend=_COPY)
    detection = detect(looked.sample[:SAMPLE], str(file.path), file.format)
    found = Examined(
        file,
        looked.size,
        format=detection.format,
        reason=detection.reason,
        settled=detection.settled,
        whole=looked.whole,
        unread=looked.unread,
        mend=detection.mend,
    )
    if detection.format is None:
        return found
    defaults = file.defaults_for(detection.format.name)
    decoded = [detection.format.decode(chunk, defaults).records for chunk in looked.chunks]
    return _counted(found, decoded, sum(len(chunk.data) for chunk in looked.chunks))


def _counted(found: Examined, decoded: Sequence[Records], looked_at: int) -> Examined:
    rejected = [row for records in decoded for row in records.rejects.iter_rows(named=True)]
    times = [
        epoch(moment)
        for records in decoded
        for name, frame in records.items()
        if name != "rejects"
        for moment in (frame["ts"].min(), frame["ts"].max())
        if isinstance(moment, datetime)
    ]
    share = 1.0 if found.whole else found.size / looked_at
    rejects = len(rejected)
    return replace(
        found,
        rows=round(share * (sum(records.height for records in decoded) - rejects)),
        rejects=round(share * rejects),
        first_reject=(rejected[0]["offset"], rejected[0]["reason"]) if rejected else None,
        oldest=min(times, default=None),
        newest=max(times, default=None),
    )


def sources(examined: Sequence[Examined], paths: Sequence[Path]) -> Iterator[Finding]:
    """What can be read of each file, and what not."""
    for problem in formats().problems:
        yield Finding("sources", "plug-in", "mend", problem, "install it anew, or take it out")
    if not examined:
        named = " ".join(str(path) for path in paths)
        mend = "append lines to a file there, or name other paths"
        yield Finding("sources", named, "mend", "there is no file to follow", mend)
    for one in examined:
        yield _source(one)


def _source(one: Examined) -> Finding:
    if one.problem is not None:
        mend = one.mend or "make it readable, or leave it out of [[sources]]"
        return Finding("sources", one.path, "mend", one.problem, mend)
    if one.format is None:
        return _formless(one)
    belongs = one.file.defaults_for(one.format.name)
    where = " / ".join(part for part in (belongs.model, belongs.stage) if part)
    about = "" if one.whole else "about "
    said = (
        f"{one.format.name} ({one.reason}){f', {where}' if where else ''}, "
        f"{size(one.size)}, {about}{_counted_as(one.rows, 'row')}"
    )
    if one.unread is not None:
        return _torn(one, said)
    if one.first_reject is not None:
        return _rejected(one, f"{said}, {about}{_counted_as(one.rejects, 'reject')}")
    if one.format.name == "text" and belongs.model is None:
        return Finding("sources", one.path, "note", f"{said}, of no model: name one in [[sources]]")
    return Finding("sources", one.path, "ok", said)


def _counted_as(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _rejected(one: Examined, said: str) -> Finding:
    """A file that holds what cannot be decoded."""
    assert one.format is not None
    assert one.first_reject is not None
    place, reason = one.first_reject
    unit = "row" if one.format.name == "parquet" else "byte"
    said += f", the first at {unit} {place:,}: {reason}"
    if one.rejects > one.rows:
        mend = "say its `format` in [[sources]], or mend what writes it"
        return Finding("sources", one.path, "mend", said, mend)
    return Finding("sources", one.path, "note", said)


def _torn(one: Examined, said: str) -> Finding:
    if one.unread is not None and "damaged" in one.unread:
        return Finding("sources", one.path, "mend", f"{said}, {one.unread}", _COPY)
    return Finding("sources", one.path, "note", f"{said}, {one.unread}: waits for the rest")


def _formless(one: Examined) -> Finding:
    if not one.settled:
        return Finding(
            "sources",
            one.path,
            "note",
            f"{one.reason}{'' if one.reason.endswith(' yet') else ' so far'}: waits for lines",
        )
    return Finding("sources", one.path, "mend", f"cannot be followed: {one.reason}", one.mend)


def clocks(examined: Sequence[Examined], clock: Clock) -> Iterator[Finding]:
    """Records from the future or from before the year 2000, and files that end far apart."""
    now = clock()
    mend = "set the clock of its writer, or name the `timezone` of its times in [[sources]]"
    dated = [(one.newest, one) for one in examined if one.newest is not None]
    for newest, one in dated:
        if newest > now + AHEAD_S:
            text = f"its newest record is {_span(newest - now)} ahead of this machine's clock"
            yield Finding("clocks", one.path, "mend", text, mend)
    for one in examined:
        if one.oldest is not None and one.oldest < _YEAR_2000:
            text = f"its oldest record is of {iso(one.oldest)}"
            yield Finding("clocks", one.path, "mend", text, "mend the unit of its `ts`")
    if not dated:
        return
    regular = [pair for pair in dated if pair[1].rows >= _REGULAR_ROWS] or dated
    first, last = (pick(regular, key=lambda pair: pair[0]) for pick in (min, max))
    text = f"newest record {iso(last[0])}, {_span(max(now - last[0], 0.0))} ago"
    yield Finding("clocks", "all files", "ok", text)
    if last[0] - first[0] > APART_S:
        text = f"ends {_span(last[0] - first[0])} before {last[1].path}"
        yield Finding("clocks", first[1].path, "note", text)


def _span(seconds: float) -> str:
    for width, unit in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if seconds >= 2 * width:
            return f"{seconds / width:,.0f} {unit}"
    return f"{seconds:.0f} seconds"
