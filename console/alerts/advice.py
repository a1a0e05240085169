"""Next steps: what to press, run or ask, made from what the alert itself holds."""

from __future__ import annotations

import shlex

from console.alerts.alert import Cause
from console.alerts.evidence import Gathered
from console.alerts.incident import Incident
from console.alerts.quantity import quantity
from console.alerts.wording import fit
from console.config.settings import Settings
from console.records.clock import HOUR, naive

BY_QUANTITY = {
    "performance": "Compare the features and scores of the wrong predictions with the reference",
    "errors": "Read the tracebacks around the onset and see which callers get the errors",
    "quality": "Ask the owner of the source for the batch that arrived at the onset",
    "load": "Look at memory, queue and traffic of the same hour; restart a worker that leaks",
    "traffic": "Ask the callers whether they changed what they send",
    "distribution": "Compare the distribution before and after; labels will tell if it costs",
    "business": "Ask the owner of the product whether something was planned for this time",
    "logs": "Read the new lines in full and find the change that writes them",
    "staleness": "See whether the job that writes it still runs, and its last lines",
    "cardinality": "Find out which values are new and who sends them",
    "other": "Compare the hour before the onset with the hour after it",
}
BY_VERSION = (
    "SELECT version, count(*) AS n, avg(score) AS score FROM predictions WHERE ROWS GROUP BY 1"
)
WARNINGS = (
    "SELECT ts, stage, level, message FROM logs WHERE ROWS"
    " AND level IN ('WARNING', 'ERROR', 'CRITICAL') ORDER BY ts LIMIT 50"
)


def suggestions(
    incident: Incident, gathered: Gathered, why: tuple[Cause, ...], settings: Settings
) -> tuple[str, ...]:
    """Concrete next steps, the most useful first; at least two."""
    model = settings.model(incident.model)
    steps: list[str] = []
    if incident.explained_by is not None:
        steps.append(
            "Nothing to do if it stays so: acknowledge (a), or snooze (s) until it is over"
        )
    top = next((c for c in why if c.kind != "unknown" and c.confidence >= 0.2), None)
    if top is not None and incident.explained_by is None:
        steps.append(_for_cause(top))
    if gathered.logs:
        log = gathered.logs[0].log
        steps.append(f"Press l for the lines “{fit(log.template, 60)}” in {log.file}")
    else:
        steps.append("Press l for the log lines around the onset")
    steps.append(f"{BY_QUANTITY[quantity(incident.lead.deviation)]} (Enter drills down)")
    if incident.model is not None:
        steps.append(_question(incident.model, incident.started_at, top))
    if model.runbook:
        steps.append(f"Follow the runbook: {model.runbook}")
    if model.owner:
        steps.append(f"Tell {model.owner}, who own {model.name}")
    return tuple(dict.fromkeys(steps))


def _question(model: str, onset: float, top: Cause | None) -> str:
    """A command of the contract's views to copy; nothing here runs it.

    It is quoted for SQL and for the shell, as names are data.
    """
    name = model.replace("'", "''")
    rows = f"model = '{name}' AND ts >= TIMESTAMP '{naive(onset - HOUR):%Y-%m-%d %H:%M}'"
    if top is not None and top.kind in {"event", "version"}:
        purpose, sql = "Compare the versions", BY_VERSION
    else:
        purpose, sql = "See what was logged", WARNINGS
    return f"{purpose}: model-console query {shlex.quote(sql.replace('ROWS', rows))}"


def _for_cause(cause: Cause) -> str:
    match cause.kind:
        case "event":
            return f"Check what changed: {cause.text}; undo it if it fits"
        case "upstream":
            return f"Start at {cause.stage or 'the earlier stage'}: mend {cause.series} first"
        case "segment":
            return f"Look at {cause.series} alone: filter with / and compare it with the others"
        case "version":
            return "Compare the versions in the same hours; roll back if only the new one deviates"
        case _:
            return f"Start from the log lines: {fit(cause.series or cause.text, 60)}"
