"""What the journal of the console teaches: its acts, read as the rank's examples.

Each act carries what its alert was like at that time, so that the journal alone is enough to learn
from, whatever has become of the alert.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from console.alerts.alert import Alert
from console.alerts.examples import Act, examples
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
    """What the user who acted last has taught by all his acts that still stand."""
    learner = Learner()
    if actions:
        user = actions[-1].user
        own = [action for action in standing(actions) if action.user == user]
        for example in examples([act for action in own if (act := _act(action)) is not None]):
            learner.learn(example)
    return learner


def _act(action: Action) -> Act | None:
    """An act of the journal; None if nobody wrote down what its alert was like."""
    if "features" not in action.args:
        return None
    model, reason = action.args.get("model"), action.args.get("reason")
    return Act(
        ts=action.ts,
        alert=action.alert_id,
        topic=topic(
            str(action.args.get("detector", "")),
            None if model is None else str(model),
            json.loads(str(action.args["features"])),
        ),
        verb=action.verb,
        reason=None if reason is None else str(reason),
    )
