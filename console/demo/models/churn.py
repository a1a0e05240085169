"""churn: which customers are about to leave; a binary classifier with named classes."""

from __future__ import annotations

from console.demo.draws import Choice, Draws, logistic
from console.demo.fleet import Features, LogFile, Metric, MetricFile, Model, Value
from console.demo.templates import Template, traceback

_PLANS = Choice([("basic", 48), ("plus", 34), ("pro", 18)])


class Customers:
    """Customers of a subscription, about three in ten leave."""

    def draw(self, draws: Draws) -> tuple[Features, Value]:
        """A customer, and whether he leaves or stays."""
        features: Features = {
            "tenure_months": round(draws.wait(26.0), 1),
            "plan": _PLANS.draw(draws),
            "support_calls_30d": int(draws.wait(1.7)),
            "usage_hours": round(max(0.0, draws.normal(38.0, 12.0)), 1),
            "autopay": draws.chance(0.62),
            "last_login_days": None if draws.chance(0.02) else round(draws.wait(5.0)),
        }
        leaves = draws.chance(logistic(2.2 * _logit(features)))
        return features, "leave" if leaves else "stay"

    def predict(self, features: Features) -> dict[str, object]:
        """Says `leave` from a probability of one half on."""
        score = round(logistic(_logit(features)), 4)
        return {"prediction": "leave" if score >= 0.5 else "stay", "score": score}


def _logit(features: Features) -> float:
    tenure, usage = features["tenure_months"], features["usage_hours"]
    calls, login = features["support_calls_30d"], features["last_login_days"]
    return (
        -0.9
        - 0.035 * ((float(tenure) if tenure is not None else 26.0) - 26.0)
        - 0.075 * ((float(usage) if usage is not None else 38.0) - 38.0)
        + 0.75 * ((float(calls) if calls is not None else 1.2) - 1.2)
        + 0.08 * ((float(login) if login is not None else 5.0) - 5.0)
        - (0.9 if features["autopay"] else 0.0)
        + (0.4 if features["plan"] == "basic" else 0.0)
    )


_FEATURES = (
    Template("INFO", "churn.features", "joined {rows} customers with usage in {sec} s", 22),
    Template("INFO", "churn.features", "wrote slice {part} of the customer table", 18),
    Template("DEBUG", "churn.features", "customer {user} has no login in the window", 12),
    Template("INFO", "churn.features", "support calls counted for {rows} customers", 12),
    Template("INFO", "churn.sync", "pulled {rows} changed accounts from crm replica {host}", 10),
    Template("INFO", "churn.sync", "cursor {id} stored", 8),
    Template("WARNING", "churn.features", "{n} customers with negative tenure clipped to zero", 6),
    Template("WARNING", "churn.sync", "crm answered slowly: {slow} ms for page {n}", 6),
    Template("INFO", "churn.features", "row count within {pct} % of the last run", 6),
    Template("ERROR", "churn.sync", "crm page {n} failed with status 502, will be read again", 4),
)
_SERVING = (
    Template("INFO", "churn.serving", "scored customer {user} in {ms} ms", 30),
    Template("INFO", "churn.serving", "answered segment query with {n} customers", 12),
    Template("DEBUG", "churn.serving", "features of customer {user} found in cache", 12),
    Template("INFO", "churn.offers", "offer prepared for customer {user}", 12),
    Template("INFO", "churn.offers", "customer {user} is in the control group, no offer", 8),
    Template("INFO", "churn.health", "model file {id} verified", 6),
    Template("WARNING", "churn.serving", "features of customer {user} are older than a day", 6),
    Template("WARNING", "churn.offers", "offer budget used to {pct} % of the hour", 5),
    Template("INFO", "churn.health", "worker {n} recycled after {rows} requests", 5),
    Template(
        "ERROR",
        "churn.offers",
        "offer for customer {user} not stored",
        4,
        traceback(
            ("/opt/churn/offers/store.py", 62, "put", "self.session.commit()"),
            ("/opt/churn/db/session.py", 118, "commit", "raise Conflict(self.row)"),
            error="churn.db.Conflict: row {id} was changed by another transaction",
        ),
    ),
)
LOST_COLUMN = (
    Template("WARNING", "churn.features", "usage_hours absent for customer {user}, mean used", 3),
    Template("WARNING", "churn.sync", "crm export lacks column usage_seconds in slice {part}", 1),
)
NEW_ERROR = (
    Template(
        "ERROR",
        "churn.serving",
        "explanation for customer {user} could not be rendered",
        1,
        traceback(
            ("/opt/churn/serving/explain.py", 34, "explain", "chart = render(values, locale)"),
            ("/opt/churn/serving/render.py", 19, "render", "label = LABELS[locale][name]"),
            error="KeyError: 'de-AT'",
        ),
    ),
)

MODEL = Model(
    name="churn",
    prefix="ch",
    version="2026.02",
    clock="millis",
    kinds=False,
    named=True,
    stages=("upstream", "features", "serving", "business"),
    metrics=(
        MetricFile(
            "upstream",
            300.0,
            (
                Metric("crm_rows", 48000.0, 0.03, digits=0),
                Metric("null_rate", 0.011, 0.12, digits=5, high=1.0),
            ),
        ),
        MetricFile(
            "features",
            300.0,
            (
                Metric("freshness_min", 14.0, 0.10),
                Metric("missing_rate", 0.018, 0.10, digits=5, high=1.0),
            ),
        ),
        MetricFile(
            "serving",
            180.0,
            (
                Metric("requests_per_min", 95.0, 0.06, traffic=1.0, digits=0),
                Metric("latency_p95_ms", 41.0, 0.06, traffic=0.1),
                Metric("error_rate", 0.0030, 0.18, digits=5, high=1.0),
            ),
        ),
        MetricFile(
            "business",
            300.0,
            (
                Metric("offers_per_hour", 310.0, 0.06, traffic=1.0, digits=0),
                Metric("offer_acceptance_rate", 0.178, 0.05, digits=4, high=1.0),
            ),
        ),
    ),
    logs=(
        LogFile("features", "json", 280.0, _FEATURES),
        LogFile("serving", "json", 240.0, _SERVING),
    ),
    world=Customers,
    predict_every_s=60.0,
    label_share=0.75,
    label_delay_h=(2.0, 5.0),
    owner="crm-analytics",
    tier=3,
    swing=0.35,
    runbook="https://wiki.example/crm/churn",
    positive="leave",
    reference=True,
)
