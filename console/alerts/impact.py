"""What an incident costs, in numbers as far as they are known."""

from __future__ import annotations

from console.alerts.evidence import Gathered
from console.alerts.incident import Incident
from console.alerts.quantity import quantity, stage_order
from console.alerts.wording import figure, listed
from console.config.settings import Settings


def impact(incident: Incident, gathered: Gathered, settings: Settings) -> str:
    """Predictions concerned an hour, their value, and what lies downstream."""
    root = incident.lead.deviation
    sentences = [_affected(incident, gathered, settings)]
    order = stage_order(settings, incident.model)
    stage = root.series.stage
    below = list(order[order.index(stage) + 1 :]) if stage in order else []
    hit = sorted({f.deviation.series.stage or "" for f in incident.findings} - {"", stage})
    if hit:
        sentences.append(f"{_stages(hit)} already affected.")
    used = settings.model(incident.model).downstream
    if used:
        sentences.append(f"Used by: {listed(list(used))}.")
    coming = [name for name in below if name not in hit]
    if coming:
        sentences.append(f"Downstream of it: {listed(coming)}.")
    if len(incident.models) > 1:
        sentences.append(f"Models: {listed(list(incident.models))}.")
    return " ".join(sentences)


def concerned(incident: Incident, gathered: Gathered) -> float | None:
    """Predictions an hour that go wrong because of it, or are concerned by it; None: unknown."""
    rate = gathered.predictions_per_hour
    if rate is None:
        return None
    worse = _added_share(incident, gathered)
    return rate * (_share(incident) if worse is None else worse)


def _stages(names: list[str]) -> str:
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'}"


def _affected(incident: Incident, gathered: Gathered, settings: Settings) -> str:
    model = settings.model(incident.model)
    noun = model.predictions
    rate = gathered.predictions_per_hour
    worse = _added_share(incident, gathered)
    if rate is None:
        if worse:
            return f"{figure(100 * worse)} points of every 100 more than before are affected."
        ratio = _ratio(gathered)
        told = f"{figure(ratio)} times the usual level; " if ratio else ""
        return f"{told}how many {noun} are concerned is unknown, as none are recorded."
    if worse:
        number = rate * worse
        text = (
            f"About {figure(number)} of {figure(rate)} {noun} an hour go wrong that did not before"
        )
    else:
        share = _share(incident)
        number = rate * share
        text = f"About {figure(number)} {noun} an hour are concerned"
        text += f", {figure(100 * share)} % of the traffic" if share < 1.0 else ""
    value = model.value_per_prediction
    if value:
        unit = f" {model.unit}" if model.unit else ""
        text += f", worth {figure(number * value)}{unit} an hour"
    return f"{text}."


def _added_share(incident: Incident, gathered: Gathered) -> float | None:
    """By how much a share of failing rows rose, or of right answers fell; None for other series."""
    root = incident.lead.deviation
    kind = quantity(root)
    before, after = gathered.before, gathered.after
    if before is None or after is None or not (0 <= before <= 1 and 0 <= after <= 1):
        return None
    if kind in {"errors", "quality"}:
        return max(after - before, 0.0) or None
    if kind == "performance":
        return abs(after - before) or None
    return None


def _ratio(gathered: Gathered) -> float | None:
    if not gathered.before or gathered.after is None or gathered.after / gathered.before <= 0:
        return None
    return gathered.after / gathered.before


def _share(incident: Incident) -> float:
    """The share of the traffic that the root concerns, where its detector told it."""
    share = incident.lead.deviation.details.get("share")
    return float(share) if isinstance(share, int | float) and 0 < share <= 1 else 1.0
