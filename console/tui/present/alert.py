"""The whole message of an alert: every field, the unknown said, wrapped to the width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.records.clock import MINUTE
from console.tui.clean import clean
from console.tui.present.health import SEVERITY_MARK, STATE_WORD, severity_role
from console.tui.present.line import EMPTY, Line, Piece, Role, crop, fit, piece, spread, wrap
from console.tui.present.words import SIGMA, TIMES, Calendar, age, plural, span, value, version_tag

if TYPE_CHECKING:
    from console.alerts.alert import Alert, Cause, Member, RelatedLog

LABEL = 8
CAUSES, LOGS, MEMBERS = 3, 5, 5
"""How many are shown; the rest is counted."""
LEVEL_ROLE: dict[str, Role] = {"CRITICAL": "critical", "ERROR": "critical", "WARNING": "warning"}


def alert_lines(
    alert: Alert,
    width: int,
    *,
    calendar: Calendar,
    now: float,
    chart: Sequence[Line] = (),
    reasons: bool = False,
) -> list[Line]:
    """The message for a pane of `width` cells; `reasons` adds why it stands where it stands."""
    width = max(width, LABEL + 8)
    lines = _title(alert, width, calendar, now)
    lines += field("What", alert.what, width)
    lines += field("Where", alert.where, width)
    lines += field("When", alert.when, width)
    lines += _why(alert, width, calendar, now)
    lines += field("Cost", alert.impact, width)
    if reasons:
        lines += _reasons(alert, width)
    if chart:
        lines += [EMPTY, *chart]
    lines += _evidence(alert, width)
    lines += _logs(alert.related_logs, width)
    lines += _next(alert, width)
    lines += _members(alert.members, width, calendar, now)
    return lines


def field(label: str, text: str, width: int) -> list[Line]:
    """A label and its text beside it, wrapped; a missing text is said to be unknown."""
    body: Line = (piece(text),) if text.strip() else (Piece("unknown", "dim"),)
    return labelled(label, wrap(body, width - LABEL - 2))


def labelled(label: str, body: Sequence[Line]) -> list[Line]:
    """Lines with a label before the first."""
    heads = [label, *[""] * (len(body) - 1)]
    return [
        (Piece(f" {fit(head, LABEL)}", "dim"), *line)
        for head, line in zip(heads, body, strict=True)
    ]


def _title(alert: Alert, width: int, calendar: Calendar, now: float) -> list[Line]:
    role = severity_role(alert)
    mark = Piece(f" {SEVERITY_MARK[alert.severity]} ", role)
    title = wrap((piece(alert.title, "strong"),), width - 4)
    lines: list[Line] = [(mark, *title[0])]
    lines += [(Piece("   "), *rest) for rest in title[1:]]
    life = span((now if alert.ended_at is None else alert.ended_at) - alert.started_at)
    parts = [
        STATE_WORD[alert.state],
        f"since {calendar.near(alert.started_at, now)}",
        f"for {life}" if alert.ended_at is None else f"lasted {life}",
    ]
    if alert.trigger != "unexpected":
        parts.append("planned event" if alert.trigger == "planned_event" else "regular report")
    if alert.explained_by:
        parts.append(f"expected: {clean(alert.explained_by)}")
    if alert.rank:
        parts.append(f"priority {alert.priority:.0f}")
    status: Line = (Piece(alert.severity, role), Piece(" · " + " · ".join(parts), "dim"))
    lines += [(Piece("   "), *rest) for rest in wrap(status, width - 4)]
    return lines


def _why(alert: Alert, width: int, calendar: Calendar, now: float) -> list[Line]:
    if not alert.why:
        return field("Why", "", width)
    body: list[Line] = []
    for cause in alert.why[:CAUSES]:
        head = Piece(f"{100 * cause.confidence:>3.0f} %  ", _sure(cause))
        inside = wrap((piece(_cause(cause, calendar, now)),), width - LABEL - 9)
        body += [(head, *inside[0]), *[(Piece(" " * 7), *rest) for rest in inside[1:]]]
    rest = alert.why[CAUSES:]
    if rest:
        share = sum(cause.confidence for cause in rest)
        others = Piece(f"{100 * share:>3.0f} %  {plural(len(rest), 'other')}", "dim")
        body.append(crop((others,), width - LABEL - 2))
    return labelled("Why", body)


def _sure(cause: Cause) -> Role:
    return "strong" if cause.confidence >= 0.5 else "text"


def _cause(cause: Cause, calendar: Calendar, now: float) -> str:
    """The cause's own words, with the time of its event unless they tell it."""
    if cause.event_ts is None:
        return cause.text
    minute = calendar.minute(cause.event_ts)
    return (
        cause.text
        if minute in cause.text
        else f"{cause.text} ({calendar.near(cause.event_ts, now)})"
    )


def _evidence(alert: Alert, width: int) -> list[Line]:
    found = alert.evidence
    parts: list[Piece] = []
    if found.before is not None or found.after is not None:
        parts += [
            Piece(value(found.before)),
            Piece(" → ", "dim"),
            Piece(value(found.after), severity_role(alert)),
        ]
    for label, number in (
        ("expected", found.baseline),
        ("limit", found.threshold),
        ("effect", found.effect_size),
        ("p", found.p_value),
    ):
        if number is not None:
            text = value(number)
            if label in ("effect", "p"):
                text = f"{number:.2g}" + (f" {SIGMA}" if label == "effect" else "")
            parts.append(Piece(f"{' · ' if parts else ''}{label} {text}", "dim"))
    if not parts:
        return []
    label = "Before→" if width < 40 else "Change"
    return labelled(label, wrap(tuple(parts), width - LABEL - 2))


def _logs(logs: Sequence[RelatedLog], width: int) -> list[Line]:
    body: list[Line] = []
    for log in logs[:LOGS]:
        lift = f"{min(log.lift, 9999.0):>4.0f}{TIMES}"
        role = LEVEL_ROLE.get(log.level or "", "text")
        tail: Line = (Piece(plural(log.count, "line"), "dim"),)
        text: Line = (Piece(f"{lift} ", "strong"), piece(log.template, role))
        body.append(spread(text, tail, width - LABEL - 2))
    if not body:
        return []
    if len(logs) > LOGS:
        body.append((Piece(f"and {len(logs) - LOGS} more", "dim"),))
    return labelled("Logs", body)


def _next(alert: Alert, width: int) -> list[Line]:
    body: list[Line] = []
    for suggestion in alert.suggestions:
        inside = wrap((piece(suggestion),), width - LABEL - 4)
        body += [(Piece("→ ", "dim"), *inside[0]), *[(Piece("  "), *rest) for rest in inside[1:]]]
    return labelled("Next", body) if body else []


def _members(members: Sequence[Member], width: int, calendar: Calendar, now: float) -> list[Line]:
    body: list[Line] = []
    for member in members[:MEMBERS]:
        where = " · ".join(part for part in (member.model, member.stage, member.series) if part)
        text = f"{where} ({member.detector}, {calendar.near(member.started_at, now)})"
        body.append(crop((piece(text),), width - LABEL - 2))
    if not body:
        return []
    if len(members) > MEMBERS:
        body.append((Piece(f"and {len(members) - MEMBERS} more", "dim"),))
    return labelled("With", body)


def _reasons(alert: Alert, width: int) -> list[Line]:
    """Why it stands here: the terms, which add up."""
    head = (
        f"#{alert.rank}, priority {alert.priority:.0f} of 100" if alert.rank else "not ranked yet"
    )
    inside = width - LABEL - 2
    return labelled("Rank", [*wrap((Piece(head),), inside), *reason_lines(alert, inside)])


def reason_lines(alert: Alert, width: int) -> list[Line]:
    """The terms of the rank, strongest first."""
    return [
        crop(
            (
                Piece(f"{reason.weight:+6.2f}  ", "strong" if reason.weight > 0 else "dim"),
                piece(reason.text),
            ),
            width,
        )
        for reason in alert.rank_reasons
    ]


def headline(alert: Alert, now: float) -> str:
    """The title of the alert's pane: which alert, where, how old."""
    parts = [alert.model or "all models", version_tag(alert.version), alert.stage or ""]
    fresh = age(max(now - alert.updated_at, 0.0)) if now - alert.updated_at >= MINUTE else "now"
    return clean(" · ".join(part for part in parts if part) + f" · seen {fresh}")
