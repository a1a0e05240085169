"""What a user does to an alert: one line of the append-only journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Verb = Literal["ack", "snooze", "resolve", "noise", "important", "note", "undo"]


@dataclass(frozen=True, slots=True)
class Action:
    """One act. `undo` names in `undo_of` the `id` of the act that it takes back."""

    id: str
    ts: float
    user: str
    alert_id: str
    verb: Verb
    args: Mapping[str, str | float] = field(default_factory=dict)
    """`until` (epoch seconds) of a snooze, `reason` of a resolve, `text` of a note."""
    undo_of: str | None = None


def last_standing(actions: Sequence[Action]) -> Action | None:
    """The last act, in the order of the journal, that no standing undo takes back.

    Undos themselves are not offered: taking back twice takes back two acts.
    """
    undone = {action.undo_of for action in actions if action.verb == "undo"}
    return next(
        (
            action
            for action in reversed(actions)
            if action.verb != "undo" and action.id not in undone
        ),
        None,
    )
