"""What a job calls to leave records behind, without ever being disturbed by it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.emit.append import append
from console.emit.record import RecordError, check, is_not_finite, line, moment, plain

Time = float | datetime | str
"""Epoch seconds, a datetime, or ISO 8601."""


_DIMENSIONS = ("model", "stage", "version")
"""Fields of the record itself, wherever a caller gives them."""


class Emitter:
    """Appends native records to one file, from any thread and any process.

    `model`, `stage`, `version` and `tags` hold for every record that does not say otherwise; the
    time is now where none is given. A record that cannot be written is counted in `lost`, the
    first one is told on standard error, and the job goes on; with `strict` it raises RecordError
    or OSError instead. A line is at most 1 MiB long. Keyword arguments that a method does not name
    are tags, except `model`, `stage` and `version`, which stand in the record itself.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        model: str | None = None,
        stage: str | None = None,
        version: str | None = None,
        tags: Mapping[str, str | float | bool] | None = None,
        strict: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path)
        self.lost = 0
        """Records that could not be written."""
        self._common = {"model": model, "stage": stage, "version": version}
        self._tags = dict(tags or {})
        self._strict = strict
        self._clock = clock

    def metric(
        self, name: str, value: float, /, *, ts: Time | None = None, **tags: str | float | bool
    ) -> None:
        """A measured number. One that is not finite (a loss gone NaN) is logged as a warning."""
        if is_not_finite(value):
            self._write(
                {"kind": "log", "level": "WARNING", "message": f"{name} is {value}"}, ts, tags
            )
        else:
            self._write({"kind": "metric", "name": name, "value": value}, ts, tags)

    def metrics(
        self, values: Mapping[str, float], /, *, ts: Time | None = None, **tags: str | float | bool
    ) -> None:
        """Several numbers of one moment."""
        finite = {name: value for name, value in values.items() if not is_not_finite(value)}
        for name, value in values.items():
            if name not in finite:
                self.metric(name, value, ts=ts, **tags)
        if finite:
            self._write({"kind": "metric", "metrics": finite}, ts, tags)

    def log(
        self,
        level: str,
        message: str,
        /,
        *,
        ts: Time | None = None,
        logger: str | None = None,
        exception: str | None = None,
        **attributes: Any,
    ) -> None:
        """A line of a log; what else is given is kept beside it and can be searched."""
        fields = {"level": level, "logger": logger, "message": message, "exception": exception}
        self.write({**attributes, "kind": "log", "ts": ts, **fields})

    def event(
        self,
        type: str,  # noqa: A002 - the contract's name of the field
        title: str,
        /,
        *,
        ts: Time | None = None,
        id: str | None = None,  # noqa: A002 - the contract's name of the field
        end_ts: Time | None = None,
        planned: bool | None = None,
        **tags: str | float | bool,
    ) -> None:
        """Something that was done and may explain what follows: `deploy`, `retrain`, ..."""
        fields = {"type": type, "title": title, "id": id, "end_ts": end_ts, "planned": planned}
        self._write({"kind": "event", **fields}, ts, tags)

    def prediction(
        self,
        id: str,  # noqa: A002 - the contract's name of the field
        /,
        *,
        features: Mapping[str, Any] | None = None,
        prediction: str | float | None = None,
        score: float | None = None,
        scores: Mapping[str, float] | None = None,
        ts: Time | None = None,
        **tags: str | float | bool,
    ) -> None:
        """What a model was given and what it answered; `id` is what its label will name."""
        answer = {"prediction": prediction, "score": score, "scores": scores}
        self._write({"kind": "prediction", "id": id, "features": features, **answer}, ts, tags)

    def label(
        self,
        id: str,  # noqa: A002 - the contract's name of the field
        label: str | float,
        /,
        *,
        ts: Time | None = None,
        **tags: str | float | bool,
    ) -> None:
        """The truth about a prediction, whenever it is known."""
        self._write({"kind": "label", "id": id, "label": label}, ts, tags)

    def write(self, record: Mapping[str, Any], /) -> None:
        """Any record of contracts §1; fields that are None are left out."""
        try:
            given = {k: v for k, v in plain(record).items() if v is not None}
            tags = given.get("tags", {})
            if isinstance(tags, dict):
                given["tags"] = {**self._tags, **tags} or None
            given.setdefault("ts", moment(datetime.fromtimestamp(self._clock(), UTC)))
            whole = {**self._common, **given}
            whole = {key: value for key, value in whole.items() if value is not None}
            check(whole)
            append(self.path, line(whole))
        except Exception as error:  # a job must outlive whatever its monitoring meets
            if self._strict:
                raise
            self._lose(error)

    def _write(self, record: Mapping[str, Any], ts: Time | None, tags: Mapping[str, Any]) -> None:
        own = {name: tags[name] for name in _DIMENSIONS if name in tags}
        rest = {name: value for name, value in tags.items() if name not in own}
        self.write({**record, **own, "ts": ts, "tags": rest})

    def _lose(self, error: Exception) -> None:
        self.lost += 1
        if self.lost > 1:
            return
        reason = f"{error}" if isinstance(error, RecordError | OSError) else repr(error)
        with contextlib.suppress(Exception):  # a daemon may have closed it
            print(  # noqa: T201 - standard error is all that we may assume of a job
                f"{self.path}: a record is lost: {reason} (further losses are only counted)",
                file=sys.stderr,
            )
