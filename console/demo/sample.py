"""sample_data/: two and a half days of the fleet at fixed dates."""

from __future__ import annotations

from pathlib import Path

from console.demo.console_toml import console_toml
from console.demo.incidents import (
    Plan,
    bad_deploy,
    blip,
    campaign,
    client_fails,
    drift,
    harmless,
    leak,
    lost_column,
    new_error,
    nightly_job,
    silence,
)
from console.demo.models import card_fraud, churn, delivery_time, ticket_router
from console.demo.readme import readme
from console.demo.simulate import Truth, generate
from console.records.clock import DAY, HOUR, MINUTE, from_iso

FLEET = (card_fraud.MODEL, churn.MODEL, delivery_time.MODEL, ticket_router.MODEL)
SEED = 20260302
START = from_iso("2026-03-02T00:00:00Z")
END = START + 60.0 * HOUR


def _at(day: int, clock: str) -> float:
    """Time of a day of the sample (0 is Monday, 2026-03-02)."""
    hour, minute = clock.split(":")
    return START + day * DAY + int(hour) * HOUR + int(minute) * MINUTE


def sample_plan() -> Plan:
    """Seven incidents after 21 quiet hours, and what only looks like incidents."""
    loud = (
        drift("feature-drift", _at(0, "21:30"), END, 14.0 * HOUR),
        lost_column("lost-column", "delivery-time", _at(0, "22:30"), _at(1, "04:12")),
        bad_deploy(
            "bad-deploy", "card-fraud", _at(1, "09:20"), _at(1, "12:05"), old="v12", new="v13"
        ),
        leak("memory-leak", "ticket-router", _at(1, "13:00"), _at(1, "19:30")),
        silence("silent-stage", "card-fraud", "features", _at(1, "20:30"), _at(2, "00:45")),
        client_fails("failing-client", _at(2, "02:10"), _at(2, "05:40")),
        new_error("new-error", "delivery-time", _at(2, "07:00"), _at(2, "10:30")),
    )
    benign = (
        campaign("campaign", "delivery-time", _at(1, "16:00"), _at(1, "20:00")),
        *(
            nightly_job(f"backup-{day + 1}", _at(day, "02:00"), _at(day, "02:20"))
            for day in range(3)
        ),
        blip("blip-1", "card-fraud", _at(1, "01:14")),
        blip("blip-2", "ticket-router", _at(1, "05:41")),
        blip("blip-3", "delivery-time", _at(1, "12:20")),
        blip("blip-4", "card-fraud", _at(2, "05:12")),
    )
    events = harmless(
        (
            (_at(0, "06:00"), "churn", "serving", "retrain", "Monthly refit 2026.03", "2026.03"),
            (_at(0, "14:00"), "ticket-router", "serving", "deploy", "Deploy 5.2.1", "5.2.1"),
            (_at(0, "18:00"), "card-fraud", "upstream", "data_import", "Import: issuers", None),
            (_at(1, "03:00"), "card-fraud", "serving", "deploy", "Deploy v12", "v12"),
            (_at(1, "08:30"), None, None, "config", "TLS certificates renewed", None),
            (_at(1, "18:00"), "card-fraud", "upstream", "data_import", "Import: issuers", None),
            (_at(1, "22:30"), "delivery-time", "upstream", "data_import",
             "Import: courier feed", None),
            (_at(2, "08:00"), "ticket-router", "serving", "config", "Webhook timeout 3 s", None),
        ),
        "sample",
    )  # fmt: skip
    return Plan(loud + benign, events)


def write_sample(out: Path) -> Truth:
    """Writes a whole new folder: data, console.toml, README.md. Raises OSError, if taken too."""
    truth = generate(out, seed=SEED, start=START, end=END, fleet=FLEET, plan=sample_plan())
    (out / "console.toml").write_bytes(console_toml(FLEET, _HEAD).encode())
    (out / "README.md").write_bytes(readme(truth, SEED, sample_plan().events).encode())
    return truth


_HEAD = """\
A fleet of four models, simulated: see README.md for what to find.
Show it with `model-console sample_data`."""
