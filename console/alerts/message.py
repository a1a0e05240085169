"""What an alert says: title, what, where and when. `impact.py` and `advice.py` say the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.alerts.advice import suggestions
from console.alerts.alert import Alert, AlertState, Cause, Evidence, Member
from console.alerts.cause import causes
from console.alerts.evidence import Gathered
from console.alerts.expectation import exceeded
from console.alerts.features import features
from console.alerts.impact import concerned, impact
from console.alerts.incident import Finding, Incident
from console.alerts.marks import Mark
from console.alerts.quantity import quantity
from console.alerts.templates import retold
from console.alerts.wording import amount, figure, fit, length, listed, moment
from console.config.settings import Settings
from console.detectors.protocol import Deviation
from console.stats.masking import WILDCARD

TITLE_CELLS = 72
FIELD = re.compile(r"\{(\w+)\}")


def compose(
    incident: Incident,
    gathered: Gathered,
    marks: Sequence[Mark],
    settings: Settings,
    *,
    state: AlertState,
    now: float,
) -> Alert:
    """The alert of an incident at an event time, from evidence already gathered; not ranked."""
    root = incident.lead.deviation
    why = causes(incident, gathered, marks, settings)
    alert = Alert(
        id=incident.id,
        fingerprint=incident.fingerprint,
        severity=incident.severity,
        state=state,
        trigger="unexpected" if incident.explained_by is None else "planned_event",
        model=incident.model,
        stage=root.series.stage,
        version=gathered.version or root.version,
        series=root.series.label,
        detector=root.detector,
        started_at=incident.started_at,
        opened_at=incident.told_at,
        updated_at=incident.updated_at,
        ended_at=incident.ended_at,
        title=title(incident, gathered),
        what=what(incident, gathered, marks),
        where=where(incident, gathered),
        when=when(incident, now),
        impact=impact(incident, gathered, settings),
        why=_explained(why, _explanation(incident, marks)),
        explained_by=incident.explained_by,
        evidence=Evidence(
            before=gathered.before,
            after=gathered.after,
            baseline=root.baseline,
            threshold=root.threshold,
            effect_size=root.effect_size,
            p_value=root.p_value,
            points=gathered.points,
        ),
        members=tuple(_member(f) for f in incident.findings if f.deviation.key != root.key),
        related_logs=tuple(told.log for told in gathered.logs),
        suggestions=suggestions(incident, gathered, why, settings),
        features=features(incident, now, settings),
        figures=_figures(incident, gathered, settings),
    )
    return retold(alert, settings)


def _figures(incident: Incident, gathered: Gathered, settings: Settings) -> dict[str, float]:
    """What templates may tell of the impact."""
    rate = concerned(incident, gathered)
    value = settings.model(incident.model).value_per_prediction
    known = {"rate": rate, "cost": None if rate is None or value is None else rate * value}
    return {name: number for name, number in known.items() if number is not None}


def title(incident: Incident, gathered: Gathered) -> str:
    """One row of the inbox: the series, which way, from what to what, and the model."""
    root = incident.lead.deviation
    if incident.flooded:
        return fit(f"Flood: {incident.flooded} more {root.detector} findings", TITLE_CELLS)
    model = incident.model or f"{len(incident.models)} models"
    tail = others(incident) + (f" · {model}" if incident.models else "")
    head = f"{_subject(root)} {_short(root, gathered)}"
    room = max(TITLE_CELLS - len(tail), TITLE_CELLS // 2)
    return fit(fit(head, room) + tail, TITLE_CELLS)


def others(incident: Incident) -> str:
    """How many findings are of log lines that say the same of something else; "" for none.

    A template that stands for any of them is no other one, but tells that there are some.
    """
    root = incident.lead.deviation
    if quantity(root) != "logs":
        return ""
    labels = {finding.deviation.series.label for finding in incident.findings}
    alike = [label for label in labels if _differ_in_names(root.series.label, label)]
    named = sum(label.count(WILDCARD) <= root.series.label.count(WILDCARD) for label in alike)
    if not alike:
        return ""
    return " and others" if not named else f" and {named} other{'s' if named > 1 else ''}"


def _differ_in_names(one: str, other: str) -> bool:
    """Whether two templates have the same words, but for a few in the same places."""
    pairs = list(zip(one.split(), other.split(), strict=False))
    differing = sum(mine != theirs for mine, theirs in pairs)
    same_length = len(pairs) == len(one.split()) == len(other.split())
    return same_length and 0 < differing <= len(pairs) // 3


def what(incident: Incident, gathered: Gathered, marks: Sequence[Mark]) -> str:
    """What happened, in a sentence or two; the rule's own words where it has some."""
    root = incident.lead.deviation
    own = root.details.get("message")
    if isinstance(own, str):
        said = f"{_filled(own, root, gathered)} ({root.series.label} {root.reason})"
    elif quantity(root) in {"staleness", "logs"}:
        said = f"{root.series.label}: {root.reason}"
    else:
        said = f"{_subject(root)} {_change(root, gathered)}: {root.reason}"
    sentences = [_sentence(said)]
    if incident.flooded:
        sentences.insert(
            0,
            f"So many {root.detector} alerts opened within an hour that {incident.flooded} further"
            " findings were taken together.",
        )
    if gathered.carried is not None:
        sentences.append(gathered.carried.sentence())
    others = sorted({f.deviation.series.label for f in incident.findings} - {root.series.label})
    if others:
        sentences.append(f"With it: {listed(others)}.")
    if incident.model is None and len(incident.models) > 1:
        sentences.append(f"It befell {len(incident.models)} models at once.")
    explanation = _explanation(incident, marks)
    if explanation is not None:
        sentences.append(f"This is what {explanation.words} was expected to do.")
    elif (surpassed := exceeded(root, marks)) is not None:
        sentences.append(f"This exceeds what {surpassed.words} was expected to do.")
    return " ".join(sentences)


def where(incident: Incident, gathered: Gathered) -> str:
    """Model, version, stage and series, and the stages that the other findings lie in."""
    root = incident.lead.deviation
    parts = [incident.model or listed(list(incident.models)) or "no model named"]
    version = gathered.version or root.version
    if version:
        parts[0] += f" {version}"
    parts.append(root.series.stage or "stage unknown")
    parts.append(root.series.label)
    carrier = None if gathered.carried is None else gathered.carried.carrier.name
    if carrier is not None and carrier not in root.series.label:
        parts.append(carrier)
    text = " · ".join(parts)
    stages = {f.deviation.series.stage for f in incident.findings} - {None, root.series.stage}
    further = sorted(stage for stage in stages if stage)
    return f"{text}; also in {listed(further)}" if further else text


def when(incident: Incident, now: float) -> str:
    """Onset, when it was found, and whether it is still on."""
    onset = incident.started_at
    found = incident.told_at - onset
    text = f"Since {moment(onset)} UTC, found {length(found)} later"
    last = incident.quiet_since if incident.quiet_since is not None else now
    if not incident.open and incident.ended_at is not None:
        text += (
            f", over since {moment(incident.ended_at)} after {length(incident.ended_at - onset)}"
        )
    elif incident.quiet_since is not None:
        text += f", calm since {moment(last)}"
    else:
        text += f", still on after {length(now - onset)}"
    flapping = incident.flapping(last)
    if flapping:
        text += f"; on and off, raised {flapping} times within a day"
    if incident.reopened_at is not None:
        text += f"; came back {moment(incident.reopened_at)}"
    return f"{text}."


def _short(root: Deviation, gathered: Gathered) -> str:
    kind = quantity(root)
    if kind == "staleness":
        gap = root.details.get("gap_s")
        return f"silent for {length(float(gap))}" if isinstance(gap, int | float) else "silent"
    if kind == "logs":
        return root.reason
    before, after = gathered.before, gathered.after
    if before is None or after is None or before == after:
        return root.reason
    arrow = "up" if after > before else "down"
    return f"{arrow} {_told(root, before)} → {_told(root, after)}"


def _subject(root: Deviation) -> str:
    """What the numbers are of: the series, or the part of a column that its detector means."""
    label = root.series.label
    term = {"nulls": "nulls", "unseen": "unseen values"}.get(str(root.details.get("term")))
    if term is not None:
        return f"{label} {term}"
    cell = root.details.get("cell")
    if cell is not None and _of_shares(root):
        return f"{label} {cell}"
    return label


def _told(root: Deviation, value: float) -> str:
    return f"{figure(100 * value)} %" if _of_shares(root) else amount(value, root.series.name)


def _of_shares(root: Deviation) -> bool:
    """Whether the numbers are shares of rows, though the name of the column does not tell."""
    if root.detector == "quality":
        return root.details.get("term") in {"nulls", "unseen"}
    return root.detector == "drift" and "cell" in root.details and "shift_sigma" not in root.details


def _change(root: Deviation, gathered: Gathered) -> str:
    before, after = gathered.before, gathered.after
    if before is None or after is None:
        return "deviates"
    if after == before:
        return f"stands at {_told(root, after)}"
    verb = "rose" if after > before else "fell"
    text = f"{verb} from {_told(root, before)} to {_told(root, after)}"
    ratio = after / before if before else 0.0
    return f"{text} ({figure(ratio)} times)" if ratio >= 1.5 else text


def _filled(template: str, root: Deviation, gathered: Gathered) -> str:
    """The rule's message with its fields filled in; unknown fields are left as they stand.

    `{value}` is the bare number, for the rule's author has written the unit behind it.
    """
    value = gathered.after if root.after is None else root.after
    numbers = {
        "value": value,
        "before": gathered.before,
        "after": gathered.after,
        "baseline": root.baseline,
        "threshold": root.threshold,
    }
    texts = {
        "series": root.series.label,
        "model": root.series.model or "",
        "stage": root.series.stage or "",
        "version": root.version or "",
    }

    def field(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in numbers:
            number = numbers[name]
            return "unknown" if number is None else figure(number)
        return texts.get(name, match.group(0))

    return FIELD.sub(field, template)


def _sentence(text: str) -> str:
    plain = " ".join(text.split()).rstrip()
    return plain if plain.endswith((".", "!", "?", "…")) else f"{plain}."


def _member(finding: Finding) -> Member:
    series = finding.deviation.series
    return Member(
        model=series.model,
        stage=series.stage,
        series=series.label,
        detector=finding.deviation.detector,
        started_at=finding.deviation.onset,
    )


def _explanation(incident: Incident, marks: Sequence[Mark]) -> Mark | None:
    return next((mark for mark in marks if mark.id == incident.explained_by), None)


def _explained(why: tuple[Cause, ...], explanation: Mark | None) -> tuple[Cause, ...]:
    """The causes with the explaining event first: that it was expected settles the question."""
    if explanation is None:
        return why
    first = Cause(
        f"Expected of {explanation.words}",
        "event",
        0.95,
        explanation.id,
        explanation.ts,
        explanation.stage,
    )
    return (first, Cause("Unknown: something else at the same time", "unknown", 0.05))
