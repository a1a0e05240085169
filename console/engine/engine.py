"""One step of the walk: what is stored is judged, what is new is read, both in one commit.

A step first closes the windows that the watermark has passed and hands them to the detectors and
to the alert room, which look at stored rows only; then it reads the next lines of the files that
lag most in event time; then one transaction carries the rows, the offsets, the window deltas, the
states and the alerts. Killed anywhere, a restart finds the state before or after a whole step, and
repeats the same step with the same result.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import polars as pl

from console.alerts.room import AlertRoom
from console.detectors.protocol import Detector, Span
from console.detectors.registry import builtin, plugins
from console.engine.absorb import Absorbed, Absorber
from console.engine.aggregates import Aggregates
from console.engine.codec import decode, encode
from console.engine.detection import Detection
from console.engine.held import HELD
from console.engine.intake import STEP_BYTES, Intake, Reading
from console.engine.seen import Seen
from console.engine.summaries import kinds
from console.engine.watermark import watermark
from console.records.clock import naive
from console.records.frames import EVENTS, Schema
from console.stats import (
    columns,
    confusion,
    fields,
    logs,
    performance,
    scores,
    sightings,
    volumes,
    windows,
)
from console.stats.estimation import ESTIMATES, Estimator
from console.store.commit import Commit, FileState, StoredIncident

if TYPE_CHECKING:
    from console.alerts.alert import Alert
    from console.config.settings import Settings
    from console.records.action import Action
    from console.records.clock import Clock
    from console.stats.pinning import References
    from console.store.database import Store
    from console.store.reader import Reader

STATE = "engine"
CLOSED: dict[str, Schema] = {
    "metrics": windows.CLOSED,
    "logs": logs.CLOSED,
    "columns": columns.CLOSED,
    "performance": performance.CLOSED,
    "confusion": confusion.CLOSED,
    "scores": scores.CLOSED,
    "volumes": volumes.CLOSED,
    "sightings": sightings.CLOSED,
    "fields": fields.CLOSED,
}
JUDGED_STEPS, JUDGED_S = 6, 1.0
"""In a backlog the windows of so many whole steps, or seconds of wall time, are judged at once."""
ESTIMATOR = "estimator"
ESTIMATOR_LAYOUT = 1


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did."""

    rows: int = 0
    """Rows stored, rejects included."""
    advanced: bool = False
    """The watermark moved: windows closed."""
    changed: tuple[str, ...] = ()
    """Ids of the alerts that changed."""
    read: bool = False
    """Something was read, if only a blank line."""

    @property
    def idle(self) -> bool:
        """Nothing was read and nothing closed."""
        return not (self.read or self.advanced)


class Engine:
    """Owns the walk; driven by `replay` and by a session's thread, one step at a time.

    After an exception it is to be thrown away and opened again: the store is its only memory.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        detectors: Sequence[Detector] | None = None,
    ) -> None:
        """Takes up where the store left off, with all detectors unless some are named.

        Raises StoreError, SettingsError and OSError.
        """
        restored = store.restore()
        self.journal = restored.actions
        """What users had done when this began."""
        self._settings = settings
        self._store = store
        self.reader: Reader = store.reader()
        """For the engine's own thread."""
        state = json.loads(restored.states.get(STATE, b"{}"))
        self._watermark: float | None = state.get("watermark")
        self.seen = Seen(state.get("models", {}))
        """The models there are."""
        self._aggregates = Aggregates(kinds(settings))
        for kind, shape in self._aggregates.kinds.items():
            # Nothing has closed yet where there is no watermark: every stored window is open.
            after = self._watermark or 0.0
            self._aggregates.add(kind, restored.open_windows(kind, after, shape.width_s))
        self._absorber = Absorber(settings, restored, self._aggregates.kinds)
        learned = restored.states.get(ESTIMATOR)
        self._estimator = Estimator(
            self.references, None if learned is None else decode(learned, ESTIMATOR_LAYOUT)
        )
        if detectors is None:
            own = builtin(settings, self.references, self._absorber.template_names)
            detectors = (*own, *plugins(settings, [detector.name for detector in own]))
        self._detection = Detection(detectors, restored.states)
        self._room = AlertRoom(settings)
        self._room.restore(restored.incidents, restored.actions, state.get("alerts"))
        self.intake = Intake(paths, settings, restored.files, clock)
        """The files, and how far they are read."""
        self._unjudged, self._judged_at = 0, clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the files; the store stays open."""
        self.intake.close()

    @property
    def watermark(self) -> float | None:
        """The event time up to which windows have closed; None before the first."""
        return self._watermark

    @property
    def references(self) -> References:
        """What columns are compared with."""
        return self._absorber.references

    def step(self, *, to_the_end: bool = False, most: int = STEP_BYTES) -> Step:
        """One step, of about `most` bytes.

        `to_the_end`: the files are history, their last lines are whole as they are. Raises
        StoreError.
        """
        self.intake.look(final=to_the_end)
        now = None if to_the_end else self.intake.live_now()
        clocks = self.intake.clocks(hold=not to_the_end)
        reached = watermark(clocks, self._settings.lateness_s, self._settings.window_s, now)
        readings = self.intake.read(final=to_the_end, most=most)
        states = self.intake.states(readings)
        self.intake.advance(readings)
        if readings and self.intake.is_behind() and not self._is_judged_now(readings, most):
            reached = None
        else:
            self._unjudged, self._judged_at = 0, self.intake.now()
        if readings:
            self.intake.read_ahead(final=to_the_end, most=most)
        try:
            return self._commit(reached, readings, states)
        finally:
            self.intake.end_reading_ahead()

    def finish(self) -> Step:
        """Closes the windows that are still open at the end of history."""
        newest = self.intake.newest()
        width = self._settings.window_s
        reached = None if newest is None else math.ceil(newest / width) * width
        files = self.intake.states(())
        self.intake.advance(())
        step = self._commit(reached, (), files)
        self._release(None)
        return step

    def act(self, action: Action) -> None:
        """Enters an act of a user in the journal. Raises StoreError."""
        action = self._room.described(action)
        changed = self._room.act(action)
        with self._store.begin() as transaction:
            transaction.write(Commit(actions=(action,), incidents=changed))

    def inbox(self, now: float | None = None) -> tuple[Alert, ...]:
        """All alerts, ranked, as of `now` or of the watermark."""
        return self._room.inbox(self._watermark or 0.0 if now is None else now)

    def _is_judged_now(self, readings: Sequence[Reading], most: int) -> bool:
        """Whether so much has been read since windows were last judged that it is time again."""
        self._unjudged += sum(reading.consumed for reading in readings)
        since = self.intake.now() - self._judged_at
        return self._unjudged >= JUDGED_STEPS * most or not 0 <= since < JUDGED_S

    def _commit(
        self, reached: float | None, readings: Sequence[Reading], files: tuple[FileState, ...]
    ) -> Step:
        advanced = reached is not None and (self._watermark is None or reached > self._watermark)
        if not advanced and not files:
            return Step()
        changed: tuple[StoredIncident, ...] = ()
        states: dict[str, bytes] = {}
        estimates = pl.DataFrame(schema=ESTIMATES)
        closed_to = self._watermark
        if advanced and reached is not None:
            self._release(reached)
            changed, estimates = self._judge(reached)
            states = {
                **self._detection.dump(),
                ESTIMATOR: encode(self._estimator.state(), ESTIMATOR_LAYOUT),
                STATE: _state(reached, self.seen, self._room),
            }
            closed_to = reached
        with self._store.begin() as transaction:
            absorbed = self._absorber.absorb(transaction, readings, closed_to or 0.0)
            transaction.write(
                Commit(
                    files=files,
                    windows={"estimates": estimates, **absorbed.windows},
                    series=absorbed.series,
                    templates=absorbed.templates,
                    states={**states, **absorbed.states},
                    incidents=changed,
                )
            )
        self._watermark = closed_to
        self._keep(absorbed)
        return Step(
            rows=sum(reading.records.height for reading in readings),
            advanced=advanced,
            changed=tuple(incident.id for incident in changed),
            read=bool(readings),
        )

    def _release(self, reached: float | None) -> None:
        """Stores what was held until its windows are whole: alerts look at them. None: all."""
        whole = self._absorber.held.release(reached)
        if whole:
            with self._store.begin() as transaction:
                states = {HELD: self._absorber.held.state()}
                transaction.write(Commit(windows=whole, states=states))

    def _keep(self, absorbed: Absorbed) -> None:
        if absorbed.records is not None:
            self.seen.add(absorbed.records)
        for kind, deltas in absorbed.windows.items():
            if kind in self._aggregates.kinds:
                self._aggregates.add(kind, deltas)

    def _judge(self, reached: float) -> tuple[tuple[StoredIncident, ...], pl.DataFrame]:
        """Detectors and alerts over what closes by `reached`; they see committed rows only.

        With the estimates of the windows of predictions that close, to be stored.
        """
        earliest = self._aggregates.earliest()
        start = (
            self._watermark if self._watermark is not None else min(earliest or reached, reached)
        )
        closed = {}
        for kind, schema in CLOSED.items():
            ended = self._aggregates.close(kind, reached)
            closed[kind] = pl.DataFrame(schema=schema) if ended is None else ended
        events = self.reader.events(start, reached)
        marked = events.filter(pl.col("ts") >= naive(start)).select(list(EVENTS))
        del closed["confusion"]
        estimates = self._estimator.update(
            closed["performance"], closed.pop("scores"), closed["columns"]
        )
        span = Span(start=start, end=reached, events=marked, estimates=estimates, **closed)
        changed = self._room.update(self._detection.update(span), marked, self.reader, reached)
        return changed, estimates


def _state(watermark: float, seen: Seen, room: AlertRoom) -> bytes:
    state = {"watermark": watermark, "models": seen.dump(), "alerts": room.dump()}
    return json.dumps(state).encode()
