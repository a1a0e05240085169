"""The engine in a thread of its own, for the screen and for `collect`.

The screen gets one frozen snapshot a tick and reads through its own cursor; what the user does is
queued and carried out between two steps. A store that fails in passing (a full disk, say) is
closed, opened again and continued from its offsets; one that cannot be opened at all ends the
session with one clear line.
"""

from __future__ import annotations

import getpass
import os
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from console.engine.pace import Pace
from console.records.action import STROKE, Action, Verb, last_standing
from console.records.clock import Clock, system_clock

if TYPE_CHECKING:
    from console.config.settings import Settings
    from console.engine.desk import Desk
    from console.engine.engine import Engine
    from console.engine.mailroom import Mailroom
    from console.engine.marking import Mark
    from console.engine.snapshot import Snapshot
    from console.store.database import Store
    from console.store.reader import Reader

IDLE_S = 0.5
"""Longest wait before the sources are looked at again, if nothing calls earlier."""
TICK_S = 0.04
"""Least time between two snapshots when everything has been read."""
LOADING_TICK_S = 0.3
"""Least time between two snapshots while history is being read."""
FIRST_STEP_BYTES = 256 << 10
"""How much the first step of a backlog reads, each further one twice as much: something is on the
screen at once, and the rest goes fast."""
BACK_OFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits before a store that failed is opened again."""

OnSnapshot = Callable[["Snapshot"], None]
OnFailure = Callable[[str], None]


class Session:
    """Follows files until it is stopped. Heavy libraries are imported in its thread only."""

    def __init__(
        self,
        paths: Sequence[Path],
        settings: Settings,
        store_path: Path | None,
        clock: Clock = system_clock,
        user: str | None = None,
    ) -> None:
        self._paths = tuple(paths)
        self._settings = settings
        self._store_path = store_path
        self._clock = clock
        self._user = user or _account()
        self._stop = threading.Event()
        self._called = threading.Event()
        """Somebody wants something: no rest."""
        self._pace = Pace()
        self._lock = threading.Lock()
        self._queued: list[Action] = []
        self._journal: list[Action] = []
        self._store: Store | None = None
        self._engine: Engine | None = None
        self._thread: threading.Thread | None = None
        self._notice: str | None = None
        """What the store failed with, until something is stored again."""
        self._failures = 0
        self._shown: Snapshot | None = None

    @property
    def user(self) -> str:
        """Who acts: the name of the account."""
        return self._user

    @property
    def paths(self) -> str:
        """What is followed, for people to read."""
        return " ".join(str(path) for path in self._paths)

    def start(self, on_snapshot: OnSnapshot, on_failure: OnFailure) -> None:
        """Begins to read in a thread of its own and returns at once.

        Both callbacks are called from that thread and must return at once. `on_failure` gets the
        one clear line of what ended the collection; after it no snapshot comes.
        """
        self._thread = threading.Thread(
            target=self._run, args=(on_snapshot, on_failure), name="engine"
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends the collection after the step in hand, and joins its thread. Safe to repeat."""
        self._stop.set()
        self._wake()
        if self._thread is not None:
            self._thread.join()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the session to end; whether it has."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def reader(self) -> Reader | None:
        """A reader of its own for one caller; None while the store is not open."""
        with self._lock:
            return None if self._store is None else self._store.reader()

    def desk(self) -> Desk | None:
        """A desk of its own for one caller; None while the store is not open."""
        with self._lock:
            store, engine = self._store, self._engine
            if store is None or engine is None:
                return None
            from console.engine.desk import Desk
            from console.engine.panes import Panes

            panes = Panes(self._settings, engine.references)
            left_out = engine.intake.left_out
            return Desk(store.reader(), engine.references, panes, self._settings, left_out)

    def attend(self) -> None:
        """The user is there: for a while, what comes is read as soon as it comes."""
        self._pace.attend(time.monotonic())
        self._called.set()

    def act(self, verb: Verb, alert_id: str, /, **args: str | float) -> Action:
        """Enters an act in the journal and returns it at once; a snapshot that shows it follows."""
        return self.act_on(verb, (alert_id,), **args)[0]

    def act_on(
        self, verb: Verb, alert_ids: Sequence[str], /, **args: str | float
    ) -> tuple[Action, ...]:
        """Enters the same act on several alerts, which `undo` takes back as one."""
        if len(alert_ids) > 1:
            args = {**args, STROKE: uuid.uuid4().hex}
        return self._enter(
            Action(uuid.uuid4().hex, self._clock(), self._user, alert_id, verb, args)
            for alert_id in alert_ids
        )

    def mark(self, mark: Mark) -> str:
        """Marks an event by hand, in a followed file, and returns which; it comes back as a record.

        Raises ValueError with one clear line.
        """
        from console.engine import marking

        with self._lock:
            store = self._store
            reader = None if store is None else store.reader()
        if reader is None:
            raise ValueError("the store is not open yet: try again in a moment")
        try:
            path = marking.place_for(reader, self._paths, self._settings)
        finally:
            reader.close()
        marking.write(mark, path)
        self._wake()
        return str(path)

    def undoable(self) -> tuple[Action, ...]:
        """The user's last act that still stands, with the others of its stroke; empty for none."""
        with self._lock:
            return last_standing([act for act in self._journal if act.user == self._user])

    def undo(self) -> tuple[Action, ...]:
        """Takes back what is `undoable`, and returns it; a snapshot that shows it follows."""
        taken = self.undoable()
        now = self._clock()
        self._enter(
            Action(uuid.uuid4().hex, now, self._user, act.alert_id, "undo", {}, act.id)
            for act in taken
        )
        return taken

    def _enter(self, actions: Iterable[Action]) -> tuple[Action, ...]:
        entered = tuple(actions)
        with self._lock:
            self._journal += entered
            self._queued += entered
        self._wake()
        return entered

    def _wake(self) -> None:
        self._called.set()
        with self._lock:
            engine = self._engine
        if engine is not None:
            engine.intake.wake()

    def _run(self, on_snapshot: OnSnapshot, on_failure: OnFailure) -> None:
        def show(snapshot: Snapshot) -> None:
            self._shown = snapshot
            on_snapshot(snapshot)

        while not self._stop.is_set():
            try:
                self._collect(show)
            except Exception as error:  # noqa: BLE001 - a thread that ends unheard leaves a dead screen
                if not getattr(error, "passing", False):
                    on_failure(self._told(error))
                    return
                pause = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
                self._failures += 1
                self._notice = f"{error}: nothing is lost, trying again every {pause:.0f} s"
                before = self._shown or _nothing_yet(self._clock())
                show(replace(before, revision=before.revision + 1, notices=(self._notice,)))
                self._stop.wait(pause)

    def _told(self, error: Exception) -> str:
        """One clear line of what ended the session; the trace of a fault of ours goes to a file."""
        from console.config.settings import SettingsError
        from console.store.database import StoreError

        if isinstance(error, StoreError | SettingsError | OSError):
            return str(error)
        folder = self._store_path.parent if self._store_path else Path(tempfile.gettempdir())
        report = folder / f"model-console-fault-{int(self._clock())}.txt"
        report.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return f"a fault of model-console's own, {type(error).__name__}: {error}: see {report}"

    def _collect(self, on_snapshot: OnSnapshot) -> None:
        """Opens the store and walks until the session is stopped or the store fails."""
        from console.engine.engine import Engine
        from console.engine.mailroom import Mailroom, followed
        from console.store.database import Store

        paths = followed(self._paths, self._settings)
        with (
            Store.open(self._store_path, self._clock) as store,
            Engine(paths, self._settings, store, self._clock) as engine,
            Mailroom(self._settings, store, self._clock, engine.intake.wake) as mailroom,
        ):
            engine.intake.watch()
            with self._lock:
                self._store, self._engine = store, engine
                waiting = {action.id for action in self._queued}
                self._journal = [
                    *engine.journal,
                    *(action for action in self._journal if action.id in waiting),
                ]
            try:
                self._walk(engine, store, mailroom, on_snapshot)
            finally:
                with self._lock:
                    self._store = self._engine = None

    def _walk(
        self, engine: Engine, store: Store, mailroom: Mailroom, on_snapshot: OnSnapshot
    ) -> None:
        from console.engine.engine import Step
        from console.engine.intake import STEP_BYTES
        from console.engine.picture import Picture
        from console.engine.space import Space
        from console.engine.upkeep import Upkeep

        picture = Picture(engine, self._settings)
        upkeep = Upkeep(self._settings, store)
        space = Space(self._store_path, self._settings.retention.free)
        shown_at, unseen = float("-inf"), True
        before: list[str] = []
        if engine.watermark is not None:
            # What is stored can be seen before it is known what, of how many files, is to be read.
            on_snapshot(picture.stored(time.monotonic(), store.notices))
        most = FIRST_STEP_BYTES
        while not self._stop.is_set():
            acted = self._carry_out(engine)
            shortage = space.shortage()
            step = Step() if shortage else engine.step(most=most)
            if not step.idle:
                self._notice, self._failures = None, 0
                self._pace.stepped(time.monotonic(), step.rows)
            most = FIRST_STEP_BYTES if step.idle else min(2 * most, STEP_BYTES)
            if acted or step.advanced:
                picture.changed()
            unseen = unseen or acted or not step.idle
            store.settle(idle=step.idle)
            if not shortage:
                upkeep.turn(engine.watermark, time.monotonic(), idle=step.idle)
                mailroom.turn(engine, changed=acted or step.advanced)
            told = [shortage, self._notice, upkeep.notice, *store.notices, *engine.intake.notices]
            told += mailroom.notices
            notices = [notice for notice in told if notice]
            unseen = unseen or notices != before
            before = notices
            caught_up = engine.intake.progress().caught_up
            pause = TICK_S if caught_up else LOADING_TICK_S
            now = time.monotonic()
            if (unseen or picture.due(now)) and (acted or now - shown_at >= pause):
                on_snapshot(picture.take(now, notices))
                shown_at, unseen = now, False
            if step.idle and not self._queued:
                soon = unseen or upkeep.busy
                engine.intake.wait(TICK_S if soon else IDLE_S)
                if caught_up and not soon:
                    self._rest()

    def _rest(self) -> None:
        """Lets a trickle gather, unless somebody wants something."""
        self._called.clear()
        rest = self._pace.rest(time.monotonic())
        if rest > 0.0 and not (self._queued or self._stop.is_set()):
            self._called.wait(rest)

    def _carry_out(self, engine: Engine) -> bool:
        """Enters what the user did; an act leaves the queue when it is stored."""
        acted = False
        while self._queued:
            engine.act(self._queued[0])
            with self._lock:
                del self._queued[0]
            acted = True
        return acted


def _nothing_yet(now: float) -> Snapshot:
    """What there is to show before a store could be opened: something is still to be read."""
    from console.engine.snapshot import Progress, Snapshot

    progress = Progress(0, 0, 1, 0, 0, 0.0, 0.0)
    return Snapshot(0, now, live=False, models=(), inbox=(), events=(), progress=progress)


def _account() -> str:
    """The name of the account, or its number where it has none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
