"""An alert told in the words of its reader: the templates of `[[messages]]` in console.toml.

Of each text the template that names the most of an alert's places wins, the last of several; what
has no template keeps its words. What is put in for a name is data: braces in it mean nothing, line
ends become spaces, and a title is cut to its row. Names that nothing is known of become "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from console.alerts.alert import Alert
from console.alerts.wording import amount, figure, fit, listed, moment
from console.config.messages import FIELD, Words
from console.config.settings import Settings

TITLE_CELLS = 72
_PLACES = ("model", "stage", "series", "detector")


def retold(alert: Alert, settings: Settings, recipient: str | None = None) -> Alert:
    """The alert in the words that its templates give it, those for a recipient included.

    Told once for everybody (`recipient` None), an alert may be told again for one recipient.
    """
    found: dict[str, str] = {}
    owner = settings.model(alert.model).owner
    for part in ("title", "what", "impact"):
        fitting = [
            words
            for words in settings.messages
            if getattr(words, part) is not None
            and words.recipient == recipient
            and _matches(words, alert, owner)
        ]
        if fitting:
            best = max(enumerate(fitting), key=lambda pair: (_named(pair[1]), pair[0]))[1]
            found[part] = str(getattr(best, part))
    if not found:
        return alert
    known = _known(alert, settings)
    told = {part: filled(text, known) for part, text in found.items()}
    if "title" in told:
        told["title"] = fit(told["title"], TITLE_CELLS)
    return replace(alert, **told)  # type: ignore[arg-type]


def filled(template: str, known: Mapping[str, str]) -> str:
    """A template with its names replaced, in one line; nothing in what was put in is a name."""
    text = FIELD.sub(lambda match: known.get(match.group(1), match.group(0)), template)
    return " ".join(text.split())


def _matches(words: Words, alert: Alert, owner: str | None) -> bool:
    named = [(getattr(words, place), getattr(alert, place)) for place in _PLACES]
    return all(
        wanted is None or wanted == found for wanted, found in [*named, (words.owner, owner)]
    )


def _named(words: Words) -> int:
    """How many places a template names."""
    return sum(getattr(words, place) is not None for place in (*_PLACES, "owner"))


def _known(alert: Alert, settings: Settings) -> dict[str, str]:
    model = settings.model(alert.model)
    name, evidence = alert.series or "", alert.evidence
    times = None
    if evidence.before and evidence.after is not None:
        times = evidence.after / evidence.before
    cause = next((one for one in alert.why if one.kind != "unknown"), None)
    texts = {
        "model": alert.model,
        "stage": alert.stage,
        "series": alert.series,
        "version": alert.version,
        "detector": alert.detector,
        "severity": alert.severity,
        "owner": model.owner,
        "value": amount(evidence.after, name),
        "before": amount(evidence.before, name),
        "threshold": amount(evidence.threshold, name),
        "times": None if times is None else figure(times),
        "since": moment(alert.started_at),
        "cause": None if cause is None else cause.text,
        "chance": None if cause is None else f"{figure(100 * cause.confidence)} %",
        "rate": _number(alert.figures.get("rate")),
        "cost": _number(alert.figures.get("cost")),
        "downstream": listed(list(model.downstream)) or None,
        "title": alert.title,
        "what": alert.what,
        "impact": alert.impact,
    }
    return {key: "unknown" if text is None else text for key, text in texts.items()}


def _number(value: float | None) -> str | None:
    return None if value is None else figure(value)
