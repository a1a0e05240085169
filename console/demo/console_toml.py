"""The console.toml of a fleet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from console.demo.fleet import Model


@dataclass(frozen=True, slots=True)
class RuleText:
    """One `[[rules]]` of the file."""

    model: str
    series: str
    side: Literal["above", "below"]
    limit: float
    hold: str
    severity: Literal["critical", "warning", "info"]
    message: str


RULES = (
    RuleText(
        "ticket-router", "latency_p95_ms", "above", 250.0, "5m", "critical",
        "agents wait for the router: {value} ms at the 95th percentile",
    ),
    RuleText(
        "card-fraud", "error_rate", "above", 0.03, "5m", "critical",
        "payments are answered by the fallback rule: {value} of the requests fail",
    ),
    RuleText(
        "delivery-time", "on_time_rate", "below", 0.87, "15m", "warning",
        "promised windows are missed: only {value} of the parcels on time",
    ),
)  # fmt: skip


def console_toml(
    fleet: Sequence[Model], head: str, windows: str = "", rules: Sequence[RuleText] = RULES
) -> str:
    """The settings of a fleet: sources, models and rules, after a comment that tells what it is."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    if windows:
        lines += ["", windows.strip()]
    lines += ["", *_source("events.jsonl")]
    for model in fleet:
        lines += _sources(model)
    for model in fleet:
        lines += _model(model)
    for rule in rules:
        lines += _rule(rule)
    return "\n".join(lines) + "\n"


def _source(path: str, **keys: str | None) -> Iterator[str]:
    yield "[[sources]]"
    yield f"path = {json.dumps(path)}"
    yield from (f"{key} = {json.dumps(value)}" for key, value in keys.items() if value)
    yield ""


def _sources(model: Model) -> Iterator[str]:
    yield from _source(f"{model.name}/*.jsonl", format="jsonl", model=model.name)
    for log in model.logs:
        if log.layout != "json":
            yield from _source(
                f"{model.name}/{log.stage}.log",
                format="text",
                model=model.name,
                stage=log.stage,
                timezone=log.zone,
            )


def _model(model: Model) -> Iterator[str]:
    yield f"[models.{model.name}]"
    yield f"stages = {json.dumps(list(model.stages))}"
    yield f"tier = {model.tier}"
    yield f"owner = {json.dumps(model.owner)}"
    yield f"runbook = {json.dumps(model.runbook)}"
    if model.reference:
        yield f"reference = {json.dumps(f'{model.name}/reference.csv')}"
    if model.positive:
        number = model.positive.isdigit()
        yield f"positive = {model.positive if number else json.dumps(model.positive)}"
    yield ""


def _rule(rule: RuleText) -> Iterator[str]:
    yield "[[rules]]"
    yield f"model = {json.dumps(rule.model)}"
    yield f"series = {json.dumps(rule.series)}"
    yield f"{rule.side} = {rule.limit}"
    yield f"for = {json.dumps(rule.hold)}"
    yield f"severity = {json.dumps(rule.severity)}"
    yield f"message = {json.dumps(rule.message)}"
    yield ""
