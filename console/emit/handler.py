"""A handler of Python's `logging` that writes native log records."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from console.emit.emitter import Emitter

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_TAKEN = frozenset({"kind", "ts", "level", "logger", "exception"})


class EmitHandler(logging.Handler):
    """Appends each log record to a file as JSON, its traceback and its `extra` fields beside it.

        logging.getLogger().addHandler(EmitHandler("serving.jsonl", model="fraud", stage="serving"))

    What cannot be written is reported as `logging` does it (`Handler.handleError`).
    """

    def __init__(
        self,
        path: str | Path,
        *,
        model: str | None = None,
        stage: str | None = None,
        version: str | None = None,
        tags: Mapping[str, str | float | bool] | None = None,
        level: int | str = logging.NOTSET,
    ) -> None:
        super().__init__(level)
        self._emitter = Emitter(
            path, model=model, stage=stage, version=version, tags=tags, strict=True
        )
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record."""
        try:
            self._emitter.log(
                record.levelname,
                record.getMessage(),
                ts=record.created,
                logger=record.name,
                exception=self._exception(record),
                **{
                    f"{name}_" if name in _TAKEN else name: value
                    for name, value in vars(record).items()
                    if name not in _OWN
                },
            )
        except Exception:  # noqa: BLE001 - as every handler of logging does: the job goes on
            self.handleError(record)

    def _exception(self, record: logging.LogRecord) -> str | None:
        parts = []
        if record.exc_info and record.exc_info[0] is not None:
            parts.append(self._formatter.formatException(record.exc_info))
        elif record.exc_text:
            parts.append(record.exc_text)
        if record.stack_info:
            parts.append(record.stack_info)
        return "\n".join(parts) or None
