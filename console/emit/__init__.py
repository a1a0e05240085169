"""Writes native records from a training or serving job; standard library alone.

    from console.emit import Emitter

    emit = Emitter("runs/fraud.jsonl", model="fraud", stage="training", version="12")
    emit.metric("loss", 0.31, epoch=3)
    emit.event("deploy", "fraud v12 serves everyone")

`console.emit.handler.EmitHandler` does the same for the records of Python's `logging`.
"""

from console.emit.emitter import Emitter
from console.emit.record import RecordError

__all__ = ["Emitter", "RecordError"]
