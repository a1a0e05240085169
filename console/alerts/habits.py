"""What the journal of the console teaches: its acts, read as the rank's examples.

Each act carries what its alert was like at that time, so that the journal alone is enough to learn
from, whatever has become of the alert.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from console.alerts.alert import Alert
from console.alerts.examples import Act, Look, examples
from console.alerts.learning import Learner
from console.alerts.prior import topic
from console.alerts.rank import tier_feature
from console.alerts.triage import standing
from console.config.settings import Settings
from console.records.action import Action


def described(action: Action, alert: Alert, settings: Settings) -> Action:
    """The act with the fingerprint, detector, model and features of its alert in its args."""
    features = {"tier": tier_feature(settings.model(alert.model).tier), **alert.features}
    known = {
        "fingerprint": alert.fingerprint,
        "detector": alert.detector,
        "features": json.dumps(features, sort_keys=True, separators=(",", ":")),
        **({} if alert.model is None else {"model": alert.model}),
    }
    return replace(action, args={**known, **action.args})


def learner_of(actions: Sequence[Action]) -> Learner:
    """What the user who acted last has taught by all his looks, and acts that still stand."""
    learner = Learner()
    if actions:
        user = actions[-1].user
        own = [action for action in standing(actions) if action.user == user]
        for example in examples([entry for action in own if (entry := _entry(action)) is not None]):
            learner.learn(example)
    return learner


def _entry(action: Action) -> Look | Act | None:
    """An act or a look of the journal; None if nobody wrote down what its alert was like."""
    args = action.args
    if "features" not in args:
        return None
    model, reason = args.get("model"), args.get("reason")
    of = topic(
        str(args.get("detector", "")),
        None if model is None else str(model),
        json.loads(str(args["features"])),
    )
    if action.verb == "exposure":
        return Look(
            ts=action.ts,
            alert=action.alert_id,
            topic=of,
            position=int(args.get("position", 1)),
            cursor_ms=float(args.get("cursor_ms", 0.0)),
            opened=bool(args.get("opened")),
        )
    return Act(
        ts=action.ts,
        alert=action.alert_id,
        topic=of,
        verb=action.verb,
        reason=None if reason is None else str(reason),
    )
