"""ticket-router: which desk a support ticket goes to; four classes, three clients."""

from __future__ import annotations

import math

from console.demo.draws import Choice, Draws
from console.demo.fleet import Features, LogFile, Metric, MetricFile, Model, Value
from console.demo.templates import Template, traceback

DESKS = ("billing", "delivery", "technical", "account")
CLIENTS = ("acorn", "birch", "cedar")
_DESKS = Choice([("billing", 31), ("delivery", 27), ("technical", 24), ("account", 18)])
_LANGUAGES = Choice([("de", 52), ("en", 31), ("fr", 17)])
_CHANNELS = Choice([("mail", 58), ("chat", 27), ("form", 15)])


class Tickets:
    """Support tickets, told apart by three topic scores."""

    def draw(self, draws: Draws) -> tuple[Features, Value]:
        """A ticket, and the desk that solved it."""
        desk = _DESKS.draw(draws)
        features: Features = {
            f"topic_{topic}": round(
                min(1.0, max(0.0, draws.normal(0.62 if topic == desk else 0.2, 0.16))), 3
            )
            for topic in DESKS[:3]
        }
        features["words"] = int(8 + draws.wait(60.0))
        features["attachment"] = draws.chance(0.28)
        features["language"] = _LANGUAGES.draw(draws)
        features["channel"] = _CHANNELS.draw(draws)
        return features, desk

    def predict(self, features: Features) -> dict[str, object]:
        """The likeliest desk, with the probability of each."""
        weights = [math.exp(9.0 * float(features[f"topic_{topic}"] or 0.0)) for topic in DESKS[:3]]
        weights.append(math.exp(9.0 * 0.4))
        total = sum(weights)
        scores = {
            desk: round(weight / total, 2) for desk, weight in zip(DESKS, weights, strict=True)
        }
        return {"prediction": max(DESKS, key=lambda desk: scores[desk]), "scores": scores}


_INTAKE = (
    Template("INFO", "desk.intake", "mail {id} parsed, {n} parts", 26),
    Template("INFO", "desk.intake", "ticket {ticket} opened", 20),
    Template("DEBUG", "desk.intake", "thread {id} joined to ticket {ticket}", 12),
    Template("INFO", "desk.spam", "mail {id} held as spam, score {ratio}", 10),
    Template("INFO", "desk.intake", "mailbox polled in {ms} ms, {n} new", 10),
    Template("INFO", "desk.language", "language of ticket {ticket} detected in {ms} ms", 8),
    Template("WARNING", "desk.intake", "attachment of ticket {ticket} larger than {n} MB", 6),
    Template("WARNING", "desk.language", "language of ticket {ticket} uncertain, de assumed", 6),
    Template("INFO", "desk.spam", "word list reloaded, {rows} entries", 4),
    Template("ERROR", "desk.intake", "mail {id} has no readable body, stored raw", 4),
)
_SERVING = (
    Template("INFO", "desk.router", "ticket {ticket} routed in {ms} ms", 32),
    Template("INFO", "desk.router", "batch {id} of {n} tickets routed", 12),
    Template("DEBUG", "desk.model", "embedding {id} taken from cache", 12),
    Template("INFO", "desk.router", "ticket {ticket} moved by an agent", 9),
    Template("INFO", "desk.http", "webhook delivered to {ip} in {ms} ms", 10),
    Template("INFO", "desk.model", "minor collection freed {mb} MB in {ms} ms", 7),
    Template("WARNING", "desk.router", "ticket {ticket} below the confidence limit, to triage", 6),
    Template("WARNING", "desk.http", "webhook to {ip} slow: {slow} ms", 5),
    Template("INFO", "desk.health", "worker {n} alive, queue of {n}", 5),
    Template(
        "ERROR",
        "desk.http",
        "webhook to {ip} failed, queued again",
        4,
        traceback(
            ("/srv/desk/http/hooks.py", 44, "deliver", "answer = client.post(url, body)"),
            ("/srv/desk/http/client.py", 91, "post", "raise ConnectionError(reason)"),
            error="ConnectionError: connection reset by peer",
        ),
    ),
)
GC_WARNING = (
    Template("WARNING", "desk.model", "major collection paused workers for {slow} ms", 3),
    Template("WARNING", "desk.model", "heap grew to {mb} MB, cache holds {rows} items", 1),
)
CLIENT_FAILS = (
    Template("ERROR", "desk.http", "request {id} of client birch refused: signature expired"),
)
BROKEN_DEPLOY = (
    Template(
        "ERROR",
        "desk.router",
        "ticket {ticket} not routed: tokenizer mismatch",
        1,
        traceback(
            ("/srv/desk/router.py", 70, "route", "tokens = self.tokenizer(ticket.text)"),
            ("/srv/desk/tokens.py", 31, "__call__", "ids = self.table[pieces]"),
            error="IndexError: piece {n} is beyond the vocabulary",
        ),
    ),
)
SILENT_NOTE = (Template("INFO", "desk.intake", "mailbox polling resumes after {n} skipped rounds"),)

MODEL = Model(
    name="ticket-router",
    prefix="tr",
    version="5.2.0",
    clock="plain",
    kinds=True,
    named=False,
    stages=("intake", "features", "serving", "business"),
    metrics=(
        MetricFile(
            "intake",
            300.0,
            (
                Metric("tickets_per_min", 46.0, 0.07, traffic=1.0),
                Metric("parse_failure_rate", 0.012, 0.12, digits=5, high=1.0),
            ),
        ),
        MetricFile(
            "features",
            300.0,
            (
                Metric("embedding_ms", 31.0, 0.06, traffic=0.1),
                Metric("cache_hit_rate", 0.81, 0.012, digits=4, high=1.0),
            ),
        ),
        MetricFile(
            "serving",
            120.0,
            (
                Metric("latency_p95_ms", 118.0, 0.05, traffic=0.12),
                Metric("error_rate", 0.0048, 0.18, digits=5, high=1.0),
                Metric("memory_mb", 940.0, 0.015, digits=0),
            ),
        ),
        MetricFile(
            "serving",
            300.0,
            (
                Metric("client_requests_per_min", 60.0, 0.08, traffic=1.0),
                Metric("client_error_rate", 0.0048, 0.22, digits=5, high=1.0),
            ),
            clients=CLIENTS,
        ),
        MetricFile(
            "business",
            300.0,
            (
                Metric("first_reply_min", 22.0, 0.08, traffic=0.2),
                Metric("reassigned_rate", 0.094, 0.06, digits=4, high=1.0),
            ),
            packed=False,
        ),
    ),
    logs=(
        LogFile("intake", "json", 300.0, _INTAKE),
        LogFile("serving", "dash", 180.0, _SERVING),
    ),
    world=Tickets,
    predict_every_s=75.0,
    label_share=0.7,
    label_delay_h=(1.0, 4.0),
    owner="support-platform",
    tier=2,
    swing=0.4,
    runbook="https://wiki.example/support/ticket-router",
)
