"""What goes wrong, and what only looks like it: each kind as a handful of effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from console.demo.effects import Effect
from console.demo.models import card_fraud, churn, delivery_time, ticket_router
from console.demo.templates import Template
from console.records.clock import HOUR, MINUTE

Expect = Literal["alert", "explained", "silent"]


@dataclass(frozen=True, slots=True)
class MarkedEvent:
    """An event as the events file says it; no model means that it concerns every one."""

    ts: float
    model: str | None
    stage: str | None
    type: str
    title: str
    id: str
    planned: bool = True
    end_ts: float | None = None
    version: str | None = None
    """The version that runs from then on, of a deploy."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Log lines that appear beside the usual ones of a stage."""

    model: str
    stage: str
    templates: tuple[Template, ...]
    per_minute: float
    start: float
    end: float
    rise_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that happens to the fleet, for the worse or harmless."""

    id: str
    kind: str
    model: str | None
    stage: str
    """The stage where it begins."""
    start: float
    end: float
    expect: Expect
    title: str
    signs: str
    """What to look for, with sizes."""
    effects: tuple[Effect, ...] = ()
    bursts: tuple[Burst, ...] = ()
    events: tuple[MarkedEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that happens to the fleet in a run."""

    incidents: tuple[Incident, ...] = ()
    events: tuple[MarkedEvent, ...] = field(default=())
    """Marked events without any effect."""

    def effects(self) -> list[Effect]:
        """The effects of all incidents."""
        return [effect for incident in self.incidents for effect in incident.effects]

    def bursts(self) -> list[Burst]:
        """The log lines of all incidents."""
        return [burst for incident in self.incidents for burst in incident.bursts]

    def marked(self) -> list[MarkedEvent]:
        """All events in order of time."""
        of_incidents = [event for incident in self.incidents for event in incident.events]
        return sorted([*self.events, *of_incidents], key=lambda event: (event.ts, event.id))


def bad_deploy(id_: str, model: str, start: float, end: float, *, old: str, new: str) -> Incident:
    """A deploy that breaks requests, rolled back at its end."""
    templates = {
        "card-fraud": card_fraud.BROKEN_DEPLOY,
        "ticket-router": ticket_router.BROKEN_DEPLOY,
    }[model]
    serving = f"{model}/serving"
    begun = start + 20.0
    return Incident(
        id_,
        "bad_deploy",
        model,
        "serving",
        start,
        end,
        "alert",
        f"Deploy {new} breaks requests",
        f"`error_rate` x13, `latency_p95_ms` x2.1, new {templates[0].exception_name} traceback "
        f"in the serving log about once a minute; rolled back to {old} at the end",
        (
            Effect(f"{serving}/error_rate", "scale", 13.0, begun, end, rise_s=60.0),
            Effect(f"{serving}/latency_p95_ms", "scale", 2.1, begun, end, rise_s=60.0),
        ),
        (Burst(model, "serving", templates, 1.0, begun, end),),
        (
            MarkedEvent(start, model, "serving", "deploy", f"Deploy {new}", f"{id_}-deploy",
                        version=new),
            MarkedEvent(end, model, "serving", "deploy", f"Roll back to {old}", f"{id_}-back",
                        planned=False, version=old),
        ),
    )  # fmt: skip


def lost_column(id_: str, model: str, start: float, end: float, pace: float = 1.0) -> Incident:
    """An import without one column: nulls all the way down to the business.

    `pace` scales the delays between the stages.
    """
    lag = MINUTE * pace
    business: tuple[Effect, ...]
    logs: tuple[Burst, ...]
    if model == "delivery-time":
        column, rate, source = "distance_km", "missing_distance_rate", "courier feed"
        business = (
            Effect(f"{model}/business/on_time_rate", "shift", -0.13, start + 30 * lag,
                   end + 10 * lag, 15 * lag, 15 * lag),
            Effect(f"{model}/business/complaints_per_hour", "scale", 2.4, start + 30 * lag,
                   end + 10 * lag, 20 * lag, 20 * lag),
        )  # fmt: skip
        logs = (
            Burst(model, "upstream", delivery_time.LOST_COLUMN_UPSTREAM, 0.4, start, end),
            Burst(model, "features", delivery_time.LOST_COLUMN_FEATURES, 0.8, start + 4 * lag, end),
        )
        harm = "a mean absolute error of 5.5 instead of 3.5 minutes once labels arrive"
        cost = "`business/on_time_rate` -0.13 and complaints x2.4 half an hour later"
    else:
        column, rate, source = "usage_hours", "missing_rate", "crm export"
        business = (
            Effect(f"{model}/business/offer_acceptance_rate", "scale", 0.72, start + 30 * lag,
                   end + 10 * lag, 15 * lag, 15 * lag),
        )  # fmt: skip
        logs = (Burst(model, "features", churn.LOST_COLUMN, 1.2, start + 4 * lag, end),)
        harm = "a lower accuracy once labels arrive"
        cost = "`business/offer_acceptance_rate` x0.72 half an hour later"
    return Incident(
        id_,
        "lost_column",
        model,
        "upstream",
        start,
        end,
        "alert",
        f"The {source} comes without {column}",
        f"`upstream/null_rate` +0.40 at once, `features/{rate}` +0.40 after 4 min, nulls in 40 % "
        f"of `{column}` of the predictions after 6 min (and {harm}), {cost}; "
        "log warnings in the same stages",
        (
            Effect(f"{model}/upstream/null_rate", "shift", 0.40, start, end),
            Effect(f"{model}/features/{rate}", "shift", 0.40, start + 4 * lag, end + 2 * lag),
            Effect(f"{model}/features/{column}!", "null", 0.40, start + 6 * lag, end + 4 * lag),
            *business,
        ),
        logs,
        (
            MarkedEvent(start - 30.0, model, "upstream", "data_import", f"Import: {source}",
                        f"{id_}-import"),
            MarkedEvent(end, model, "upstream", "data_import", f"Import repeated: {source}",
                        f"{id_}-again", planned=False),
        ),
    )  # fmt: skip


def drift(id_: str, start: float, end: float, rise_s: float) -> Incident:
    """A churn feature whose meaning creeps away; accuracy follows when labels land."""
    return Incident(
        id_,
        "drift",
        "churn",
        "features",
        start,
        end,
        "alert",
        "support_calls_30d creeps up: chats are counted as calls",
        "mean of `support_calls_30d` from 1.2 to 3.2 (deviation 1.7) over "
        f"{rise_s / HOUR:.0f} hours, scores and the share of `leave` up with it, accuracy from "
        "0.88 to about 0.73 when the labels arrive 2 to 5 hours late; no event, no log line",
        (Effect("churn/features/support_calls_30d!", "shift", 2.0, start, end, rise_s),),
    )


def leak(id_: str, model: str, start: float, end: float) -> Incident:
    """A memory leak whose pauses slow the answers down until a restart."""
    length = end - start
    stage = "serving" if model == "ticket-router" else "devops"
    gc = ticket_router.GC_WARNING if model == "ticket-router" else delivery_time.GC_WARNING
    return Incident(
        id_,
        "leak",
        model,
        "serving",
        start,
        end,
        "alert",
        "Memory leak in the serving workers",
        f"`{stage}/memory_mb` x3 in a straight line, `serving/latency_p95_ms` x3.4 with the "
        "square of time, garbage collection warnings in the serving log up to 2 a minute; "
        "ends with a restart that nobody marked",
        (
            Effect(f"{model}/{stage}/memory_mb", "scale", 3.0, start, end, length),
            Effect(f"{model}/serving/latency_p95_ms", "scale", 3.4, start, end, length, power=2.0),
        ),
        (Burst(model, "serving", gc, 2.0, start + 0.1 * length, end, 0.7 * length),),
    )


def silence(id_: str, model: str, stage: str, start: float, end: float) -> Incident:
    """A stage that writes nothing any more."""
    return Incident(
        id_,
        "silence",
        model,
        stage,
        start,
        end,
        "alert",
        f"{stage} falls silent",
        f"no metric and no log line of {stage}, while the other stages go on as ever",
        (Effect(f"{model}/{stage}", "silence", 1.0, start, end),),
    )


def client_fails(id_: str, start: float, end: float) -> Incident:
    """One client of the ticket router cannot sign its requests any more."""
    serving = "ticket-router/serving"
    return Incident(
        id_,
        "client_fails",
        "ticket-router",
        "serving",
        start,
        end,
        "alert",
        "Requests of client birch are refused",
        "`client_error_rate` of `client=birch` +0.22 (0.005 before), the other two clients "
        "unchanged, `error_rate` of all +0.05; `signature expired` in the serving log",
        (
            Effect(f"{serving}/client_error_rate{{birch}}", "shift", 0.22, start, end),
            Effect(f"{serving}/error_rate", "shift", 0.05, start, end),
        ),
        (Burst("ticket-router", "serving", ticket_router.CLIENT_FAILS, 1.0, start, end),),
    )


def new_error(id_: str, model: str, start: float, end: float) -> Incident:
    """An error that no metric shows."""
    stage, templates = {
        "delivery-time": ("features", delivery_time.NEW_ERROR),
        "churn": ("serving", churn.NEW_ERROR),
        "card-fraud": ("serving", card_fraud.CLIENT_FAILS),
    }[model]
    words = templates[0].message.split("{")[0].strip()
    return Incident(
        id_,
        "new_error",
        model,
        stage,
        start,
        end,
        "alert",
        f"New error in the {stage} log",
        f"`{words} ...` (ERROR) 0.8 times a minute in the {stage} log, never seen before; "
        "no metric moves",
        (),
        (Burst(model, stage, templates, 0.8, start, end),),
    )


def campaign(id_: str, model: str, start: float, end: float) -> Incident:
    """A marked campaign: more of everything, as planned."""
    return Incident(
        id_,
        "campaign",
        model,
        "business",
        start,
        end,
        "explained",
        "Spring campaign",
        "requests, orders, predictions and log lines x1.9, marked as a planned event that lasts; "
        "quality and error rates unchanged",
        (Effect(f"{model}/traffic", "scale", 1.9, start, end, 10 * MINUTE, 20 * MINUTE),),
        (),
        (
            MarkedEvent(start, model, "business", "campaign", "Spring campaign, free delivery",
                        f"{id_}-campaign", end_ts=end),
        ),
    )  # fmt: skip


def nightly_job(id_: str, start: float, end: float) -> Incident:
    """The backup of every night, marked, a little felt."""
    return Incident(
        id_,
        "nightly_job",
        "delivery-time",
        "devops",
        start,
        end,
        "silent",
        "Nightly backup",
        "`devops/cpu_percent` x1.25, marked as a planned event; may be shown as explained",
        (Effect("delivery-time/devops/cpu_percent", "scale", 1.25, start, end),),
        (),
        (
            MarkedEvent(start, "delivery-time", "devops", "backup", "Nightly backup",
                        f"{id_}-backup", end_ts=end),
        ),
    )  # fmt: skip


def blip(id_: str, model: str, start: float) -> Incident:
    """Two slow minutes, over before anybody could look."""
    end = start + 2 * MINUTE
    return Incident(
        id_,
        "blip",
        model,
        "serving",
        start,
        end,
        "silent",
        "Two slow minutes",
        "`serving/latency_p95_ms` x1.5 for a record or two, nothing else",
        (Effect(f"{model}/serving/latency_p95_ms", "scale", 1.5, start, end),),
    )


def harmless(
    items: Sequence[tuple[float, str | None, str | None, str, str, str | None]], prefix: str
) -> tuple[MarkedEvent, ...]:
    """Marked events without effect, of (ts, model, stage, type, title, version)."""
    return tuple(
        MarkedEvent(ts, model, stage, type_, title, f"{prefix}-{place}", version=version)
        for place, (ts, model, stage, type_, title, version) in enumerate(items, start=1)
    )
