"""Quality of labels: whether their base rate, or the time that they take to come, has changed.

Whenever two hours of arrivals are complete, their labels, and those of the last twelve hours, are
compared with those of the up to fourteen days before (of base rates: that ended a day ago) in which
nothing was raised.

*Base rate*: the share of the positive class (of numbers: their mean). Null: it is the past's, with
the sampling error of both sides and the spread beyond it that the past's blocks of two hours had
(longer ones have no more); the statistic is Student's t with one degree of freedom less than there
are such blocks, at least twelve, over two days. It counts from a quarter of the share and half a
percentage point on (of numbers: half a standard deviation).
*Delay*: the median time from prediction to label, by its logarithm, in two hours. Null: it keeps
the mean and the spread that it had from block to block; raised is a delay that has grown to one and
a half times and by twenty minutes at least. Of labels that come once a day a day is a block.

Both are raised below p = `P_LIMIT`, a Bonferroni bound over the 1,080 looks of a month at two
lengths of base rate and one of delay: fewer than one false alarm of a model in seven years. Labels
count when they meet their prediction. It is over when up to twelve hours since the onset, or two
hours of delays, have lost half the change twice running; and after three days, when it has become
usual.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from console.config.settings import Settings
from console.detectors import label_blocks
from console.detectors.buckets import steady
from console.detectors.label_blocks import BLOCK, BLOCKS, Block, Level, level
from console.detectors.protocol import Deviation, Span, State
from console.detectors.raised import RAISED, Raised, raised_frame
from console.detectors.words import duration, number
from console.records.clock import DAY, MINUTE
from console.records.series import Series
from console.stats import drift
from console.stats.robust import student_p

Term = Literal["base_rate", "delay"]
TERMS: tuple[Term, ...] = ("base_rate", "delay")
P_LIMIT = 1e-5
MEMORY = 14 * DAY
LENGTHS = (1, 6)
"""Blocks that are compared together."""
FULL = max(LENGTHS) * BLOCK
LEAST_ROWS = 50
LEAST_DELAYS = 20
LEAST_BLOCKS = 12
KNOWN = 2 * DAY
"""So long must the past of a base rate be."""
GAP = DAY
"""So long ago it ends: what has begun lately is not yet part of it."""
LEAST_CLASS = 10
"""Labels of each class in the past."""
LEAST_PART, LEAST_SHARE, LEAST_SIGMA = 0.25, 0.005, 0.5
LOUD = 0.5
"""Growth or loss of so large a part of the base rate is a warning."""
LEAST_TIMES, LEAST_LATER = 1.5, 20 * MINUTE
LEAST_SPREAD = math.log(1.15)
"""Spread of the logarithm of delays that is allowed for in any case."""
CALM = 2
LASTS = 3 * DAY
_Key = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class _Finding:
    term: Term
    p: float
    before: float
    after: float
    rows: float
    effect: float
    blocks: tuple[Block, ...]
    past: int
    """Blocks of the past."""
    numeric: bool = False


class LabelsDetector:
    """Compares the labels that arrived with those before."""

    name = "labels"
    layout = 1

    def __init__(self, settings: Settings) -> None:
        self._width = settings.prediction_window_s

    def initial(self) -> State:
        """No label yet."""
        return {"blocks": pl.DataFrame(schema=BLOCKS), "raised": pl.DataFrame(schema=RAISED)}

    def update(self, state: State, span: Span) -> tuple[list[Deviation], State]:
        """Base rates and delays that have changed, or are as they were again, in order of `at`."""
        blocks = label_blocks.added(state["blocks"], span.performance, self._width)
        limit = math.floor(span.end / BLOCK) * BLOCK
        due = ~pl.col("judged") & (pl.col("block") + BLOCK <= limit)
        keys = blocks.filter(due).select("model", "stage").unique()
        if keys.is_empty():
            return [], {**state, "blocks": blocks}
        raised = {(row[0], row[1], row[2]): Raised(*row) for row in state["raised"].iter_rows()}
        by_key: dict[_Key, list[Block]] = {}
        for block in label_blocks.read(blocks):
            by_key.setdefault((block.model, block.stage), []).append(block)
        found: list[Deviation] = []
        for key, own in by_key.items():
            found += _walk(own, limit, raised)
            newest = max(block.block for block in own)
            by_key[key] = [block for block in own if block.block > newest - MEMORY - DAY]
        return sorted(found, key=lambda d: (d.at, d.series.id, d.phase)), {
            "blocks": label_blocks.frame([block for own in by_key.values() for block in own]),
            "raised": raised_frame(raised.values()),
        }


def _walk(
    blocks: list[Block],
    limit: float,
    raised: dict[tuple[str | None, str | None, str], Raised[Term]],
) -> Iterator[Deviation]:
    """Judges the complete blocks of one stage, oldest first."""
    for place, block in enumerate(blocks):
        if block.judged or block.block + BLOCK > limit:
            continue
        block.judged = True
        for term in TERMS:
            key = (block.model, block.stage, term)
            past = [one for one in blocks[: place + 1] if one.block > block.block - MEMORY]
            if key in raised:
                block.off.append(term)
                over = _over(raised[key], past, block.block + BLOCK)
                if over is not None:
                    del raised[key]
                    yield over
                continue
            finding = _base_rate(past) if term == "base_rate" else _delay(past)
            if finding is not None and finding.p < P_LIMIT:
                onset = _onset(finding)
                for one in finding.blocks:
                    if one.block >= onset:
                        one.off.append(term)
                deviation = _deviation(block, finding, onset)
                raised[key] = Raised(
                    *key[:2],
                    term,
                    deviation.at,
                    onset,
                    finding.before,
                    finding.after,
                    deviation.severity,
                )
                yield deviation


def _usual(past: Sequence[Block], term: Term) -> list[Block]:
    return [block for block in past if term not in block.off]


def _base_rate(past: Sequence[Block]) -> _Finding | None:
    """The most significant change of the base rate over the newest blocks."""
    end = past[-1].block + BLOCK
    findings = []
    for length in LENGTHS:
        begin = end - length * BLOCK
        newest = [block for block in past if block.block >= begin]
        usual = [block for block in _usual(past, "base_rate") if block.block < end - GAP]
        known = bool(usual) and usual[0].block < end - GAP - KNOWN
        found = _changed(newest, usual) if known else None
        if found is not None:
            findings.append(found)
    return min(findings, key=lambda found: found.p, default=None)


def _changed(newest: Sequence[Block], past: Sequence[Block]) -> _Finding | None:
    now, usual = level(newest), level(past)
    levels = [one for block in past if (one := level([block])) and one.n >= LEAST_ROWS]
    if now is None or usual is None or now.n < LEAST_ROWS or len(levels) < LEAST_BLOCKS:
        return None
    numeric = newest[-1].numeric
    change = abs(now.mean - usual.mean)
    if numeric:
        floor = LEAST_SIGMA * math.sqrt(usual.variance)
    else:
        if min(usual.mean, 1 - usual.mean) * usual.n < LEAST_CLASS:
            return None
        rarer = min(usual.mean, 1 - usual.mean)
        floor = max(LEAST_PART * rarer, LEAST_SHARE)
    if change < floor or change == 0:
        return None
    beyond = _spread(levels, usual)
    variance = max(usual.variance, now.variance)
    error = math.sqrt(
        variance * (1 / now.n + 1 / usual.n) + beyond * (1 + 1 / len(levels)) + 1e-300
    )
    return _Finding(
        "base_rate",
        student_p(change / error, len(levels) - 1),
        steady(usual.mean),
        steady(now.mean),
        now.n,
        steady(change / math.sqrt(max(usual.variance, 1e-12))),
        tuple(newest),
        len(levels),
        numeric=numeric,
    )


def _spread(levels: Sequence[Level], usual: Level) -> float:
    """Variance between the levels of blocks beyond what chance gives them."""
    squares = [(one.mean - usual.mean) ** 2 for one in levels]
    chance = [usual.variance / one.n for one in levels]
    return max(math.fsum(squares) - math.fsum(chance), 0.0) / (len(levels) - 1)


def _delay(past: Sequence[Block]) -> _Finding | None:
    """Whether the labels of the newest block are later than they were."""
    now = past[-1]
    usual = [b.delay for b in _usual(past[:-1], "delay") if b.n >= LEAST_DELAYS]
    if now.n < LEAST_DELAYS or len(usual) < LEAST_BLOCKS:
        return None
    logs = np.log(usual)
    middle, spread = float(np.mean(logs)), max(float(np.std(logs, ddof=1)), LEAST_SPREAD)
    before = math.exp(middle)
    if now.delay < LEAST_TIMES * before or now.delay - before < LEAST_LATER:
        return None
    growth = math.log(now.delay) - middle
    t = growth / spread / math.sqrt(1 + 1 / len(usual))
    return _Finding(
        "delay",
        student_p(t, len(usual) - 1),
        steady(before),
        steady(now.delay),
        now.n,
        steady(growth / spread),
        (now,),
        len(usual),
    )


def _onset(finding: _Finding) -> float:
    """Start of the newest run of blocks that lie beyond half the change."""
    half = (finding.before + finding.after) / 2
    onset = finding.blocks[-1].block
    for block in reversed(finding.blocks):
        own = level([block]) if finding.term == "base_rate" else None
        if own is not None and (own.mean - half) * (finding.after - finding.before) < 0:
            break
        onset = block.block
    return onset


def _over(raised: Raised[Term], past: Sequence[Block], at: float) -> Deviation | None:
    """The end of what was raised, if this block brings it."""
    block = past[-1]
    if raised.term == "base_rate":
        own = level([one for one in past if one.block >= max(raised.onset, at - FULL)])
        now = own.mean if own else raised.after
        if at - raised.raised < FULL:
            # What raised it was an extreme: a little later it is known better.
            raised.after = now
    else:
        now = block.delay
    half = (raised.before + raised.after) / 2
    if block.n >= LEAST_DELAYS:
        calm = (now - half) * (raised.after - raised.before) < 0
        raised.calm = raised.calm + 1 if calm else 0
    stays = at - raised.raised >= LASTS
    if raised.calm < CALM and not stays:
        return None
    told = _told(raised.term, now, block)
    reason = f"{told} again, as before"
    if raised.calm < CALM:
        reason = f"has kept to {_told(raised.term, raised.after, block)}"
        for one in past:
            # What was before is not usual any more; what came since is.
            one.off = [term for term in one.off if term != raised.term]
            if one.block < raised.onset:
                one.off.append(raised.term)
    return Deviation(
        detector="quality",
        phase="cleared",
        series=_series(block, raised.term),
        at=at,
        onset=raised.onset,
        severity=raised.severity,
        reason=reason,
        before=_shown(raised.term, raised.before),
        details={"term": raised.term},
    )


def _deviation(block: Block, finding: _Finding, onset: float) -> Deviation:
    at = block.block + BLOCK
    details: dict[str, str | float] = {
        "term": finding.term,
        "rows": finding.rows,
        "past_blocks": float(finding.past),
    }
    grown = abs(finding.after - finding.before)
    loud = finding.term == "delay" or finding.numeric or grown >= LOUD * finding.before
    if finding.term == "base_rate" and not finding.numeric:
        low, high = drift.wilson(finding.after * finding.rows, finding.rows)
        details |= {
            "share": round(finding.after, 5),
            "share_low": round(float(low), 5),
            "share_high": round(float(high), 5),
        }
    return Deviation(
        detector="quality",
        phase="raised",
        series=_series(block, finding.term),
        at=at,
        onset=onset,
        severity="warning" if loud else "info",
        reason=_reason(finding),
        confidence=float(min(0.99, 1 - finding.p**0.5)),
        direction=0 if finding.term == "base_rate" else 1,
        before=_shown(finding.term, finding.before),
        after=_shown(finding.term, finding.after),
        baseline=_shown(finding.term, finding.before),
        effect_size=finding.effect,
        p_value=finding.p,
        details=details,
    )


def _reason(finding: _Finding) -> str:
    rows = f"{finding.rows:.0f} labels"
    over = duration(len(finding.blocks) * BLOCK)
    if finding.term == "delay":
        return (
            f"half of {rows} of {over} came later than {duration(finding.after)} after their"
            f" prediction, usually {duration(finding.before)}"
        )
    if finding.numeric:
        return (
            f"{rows} of {over} are {number(finding.after)} on average,"
            f" usually {number(finding.before)}"
        )
    return f"{finding.after:.1%} of {rows} of {over} are positive, usually {finding.before:.1%}"


def _told(term: Term, value: float, block: Block) -> str:
    if term == "delay":
        return duration(value)
    return number(value) if block.numeric else f"{value:.1%}"


def _shown(term: Term, value: float) -> float:
    """Delays are told in hours, as the name of their series says."""
    return steady(value / 3600) if term == "delay" else value


def _series(block: Block, term: Term) -> Series:
    level_name = "label_mean" if block.numeric else "label_base_rate"
    name = "label_delay_hours" if term == "delay" else level_name
    return Series(block.model, block.stage, name)
