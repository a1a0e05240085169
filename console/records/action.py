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
STROKE = "stroke"
"""The arg that acts share which one key did to several alerts: they are taken back together."""


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


def last_standing(actions: Sequence[Action]) -> tuple[Action, ...]:
    """The act that is taken back next: the last one that no standing undo takes back.

    It comes with the others of its stroke that still stand, in the order of the journal; empty for
    none. Undos themselves are not offered, nor what was merely looked at: taking back twice takes
    back two strokes.
    """
    undone = {action.undo_of for action in actions if action.verb == "undo"}
    standing = [
        action
        for action in actions
        if action.verb not in {"undo", "exposure"} and action.id not in undone
    ]
    if not standing:
        return ()
    stroke = standing[-1].args.get(STROKE)
    if stroke is None:
        return (standing[-1],)
    return tuple(action for action in standing if action.args.get(STROKE) == stroke)
