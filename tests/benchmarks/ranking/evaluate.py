"""The offline evaluator of the rank (anchors/alerting.md §2.3).

    python -m tests.benchmarks.ranking.evaluate --users 60 --days 30
    python -m tests.benchmarks.ranking.evaluate --criticals 0.25 --kind adverse --only console

Every policy meets the same alerts and the same luck. NDCG is measured on a fresh probe of 40 alerts
of the open lane at each session, which is the same for all policies, with the hidden utility as
gain; regret is 1 - NDCG over the whole probe in the last third of the days.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from console.alerts.board import Subject
from console.alerts.examples import Act, Look
from tests.benchmarks.ranking.ranking_policies import CONSOLE, POLICIES, Policy
from tests.benchmarks.ranking.ranking_world import (
    DAY,
    HOUR,
    SESSIONS_A_DAY,
    START,
    Batch,
    Floats,
    Taste,
    World,
)

KINDS = ("honest", "adverse", "bulk")
"""Adverse: marks every alert that calls itself critical as noise, the true ones too. Bulk: now and
then marks as noise, at one stroke, all that is on the screen below critical."""
BINS = (0, 30, 60, 100, 200, 500)
"""Examined alerts from which a column of the table begins."""
SCREEN, EXPIRE_S = 25, 48 * HOUR


@dataclass
class Result:
    """What one policy gave one user."""

    curve: list[tuple[int, float]] = field(default_factory=list)
    """(examined so far, NDCG@10) of each session."""
    days: list[float] = field(default_factory=list)
    regret: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """Seconds until each true critical was seen."""
    unseen: int = 0
    """True criticals that expired unseen though their severity said so."""
    mislabelled: int = 0
    """True criticals under a lower severity that expired unseen."""
    by_hand: int = 0
    """True criticals under a lower severity that the user himself dismissed unseen."""
    chances: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Waiting:
    """An alert in the queue."""

    subject: Subject
    utility: float
    critical: bool


def simulate(
    policy: Policy,
    world: World,
    taste: Taste,
    seed: int,
    days: int,
    *,
    kind: str = "honest",
    criticals: float = 0.02,
    shift_on: int | None = None,
) -> Result:
    """Lives `days` days of one user with one policy."""
    arrivals, luck = np.random.default_rng([seed, 11]), np.random.default_rng([seed, 12])
    result, queue, examined = Result(), list[Waiting](), 0
    for session in range(days * SESSIONS_A_DAY):
        now = START + session * DAY / SESSIONS_A_DAY
        if shift_on is not None and session == shift_on * SESSIONS_A_DAY:
            taste = world.shifted(taste, seed)
        probe = world.alerts(arrivals, taste, 40, now, probe=True)
        _measure(result, policy, probe, now, examined, late=session >= days * 4)
        batch = world.alerts(arrivals, taste, int(arrivals.poisson(8)), now, criticals=criticals)
        queue += [
            Waiting(*row) for row in zip(batch.subjects, batch.utility, batch.critical, strict=True)
        ]
        lost = [w for w in queue if w.critical and now - w.subject.opened_at > EXPIRE_S]
        result.unseen += sum(w.subject.severity == "critical" for w in lost)
        result.mislabelled += sum(w.subject.severity != "critical" for w in lost)
        queue = [w for w in queue if now - w.subject.opened_at <= EXPIRE_S]
        order = policy.order([w.subject for w in queue], now)
        log, gone = _attend(result, [queue[place] for place in order], now, luck, kind)
        examined += sum(isinstance(entry, Look) and entry.attention == 1.0 for entry in log)
        policy.learn(log, now)
        queue = [w for w in queue if w.subject.id not in gone]
    return result


def _measure(
    result: Result, policy: Policy, probe: Batch, now: float, examined: int, *, late: bool
) -> None:
    places = policy.order(probe.subjects, now)
    value = ndcg(probe.utility[places], 10)
    result.curve.append((examined, value))
    result.days.append(value)
    if late:
        result.regret.append(1.0 - ndcg(probe.utility[places], len(places)))
        if policy.scores is None:
            chances = policy.chances(probe.subjects, now)
            result.chances += zip(chances, probe.utility.tolist(), strict=True)


def _attend(
    result: Result, screen: Sequence[Waiting], now: float, luck: np.random.Generator, kind: str
) -> tuple[list[Look | Act], set[str]]:
    """What the user sees and does in a session, and what leaves the queue by it."""
    log: list[Look | Act] = []
    gone: set[str] = set()
    looks, acts, marks = luck.random(SCREEN), luck.random(SCREEN), luck.random(SCREEN)
    strikes = kind == "bulk" and luck.random() < 0.5
    for place, waiting in enumerate(screen[:SCREEN], start=1):
        subject, ts = waiting.subject, now + place * 10.0
        looked = looks[place - 1] < min(1.0, 1.6 * place**-0.8)
        cursor = 2500.0 if looked else 0.0
        log.append(Look(ts, subject.id, subject.topic, place, cursor, opened=False))
        if not looked:
            if strikes and subject.severity != "critical":
                log.append(Act(now + 600.0, subject.id, subject.topic, "noise"))
                result.by_hand += waiting.critical
                gone.add(subject.id)
            continue
        gone.add(subject.id)
        if waiting.critical:
            result.waits.append(now - subject.opened_at)
        if kind == "adverse" and subject.severity == "critical":
            log.append(Act(ts + 3.0, subject.id, subject.topic, "noise"))
        elif acts[place - 1] < waiting.utility:
            log.append(Act(ts + 3.0, subject.id, subject.topic, "ack"))
        elif marks[place - 1] < 0.15:
            log.append(Act(ts + 3.0, subject.id, subject.topic, "noise"))
    return log, gone


def ndcg(gains: Floats, places: int) -> float:
    """Discounted gain of the first places, of the most that is possible."""
    discounts = 1.0 / np.log2(np.arange(2, min(places, len(gains)) + 2))
    best = np.sort(gains)[::-1][: len(discounts)]
    return float((gains[: len(discounts)] * discounts).sum() / (best * discounts).sum())


def summary(results: Sequence[Result]) -> dict[str, float | None]:
    """One row of the table."""
    row: dict[str, float | None] = {}
    for low, high in zip(BINS, (*BINS[1:], 10**9), strict=True):
        means = [[v for n, v in r.curve if low <= n < high] for r in results]
        values = [float(np.mean(one)) for one in means if one]
        row[f"{low}+"] = float(np.mean(values)) if values else None
    waits = np.array([wait for r in results for wait in r.waits]) / HOUR
    users = np.array([np.mean([v for _, v in r.curve]) for r in results])
    row["mean"] = float(users.mean())
    row["ci"] = _half_width(users)
    row["regret"] = float(np.mean([one for r in results for one in r.regret]))
    row["see mean h"] = float(waits.mean()) if waits.size else None
    row["see p99 h"] = float(np.quantile(waits, 0.99)) if waits.size else None
    unseen, by_hand = sum(r.unseen for r in results), sum(r.by_hand for r in results)
    mislabelled = sum(r.mislabelled for r in results)
    row["unseen"], row["mislabl."], row["by hand"] = unseen, mislabelled, by_hand
    row["criticals"] = unseen + mislabelled + by_hand + waits.size
    row["ece"] = _calibration([pair for r in results for pair in r.chances])
    return row


def _half_width(users: Floats) -> float:
    """Half of the 95 % interval of the mean over users, by bootstrap."""
    random = np.random.default_rng(0)
    means = random.choice(users, (400, len(users))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float((high - low) / 2)


def _calibration(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Expected calibration error over ten bins."""
    if not pairs:
        return None
    said, true = np.array(pairs).T
    bins = np.minimum((said * 10).astype(int), 9)
    gaps = [abs((said - true)[bins == b].sum()) for b in range(10)]
    return float(sum(gaps) / len(said))


def harmed(learned: Sequence[Result], plain: Sequence[Result]) -> float:
    """Share of users whom learning served worse than the prior by more than .01."""
    pairs = zip(learned, plain, strict=True)
    return float(np.mean([np.mean(one.days) < np.mean(two.days) - 0.01 for one, two in pairs]))


def evaluate(
    names: Iterable[str],
    users: int,
    days: int,
    seed: int,
    *,
    kind: str = "honest",
    criticals: float = 0.02,
    crosses: float = 0.0,
    shift_on: int | None = None,
) -> dict[str, list[Result]]:
    """Every policy with every user; four users live in one world."""
    found: dict[str, list[Result]] = {name: [] for name in names}
    for user in range(users):
        world = World.of(seed * 1000 + user // 4)
        own = seed * 100_000 + user
        taste = world.user(own, crosses=crosses)
        for name, results in found.items():
            results.append(
                simulate(
                    POLICIES[name](),
                    world,
                    taste,
                    own,
                    days,
                    kind=kind,
                    criticals=criticals,
                    shift_on=shift_on,
                )
            )
    return found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, default="honest")
    parser.add_argument("--criticals", type=float, default=0.02)
    parser.add_argument("--crosses", type=float, default=0.0, help="spread of interactions, .8 say")
    parser.add_argument("--shift-on", type=int, help="day on which 40 %% of the tastes change")
    parser.add_argument("--only", default="", help="policies whose name contains this")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    names = [name for name in POLICIES if arguments.only in name]
    found = evaluate(
        names,
        arguments.users,
        arguments.days,
        arguments.seed,
        kind=arguments.kind,
        criticals=arguments.criticals,
        crosses=arguments.crosses,
        shift_on=arguments.shift_on,
    )
    rows = {name: summary(results) for name, results in found.items()}
    plain = found.get("prior + lanes, no learning")
    share = harmed(found[CONSOLE], plain) if plain and CONSOLE in found else None
    if arguments.format == "json":
        _say(json.dumps({"rows": rows, "harmed": share}))
        return
    _print(rows)
    if share is not None:
        _say(f"below the prior by more than .01: {share:.1%} of users")
    _say(f"{time.perf_counter() - begun:.0f} s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _print(rows: dict[str, dict[str, float | None]]) -> None:
    head = list(next(iter(rows.values())))
    width = max(map(len, rows))
    _say(f"{'NDCG@10 by examined alerts':<{width}} " + " ".join(f"{name:>9}" for name in head))
    for name, row in rows.items():
        cells = [
            "-"
            if value is None
            else f"{value:.0f}"
            if value > 50 or cell in _COUNTS
            else f"{value:.3f}"
            for cell, value in row.items()
        ]
        _say(f"{name:<{width}} " + " ".join(f"{cell:>9}" for cell in cells))


_COUNTS = ("unseen", "mislabl.", "by hand", "criticals")

if __name__ == "__main__":
    main()
