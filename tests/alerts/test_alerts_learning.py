"""What the rank learns is a fold of examples, exact, bounded, and gone when it is taken back."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.alerts.board import LEARNED_LANES, Board, Subject
from console.alerts.learning import (
    CLIP,
    HALF_LIFE_S,
    PLAIN,
    Example,
    Key,
    Leaning,
    Learner,
    Taste,
    learn,
)
from console.alerts.prior import NAMES, WEIGHTS, Topic, prior_logit, sigmoid
from console.alerts.rank import HELD, SET_ASIDE, START, learned_terms, placed, priority, score

T0 = 1_700_000_000.0
HOUR, DAY = 3600.0, 86_400.0
PLAIN_VALUES = (0.3,) * len(NAMES)

values = st.tuples(*[st.floats(0, 1)] * len(NAMES))
topics = st.builds(
    Topic,
    st.sampled_from(["drift", "anomaly", "logs"]),
    st.sampled_from(["fraud", "churn", None]),
    values,
)
histories = st.lists(
    st.builds(
        Example,
        st.floats(T0, T0 + 90 * DAY),
        topics,
        st.sampled_from([0.0, 0.4, 1.0]),
        st.sampled_from([0.3, 0.5, 1.0, 3.0]),
    ),
    max_size=60,
).map(lambda found: sorted(found, key=lambda example: example.ts))
subjects = st.lists(
    st.builds(
        Subject,
        st.uuids().map(str),
        topics,
        st.sampled_from(["critical", "warning", "info"]),
        st.sampled_from(["open", "acknowledged", "snoozed", "resolved", "noise"]),
        st.booleans(),
        st.floats(T0 + 85 * DAY, T0 + 90 * DAY),
        st.none(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=30,
)


def example(useful: float, detector: str = "drift", ts: float = T0, weight: float = 1.0) -> Example:
    """An example of one detector on one model."""
    return Example(ts, Topic(detector, "fraud", PLAIN_VALUES), useful, weight)


def weight_of(taste: Taste, detector: str) -> float:
    """What was learned about a detector."""
    return taste.leanings[("detector", detector)].weight


@settings(deadline=None, max_examples=50)
@given(histories, subjects)
def test_terms_add_up_and_learning_crosses_no_lane(
    history: list[Example], found: list[Subject]
) -> None:
    now = T0 + 90 * DAY
    taste = learn(history, now)
    order, plain = (Board(found).order(one, now) for one in (taste, PLAIN))
    assert order.lanes.tolist() == plain.lanes.tolist()
    ranked = placed(found, now, taste)
    lanes = [int(order.lanes[place.index]) for place in ranked]
    assert lanes == sorted(lanes)
    for place, lane in zip(ranked, lanes, strict=True):
        total = score(place.reasons)
        assert abs(total - order.scores[place.index]) < 1e-9
        assert place.priority == priority(
            lane, float(order.scores[place.index]), found[place.index].state
        )
        moved = float(order.scores[place.index] - plain.scores[place.index])
        if lane in LEARNED_LANES:
            assert abs(moved - taste.level) <= CLIP + 1e-9
        else:
            assert moved == 0.0


@settings(deadline=None)
@given(histories)
def test_the_same_examples_give_the_same_bits_whenever_somebody_asks(
    history: list[Example],
) -> None:
    asked = Learner()
    for one in history:
        asked.learn(one)
        asked.taste(one.ts + DAY)
    assert asked.taste(T0 + 100 * DAY) == learn(history, T0 + 100 * DAY)


@settings(deadline=None)
@given(topics, st.sampled_from([0.0, 1.0]), st.floats(0.1, 3.0))
def test_one_example_moves_its_alert_toward_its_outcome_and_never_past_it(
    topic: Topic, useful: float, kappa: float
) -> None:
    learner = Learner()
    learner.learn(Example(T0, topic, useful, kappa))
    learner.learn(Example(T0, Topic("other", "other", (0.0,) * 12), 1.0 - useful, 1e-6))
    taste = learner.taste()
    before = prior_logit(topic.values)
    after = before + score(learned_terms(topic, taste))
    assert (after > before) == (useful == 1.0)
    # The exact maximum of prior and likelihood: the step is spread x kappa x what is still missing.
    spread = 1.0 + 0.25 * sum(x * x for x in topic.values) + 1.0 + 0.7 * (topic.model is not None)
    wanted = spread * kappa * (useful - sigmoid(after))
    assert after - before == pytest.approx(wanted, abs=1e-3) or abs(wanted) > CLIP


def test_learning_waits_for_both_kinds_of_outcome() -> None:
    assert learn([example(1.0)] * 30) == Taste(examples=30)
    assert learn([example(1.0)] * 30 + [example(0.0)]).gate == "open"


def test_a_detector_that_is_acted_on_rises_and_one_that_is_not_falls() -> None:
    taste = learn([example(1.0, "logs"), example(0.0, "drift")] * 10)
    assert weight_of(taste, "logs") > 0.5 > -0.5 > weight_of(taste, "drift")
    terms = {reason.text: reason.weight for reason in learned_terms(example(1.0).topic, taste)}
    assert terms["you acted on 0 of 10 'drift' alerts"] == weight_of(taste, "drift")
    assert "you acted on 10 of 20 alerts of 'fraud'" in terms
    assert terms[START] == taste.level


def test_the_terms_say_where_learning_stops_counting() -> None:
    leanings: dict[Key, Leaning] = {
        ("detector", "drift"): Leaning(4.0, 9, 9),
        ("model", "fraud"): Leaning(1.0, 9, 9),
    }
    taste = Taste(leanings=leanings, examples=18, gate="open")
    terms = learned_terms(example(1.0).topic, taste)
    assert {reason.text: reason.weight for reason in terms}[HELD] == CLIP - 5.0
    assert score(terms) == CLIP


def test_what_was_learned_fades_toward_the_prior() -> None:
    history = [example(1.0, "logs"), example(0.0, "drift")] * 20
    weights = [
        weight_of(learn(history, T0 + age), "logs") for age in (0, HALF_LIFE_S, 20 * HALF_LIFE_S)
    ]
    assert weights[0] > weights[1] > weights[2] > 0
    assert weights[2] < 1e-3
    late = [*history, example(1.0, "logs", ts=T0 + 20 * HALF_LIFE_S)]
    fresh = [example(1.0, "logs"), example(0.0, "drift", weight=1e-9)]
    assert weight_of(learn(late), "logs") == pytest.approx(
        weight_of(learn(fresh), "logs"), abs=0.01
    )


def test_a_change_of_taste_is_followed_in_a_few_examples() -> None:
    settled = [example(1.0, "logs"), example(0.0, "drift")] * 60
    changed = [example(0.0, "logs"), example(0.0, "drift")] * 12
    taste = learn([*settled, *changed])
    assert taste.leanings[("detector", "logs")].seen < 12
    assert taste.leanings[("detector", "drift")].seen == 72
    assert weight_of(taste, "logs") < weight_of(learn(settled), "logs") - 1.5


def test_learning_that_predicts_worse_than_the_prior_is_set_aside_and_said() -> None:
    rng = np.random.default_rng(3)
    history = []
    for number in range(400):
        # The taste turns round whenever it has been learned: nothing can follow it.
        phase = (number // 25) % 2
        detector = "logs" if number % 2 else "drift"
        useful = float((detector == "logs") == bool(phase)) if rng.random() < 0.97 else 0.5
        history.append(example(useful, detector, ts=T0 + number * HOUR))
    gates = set()
    learner = Learner()
    for one in history:
        learner.learn(one)
        gates.add(learner.taste().gate)
    assert "closed" in gates
    closed = Taste(examples=9, gate="closed")
    (subject,) = [Subject("a", example(1.0).topic, "warning", "open", False, T0, None)]
    (place,) = placed([subject], T0, closed)
    assert SET_ASIDE in {reason.text for reason in place.reasons}
    assert place.priority == placed([subject], T0, PLAIN)[0].priority


def test_crosses_are_learned_when_there_is_enough_to_learn_them_from() -> None:
    rng = np.random.default_rng(5)
    history = []
    for number in range(900):
        detector, model = ("ab"[number % 2], "xy"[number // 2 % 2])
        useful = float(rng.random() < (0.8 if (detector == "a") == (model == "x") else 0.1))
        history.append(Example(T0 + number * 600, Topic(detector, model, PLAIN_VALUES), useful, 1))
    assert not any(key[0] == "cross" for key in learn(history[:300]).leanings)
    crosses = {
        key[1:]: one.weight for key, one in learn(history).leanings.items() if key[0] == "cross"
    }
    assert min(crosses["a", "x"], crosses["b", "y"]) > 0.5
    assert max(crosses["a", "y"], crosses["b", "x"]) < -0.5


def test_ten_thousand_groups_are_ordered_anew_in_five_milliseconds() -> None:
    rng = np.random.default_rng(1)
    names = [f"detector{number}" for number in range(12)]
    found = [
        Subject(
            id=f"{number:06}",
            topic=Topic(
                names[number % 12], f"model{number % 40}", tuple(rng.random(len(NAMES)).tolist())
            ),
            severity=("warning", "info", "critical")[number % 3],
            state="open",
            explained=False,
            opened_at=T0 - number,
            ended_at=None,
            seen=number % 2 == 0,
        )
        for number in range(10_000)
    ]
    taste = learn(
        [Example(T0, one.topic, float(number % 3 == 0), 1.0) for number, one in enumerate(found)]
    )
    board = Board(found)
    took = []
    for _ in range(20):
        start = time.perf_counter()
        board.order(taste, T0)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.005
    some = found[::7]
    alone = Board(some).order(taste, T0).scores
    assert alone.tolist() == board.order(taste, T0).scores[::7].tolist()


def test_scores_do_not_depend_on_the_order_in_which_alerts_are_given() -> None:
    rng = np.random.default_rng(2)
    found = [
        Subject(
            str(n),
            Topic("d", "m", tuple(rng.random(12).tolist())),
            "warning",
            "open",
            False,
            T0,
            None,
        )
        for n in range(50)
    ]
    twins = [replace(found[0], id="twin"), *found]
    one = [twins[i].id for i in Board(twins).order(PLAIN, T0).places]
    turned = twins[::-1]
    assert one == [turned[i].id for i in Board(turned).order(PLAIN, T0).places]


def test_the_prior_is_the_sum_of_its_terms() -> None:
    assert prior_logit((1.0,) * 12) == pytest.approx(-3.6 + math.fsum(WEIGHTS.values()))
