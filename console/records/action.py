"""What a user does to an alert: one line of the append-only journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verb = Literal[
    "ack", "snooze", "resolve", "noise", "important", "note", "assign", "mute", "merge", "split",
    "exposure", "undo",
]  # fmt: skip
"""What may be done to an alert, and that it was looked at; `alerts.triage` tells the args."""


@dataclass(frozen=True, slots=True)
class Action:
    """One act. `undo` names in `undo_of` the `id` of the act that it takes back."""

    id: str
    ts: float
    user: str
    alert_id: str
    verb: Verb
    args: Mapping[str, str | float] = field(default_factory=dict)
    """`until` (epoch seconds) of a snooze, `reason` of a resolve, `text` of a note, and so on."""
    undo_of: str | None = None


def last_standing(actions: Sequence[Action]) -> Action | None:
    """The last act, in the order of the journal, that no standing undo takes back.

    Undos themselves are not offered, nor what was merely looked at: taking back twice takes back
    two acts.
    """
    undone = {action.undo_of for action in actions if action.verb == "undo"}
    return next(
        (
            action
            for action in reversed(actions)
            if action.verb not in {"undo", "exposure"} and action.id not in undone
        ),
        None,
    )
