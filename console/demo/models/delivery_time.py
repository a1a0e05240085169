"""delivery-time: how many minutes a parcel takes; a regression with numbers as truth."""

from __future__ import annotations

from console.demo.draws import Choice, Draws
from console.demo.fleet import Features, LogFile, Metric, MetricFile, Model, Value
from console.demo.templates import Template, traceback

_CARRIERS = Choice([("bike", 34), ("van", 46), ("partner", 20)])
_DEPOTS = Choice([("hamburg", 30), ("leipzig", 24), ("koeln", 22), ("ulm", 14), ("graz", 10)])
_EXTRA = {"bike": 3.0, "van": 0.0, "partner": 6.0}


class Deliveries:
    """Parcels on the last miles of a town."""

    def draw(self, draws: Draws) -> tuple[Features, Value]:
        """A parcel, and the minutes that it takes."""
        features: Features = {
            "distance_km": round(1.0 + draws.wait(3.2) + draws.wait(3.2), 2),
            "items": draws.whole(1, 9),
            "carrier": _CARRIERS.draw(draws),
            "express": draws.chance(0.22),
            "rain_mm": round(draws.wait(1.8), 1) if draws.chance(0.3) else 0.0,
            "depot": _DEPOTS.draw(draws),
        }
        return features, round(max(4.0, _minutes(features) + draws.normal(0.0, 4.5)), 1)

    def predict(self, features: Features) -> dict[str, object]:
        """Minutes; the median distance stands in for a missing one."""
        return {"prediction": round(_minutes(features), 1)}


def _minutes(features: Features) -> float:
    distance, items, rain = features["distance_km"], features["items"], features["rain_mm"]
    minutes = (
        9.0
        + 2.9 * (float(distance) if distance is not None else 6.4)
        + 0.9 * (float(items) if items is not None else 5.0)
        + 1.7 * (float(rain) if rain is not None else 0.5)
        + _EXTRA.get(str(features["carrier"]), 2.0)
    )
    return minutes * (0.8 if features["express"] else 1.0)


_UPSTREAM = (
    Template("INFO", "courier.feed", "feed file {id} read, {rows} rows", 24),
    Template("INFO", "courier.feed", "partition {part} merged in {sec} s", 16),
    Template("INFO", "courier.feed", "depot {depot} reported {n} tours", 14),
    Template("DEBUG", "courier.feed", "etag {id} unchanged, skipped", 12),
    Template("INFO", "courier.orders", "joined {rows} orders with tours", 9),
    Template("INFO", "courier.orders", "late scan corrected order {order}", 7),
    Template("WARNING", "courier.feed", "tour of depot {depot} has no driver yet", 6),
    Template("WARNING", "courier.orders", "order {order} has two addresses, first taken", 5),
    Template("INFO", "courier.feed", "retention removed {n} old partitions", 4),
    Template("ERROR", "courier.feed", "sftp {ip} refused the login, next try in {n} s", 3),
)
_FEATURES = (
    Template("INFO", "delivery.features", "route of order {order} computed in {ms} ms", 26),
    Template("INFO", "delivery.features", "distance matrix of depot {depot} refreshed", 12),
    Template("DEBUG", "delivery.features", "tile {id} served from disk", 14),
    Template("INFO", "delivery.weather", "rain forecast loaded for {n} areas", 10),
    Template("INFO", "delivery.features", "{n} orders enriched", 10),
    Template("INFO", "delivery.weather", "forecast changed by {pct} % since the last run", 7),
    Template("WARNING", "delivery.features", "address of order {order} snapped over {n} m", 7),
    Template("WARNING", "delivery.weather", "forecast of depot {depot} is an hour old", 5),
    Template("INFO", "delivery.features", "cache holds {mb} MB of tiles", 5),
    Template("ERROR", "delivery.features", "no road found for order {order}, air line used", 4),
)
_SERVING = (
    Template("INFO", "delivery.api", "estimated order {order} in {ms} ms", 30),
    Template("INFO", "delivery.api", "estimate of order {order} updated on the way", 12),
    Template("DEBUG", "delivery.api", "request {id} from shop {ip}", 12),
    Template("INFO", "delivery.api", "window promised for order {order}: {n} min", 12),
    Template("INFO", "delivery.model", "model tree cache at {pct} %", 7),
    Template("INFO", "delivery.batch", "{n} estimates refreshed for depot {depot}", 8),
    Template("WARNING", "delivery.api", "order {order} asked for an estimate {n} times", 6),
    Template("WARNING", "delivery.model", "distance of order {order} beyond the training range", 5),
    Template("INFO", "delivery.batch", "nothing to refresh for depot {depot}", 5),
    Template(
        "ERROR",
        "delivery.api",
        "estimate of order {order} failed",
        4,
        traceback(
            ("/app/delivery/api.py", 129, "estimate", "tour = tours.of(order)"),
            ("/app/delivery/tours.py", 47, "of", "return self._tours[order.tour]"),
            error="KeyError: 'T-{n}'",
        ),
    ),
)
LOST_COLUMN_UPSTREAM = (
    Template("WARNING", "courier.feed", "column distance_m absent in partition {part}, left null"),
)
LOST_COLUMN_FEATURES = (
    Template(
        "WARNING", "delivery.features", "distance missing for order {order}, depot median used"
    ),
)
NEW_ERROR = (
    Template(
        "ERROR",
        "delivery.features",
        "geocoder quota exhausted for depot {depot}, stale coordinates kept",
        1,
        traceback(
            ("/app/delivery/geocode.py", 76, "locate", "answer = self.http.get(url)"),
            ("/app/delivery/http.py", 52, "get", "raise QuotaError(status, retry_after)"),
            error="delivery.http.QuotaError: HTTP 429, retry after {n} s",
        ),
    ),
)
GC_WARNING = (
    Template("WARNING", "delivery.model", "gc paused for {slow} ms, heap at {mb} MB", 2),
    Template("WARNING", "delivery.model", "tree cache cannot shrink below {mb} MB", 1),
)

MODEL = Model(
    name="delivery-time",
    prefix="dt",
    version="r41",
    clock="offset",
    kinds=True,
    named=False,
    stages=("upstream", "features", "serving", "devops", "business"),
    metrics=(
        MetricFile(
            "upstream",
            300.0,
            (
                Metric("feed_rows", 8200.0, 0.04, traffic=1.0, digits=0),
                Metric("null_rate", 0.008, 0.12, digits=5, high=1.0),
            ),
            packed=False,
        ),
        MetricFile(
            "features",
            300.0,
            (
                Metric("missing_distance_rate", 0.010, 0.12, digits=5, high=1.0),
                Metric("route_ms", 37.0, 0.06, traffic=0.1),
            ),
        ),
        MetricFile(
            "serving",
            120.0,
            (
                Metric("requests_per_min", 210.0, 0.06, traffic=1.0, digits=0),
                Metric("latency_p95_ms", 64.0, 0.05, traffic=0.12),
                Metric("error_rate", 0.0035, 0.18, digits=5, high=1.0),
            ),
        ),
        MetricFile(
            "devops",
            300.0,
            (
                Metric("cpu_percent", 36.0, 0.06, traffic=0.3),
                Metric("memory_mb", 1480.0, 0.012, digits=0),
            ),
        ),
        MetricFile(
            "business",
            300.0,
            (
                Metric("orders_per_min", 182.0, 0.05, traffic=1.0),
                Metric("on_time_rate", 0.932, 0.009, digits=4, high=1.0),
                Metric("complaints_per_hour", 21.0, 0.12, traffic=0.6),
            ),
        ),
    ),
    logs=(
        LogFile("upstream", "colon", 280.0, _UPSTREAM),
        LogFile("features", "json", 300.0, _FEATURES),
        LogFile("serving", "colon", 180.0, _SERVING, "Europe/Berlin", 3600.0),
    ),
    world=Deliveries,
    predict_every_s=65.0,
    label_share=0.85,
    label_delay_h=(0.7, 2.2),
    owner="logistics-ml",
    tier=2,
    swing=0.4,
    runbook="https://wiki.example/logistics/delivery-time",
    reference=True,
)
