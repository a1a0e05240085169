"""card-fraud: which card payments to stop; a binary classifier at the checkout."""

from __future__ import annotations

import math

from console.demo.draws import Choice, Draws, logistic
from console.demo.fleet import Features, LogFile, Metric, MetricFile, Model, Value
from console.demo.templates import Template, traceback

_MERCHANTS = Choice(
    [("grocery", 38), ("fuel", 17), ("travel", 15), ("electronics", 18), ("gaming", 12)]
)
_COUNTRIES = Choice([("DE", 60), ("FR", 14), ("NL", 11), ("PL", 9), ("US", 6)])
_RISKY = {"electronics": 1.1, "gaming": 1.5, "travel": 0.6}


class Payments:
    """Card payments, about one in ten fraudulent."""

    def draw(self, draws: Draws) -> tuple[Features, Value]:
        """A payment, and whether it is a fraud (1) or not (0)."""
        features: Features = {
            "amount": round(math.exp(draws.normal(3.4, 0.95)), 2),
            "merchant": _MERCHANTS.draw(draws),
            "country": _COUNTRIES.draw(draws),
            "card_present": draws.chance(0.55),
            "minutes_since_last": None if draws.chance(0.03) else round(draws.wait(240.0)),
            "device_risk": round(draws.uniform() ** 3, 3),
        }
        return features, int(draws.chance(logistic(1.5 * _logit(features))))

    def predict(self, features: Features) -> dict[str, object]:
        """Stops what is more likely a fraud than not."""
        score = round(logistic(_logit(features)), 4)
        return {"prediction": int(score >= 0.5), "score": score}


def _logit(features: Features) -> float:
    amount, risk = features["amount"], features["device_risk"]
    return (
        -5.4
        + 0.9 * (math.log(float(amount) if amount else 30.0) - 3.4)
        + _RISKY.get(str(features["merchant"]), 0.0)
        + (0.0 if features["card_present"] else 1.3)
        + (1.4 if features["country"] == "US" else 0.0)
        + 5.5 * (float(risk) if risk is not None else 0.25)
    )


_UPSTREAM = (
    Template("INFO", "cards.ingest", "consumed {rows} card events from partition {part}", 26),
    Template("INFO", "cards.ingest", "checkpoint {id} written in {ms} ms", 18),
    Template("INFO", "cards.ingest", "watermark advanced, lag {sec} s", 14),
    Template("DEBUG", "cards.schema", "schema cache hit for subject card-events-{n}", 10),
    Template("INFO", "cards.ingest", "rebalanced: {n} partitions assigned to {host}", 6),
    Template("INFO", "cards.limits", "issuer table refreshed, {rows} rows", 6),
    Template("WARNING", "cards.ingest", "partition {part} is behind by {rows} events", 6),
    Template("WARNING", "cards.schema", "dropped {n} events without merchant code", 5),
    Template("INFO", "cards.archive", "archived segment {id} ({mb} MB)", 5),
    Template("ERROR", "cards.ingest", "broker {ip} closed the connection, reconnecting", 4),
)
_FEATURES = (
    Template("INFO", "cards.features", "built window features for {n} cards in {ms} ms", 26),
    Template("INFO", "cards.features", "cache warmed with {rows} keys", 12),
    Template("DEBUG", "cards.features", "key card:{id} read from replica {host}", 14),
    Template("INFO", "cards.features", "flushed {n} counters to the online store", 12),
    Template("INFO", "cards.velocity", "velocity table compacted, {mb} MB freed", 8),
    Template("INFO", "cards.velocity", "expired {rows} idle counters", 8),
    Template("WARNING", "cards.features", "cache miss ratio {pct} % above the soft limit", 5),
    Template("WARNING", "cards.features", "minutes_since_last unknown for card {id}", 8),
    Template("WARNING", "cards.velocity", "counter for card {id} reset after clock skew", 4),
    Template("ERROR", "cards.features", "online store {ip} timed out after {slow} ms, retried", 4),
)
_SERVING = (
    Template("INFO", "cards.serving", "scored payment {id} in {ms} ms", 34),
    Template("INFO", "cards.serving", "batch of {n} payments scored in {ms} ms", 14),
    Template("DEBUG", "cards.http", "keep-alive connection from {ip} reused", 9),
    Template("INFO", "cards.rules", "rule velocity_card matched payment {id}", 8),
    Template("INFO", "cards.serving", "payment {id} sent to manual review, score {ratio}", 8),
    Template("INFO", "cards.health", "readiness probe ok on {host}", 7),
    Template("WARNING", "cards.serving", "slow scoring of payment {id}: {slow} ms", 5),
    Template("WARNING", "cards.rules", "country {country} has no own limit, default applied", 4),
    Template("INFO", "cards.audit", "decision log rotated after {rows} entries", 4),
    Template("WARNING", "cards.http", "client {ip} went away before the answer", 4),
    Template(
        "ERROR",
        "cards.serving",
        "scoring of payment {id} failed, answered with the fallback rule",
        4,
        traceback(
            ("/srv/cards/serving/app.py", 88, "score", "features = self.store.fetch(payment)"),
            ("/srv/cards/features/client.py", 41, "fetch", "return self._read(key, timeout)"),
            error="TimeoutError: no answer from the online store within 250 ms",
        ),
    ),
)
BROKEN_DEPLOY = (
    Template(
        "ERROR",
        "cards.serving",
        "cannot encode payment {id}: issuer_country missing in request",
        3,
        traceback(
            ("/srv/cards/serving/app.py", 93, "score", "row = self.encoder.encode(payment)"),
            ("/srv/cards/serving/encoder.py", 57, "encode", "codes = self._codes(payment)"),
            ("/srv/cards/serving/encoder.py", 71, "_codes", 'code = payment["issuer_country"]'),
            error="KeyError: 'issuer_country'",
        ),
    ),
    Template("WARNING", "cards.serving", "worker {n} retries payment {id} after encoder error", 1),
)
CLIENT_FAILS = (
    Template("ERROR", "cards.http", "terminal gateway {ip} sent a payment of protocol 1, refused"),
)

MODEL = Model(
    name="card-fraud",
    prefix="cf",
    version="v11",
    clock="iso",
    kinds=True,
    named=True,
    stages=("upstream", "features", "serving", "business"),
    metrics=(
        MetricFile(
            "upstream",
            300.0,
            (
                Metric("card_events_per_min", 5200.0, 0.03, traffic=1.0, digits=0),
                Metric("null_rate", 0.006, 0.15, digits=5, high=1.0),
            ),
            packed=False,
        ),
        MetricFile(
            "features",
            300.0,
            (
                Metric("build_ms", 24.0, 0.06, traffic=0.1),
                Metric("cache_hit_rate", 0.94, 0.008, digits=4, high=1.0),
                Metric("missing_rate", 0.031, 0.10, digits=5, high=1.0),
            ),
        ),
        MetricFile(
            "serving",
            60.0,
            (
                Metric("requests_per_min", 640.0, 0.05, traffic=1.0, digits=0),
                Metric("latency_p95_ms", 86.0, 0.05, traffic=0.12),
                Metric("error_rate", 0.0042, 0.18, digits=5, high=1.0),
            ),
        ),
        MetricFile(
            "business",
            300.0,
            (
                Metric("approved_eur_per_min", 21500.0, 0.05, traffic=1.0, digits=0),
                Metric("manual_review_rate", 0.021, 0.08, digits=5, high=1.0),
            ),
        ),
    ),
    logs=(
        LogFile("upstream", "dash", 280.0, _UPSTREAM),
        LogFile("features", "json", 280.0, _FEATURES),
        LogFile("serving", "dash", 140.0, _SERVING),
    ),
    world=Payments,
    predict_every_s=55.0,
    label_share=0.8,
    label_delay_h=(3.0, 7.0),
    owner="payments-risk",
    tier=1,
    swing=0.4,
    runbook="https://wiki.example/payments/card-fraud",
    positive="1",
    channels=("web", "app", "terminal"),
)
